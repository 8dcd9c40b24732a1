"""Examples, schema and documentation say the same, in both directions."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_router.catalog import catalog_schema, load_catalog
from model_router.types import HUMAN, OVERRIDE_KEYS, ROUTES
from tests.support.forms import schema_paths

ROOT = Path(__file__).resolve().parents[2]
PROXY_FILE = ROOT / "configs" / "proxy.yaml"  # tests/proxy/test_reference.py
CONFIGS = sorted(path for path in (ROOT / "configs").rglob("*.yaml") if path != PROXY_FILE)
PROFILES = [path for path in CONFIGS if path.parent.name == "profiles"]
ALL = [*CONFIGS, ROOT / "model_router" / "data" / "catalog.yaml"]


def value_paths(value: Any, form: Any, path: str = "") -> Iterator[str]:
    """Every key that a file uses, as a path of the same form."""
    if isinstance(value, dict):
        named = "properties" not in form
        for key, inner in value.items():
            below = form.get("additionalProperties") if named else form["properties"].get(key)
            here = f"{path}.*" if named else f"{path}.{key}"
            if not named:
                yield here
            yield from value_paths(inner, below or {}, here)
    if isinstance(value, list):
        for inner in value:
            yield from value_paths(inner, form.get("items", {}), f"{path}[]")


def accepts(form: Any, value: Any) -> bool:
    """Whether the JSON schema accepts a value: the few keywords that ours uses."""
    if isinstance(form, bool):
        return form
    if "$ref" in form:
        return accepts(catalog_schema()["$defs"][form["$ref"].rpartition("/")[2]], value)
    if "anyOf" in form:
        return any(accepts(one, value) for one in form["anyOf"])
    if "not" in form and accepts(form["not"], value):
        return False
    kinds = {"string": str, "object": dict, "array": list, "boolean": bool, "null": type(None)}
    if "enum" in form:
        return value in form["enum"]
    types = form["type"] if isinstance(form["type"], list) else [form["type"]]
    if isinstance(value, bool):
        return "boolean" in types
    if isinstance(value, int | float):
        fits = "number" in types or ("integer" in types and isinstance(value, int))
        return fits and form["minimum"] <= value <= form["maximum"]
    if not any(isinstance(value, kinds.get(kind, tuple)) for kind in types):
        return False
    if isinstance(value, list):
        return len(value) >= form.get("minItems", 0) and all(
            accepts(form["items"], one) for one in value
        )
    if isinstance(value, dict):
        return _accepts_mapping(form, value)
    return not isinstance(value, str) or bool(re.search(form.get("pattern", ""), value))


def _accepts_mapping(form: Any, value: dict[str, Any]) -> bool:
    if not set(form.get("required", ())) <= set(value):
        return False
    known, other = form.get("properties", {}), form.get("additionalProperties")
    return all(
        accepts(known[key], one) if key in known else bool(other) and accepts(other, one)
        for key, one in value.items()
    )


REFERENCE = yaml.safe_load((ROOT / "configs" / "model_router.yaml").read_text(encoding="utf-8"))
KEYS = sorted(set(schema_paths(catalog_schema())))


class TestReference:
    def test_every_key_of_the_schema_is_in_the_reference(self) -> None:
        """A key that the reference does not show can't be found by a reader."""
        shown = set(value_paths(REFERENCE, catalog_schema()))
        pools = ".provider_policy.route_pools.*."  # the same keys as provider_policy itself
        missing = {key for key in KEYS if key not in shown and not key.startswith(pools)}
        assert missing == set()

    def test_every_key_of_the_reference_is_in_the_schema(self) -> None:
        """The reference shows nothing that does not exist."""
        assert set(value_paths(REFERENCE, catalog_schema())) <= set(KEYS)

    def test_it_is_silent(self) -> None:
        """The reference is a valid catalog without a remark."""
        assert load_catalog(ROOT / "configs" / "model_router.yaml").warnings == ()

    def test_every_route_and_override_is_shown(self) -> None:
        """All eight routes and all overrides stand in it."""
        assert set(REFERENCE["routing_targets"]) == set(ROUTES)
        overrides = set(REFERENCE["safety"]["confirmation_overrides"])
        assert overrides == {*OVERRIDE_KEYS.values(), "allow_ambiguous_high_impact"}

    def test_it_shows_the_defaults(self) -> None:
        """Values that the reference shows for sections with defaults are those defaults."""
        for section in ("safety", "privacy"):
            for key, form in catalog_schema()["properties"][section]["properties"].items():
                if "default" in form:
                    assert REFERENCE[section][key] == form["default"], key


