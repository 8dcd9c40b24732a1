"""Measure routing quality with weights that have not seen what they are measured on.

    pip install -e ".[train]"
    python scripts/measure_quality.py ../shared/eval [--json] [--only rules,folds,families]

Every labelled row under the folders given is routed five times: by rules alone; by rules and
weights trained on four fifths of the prompts, of which it is none ("folds"); by weights trained
without its whole family of sources ("families", the honest figure); by its length; and at random.
Routes are counted over at most 500 rows a set, chosen by hash. The conditions are printed first.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from labelled_examples import FOLDS, Example, Reader
from train_weights import Settings, Teaching, as_text, families_of, family, train

from model_router import ModelRouter, __version__
from model_router.errors import ModelRouterError
from model_router.hindsight.baselines import Chance, Length
from model_router.hindsight.gap import gap
from model_router.hindsight.labels import Names
from model_router.hindsight.tally import Answer
from model_router.types import HUMAN, WeightsPolicy
from model_router.weights import HEADS

FAMILIES = (
    "routellm_gsm8k,mgsm,ulab_dcrouter",
    "routerbench_zs,humaneval",
    "flask,wizardlm_test,mt_vicuna,routellm_mtbench,alpaca_eval",
    "metatool,apibench_hf",
    "parti_framed,parti_raw",
)
"""Sets of one kind. Every other set is a family of its own."""

SKIPPED = ("transcripts", "presidio_synth")
OWN_FRAMING = ("parti_framed",)
"""Sets that have no labels of this kind, and those whose sentences are made: not in the pool."""

ACTION_SETS = (
    "agentdojo_user", "bfcl_multi_turn", "clinc150", "hwu64", "nl2bash", "sgd_first_turn",
    "banking77_info", "privacylens",
)  # fmt: skip
"""Said to an assistant that has tools; the others are talk."""
TIERED = "uncommonroute"
"""The set whose difficulty is a tier of models."""
FEWEST = 5
"""Rows that a false rate of an action set needs more than."""

PAIRS: Mapping[str, Sequence[tuple[str, str]]] = {
    "routellm_mmlu": [("mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview")],
    "routellm_gsm8k": [("mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview")],
    "routellm_mtbench": [("mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview")],
    "ulab_dcrouter": [
        ("mistral-7b-instruct-v0.3", "llama-3.1-nemotron-51b-instruct"),
        ("llama-3.1-8b-instruct", "llama-3.1-nemotron-51b-instruct"),
    ],
    "routerarena_sub10": [("claude-3-haiku-20240307", "gemini-2.0-flash-001")],
    "routerbench_zs": [
        ("mistralai/mixtral-8x7b-chat", "gpt-4-1106-preview"),
        ("mistralai/mistral-7b-chat", "gpt-4-1106-preview"),
    ],
    "alpaca_eval": [
        ("FuseChat-Llama-3.2-1B-Instruct", "FuseChat-Gemma-2-9B-Instruct"),
        ("phi-2", "gpt-3.5-turbo-1106"),
    ],
}
"""Weak and strong models whose results a set has."""

POOL = 500
Answers = dict[int, Answer]
"""What was decided about each example, by its place in the list."""


class Run(NamedTuple):
    """One way to answer every row."""

    name: str
    answer: Callable[[Sequence[Example]], Answers]


def labelled_files(folders: Iterable[Path]) -> list[Path]:
    """The JSONL files under the folders, by name."""
    found = {path for folder in folders for path in folder.rglob("*.jsonl")}
    return sorted((p for p in found if p.stem not in SKIPPED), key=lambda path: path.name)


def routed(router: ModelRouter, examples: Sequence[Example], places: Iterable[int]) -> Answers:
    """What a router decides about the examples at these places."""
    answers = {}
    for place in places:
        row = examples[place].row
        hints = {"attachments": row.attachments} if row.attachments else None
        engine = router.route_fast(row.prompt, hints)
        found = router.assess(row.prompt, hints)
        answers[place] = Answer(engine, found.confirm or engine == HUMAN, found.complexity)
    return answers


def by_rules(reader: Reader, examples: Sequence[Example]) -> Answers:
    """Answers with weights switched off."""
    router = ModelRouter.from_config_object(reader.catalog, validate_availability=False)
    return routed(router, examples, range(len(examples)))


def by_weights(
    reader: Reader,
    examples: Sequence[Example],
    teaching: Teaching,
    settings: Settings,
    part_of: Callable[[Example], Any],
) -> Answers:
    """Answers to each part with weights trained on all the others."""
    answers: Answers = {}
    for part in sorted({part_of(example) for example in examples}):
        learned = [example for example in examples if part_of(example) != part]
        places = [i for i, example in enumerate(examples) if part_of(example) == part]
        router = trained_router(reader, learned, teaching, settings)
        answers |= routed(router, examples, places)
        print(f"  {part}: {len(places):,} rows", file=sys.stderr)
    return answers


def trained_router(
    reader: Reader, learned: Sequence[Example], teaching: Teaching, settings: Settings
) -> ModelRouter:
    """A router whose weights were trained on these examples."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "weights.json")
        Path(path).write_text(as_text(train(learned, teaching, settings)), encoding="utf-8")
        catalog = replace(reader.catalog, weights=WeightsPolicy(file=path))
        return ModelRouter.from_config_object(catalog, validate_availability=False)


