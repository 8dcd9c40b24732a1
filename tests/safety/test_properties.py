"""Adding harmless text before or after an order never hides it; bad spelling does not either."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model_router.signals.misspellings import misspellings
from model_router.signals.rows import packaged as packaged_rows
from model_router.types import HUMAN
from tests.support.safety import classes, confirmed, packaged, rows

MANY = settings(max_examples=500, deadline=None)
FEW = settings(max_examples=60, deadline=None)

STRONG = ("destructive", "deploy", "access")
SHORT = [row for row in rows("orders") if len(row["text"]) < 400 and "```" not in row["text"]]
strong_orders = st.sampled_from([row["text"] for row in SHORT if row["action"] in STRONG])
other_orders = st.sampled_from([row["text"] for row in SHORT if row["action"] not in STRONG])

PLAIN = (
    "The museum opens at nine and closes at six.",
    "Our garden has roses, tulips and a small pond.",
    "I had soup for lunch today.",
    "What is the capital of France?",
    "How do I boil an egg?",
    "Thanks a lot for yesterday!",
    "The train was late again, but nobody minded.",
    "It rained; we stayed at home.",
    "La casa es grande y tiene un jardín.",
    "Der Zug war gestern spät.",
    "Le musée ferme le lundi.",
    "Погода сегодня хорошая.",
    "東京は大きな都市です。",
    "여기는 조용합니다.",
    "القطار سريع اليوم.",
)
ODD = (
    'He said "hello and left.',
    'She wrote: "see you tomorrow".',
    "It's Tom's book, isn't it?",
    "Rock 'n' roll will never die.",
    "An open (bracket that never closes.",
    "A list: one, two [three, four.",
    "```python\nprint('hello')\n```",
    "```\nx = 1",
    "```",
    "> quoted by nobody",
    "* first\n* second\n* third",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "<p>Some words.</p>",
    "Title\n=====",
    "Summarize the notes about the garden.",
    "Translate 'good morning' into French.",
    "Explain what a foreign key is.",
    "Write a poem about the sea.",
    "\u201cTo be or not to be\u201d, he said.",
    "5' 3\" tall.",
    "- [ ] open task",
    "Note: the door is green.",
    'What does this word mean: "serendipity"?',
    "x = {'a': [1, 2",
    "\\begin{equation",
)

plain = st.lists(st.sampled_from(PLAIN), max_size=4).map(" ".join)
odd = st.lists(st.sampled_from(PLAIN + ODD), max_size=4).flatmap(
    lambda parts: st.sampled_from(("\n\n", "\n", " ")).map(lambda joint: joint.join(parts))
)
blanks = st.sampled_from(("\n\n", "\n\n\n", "\r\n\r\n", "\n  \n"))


def around(order: str, before: str, after: str, joint: str) -> str:
    return joint.join(part for part in (before, order, after) if part)


class TestAdding:
    @MANY
    @given(order=strong_orders, before=odd, after=odd, joint=blanks)
    def test_strong_orders_in_a_paragraph_of_their_own(
        self, order: str, before: str, after: str, joint: str
    ) -> None:
        """Quotes, brackets and fences, open or closed, and other requests hide no strong order.

        A fence that is opened before an order and closed after it encloses it: that is shown.
        """
        assume(before.count("```") % 2 == 0 or "```" not in after)
        assert packaged().route_fast(around(order, before, after, joint)) == HUMAN

    @MANY
    @given(order=other_orders, before=plain, after=plain, joint=blanks | st.just("\n"))
    def test_other_orders_among_plain_sentences(
        self, order: str, before: str, after: str, joint: str
    ) -> None:
        """Plain sentences of any language hide no order of any class."""
        assert packaged().route_fast(around(order, before, after, joint)) == HUMAN

    @MANY
    @given(order=strong_orders | other_orders, before=plain, after=plain)
    def test_in_one_line(self, order: str, before: str, after: str) -> None:
        """Nor do they when everything stands in one line."""
        ended = order if order[-1] in ".!?。" else f"{order}."
        if "\n" not in ended:
            assert packaged().route_fast(around(ended, before, after, " ")) == HUMAN

    @MANY
    @given(order=strong_orders, spaces=st.text(" \t\n\r", max_size=40))
    def test_white_space(self, order: str, spaces: str) -> None:
        """White space around an order changes nothing."""
        assert packaged().route_fast(f"{spaces}{order}{spaces}") == HUMAN

    @MANY
    @given(first=strong_orders, second=other_orders)
    def test_one_order_does_not_hide_another(self, first: str, second: str) -> None:
        """Two orders are at least as much of an order as one."""
        assert confirmed(f"{first}\n\n{second}")
        assert confirmed(f"{second}\n\n{first}")


LONG_FILLER = {
    "prose": "The river is calm in spring and wild in autumn. ",
    "quotes": 'She said "maybe" and he said "never". ',
    "one quote": "It's a dog's life. ",
    "brackets": "(see [note {1 ",
    "lines": "a line\n",
    "log": "2026-02-01 03:12:01 INFO worker 7 finished\n",
    "code": "if x == 1: y = f(x)\n",
    "Russian": "Погода сегодня хорошая, и мы гуляем. ",
    "Chinese": "天气很好，我们去公园散步。",
    "Arabic": "الطقس جميل اليوم. ",
    "accents": "Été à la plage, où l'eau est claire. ",
    "emoji": "🙂🎉 ",
}


@pytest.mark.parametrize("kind", LONG_FILLER)
@pytest.mark.parametrize("place", ["before", "after", "both"])
def test_200_kilobytes_hide_nothing(kind: str, place: str) -> None:
    """A strong order is found behind, before and between 200 KB of filler."""
    filler = LONG_FILLER[kind] * (200_000 // len(LONG_FILLER[kind].encode()))
    before = filler if place in ("before", "both") else ""
    after = filler if place in ("after", "both") else ""
    for order in ("Delete the production database.", "rm -rf /var/lib", "удали все бэкапы"):
        assert packaged().route_fast(around(order, before, after, "\n\n")) == HUMAN


DISGUISES = {
    "upper case": str.upper,
    "title case": str.title,
    "bold": lambda text: "**" + text.replace(" ", "** ", 1),
    "underscores": lambda text: text.replace(" ", "_"),
    "heading": lambda text: f"# {text}",
    "item": lambda text: f"- {text}",
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in text),
    "zero width": lambda text: "\u200b".join(text),
    "soft hyphens": lambda text: text.replace("e", "e\u00ad"),
    "Cyrillic": lambda text: text.translate(str.maketrans("aeopc", "аеорс")),
    "Greek": lambda text: text.translate(str.maketrans("aov", "αον")),
    "spaced": lambda text: "  ".join(" ".join(word) for word in text.split()),
    "quoted verb": lambda text: '"' + text.replace(" ", '" ', 1),
    "shouted": lambda text: f"{text}!!!",
    "tagged": lambda text: f"<instructions>{text}</instructions>",
    "labelled": lambda text: f"Task: {text}",
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize(
    "order", ["delete the production database", "remove all backups", "wipe the server"]
)
def test_disguises(disguise: str, order: str) -> None:
    """However a destructive order is dressed, it is seen."""
    assert "destructive" in classes(DISGUISES[disguise](order))


VERBS = ("delete", "remove", "erase", "destroy", "purge", "truncate", "drop", "wipe")
SLIPS = [
    slip
    for signal in packaged_rows()[0]
    if signal.id == "action.destroy"
    for slip in (literal.decode().strip() for literal in signal.literals)
    if any(slip in misspellings(verb) for verb in VERBS)
]


@settings(max_examples=400, deadline=None)
@given(slip=st.sampled_from(SLIPS), order=st.sampled_from(("", "please ", "can you ", "and then ")))
def test_a_slip_of_the_finger_is_an_order(slip: str, order: str) -> None:
    """A strong verb misspelt by one letter orders where the verb would."""
    assert "destructive" in classes(f"{order}{slip} all backups on the server")


@FEW
@given(slip=st.sampled_from(SLIPS))
def test_a_slip_in_a_question_is_none(slip: str) -> None:
    """And where the verb would only be asked about, so is the slip."""
    assert not confirmed(f"how do I {slip} a file in linux?")


def test_there_are_many_slips_and_no_words() -> None:
    """More than a thousand forms count; English words near the verbs do not."""
    assert len(SLIPS) > 1_000
    near = "remote removed deleted erased eraser ease surge purse pure urge deplete truncated wie"
    assert not set(SLIPS) & set(near.split())


@MANY
@given(seed=st.integers(0, 2**32))
def test_mentions_stay_mentions(seed: int) -> None:
    """Plain sentences around a how-to question do not make an order of it."""
    random = Random(seed)
    question = random.choice(
        [row["text"] for row in rows("mentions") if row["why"] == "how-to question"]
    )
    before = random.choice(PLAIN[:9])
    assert not confirmed(f"{before}\n\n{question}")
