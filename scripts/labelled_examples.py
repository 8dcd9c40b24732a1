"""Labelled rows as a trainer of weights sees them: what the words are, and what the rules say.

Imported by train_weights.py and measure_quality.py. Needs nothing but the package.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from model_router.assessment import Assessor  # noqa: E402
from model_router.catalog import load_catalog  # noqa: E402
from model_router.errors import RequestError  # noqa: E402
from model_router.hindsight.labels import Names, Row, parse_row  # noqa: E402
from model_router.safety.caution import caution_features  # noqa: E402
from model_router.safety.orders import weighable  # noqa: E402
from model_router.signals.lexicon import window  # noqa: E402
from model_router.text.reading import read  # noqa: E402
from model_router.types import DEFAULT_TARGETS, ROUTES, Catalog, WeightsPolicy  # noqa: E402
from model_router.weights import HEADS, features_of  # noqa: E402

FOLDS = 5


class Example(NamedTuple):
    """One row: its words, what rules alone make of it, and what is known to be right."""

    row: Row
    level: float | None  # how hard its source says it is
    english: bool
    features: frozenset[str]
    length: int
    points: tuple[int, ...]  # of the seven routes, by rules
    complexity: float  # 0-100, by rules
    ordered: bool  # rules find an order
    doubt: frozenset[str] | None  # what caution looks at, where an action is named but not ordered
    head: int | None  # index of the right route in HEADS
    fold: int

    @property
    def source(self) -> str:
        """The set that the row is from."""
        return self.row.source


class Reader:
    """Reads labelled files with the signals of one catalog, weights switched off."""

    def __init__(self, catalog: Catalog | None = None) -> None:
        catalog = catalog or load_catalog(None)
        self.catalog = replace(catalog, weights=WeightsPolicy(enabled=False))
        self._assessor = Assessor(self.catalog)
        self._names = Names(self.catalog)
        self._heads = {self.catalog.targets.get(r, DEFAULT_TARGETS[r]): r for r in ROUTES}

    def read(self, paths: Iterable[Path]) -> list[Example]:
        """Every row of the files, in their order. Raises RequestError that names file and line."""
        examples: list[Example] = []
        for path in paths:
            try:
                examples += self._read_file(path)
            except UnicodeDecodeError as error:
                raise RequestError(f"{path}: is not UTF-8", "save it as UTF-8 text") from error
        return examples

    def _read_file(self, path: Path) -> Iterator[Example]:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield self._example(line, f"{path}:{number}", path.stem)

    def _example(self, line: str, place: str, stem: str) -> Example:
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            hint = "write one object a line"
            raise RequestError(f"{place}: is not JSON: {error}", hint) from None
        try:
            row = parse_row(data, place, stem, by_file=True)
            return self.example(row, data.get("meta") or {})
        except RequestError as error:
            raise RequestError(f"{place}: {error}", error.hint) from error

    def example(self, row: Row, meta: Mapping[str, Any]) -> Example:
        """What rules see in a row."""
        text = row.prompt
        weighed = self._assessor.weigh(text, every=True)
        readings = read(window(text))
        return Example(
            row=row,
            level=_level(meta.get("level")),
            english=(meta.get("lang") or "en") == "en",
            features=features_of(readings),
            length=len(text),
            points=weighed.verdict.points,
            complexity=weighed.verdict.complexity,
            ordered=bool(weighed.found),
            doubt=None if weighed.found else self._doubt(text),
            head=self._head(row),
            fold=fold_of(text),
        )

    def _doubt(self, text: str) -> frozenset[str] | None:
        """The features of caution, for a short text that names an action worth weighing."""
        lexicon = self._assessor.lexicon
        _, _, named, readings = lexicon.scan(text)
        if not isinstance(named, Sequence):  # weights never judge a long text
            return None
        assessor = self._assessor
        hits = weighable(
            named, readings, assessor.actions, self.catalog.safety, sift=assessor.sifters.weighed
        )
        return caution_features(hits, readings, lexicon) if hits else None

    def _head(self, row: Row) -> int | None:
        """The head that the label speaks for. What an attachment decides teaches no words."""
        if row.label is None or row.attachments:
            return None
        route = self._heads.get(self._names.engine(row.label))
        return HEADS.index(route) if route in HEADS else None


def _level(value: Any) -> float | None:
    """A difficulty that can be reckoned with; what else a source writes there is passed over."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if number and abs(value) < 1e9 else None  # no NaN either


def fold_of(prompt: str) -> int:
    """Which of FOLDS parts a prompt belongs to: the same prompt is always in the same part."""
    return int(hashlib.sha256(prompt.encode("utf-8", "replace")).hexdigest(), 16) % FOLDS
