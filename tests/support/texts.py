"""Texts to decide about: what people write, what nobody writes, and what attacks are made of."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import yaml
from hypothesis import strategies as st

from model_router.signals.lexicon import LONG
from model_router.signals.patterns import expand

DATA = Path(__file__).parents[2] / "model_router" / "data" / "signals.yaml"

README: dict[str, str] = {
    "rewrite this text": "fast_local",
    "summarize these notes": "balanced_local",
    "design a distributed task scheduler architecture": "reasoning_local",
    "fix the repo and run tests": "code_agent",
    "search the web for the latest TypeScript release notes": "web_research",
    "extract text from this screenshot": "multimodal_vision",
    "generate an image of a router dashboard": "image_generation",
    "drop the production database": "human_confirm",
}
"""The prompts of the README, and where each goes with the packaged catalog."""

ORDERS: tuple[str, ...] = (
    "drop the production database",
    "delete all backups",
    "rm -rf /var/lib",
    'please "delete" the production database',
    "send an email to the whole company",
    "buy me a ticket to Rome now",
    "удали все бэкапы",
    "elimina todos los archivos",
)
"""Orders that a person must see, whatever else is said with them."""

MENTIONS: tuple[str, ...] = (
    "How do I delete a branch in git?",
    "The article says they dropped the production database.",
    'Translate "delete all files" into French.',
)

_FILLER = """
the morning light came over a small hill and every boat moved toward open water while people
walked along quiet streets talking about weather music books travel food garden and work
""".split()  # noqa: SIM905 -- easier to read as words
_JOINTS = (" ", " ", " ", " ", ", ", ". ", "\n", ": ", "  ", " - ", '" ', ' "', "? ", "\n\n", "; ")
_ODD = (
    "é",
    "ß",
    "д",
    "中文",
    "\u200b",
    "\x00",
    "\ud800",
    "🙂",
    "```",
    "'",
    "`",
    "\t",
    "ＡＢ",
    "١٢",
)
_SHAPES = ("3.14", "x^2 + 1 = 0", "https://a.example/b", "```\nif x:\n  y()\n```", "a@b.example")


@cache
def signal_words() -> tuple[str, ...]:
    """Every word and phrase that a packaged signal looks for, and the words of safety's lists."""
    data = yaml.load(DATA.read_text(encoding="utf-8"), yaml.CSafeLoader)
    found: dict[str, None] = {}
    for row in data["signals"]:
        for pattern in _listed(row.get("patterns")):
            found.update(dict.fromkeys(expand(str(pattern).strip('"'))))
    for words in data["lists"].values():
        found.update(dict.fromkeys(str(word) for word in words))
    return tuple(word for word in found if word)


@cache
def examples() -> tuple[str, ...]:
    """The examples that stand beside the packaged signals."""
    data = yaml.load(DATA.read_text(encoding="utf-8"), yaml.CSafeLoader)
    keys = ("matches", "ignores")
    return tuple(str(t) for row in data["signals"] for key in keys for t in _listed(row.get(key)))


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def composed(random: Random, size: int) -> str:
    """About `size` characters of signal words, plain words, orders, marks and odd characters."""
    parts: list[str] = []
    length = 0
    odd = random.random() < 0.3
    while length < size:
        parts += [_word(random, odd), random.choice(_JOINTS)]
        length += len(parts[-2]) + len(parts[-1])
    text = "".join(parts)
    return text.upper() if random.random() < 0.05 else text


def _word(random: Random, odd: bool) -> str:
    dice = random.random()
    if dice < 0.55:
        return random.choice(signal_words())
    if dice < 0.85:
        return random.choice(_FILLER)
    if dice < 0.90:
        return random.choice(_SHAPES)
    if dice < 0.93:
        return random.choice(ORDERS[:6] if not odd else ORDERS)
    return random.choice(_ODD) if odd else random.choice(_FILLER).capitalize()


def short(seed: int) -> str:
    """A text of up to 120 characters or so, or one of the examples."""
    random = Random(seed)
    if random.random() < 0.15:
        return random.choice((*examples(), *README, *ORDERS, *MENTIONS))
    return composed(random, random.randrange(1, 120))


def long(seed: int) -> str:
    """A text around the length where windows begin, or several times that."""
    random = Random(seed)
    sizes = (LONG - 30, LONG - 1, LONG, LONG + 1, 3_000, 9_000, 25_000)
    text = composed(random, random.choice(sizes))
    return text[: random.choice((LONG, LONG + 1, len(text)))]


def ascii_only(seed: int) -> str:
    """A short text of ASCII characters."""
    return short(seed).encode("ascii", "ignore").decode()


seeds = st.integers(0, 2**48)
anything = st.text(max_size=80) | st.text(st.characters(codec="ascii"), max_size=200)
texts: st.SearchStrategy[str] = st.one_of(
    seeds.map(short), seeds.map(short), seeds.map(long), anything
)
"""Any text. Composed texts are drawn as one seed, because a hundred draws would take long."""


def prose(size: int, seed: int = 1) -> str:
    """Exactly `size` characters of plain words that order nothing."""
    random = Random(seed)
    words = [random.choice(_FILLER) for _ in range(size // 2 + 2)]
    return " ".join(words)[:size]


def marker(seed: int) -> str:
    """A word that stands nowhere else."""
    return "zq" + "".join(Random(seed).choice("bcdfghjkvwxz") for _ in range(12))
