"""Train the weights that words have, and write them as one small file of integers.

    pip install -e ".[train]"
    python scripts/train_weights.py rows/*.jsonl --output weights.json

Rows are those of `model-router eval` (docs/eval.md): `label` or `engine` teaches the routes,
`confirm` teaches caution, and models' results (`meta.scores`) or a difficulty (`meta.level`) teach
complexity. `--family a,b` says that several files are of one kind: a feature must be seen in two
families to count, so that no source's style is learned. The same files in the same order, options
and libraries give the same bytes. docs/weights.md describes the method and the file.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from labelled_examples import Example, Reader
from linear_heads import (
    Array,
    Vocabulary,
    balanced,
    fit_caution,
    fit_complexity,
    fit_routes,
    matrix,
    np,
    strongest,
    vocabulary,
)

from model_router.errors import ModelRouterError, RequestError
from model_router.lanes import UNIT
from model_router.weights import (
    COLUMNS,
    FORMAT,
    HEADS,
    LARGEST,
    LONGEST,
    MOST_FEATURES,
    START,
    spelled,
)

LENGTH_STEPS = (40, 100, 200, 400, 800, 1_500, 3_000)
"""Characters from which a length weighs. Few: a source's habits in length are no knowledge."""
ROUTE_STEPS = LENGTH_STEPS[:2]

_LENGTH = "\0"
"""Before a length step: no word of a reading has it."""


class Teaching(NamedTuple):
    """What is known about the sources beside their rows."""

    families: Mapping[str, str] = {}  # the family of each source that shares one with others
    pairs: Sequence[tuple[str, str]] = ()  # weak and strong models; default: worst and best
    levels: Sequence[str] = ()  # sources whose levels say how hard work is; default: all


class Settings(NamedTuple):
    """How much is learned, and how much of it counts. Chosen with whole families left out."""

    routes: int = 2_000  # features that speak for routes
    caution: int = 800
    complexity: int = 3_000
    least: int = 4  # rows that a feature must be in
    families: int = 2  # and families of sources
    most: int = 500  # rows that a source counts as, at most
    l2: float = 2.0
    l2_complexity: float = 60.0
    points: float = 8.0  # rule points that are worth one unit of log odds
    routes_share: float = 0.6  # of what was learned that is written
    prior_share: float = 0.75  # of that, how much of what is so whatever the words are
    complexity_share: float = 0.5
    complexity_start: float = 4.0  # points of every text, so that easy ones can be told apart
    caution_odds: float = 1.5  # log odds against an order up to which a person is asked
    talk: float = 1.0  # how much more it counts to be right where nothing is ever ordered


Table = defaultdict[str, "list[float]"]
"""Rows of COLUMNS by feature."""


def train(examples: Sequence[Example], teaching: Teaching, settings: Settings) -> dict[str, Any]:
    """The content of a weights file."""
    table: Table = defaultdict(lambda: [0.0] * len(COLUMNS))
    _learn_routes(examples, teaching, settings, table)
    _learn_complexity(examples, teaching, settings, table)
    return as_file(table, _learn_caution(examples, teaching, settings))


def learned(examples: Sequence[Example], teaching: Teaching, settings: Settings) -> dict[str, Any]:
    """`train`, where learning nothing is an error: an empty file would replace a good one."""
    content = train(examples, teaching, settings)
    if not content["words"] and not content["caution"]:
        raise RequestError(
            f"{len(examples)} rows teach nothing",
            f"a word counts from {settings.least} rows on; rows must differ in what is right",
        )
    return content


def marks(example: Example, steps: Sequence[int]) -> set[str]:
    """The features of an example, and how long it is."""
    short = {feature for feature in example.features if len(feature.encode()) <= LONGEST}
    return short | {f"{_LENGTH}{step}" for step in steps if example.length >= step}


def family(example: Example, teaching: Teaching) -> str:
    """The family of sources that an example belongs to."""
    return teaching.families.get(example.source, example.source)


def _columns(
    rows: Sequence[set[str]], chosen: Sequence[Example], teaching: Teaching, settings: Settings
) -> Vocabulary:
    kinds = [family(example, teaching) for example in chosen]
    least = min(settings.families, len(set(kinds)))
    return vocabulary(rows, kinds, settings.least, least)


