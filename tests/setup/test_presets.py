"""Presets: models find their roles, and what is written loads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.backend_kinds import KINDS
from model_router.catalog import parse_catalog
from model_router.proxy.load import parse_proxy_config
from model_router.proxy.served import served
from model_router.setup.presets import (
    PRESETS,
    ROLES,
    USUAL,
    VISION,
    Served,
    catalog_text,
    proxy_text,
    roles,
)


def test_names_say_the_role() -> None:
    """Size, code and vision are read off the names; embedders are passed over."""
    names = ["qwen3:14b", "qwen3:0.6b", "nomic-embed-text", "qwen3:4b", "qwen2.5-coder:7b",
             "qwen2.5vl:7b", "smollm:135m"]  # fmt: skip
    assert roles(names) == {
        "fast_local": "smollm:135m", "balanced_local": "qwen3:4b", "reasoning_local": "qwen3:14b",
        "code_agent": "qwen2.5-coder:7b", VISION: "qwen2.5vl:7b",
    }  # fmt: skip


def test_one_model_takes_every_role() -> None:
    """And a server that only embeds takes none."""
    assert set(roles(["llama-3.1-8b"]).values()) == {"llama-3.1-8b"}
    assert roles(["bge-m3", "nomic-embed-text"]) == roles([]) == {}


@pytest.mark.parametrize("kind", PRESETS)
def test_every_preset_loads(kind: str) -> None:
    """Both files are valid together, without a remark but for a key that is not set."""
    url = KINDS[kind].base_url
    assert url is not None
    models = USUAL.get(kind) or dict.fromkeys(ROLES, "some-model")
    row = Served(kind, url, models)
    catalog = parse_catalog(catalog_text(row))
    config = parse_proxy_config(proxy_text(row, 8082))
    found = served(config, catalog, {})
    assert all(one.path.startswith("routing_targets") for one in catalog.warnings)
    assert found.remarks == ()
    assert set(found.homes) == set(models)
    engines = [found.catalog.engines[name] for name in models]
    location = "local" if config.backends[kind].local else "hosted"
    assert {engine.location for engine in engines} == {location}


@given(st.dictionaries(st.sampled_from((*ROLES, VISION)), st.text(min_size=1), min_size=1))
def test_any_model_name_is_written_safely(models: dict[str, str]) -> None:
    """Whatever a server calls its models, the files mean that name."""
    row = Served("ollama", "http://127.0.0.1:11434/v1", models)
    try:
        text = proxy_text(row, 1)
        text.encode()
    except UnicodeEncodeError:
        return
    if any(not "".join(c for c in name if c.isprintable()).strip() for name in models.values()):
        return
    config = parse_proxy_config(text)
    for engine, name in models.items():
        expected = "".join(c for c in name if c.isprintable())
        assert config.backends["ollama"].models[engine] == expected
        assert parse_catalog(catalog_text(row)).engines[engine].model == expected
