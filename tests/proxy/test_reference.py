"""The proxy file's reference, schema and documentation say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_router.backend_kinds import KINDS
from model_router.catalog import load_catalog
from model_router.proxy.load import parse_proxy_config
from model_router.proxy.schema import json_schema
from model_router.proxy.served import served
from tests.support.forms import schema_paths

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "configs" / "proxy.yaml").read_text(encoding="utf-8")
KEYS = sorted({path.rpartition(".")[2] for path in schema_paths(json_schema())} - {"*"})


def test_it_loads_without_a_remark() -> None:
    """The reference is valid as it stands, and fits the packaged catalog."""
    config = parse_proxy_config(REFERENCE, "proxy.yaml", folder=str(ROOT), home="/nowhere")
    assert config.warnings == ()
    assert served(config, load_catalog(), {}).remarks == ()


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_shown(key: str) -> None:
    """Each key stands in the reference, if only in a comment."""
    assert re.search(rf"\b{key}:", REFERENCE), key


def test_it_shows_nothing_that_does_not_exist() -> None:
    """With its comments opened, every key of the reference is one of the schema."""
    text = re.sub(r"^( *)# ([a-z_0-9]+: )", r"\1\2", REFERENCE, flags=re.M)
    text = text.replace("keys: [] # - {", "keys: [{").replace("}, - {", "}, {")
    text = text.replace("ci.key}", "ci.key}]")
    found = set(value_keys(yaml.safe_load(text)))
    named = {"small", "large", "keep_alive", "X-Team", "gpt-4o-mini"} | set(load_catalog().engines)
    assert found - named <= set(KEYS)


def value_keys(value: Any) -> list[str]:
    """Every key below a value."""
    if isinstance(value, list):
        return [key for one in value for key in value_keys(one)]
    if not isinstance(value, dict):
        return []
    return [*value, *(key for one in value.values() for key in value_keys(one))]


def test_it_shows_the_defaults() -> None:
    """What the reference shows for the proxy itself are the defaults, but for what it explains."""
    data = yaml.safe_load(REFERENCE)
    shown = {"default_backend", "model_map", "respect_client_model", "routing_profile",
             "safety_gate_mode"}  # fmt: skip
    for section in ("proxy", "health", "observability"):
        for key, form in json_schema()["properties"][section]["properties"].items():
            if key in data[section] and key not in shown and "default" in form:
                unquoted_off = data[section][key] is False and "enum" in form
                assert ("off" if unquoted_off else data[section][key]) == form["default"], key


def test_the_shipped_schema_is_the_generated_one() -> None:
    """The file in the package is what the code gives."""
    path = ROOT / "model_router" / "data" / "proxy.schema.json"
    assert json.loads(path.read_text(encoding="utf-8")) == json_schema()


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_documented(key: str) -> None:
    """Each key stands in docs/proxy.md as code."""
    text = (ROOT / "docs" / "proxy.md").read_text(encoding="utf-8")
    assert re.search(rf"`(?:[\w.\[\]*<>]+\.)?{re.escape(key)}`", text), key


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_documented(kind: str) -> None:
    """Each kind of server stands in docs/proxy.md."""
    assert f"`{kind}`" in (ROOT / "docs" / "proxy.md").read_text(encoding="utf-8")