def _fitted(
    rows: Sequence[set[str]], columns: Vocabulary, most: int, fit: Callable[[Array], Array]
) -> tuple[Vocabulary, Array]:
    """Weights of the strongest features: fitted on all, pruned, and fitted again."""
    x = matrix(rows, columns)
    weights = fit(x)
    if len(columns) > most:
        columns = strongest(weights[: len(columns)], x, columns, most)
        weights = fit(matrix(rows, columns))
    return columns, weights


def _learn_routes(
    examples: Sequence[Example], teaching: Teaching, settings: Settings, table: Table
) -> None:
    chosen = [example for example in examples if example.head is not None]
    if len({example.head for example in chosen}) < 2:
        return
    rows = [marks(example, ROUTE_STEPS) for example in chosen]
    labels = np.array([example.head for example in chosen])
    offset = np.array([example.points for example in chosen]) / settings.points
    counts = balanced([example.source for example in chosen], settings.most)
    columns, weights = _fitted(
        rows,
        _columns(rows, chosen, teaching, settings),
        settings.routes,
        lambda x: fit_routes(x, labels, offset, counts, settings.l2),
    )
    weights = (weights - weights.mean(1, keepdims=True)) * settings.points * settings.routes_share
    for feature, column in columns.items():
        table[feature][: len(HEADS)] = weights[column].tolist()
    table[f"{_LENGTH}0"][: len(HEADS)] = (weights[-1] * settings.prior_share).tolist()


def _learn_caution(
    examples: Sequence[Example], teaching: Teaching, settings: Settings
) -> dict[str, int]:
    """What weighs like an order, learned where an action is named and rules find no order."""
    chosen = [e for e in examples if e.row.confirm is not None and e.doubt is not None]
    if len({example.row.confirm for example in chosen}) < 2:
        return {}
    rows = [set(example.doubt or ()) for example in chosen]
    truth = np.array([float(bool(example.row.confirm)) for example in chosen])
    acting = {example.source for example in examples if example.row.confirm}
    counts = balanced([example.source for example in chosen], settings.most) * np.array(
        [1.0 if example.source in acting else settings.talk for example in chosen]
    )
    columns, weights = _fitted(
        rows,
        _columns(rows, chosen, teaching, settings),
        settings.caution,
        lambda x: fit_caution(x, truth, counts, settings.l2),
    )
    units = UNIT * settings.points * weights
    found = {feature: _whole(units[column]) for feature, column in columns.items()}
    found[START] = _whole(units[-1] + UNIT * settings.points * settings.caution_odds)
    return {name: found[name] for name in sorted(found) if found[name] or name == START}


def _learn_complexity(
    examples: Sequence[Example], teaching: Teaching, settings: Settings, table: Table
) -> None:
    wanted: list[float] = []
    chosen: list[Example] = []
    counts: list[float] = []
    for group in _gains(examples, teaching):
        found = np.array([gain for _, gain in group])
        if len(group) < 10 or found.std() == 0:
            continue
        chosen += [example for example, _ in group]
        wanted += ((found - found.mean()) / found.std()).tolist()
        counts += [min(1.0, 3 * settings.most / len(group))] * len(group)
    if not chosen:
        return
    rows = [marks(example, LENGTH_STEPS) for example in chosen]
    rules = np.array([example.complexity for example in chosen])
    left = np.array(wanted) - (rules - rules.mean()) / _SPREAD
    columns, weights = _fitted(
        rows,
        _columns(rows, chosen, teaching, settings),
        settings.complexity,
        lambda x: fit_complexity(x, left, np.array(counts), settings.l2_complexity),
    )
    place = COLUMNS.index("complexity")
    table[f"{_LENGTH}1"][place] = settings.complexity_start
    for feature, column in columns.items():
        table[feature][place] = float(weights[column]) * _SPREAD * settings.complexity_share


_SPREAD = 60
"""Points of the rules' complexity that are worth one standard deviation of difficulty."""


Gains = list[tuple[Example, float]]


