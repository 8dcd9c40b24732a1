"""Train a decision tree for the strategy `tree` and write it as JSON.

    pip install -e ".[train]"
    python scripts/train_tree.py rows.jsonl --output tree.json

Each line is {"prompt": str, "route": str} or {"prompt": str, "engine": str}. Rows that a person
must confirm are left out: no strategy ever sees them. A part of the rows is held out, and the
share of it that the tree gets right is printed beside that of always giving the commonest answer.
The same rows and options give the same file.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from model_router import ModelRouter, Request, RouterConfigError  # noqa: E402
from model_router.strategies import Facts  # noqa: E402
from model_router.strategies.inputs import input_named, known_inputs  # noqa: E402
from model_router.strategies.tree import MOST_DEPTH, SCHEMA, read_tree  # noqa: E402
from model_router.strategist import facts  # noqa: E402
from model_router.types import ROUTES  # noqa: E402

SKIPPED_INPUTS = ("need.local", "feature.requires_confirmation")


class Row(NamedTuple):
    """A prompt and the route or engine that it should go to."""

    prompt: str
    answer: str


def read_rows(lines: Iterable[str]) -> Iterator[Row]:
    """The rows of a file; ValueError names the line that has the wrong form."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            answer = row["route"] if "route" in row else row["engine"]
            if "route" in row and answer not in ROUTES:
                raise ValueError(f"{answer!r} is not a route")
            if not isinstance(row["prompt"], str) or not isinstance(answer, str):
                raise ValueError("prompt and answer must be text")
        except (KeyError, TypeError, ValueError) as error:
            needed = '{"prompt", "route"} or {"prompt", "engine"}'
            raise ValueError(f"line {number}: needs {needed} ({error})") from None
        yield Row(row["prompt"], answer)


def facts_of(router: ModelRouter, prompt: str) -> Facts | None:
    """What the strategy would read about a prompt; None when a person must confirm it."""
    assessment = router.assess(prompt)
    return None if assessment.confirm else facts(assessment, Request(prompt), ())


def input_names(seen: Sequence[Facts], least: int) -> list[str]:
    """Inputs to train on: all of the fixed ones, and signals that fired in enough prompts."""
    fired = Counter(name for one in seen for name in one.signals)
    signals = sorted(f"signal.{name}" for name, count in fired.items() if count >= least)
    return [name for name in known_inputs() if name not in SKIPPED_INPUTS] + signals


def matrix(seen: Sequence[Facts], names: Sequence[str]) -> list[list[float]]:
    """The value of each input for each prompt."""
    values = [value for name in names if (value := input_named(name)) is not None]
    return [[float(value(one)) for value in values] for one in seen]


def as_json(trained: Any, names: Sequence[str], answers: Sequence[str], about: str) -> Any:
    """scikit-learn's tree as ours, forks whose branches agree made one leaf."""
    tree = trained.tree_

    def node(index: int) -> dict[str, Any]:
        if tree.children_left[index] < 0:
            answer = answers[int(tree.value[index][0].argmax())]
            return {"route" if answer in ROUTES else "engine": answer}
        yes, no = node(tree.children_left[index]), node(tree.children_right[index])
        if yes == no:
            return yes
        at_most = round(float(tree.threshold[index]), 6)
        return {"input": names[tree.feature[index]], "at_most": at_most, "yes": yes, "no": no}

    return {"schema": SCHEMA, "about": about, "root": node(0)}


def write(path: Path, data: Any) -> None:
    """Write the file whole or not at all."""
    fresh = path.with_name(f"{path.name}.tmp")
    try:
        fresh.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def share(right: Sequence[bool]) -> str:
    """A share with the number it is of."""
    return f"{sum(right) / len(right):.3f} of {len(right)}" if right else "no rows"


def train(rows: Sequence[Row], router: ModelRouter, options: argparse.Namespace) -> Any:
    """The tree as JSON data; prints how well it does on the rows held out."""
    from sklearn.tree import DecisionTreeClassifier

    pairs = [(row, found) for row in rows if (found := facts_of(router, row.prompt)) is not None]
    random.Random(options.seed).shuffle(pairs)
    cut = len(pairs) - round(len(pairs) * options.hold_out)
    if cut < 2:
        raise ValueError("too few rows that no person must confirm")
    names = input_names([found for _, found in pairs[:cut]], options.min_leaf)
    values = matrix([found for _, found in pairs], names)
    wanted = [row.answer for row, _ in pairs]
    model = DecisionTreeClassifier(
        max_depth=options.max_depth,
        min_samples_leaf=options.min_leaf,
        max_leaf_nodes=options.max_leaves,
        random_state=options.seed,
    )
    model.fit(values[:cut], wanted[:cut])
    commonest = Counter(wanted[:cut]).most_common(1)[0][0]
    got = model.predict(values[cut:]) if values[cut:] else []
    print(f"trained on {cut} rows; {len(rows) - len(pairs)} are for a person and left out")
    print("held out, right:", share([a == b for a, b in zip(got, wanted[cut:], strict=True)]))
    print(f"held out, always {commonest}:", share([commonest == b for b in wanted[cut:]]))
    return as_json(model, names, list(model.classes_), f"trained on {cut} rows")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write; 0 when the file was written."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rows", type=Path, help="JSONL with prompt and route or engine")
    parser.add_argument("--output", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--config", help="the catalog whose signals are used; default: the usual")
    parser.add_argument("--max-depth", type=int, default=8, help=f"1 to {MOST_DEPTH - 1}")
    parser.add_argument("--max-leaves", type=int, default=128, help="2 to 2048")
    parser.add_argument("--min-leaf", type=int, default=5, help="rows in a leaf at least")
    parser.add_argument("--hold-out", type=float, default=0.2, help="share of rows to judge by")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    if not (
        1 <= options.max_depth < MOST_DEPTH
        and 2 <= options.max_leaves <= 2048
        and options.min_leaf >= 1
        and 0 <= options.hold_out < 1
    ):
        parser.error("an option is out of range; --help says what is allowed")
    try:
        router = ModelRouter.from_config(options.config, validate_availability=False)
        with options.rows.open(encoding="utf-8") as file:
            rows = list(read_rows(file))
        tree = train(rows, router, options)
        read_tree(tree)
        write(options.output, tree)
    except ModuleNotFoundError as error:
        print(f'{error.name} is missing: pip install -e ".[train]"', file=sys.stderr)
        return 1
    except (OSError, ValueError, RouterConfigError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    print(f"wrote {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
