"""Write what is made from the tables of keys, all in model_router/data.

catalog.schema.json and proxy.schema.json are JSON schemas, for editors. catalog.json is the
packaged catalog.yaml after validation, which loads without YAML and without the validator.

    python scripts/build_schema.py            write the files
    python scripts/build_schema.py --check    exit 1 when a file is out of date
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "model_router" / "data"
SCHEMA = DATA / "catalog.schema.json"


def generated() -> str:
    """The schema's text, the same bytes on every platform."""
    sys.path.insert(0, str(ROOT))
    from model_router.catalog import catalog_schema

    return json.dumps(catalog_schema(), indent=1) + "\n"


def proxy_form() -> str:
    """The text of the proxy file's schema."""
    sys.path.insert(0, str(ROOT))
    from model_router.proxy.schema import json_schema

    return json.dumps(json_schema(), indent=1) + "\n"


def judged() -> str:
    """The packaged catalog's validated rows, with the stamp of the file they come from."""
    sys.path.insert(0, str(ROOT))
    from model_router.catalog import packaged, schema, strict_yaml
    from model_router.catalog.report import Report

    content = (DATA / "catalog.yaml").read_bytes()
    report = Report("catalog.yaml")
    rows, errors = schema.validate(strict_yaml.parse(content.decode(), report))
    report.raise_problems()
    if errors:
        raise SystemExit(f"catalog.yaml is not valid: {errors}")
    body = {"rows": rows, "stamp": packaged.stamp(content)}
    return json.dumps(body, indent=1, sort_keys=False) + "\n"


def main() -> int:
    """Write or check; 0 when the files are right."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare, write nothing")
    check = parser.parse_args().check
    stale = []
    files = (
        (SCHEMA, generated()),
        (DATA / "proxy.schema.json", proxy_form()),
        (DATA / "catalog.json", judged()),
    )
    for path, text in files:
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    if stale:
        names = ", ".join(stale)
        print(f"out of date: {names}; run python scripts/build_schema.py", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
