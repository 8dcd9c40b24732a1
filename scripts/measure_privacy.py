"""Measure privacy detection: share found, false findings, and time. Prints JSON.

    python scripts/measure_privacy.py labelled.jsonl --chat chat.jsonl --chat more.jsonl

A labelled row has `prompt` and `meta.spans`: [[TYPE, start, end], ...]. A chat row has `prompt`.
A span counts as found when findings of its category cover most of it. A finding in a chat row
counts as false.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model_router.privacy import find

CATEGORY_OF = {
    "EMAIL_ADDRESS": "email",
    "CREDIT_CARD": "card",
    "US_SSN": "ssn",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip",
    "PHONE_NUMBER": "phone",
}
ROUNDS = 5


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON lines file."""
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def recall(path: Path, show: bool) -> dict[str, dict[str, float]]:
    """For each category: spans labelled, spans found, and the share."""
    counts = {name: [0, 0] for name in CATEGORY_OF.values()}
    for row in rows(path):
        found = find(row["prompt"], limit=1000)
        for kind, start, end in row["meta"]["spans"]:
            category = CATEGORY_OF.get(kind)
            if category is None:
                continue
            covered = sum(
                max(0, min(f.end, end) - max(f.start, start))
                for f in found
                if f.category == category
            )
            hit = covered * 2 > end - start
            counts[category][0] += 1
            counts[category][1] += hit
            if show and not hit:
                print(f"missed {category}: {row['prompt'][:300]!r}", file=sys.stderr)
    return {
        name: {"spans": total, "found": hits, "share": round(hits / total, 4) if total else 0.0}
        for name, (total, hits) in counts.items()
    }


def false_findings(paths: list[Path], show: bool) -> dict[str, Any]:
    """Chat prompts with a finding, in all and in a thousand."""
    prompts = flagged = 0
    kinds: dict[str, int] = {}
    for path in paths:
        for row in rows(path):
            found = find(row["prompt"])
            prompts += 1
            flagged += bool(found)
            for finding in found:
                kinds[finding.code] = kinds.get(finding.code, 0) + 1
                if show:
                    around = row["prompt"][max(0, finding.start - 40) : finding.end + 20]
                    print(f"{path.stem} {finding.code}: {around!r}", file=sys.stderr)
    per_thousand = round(1000 * flagged / prompts, 3) if prompts else 0.0
    return {"prompts": prompts, "flagged": flagged, "per_1000": per_thousand, "codes": kinds}


def best_ms(text: str) -> float:
    """The best of some rounds of `find`, in milliseconds."""
    spent = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        find(text)
        spent.append(time.perf_counter() - begin)
    return round(min(spent) * 1000, 4)


def timings(prompts: list[str]) -> dict[str, float]:
    """Milliseconds for mixed text of some lengths and for texts made to be slow."""
    mixed = "\n".join(prompts)
    while len(mixed) < 500_000:
        mixed += "\n" + mixed
    short = "please explain how a binary search works and why it needs a sorted list of items first"
    lengths = {f"mixed_{n}": best_ms(mixed[:n]) for n in (1_000, 10_000, 100_000, 500_000)}
    hard = {
        f"hard_200000 {unit!r}": best_ms((unit * (200_000 // len(unit) + 1))[:200_000])
        for unit in HARD
    }
    return {"short_86": best_ms(short), **lengths, **hard}


HARD = (
    *("1", "1-", "1 2 ", "111111a", "12.345,", "1234567,", "2024-01-15,", "4111 ", "GB29 "),
    *("@", "a@", "a@a.a", "a@a.a ", "ana@fleckens.hu ", " ", "a", "é", "(", "[{(", ")("),
    *(
        "password=",
        "password is ",
        "password=your_password ",
        "sk-",
        "sk-aaaa",
        "eyJ",
        "-----BEGIN ",
        "bearer ",
    ),
    *(":", "::", "a:", "1:2:", "1.2.3.4 ", "1.", "+1 ", "call ", "0123456789abcdef", "12a00b"),
)


def main() -> int:
    """Print the measurement as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labelled", type=Path, help="JSON lines with prompt and meta.spans")
    parser.add_argument("--chat", type=Path, action="append", default=[], help="clean prompts")
    parser.add_argument("--mixed", type=Path, help="a text file to time; else labelled prompts")
    parser.add_argument("--show", action="store_true", help="print each miss and false finding")
    options = parser.parse_args()
    sample = (
        [options.mixed.read_text(encoding="utf-8")]
        if options.mixed
        else [row["prompt"] for row in rows(options.labelled)]
    )
    result = {
        "conditions": {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "rounds": ROUNDS,
            "labelled": options.labelled.name,
            "chat": [path.name for path in options.chat],
        },
        "recall": recall(options.labelled, options.show),
        "false_findings": false_findings(options.chat, options.show),
        "milliseconds": timings(sample),
    }
    print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
