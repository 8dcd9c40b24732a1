"""Rows: what signals.json and a catalog say, as signals."""

from __future__ import annotations

from model_router.lanes import COMPLEXITY_LANE, unpack
from model_router.signals.rows import BETWEEN, packaged, signal_from_row
from model_router.text.reading import read
from model_router.types import FEATURE_BIT, NEED_TOOLS, ROUTES


class TestRows:
    def test_every_key(self) -> None:
        """Each key of a row arrives in the signal."""
        row = {
            "id": "x",
            "kind": "action",
            "patterns": ["a", "b"],
            "at": "head",
            "adds": {"coding": 3},
            "complexity": 2,
            "risk": 1,
            "features": ["ambiguous", "ambiguous"],
            "needs": ["tools"],
            "action": "send",
            "form": "request",
            "strong": True,
            "polite": True,
            "coding": "remote",
            "unless": ["u"],
            "objects": ["Öl", "stores"],
            "spares": "alone",
            "requires": ["r"],
            "without": ["w"],
            "lang": "de",
            "why": "because",
        }
        signal = signal_from_row(row)
        assert signal.features == FEATURE_BIT["ambiguous"]
        assert signal.needs == NEED_TOOLS
        assert unpack(signal.lanes)[ROUTES.index("coding")] == 3
        assert unpack(signal.lanes)[COMPLEXITY_LANE:] == [2, 1]
        assert signal.objects == ("ol", "stores")
        assert signal.spares == ("alone",)
        for key in ("kind", "at", "action", "form", "strong", "polite", "coding", "lang", "why"):
            assert getattr(signal, key) == row[key]
        for key in ("patterns", "unless", "requires", "without"):
            assert getattr(signal, key) == tuple(row[key])

    def test_the_least(self) -> None:
        """A row of an id and a pattern is a whole row."""
        signal = signal_from_row({"id": "x", "patterns": ["a"]})
        assert (signal.kind, signal.at, signal.form) == ("intent", "any", "order")
        assert (signal.lanes, signal.features, signal.needs, signal.action) == (0, 0, 0, None)

    def test_the_packaged_rows(self) -> None:
        """The packaged rows load once, come in the order of the file, and bring word lists."""
        signals, lists = packaged()
        assert packaged() == (signals, lists)
        assert len({signal.id for signal in signals}) == len(signals) > 100
        assert all(isinstance(one, str) for words in lists.values() for one in words)


def test_literals_stand_apart() -> None:
    """What separates literals in signals.json is in none of them, and no reading can hold it."""
    literals = [literal for signal in packaged()[0] for literal in signal.literals]
    assert len(literals) > 10_000
    assert not any(BETWEEN in literal for literal in literals)
    assert BETWEEN not in read("a|b \uff5c c").latin[0]