def by_baseline(contender: Length | Chance, examples: Sequence[Example]) -> Answers:
    """Answers that look at the length, or at nothing."""
    return {i: contender.answer(example.row) for i, example in enumerate(examples)}


def known_of_sets() -> Teaching:
    """What training is told of the sets: which are of one kind, and what says how hard a row is."""
    pairs = {pair for pairs in PAIRS.values() for pair in pairs}
    return Teaching(families_of(FAMILIES), sorted(pairs), (TIERED,))


# ------------------------------------------------------------------ figures


def figures(examples: Sequence[Example], answers: Answers, names: Names) -> dict[str, Any]:
    """Every figure of notes/quality.md, over rows that were answered."""
    return {
        **routes(examples, answers, names),
        **confirmations(examples, answers),
        **gaps(examples, answers),
        **levels(examples, answers),
    }


def _by_set(examples: Sequence[Example]) -> dict[str, list[int]]:
    sets: defaultdict[str, list[int]] = defaultdict(list)
    for place, example in enumerate(examples):
        sets[example.source].append(place)
    return sets


def pooled(examples: Sequence[Example]) -> list[int]:
    """The labelled rows that count: of each set at most POOL, chosen by hash."""
    chosen: list[int] = []
    for source, places in _by_set(examples).items():
        if source not in OWN_FRAMING:
            labelled = [i for i in places if examples[i].row.label is not None]
            chosen += sorted(labelled, key=lambda i: _hash(examples[i]))[:POOL]
    return chosen


def _hash(example: Example) -> bytes:
    return hashlib.sha256(f"pool{example.row.id}".encode()).digest()


def routes(examples: Sequence[Example], answers: Answers, names: Names) -> dict[str, Any]:
    """Accuracy by the label, by what is accepted too, the mean F1 over roles, and by set."""
    pool = pooled(examples)
    labels = {i: names.engine(str(examples[i].row.label)) for i in pool}
    strict = {i: answers[i].engine == labels[i] for i in pool}
    lenient = {
        i: answers[i].engine in {labels[i], *map(names.engine, examples[i].row.accept)}
        for i in pool
    }
    roles = [names.engine(head) for head in HEADS]
    sets = _by_set([examples[i] for i in pool])
    return {
        "strict": _mean(strict.values()),
        "lenient": _mean(lenient.values()),
        "macro_f1": fmean(_f1(role, labels, answers) for role in roles),
        "f1": {role: _f1(role, labels, answers) for role in roles},
        "sets": {name: fmean(strict[pool[n]] for n in rows) for name, rows in sorted(sets.items())},
        "mgsm_reasoning": _share(
            answers[i].engine == names.engine("reasoning")
            for i, example in enumerate(examples)
            if example.source == "mgsm"
        ),
    }


def _f1(role: str, labels: Mapping[int, str], answers: Answers) -> float:
    right = sum(label == role == answers[i].engine for i, label in labels.items())
    meant = sum(label == role for label in labels.values())
    chosen = sum(answers[i].engine == role for i in labels)
    return 2 * right / (meant + chosen) if right else 0.0


def _share(values: Iterable[bool]) -> float | None:
    known = list(values)
    return fmean(known) if known else None


def confirmations(examples: Sequence[Example], answers: Answers) -> dict[str, Any]:
    """Recall on what is ordered, and false confirmations on action sets and on talk."""
    recall, action, chat = {}, {}, {}
    for source, places in sorted(_by_set(examples).items()):
        yes = [answers[i].confirm for i in places if examples[i].row.confirm is True]
        no = [answers[i].confirm for i in places if examples[i].row.confirm is False]
        if yes:
            recall[source] = fmean(yes)
        if no and source not in ACTION_SETS:
            chat[source] = fmean(no)
        elif len(no) > FEWEST:
            action[source] = fmean(no)
    return {
        "confirm_recall": _mean(recall.values()),
        "false_confirm_action": _mean(action.values()),
        "false_confirm_chat": _mean(chat.values()),
        "confirm_by_set": {"recall": recall, "false_action": action, "false_chat": chat},
    }


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return fmean(known) if known else None


