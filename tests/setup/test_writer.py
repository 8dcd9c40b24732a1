"""Texts made of selections: they load, agree with each other, and lead to engines that exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given

from model_router.catalog import parse_catalog
from model_router.catalog.availability import availability_report
from model_router.proxy.config import ProxyConfig
from model_router.proxy.load import parse_proxy_config
from model_router.proxy.served import served
from model_router.router import ModelRouter
from model_router.setup.selections import CHOSEN_ROUTES, Selection, engine_name
from model_router.setup.writer import Texts, backends, texts
from model_router.types import Catalog
from tests.support.selections import selections
from tests.support.texts import README

OLLAMA = "http://127.0.0.1:11434/v1"


def one(route: str, model: str = "m", **keys: object) -> Selection:
    """A local selection on Ollama."""
    return replace(
        Selection(route, engine_name(route, True), model, "ollama", OLLAMA),
        **keys,  # type: ignore[arg-type]
    )


def loaded(rows: Sequence[Selection]) -> tuple[Catalog, ProxyConfig, Texts]:
    """Both files as they load."""
    written = texts(rows, 8082)
    return parse_catalog(written.catalog), parse_proxy_config(written.proxy), written


@given(selections())
def test_any_selection_loads_and_routes(rows: list[Selection]) -> None:
    """Whatever was chosen: both files load, fit each other, and every prompt finds an engine."""
    catalog, config, _ = loaded(rows)
    assert {name for name in catalog.engines if name != "human_confirm"} == {r.engine for r in rows}
    found = served(config, catalog, {"A_KEY": "x", "B_KEY": "x"})
    assert not [r for r in found.remarks if "counts as hosted" not in r.message]
    for row in rows:
        assert config.backends[found.homes[row.engine]].model_for(row.engine) == row.model
        assert config.backends[found.homes[row.engine]].base_url == row.base_url
        assert catalog.engines[row.engine].model == row.model
        assert catalog.targets[row.route] == row.engine
    for off in ({}, availability_report(catalog, environ={})):
        router = ModelRouter(catalog, availability_report=off)
        for prompt in README:
            chosen = router.route_fast(prompt)
            assert chosen in catalog.engines
            assert chosen not in off
        assert router.route_fast("drop the production database") == "human_confirm"


def test_every_route_has_its_engine() -> None:
    """With a model for each route the prompts go where the README says."""
    catalog, _, _ = loaded([one(route, vision=route == "vision") for route in CHOSEN_ROUTES])
    router = ModelRouter(catalog)
    assert {prompt: router.route_fast(prompt) for prompt in README} == README


def test_a_route_without_a_model_falls_to_its_neighbour() -> None:
    """One model answers what words can answer; a person the rest."""
    catalog, _, _ = loaded([one("balanced")])
    router = ModelRouter(catalog)
    found = [router.route_fast(prompt) for prompt in README]
    assert set(found[:4]) == {"balanced_local"}
    assert found[-1] == "human_confirm"


def test_nothing_chosen_still_loads() -> None:
    """An empty choice gives a person for everything, and a proxy file to fill in."""
    catalog, config, written = loaded([])
    assert set(catalog.engines) == {"human_confirm"}
    assert list(config.backends) == ["ollama"]
    assert "put your server here" in written.proxy


def test_what_is_not_here_is_off() -> None:
    """A row of a download is used from the moment on that its files are there."""
    catalog, _, _ = loaded([one("simple", needs_paths=("/models/a.gguf", "/models/b.gguf"))])
    prompt = "rewrite this text"
    here = {"/models/a.gguf"}
    off = availability_report(catalog, environ={}, exists=here.__contains__)
    assert off == {"fast_local": ("path /models/b.gguf does not exist",)}
    assert ModelRouter(catalog, availability_report=off).route_fast(prompt) == "human_confirm"
    here.add("/models/b.gguf")
    off = availability_report(catalog, environ={}, exists=here.__contains__)
    assert ModelRouter(catalog, availability_report=off).route_fast(prompt) == "fast_local"


def test_a_hosted_engine_waits_for_its_key() -> None:
    """Without the variable it is off, in the catalog and in the proxy."""
    row = one("simple", kind="anthropic", base_url="https://api.anthropic.com/v1", local=False,
              engine="fast_hosted", needs_env=("ANTHROPIC_API_KEY",))  # fmt: skip
    catalog, config, _ = loaded([row])
    assert catalog.engines["fast_hosted"].location == "hosted"
    assert "fast_hosted" in served(config, catalog, {}).unavailable
    assert "fast_hosted" not in served(config, catalog, {"ANTHROPIC_API_KEY": "k"}).unavailable


def test_one_backend_for_each_server() -> None:
    """The same kind at two addresses is two backends; the same address is one."""
    there = "http://127.0.0.1:8080/v1"
    other = "http://127.0.0.1:8081/v1"
    rows = [one("simple", kind="llamacpp", base_url=there),
            one("balanced", kind="llamacpp", base_url=other),
            one("reasoning", kind="llamacpp", base_url=there)]  # fmt: skip
    found = [(home.name, home.base_url, list(home.models)) for home in backends(rows)]
    assert found == [
        ("llamacpp", there, ["fast_local", "reasoning_local"]),
        ("llamacpp-2", other, ["balanced_local"]),
    ]


def test_fallbacks_lead_to_what_was_chosen() -> None:
    """A chain names engines of the file only, and ends with a person."""
    catalog, _, _ = loaded([one("simple"), one("reasoning"), one("coding")])
    assert catalog.engines["fast_local"].fallback == "reasoning_local"
    assert catalog.engines["code_agent"].fallback == "reasoning_local"
    assert catalog.engines["reasoning_local"].fallback == "human_confirm"
