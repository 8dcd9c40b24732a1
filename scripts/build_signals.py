"""Turn model_router/data/signals.yaml into signals.json, the file that is loaded at run time.

JSON loads in a twentieth of the time YAML takes, and examples and comments stay behind. The table
of ids in docs/signals.md is written too.
`--check` changes nothing and exits 1 when a file is not what signals.yaml says.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from model_router.signals.misspellings import misspellings
from model_router.signals.patterns import literals
from model_router.signals.rows import BETWEEN

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "model_router" / "data"
DOCS = ROOT / "docs" / "signals.md"
TABLE_BEGINS, TABLE_ENDS = "<!-- ids: begin -->\n", "<!-- ids: end -->\n"
NOT_LOADED = ("matches", "ignores", "patterns", "typos", "real_words")


def build(source: str) -> str:
    """The text of signals.json for the text of signals.yaml."""
    data = yaml.safe_load(source)
    for name, words in data["lists"].items():
        odd = [word for word in words if not isinstance(word, str)]
        if odd:
            raise SystemExit(f"lists.{name}: {odd} must be in quotes to be words")
    rows = [_built(row) for row in data["signals"]]
    body = {"signals": rows, "lists": data["lists"]}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"


def _built(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is loaded: its patterns expanded, which would cost 0.2 s at every start."""
    built = {key: value for key, value in row.items() if key not in NOT_LOADED}
    if "patterns" in row:
        found = [literal for pattern in row["patterns"] for literal in literals(pattern)]
        for word in row.get("typos", ()):
            found += [b" %b " % typo.encode() for typo in misspellings(word, row["real_words"])]
        built["literals"] = BETWEEN.join(dict.fromkeys(found)).decode()
    return built


def documented(source: str, page: str) -> str:
    """`page` with its table of ids replaced by that for the text of signals.yaml."""
    before, _, rest = page.partition(TABLE_BEGINS)
    _, _, after = rest.partition(TABLE_ENDS)
    lines = ["| id | points | also | meaning |", "|---|---|---|---|"]
    lines += map(_documented, yaml.load(source, yaml.CSafeLoader)["signals"])
    return before + TABLE_BEGINS + "\n".join(lines) + "\n" + TABLE_ENDS + after


def _documented(row: dict[str, Any]) -> str:
    points = {**row.get("adds", {}), **{k: row[k] for k in ("complexity", "risk") if k in row}}
    also = [f"action {row['action']}"] if "action" in row else []
    also += [f"at {row['at']}"] if "at" in row else []
    also += [name.replace("_", " ") for name in row.get("features", ())]
    shown = ", ".join(f"{name} {value:+d}" for name, value in points.items())
    return f"| `{row['id']}` | {shown} | {', '.join(also)} | {row['why']} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; 1 on a difference")
    check = parser.parse_args().check
    source = (DATA / "signals.yaml").read_text(encoding="utf-8")
    files = {
        DATA / "signals.json": build(source),
        DOCS: documented(source, DOCS.read_text(encoding="utf-8")),
    }
    different = 0
    for path, text in files.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        different = 1
        if check:
            print(f"{path.name} is not what signals.yaml says: run scripts/build_signals.py")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{path.name}: {len(text):,} characters")
    return different if check else 0


if __name__ == "__main__":
    sys.exit(main())