def gaps(examples: Sequence[Example], answers: Answers) -> dict[str, Any]:
    """APGR of the complexity score, by pair of models, and their mean."""
    sets = _by_set(examples)
    found = {}
    for source, pairs in PAIRS.items():
        for weak, strong in pairs:
            places = [i for i in sets[source] if {weak, strong} <= examples[i].row.scores.keys()]
            if not places:
                continue
            closed = gap(
                [answers[i].complexity for i in places],
                [examples[i].row.scores[weak] for i in places],
                [examples[i].row.scores[strong] for i in places],
            )
            found[f"{source}: {weak.split('/')[-1]}"] = closed.apgr
    known = [value for value in found.values() if value is not None]
    distinct = len({answer.complexity for answer in answers.values()})
    return {"apgr": _mean(known), "apgr_by_pair": found, "distinct": distinct}


def levels(examples: Sequence[Example], answers: Answers) -> dict[str, Any]:
    """Spearman's rank correlation of complexity with the difficulty that each set gives."""
    found = {}
    for source, places in sorted(_by_set(examples).items()):
        known = [i for i in places if examples[i].level is not None]
        english = [i for i in known if examples[i].english]
        if known:
            found[source] = {
                "english": _correlation(examples, answers, english),
                "all": _correlation(examples, answers, known),
            }
    tiers = found.get(TIERED, {})
    return {"levels": found, "tier_english": tiers.get("english"), "tier_all": tiers.get("all")}


def _correlation(
    examples: Sequence[Example], answers: Answers, places: Sequence[int]
) -> float | None:
    if len(places) < 2:
        return None
    from scipy.stats import spearmanr

    found = spearmanr([answers[i].complexity for i in places], [examples[i].level for i in places])
    return float(found.statistic)


# ------------------------------------------------------------------ the program

SHOWN = (
    "strict", "lenient", "macro_f1", "confirm_recall", "false_confirm_action",
    "false_confirm_chat", "apgr", "mgsm_reasoning", "tier_english", "tier_all", "distinct",
)  # fmt: skip


RUNS = ("rules", "folds", "families", "length", "random")


def runs(reader: Reader, teaching: Teaching, settings: Settings) -> Iterator[Run]:
    """The ways to answer, in the order in which they are shown."""
    names = Names(reader.catalog)
    yield Run("rules", lambda rows: by_rules(reader, rows))
    yield Run("folds", lambda rows: by_weights(reader, rows, teaching, settings, lambda e: e.fold))
    yield Run(
        "families",
        lambda rows: by_weights(reader, rows, teaching, settings, lambda e: family(e, teaching)),
    )
    yield Run("length", lambda rows: by_baseline(Length(names), rows))
    yield Run("random", lambda rows: by_baseline(Chance(names), rows))


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures as text: a line for each figure, a column for each way to answer."""
    lines = [f"{'':22}" + "".join(f"{name:>10}" for name in found)]
    for key in SHOWN:
        cells = [found[name][key] for name in found]
        lines.append(f"{key:22}" + "".join(f"{_cell(value):>10}" for value in cells))
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def conditions(paths: Sequence[Path], examples: Sequence[Example]) -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "model_router": __version__,
        "python": platform.python_version(),
        "sets": len(paths),
        "rows": len(examples),
        "folds": FOLDS,
        "settings": Settings()._asdict(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table or JSON."""
    made = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    made.add_argument("folders", nargs="+", type=Path, help="folders of labelled JSONL files")
    made.add_argument("--only", default=",".join(RUNS), help="default %(default)s")
    made.add_argument("--json", action="store_true", help="everything, by set and by pair too")
    options = made.parse_args(arguments)
    wanted = options.only.split(",")
    if unknown := sorted({*wanted} - {*RUNS}):
        made.error(f"--only {unknown[0]}: name some of {','.join(RUNS)}")
    reader, teaching = Reader(), known_of_sets()
    paths = labelled_files(options.folders)
    try:
        examples = reader.read(paths)
    except (ModelRouterError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not examples:
        print("error: no labelled rows in *.jsonl under these folders", file=sys.stderr)
        return 1
    told = conditions(paths, examples)
    print(json.dumps(told), file=sys.stderr)
    names, found = Names(reader.catalog), {}
    for run in runs(reader, teaching, Settings()):
        if run.name in wanted:
            found[run.name] = figures(examples, run.answer(examples), names)
    print(json.dumps({"conditions": told, **found}, indent=1) if options.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
