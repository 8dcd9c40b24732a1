"""Safety: orders are confirmed, mentions are not, and the work stays bounded."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from model_router.safety.orders import TOO_MANY, most_judged, most_named
from model_router.types import ACTION_CLASSES, HUMAN
from tests.support.safety import EXAMPLES, classes, confirmed, packaged, rows

ORDERS, MENTIONS = rows("orders"), rows("mentions")


def label(row: dict[str, Any]) -> str:
    return f"{row['why']}: {row['text'][-60:]}"


class TestCorpus:
    @pytest.mark.parametrize("row", ORDERS, ids=label)
    def test_an_order_is_confirmed(self, row: dict[str, Any]) -> None:
        """Every order of the corpus is for a person, and its class is among those named."""
        assert row["action"] in classes(row["text"])
        assert confirmed(row["text"])

    @pytest.mark.parametrize("row", MENTIONS, ids=label)
    def test_a_mention_is_not(self, row: dict[str, Any]) -> None:
        """No mention of the corpus is."""
        assert not confirmed(row["text"])

    def test_the_corpus_is_broad(self) -> None:
        """It has all classes and fifteen languages, and no row twice."""
        assert len(ORDERS) >= 250
        assert len(MENTIONS) >= 250
        assert {row["action"] for row in ORDERS} == set(ACTION_CLASSES)
        texts = Counter(row["text"] for row in ORDERS + MENTIONS)
        assert [text for text, count in texts.items() if count > 1] == []

    @pytest.mark.parametrize(
        "language",
        ["es", "fr", "de", "pt", "it", "nl", "pl", "ru", "tr", "ar", "hi", "zh", "ja", "ko"],
    )
    def test_each_language_has_its_share(self, language: str) -> None:
        """At least four orders of two classes or more, and three mentions."""
        orders = [row["action"] for row in ORDERS if row["why"] == language]
        assert len(orders) >= 4
        assert len(set(orders)) >= 2
        assert len([row for row in MENTIONS if row["why"] == language]) >= 3


class TestReceipt:
    @pytest.mark.parametrize(("action", "text"), EXAMPLES.items())
    def test_each_class_is_named(self, action: str, text: str) -> None:
        """A plain order has one class, which the receipt names with its reason code."""
        assert classes(text) == [action]
        decision = packaged().route(text)
        assert decision.selected_engine == HUMAN
        assert any(reason.code == f"safety.{action}" for reason in decision.explained)

    def test_several_classes_are_all_named(self) -> None:
        """Orders of different classes in one text are all reported."""
        text = (
            "Delete the old database. Then send an email to my boss. Then deploy the app to prod."
        )
        assert set(classes(text)) == {"destructive", "send", "deploy"}

    def test_spaced_letters_have_the_class_of_their_words(self) -> None:
        """Letters that stand apart are judged as the words they spell."""
        assert classes("s e n d an email to my boss") == ["send"]
        assert classes("d e l e t e  e v e r y t h i n g") == ["destructive"]


class TestTooMany:
    def test_more_mentions_than_anyone_writes(self) -> None:
        """A text with more candidates than are looked at is for a person."""
        text = "The tool can delete files. " * 3_000
        assert classes(text)[-1] == TOO_MANY
        assert confirmed(text)

    def test_prose_stays_below(self) -> None:
        """A long text that names a few actions is read to its end."""
        text = "The river is calm. " * 4_000 + "How do I delete a file? " * 20
        assert not confirmed(text)
        assert confirmed(text + "\n\nDelete the production database.")

    def test_the_limits_grow_with_the_text(self) -> None:
        """Twice the text may name about twice as much."""
        for limit in (most_named, most_judged):
            assert limit(0) > 0
            assert limit(400_000) - limit(0) == pytest.approx(2 * (limit(200_000) - limit(0)), 0.01)


SPOKEN = """delete remove drop send pay buy book publish deploy grant rm -rf truncate please you can
database files email tickets production access table it d e l e t e how to the"""
MARKS = "\" ' ``` ( ) [ ] { <b> <p> : , . ? #"
WORDS = SPOKEN.split()
JUNK = [*MARKS.split(), "\n", "\n\n"]
random = Random(7)
HOSTILE: dict[str, Callable[[], str]] = {
    "words": lambda: " ".join(random.choice(WORDS) for _ in range(40_000)),
    "mix": lambda: " ".join(random.choice(WORDS + JUNK) for _ in range(50_000)),
    "glued": lambda: "".join(random.choice(WORDS + JUNK * 3) for _ in range(70_000)),
    "quotes": lambda: '"' * 200_000,
    "single quotes": lambda: " 'a b" * 40_000,
    "fences": lambda: "```\n" * 50_000,
    "fenced orders": lambda: "explain\n```\n" + "delete files\n" * 15_000 + "```",
    "quoted orders": lambda: 'translate "' + "delete the files " * 11_000 + '"',
    "tags": lambda: "<x delete files " * 12_500,
    "angles": lambda: "<a " * 66_000,
    "brackets": lambda: "[" * 100_000 + "]" * 100_000,
    "questions": lambda: "how to delete files? " * 9_500,
    "spaced": lambda: "d e l e t e x " * 14_000,
    "Japanese": lambda: "削除して" * 17_000,
    "Chinese": lambda: "不要删除文件" * 11_000,
    "Russian": lambda: "не удаляй файлы " * 7_000,
    "Spanish": lambda: "no elimina datos " * 12_000,
    "long words": lambda: ("elimina " + "x" * 30 + " ") * 5_100,
}
"""About 200 KB of one kind of trouble each."""


@pytest.mark.parametrize("kind", HOSTILE)
def test_judging_is_bounded(kind: str) -> None:
    """200 KB of anything takes at most 100 ms at first sight: ten times the goal, to have room."""
    text, route = HOSTILE[kind](), packaged().route_fast
    route("warm up " * 200)
    best = 1.0
    for i in range(5):
        unseen = f"{text} {i}"
        begun = time.perf_counter()
        route(unseen)
        best = min(best, time.perf_counter() - begun)
    assert best < 0.100
