"""Write the catalog's JSON schema to model_router/data/catalog.schema.json.

python scripts/build_schema.py            write the file
python scripts/build_schema.py --check    exit 1 when the file is not what the code generates
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "model_router" / "data" / "catalog.schema.json"


def generated() -> str:
    """The schema's text, the same bytes on every platform."""
    sys.path.insert(0, str(ROOT))
    from model_router.catalog import catalog_schema

    return json.dumps(catalog_schema(), indent=1) + "\n"


def main() -> int:
    """Write or check; 0 when the file is right."""
    parser = argparse.ArgumentParser(description="Write the catalog's JSON schema.")
    parser.add_argument("--check", action="store_true", help="only compare, write nothing")
    check = parser.parse_args().check
    text = generated()
    if not check:
        SCHEMA.write_text(text, encoding="utf-8")
    elif not SCHEMA.exists() or SCHEMA.read_text(encoding="utf-8") != text:
        print(f"{SCHEMA.name} is out of date: run python scripts/build_schema.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