def _gains(examples: Sequence[Example], teaching: Teaching) -> Iterator[Gains]:
    """By source and pair: how much better the strong model is on each row; and the levels."""
    by_source: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_source[example.source].append(example)
    for source, rows in by_source.items():
        for weak, strong in teaching.pairs or _extremes(rows):
            yield [
                (e, e.row.scores[strong] - e.row.scores[weak])
                for e in rows
                if {weak, strong} <= e.row.scores.keys()
            ]
        if not teaching.levels or source in teaching.levels:
            yield [(e, e.level) for e in rows if e.level is not None]


def _extremes(rows: Sequence[Example]) -> list[tuple[str, str]]:
    """The worst and the best model of a source, by their means."""
    sums: defaultdict[str, list[float]] = defaultdict(list)
    for example in rows:
        for model, score in example.row.scores.items():
            sums[model].append(score)
    means = sorted((sum(scores) / len(scores), model) for model, scores in sums.items())
    return [(means[0][1], means[-1][1])] if len(means) > 1 else []


def as_file(table: Mapping[str, Sequence[float]], caution: Mapping[str, int]) -> dict[str, Any]:
    """A table of points as the content of a weights file: whole sixteenths, zero rows left out."""
    words: dict[str, str | int] = {}
    lengths: dict[str, list[int]] = {}
    for feature in sorted(table):
        row = [_whole(UNIT * value) for value in table[feature]]
        if any(row) and feature[0] == _LENGTH:
            lengths[feature[1:]] = row
        elif any(row):
            words[feature] = spelled(row)
    if len(words) > MOST_FEATURES:
        raise ValueError(f"{len(words):,} features are more than {MOST_FEATURES:,}")
    return {
        "format": FORMAT,
        "columns": list(COLUMNS),
        "lengths": lengths,
        "caution": dict(caution),
        "words": words,
    }


def _whole(value: float) -> int:
    return max(-LARGEST, min(LARGEST, round(float(value))))


def as_text(content: Mapping[str, Any]) -> str:
    """A weights file: one feature a line, so that two versions can be compared."""
    lines = [f'"format": {json.dumps(content["format"])}']
    lines.append(f'"columns": {json.dumps(content["columns"])}')
    for key in ("lengths", "caution", "words"):
        rows = [
            f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(row, separators=(',', ':'))}"
            for name, row in content[key].items()
        ]
        lines.append(f'"{key}": {{\n' + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    fresh = path.with_name(f"{path.name}.tmp")
    try:
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def families_of(groups: Sequence[str]) -> dict[str, str]:
    """The family of each source that `--family a,b` names."""
    return {source: group for group in groups for source in group.split(",")}


def pairs_of(given: Sequence[str]) -> list[tuple[str, str]]:
    """Weak and strong models that `--pair weak,strong` names. Raises ValueError."""
    pairs = [tuple(pair.split(",")) for pair in given]
    for pair in pairs:
        if len(pair) != 2:
            raise ValueError(f"--pair {','.join(pair)}: give two names, weak,strong")
    return [(weak, strong) for weak, strong in pairs]


def parser() -> argparse.ArgumentParser:
    """The options, with a Settings' fields as numbers to change."""
    made = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    made.add_argument("files", nargs="+", type=Path, help="labelled JSONL files")
    made.add_argument("--output", type=Path, required=True, help="the weights file to write")
    made.add_argument("--family", action="append", default=[], help="sources of one kind: a,b,c")
    made.add_argument("--pair", action="append", default=[], help="models: weak,strong")
    made.add_argument("--levels", action="append", default=[], help="source whose levels count")
    for name, default in Settings()._asdict().items():
        option = f"--{name.replace('_', '-')}"
        made.add_argument(option, type=type(default), default=default, help="default %(default)s")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write; what was learned is told on stderr."""
    options = parser().parse_args(arguments)
    settings = Settings(**{name: getattr(options, name) for name in Settings._fields})
    try:
        pairs = pairs_of(options.pair)
        teaching = Teaching(families_of(options.family), pairs, options.levels)
        examples = Reader().read(options.files)
        text = as_text(learned(examples, teaching, settings))
        write(options.output, text)
    except (ModelRouterError, OSError, ValueError) as error:
        hint = f"; {error.hint}" if isinstance(error, ModelRouterError) and error.hint else ""
        print(f"error: {error}{hint}", file=sys.stderr)
        return 1
    size = len(text.encode())
    print(f"{options.output}: {size:,} bytes from {len(examples):,} rows", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