class TestExamples:
    @pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
    def test_it_loads(self, path: Path) -> None:
        """Every example is a valid catalog in which each route has an engine that exists."""
        catalog = load_catalog(path)
        assert set(catalog.targets) == set(ROUTES)
        assert set(catalog.targets.values()) <= set(catalog.engines)

    @pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
    def test_the_schema_accepts_it(self, path: Path) -> None:
        """What the loader accepts, an editor accepts."""
        assert accepts(catalog_schema(), yaml.safe_load(path.read_text(encoding="utf-8")))

    @pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
    def test_the_schema_line(self, path: Path) -> None:
        """The first line leads an editor to the schema, from where the file lies."""
        first = path.read_text(encoding="utf-8").splitlines()[0]
        found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert found is not None
        target = (path.parent / found[1]).resolve()
        assert target == ROOT / "model_router" / "data" / "catalog.schema.json"

    def test_the_local_example_is_local(self) -> None:
        """The three-engine example sends nothing anywhere."""
        catalog = load_catalog(ROOT / "configs" / "model_router.local.example.yaml")
        assert {one.location for one in catalog.engines.values()} == {"local"}
        assert len(catalog.engines) == 4
        assert catalog.targets["vision"] == HUMAN

    def test_the_profiles(self) -> None:
        """The four profiles exist, and no two send every route to the same place."""
        assert [path.stem for path in PROFILES] == [
            "balanced", "hosted", "local-first", "privacy-first"
        ]  # fmt: skip
        catalogs = [load_catalog(path) for path in PROFILES]
        assert len({str(sorted(one.targets.items())) for one in catalogs}) == 4


class TestSchema:
    def test_the_shipped_schema_is_the_generated_one(self) -> None:
        """The file in the package is what the code gives."""
        path = ROOT / "model_router" / "data" / "catalog.schema.json"
        assert json.loads(path.read_text(encoding="utf-8")) == catalog_schema()

    def test_the_check_mode(self) -> None:
        """scripts/build_schema.py --check agrees byte for byte."""
        script = ROOT / "scripts" / "build_schema.py"
        subprocess.run([sys.executable, str(script), "--check"], check=True)

    @pytest.mark.parametrize("key", KEYS)
    def test_every_key_is_described(self, key: str) -> None:
        """An editor shows one sentence for each key."""
        form: Any = catalog_schema()
        for part in key.strip(".").replace("[]", ".[]").split("."):
            below = {"*": form.get("additionalProperties"), "[]": form.get("items")}
            form = below.get(part) or form["properties"][part]
        assert form["description"].endswith((".", "..."))

    @pytest.mark.parametrize(
        ("change", "good"),
        [
            ({}, True),
            ({"enginess": {}}, False),
            ({"version": "1"}, False),
            ({"privacy": {"mode": "offf"}}, False),
            ({"engines": {}}, True),
            ({"engines": {"a": {"model": "m"}}}, False),
            ({"scoring": {"tiers": [{"name": "a", "max_score": 100}]}}, False),
        ],
    )
    def test_the_schema_refuses_what_the_loader_refuses(
        self, change: dict[str, Any], good: bool
    ) -> None:
        """The schema is as strict as the loader on keys, types and names."""
        changed = {**REFERENCE, **change}
        assert accepts(catalog_schema(), changed) is good


class TestDocumentation:
    TEXT = (ROOT / "docs" / "catalog.md").read_text(encoding="utf-8")

    @pytest.mark.parametrize("key", sorted({key.rpartition(".")[2] for key in KEYS}))
    def test_every_key_is_documented(self, key: str) -> None:
        """Each key stands in docs/catalog.md as code."""
        assert re.search(rf"`(?:[\w.\[\]*<>]+\.)?{re.escape(key)}`", self.TEXT), key

    def test_the_examples_in_it_load(self) -> None:
        """Every YAML example that is a whole catalog is a valid one."""
        from model_router.catalog import parse_catalog

        examples = re.findall(r"```yaml\n(.*?)```", self.TEXT, re.S)
        whole = [text for text in examples if re.search("^engines:", text, re.M)]
        assert whole
        for text in whole:
            parse_catalog(text)
