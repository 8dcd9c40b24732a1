"""Which engines the proxy can reach, and where their text goes."""

from __future__ import annotations

from dataclasses import replace

from model_router.proxy.load import parse_proxy_config
from model_router.proxy.served import served
from model_router.router import ModelRouter
from model_router.types import PrivacyPolicy
from tests.support.catalogs import usual_catalog

TWO = """\
backends:
  near: {base_url: 'http://127.0.0.1:9/v1', model: m}
  far: {base_url: 'https://api.example.com/v1', model: n}
engine_backends: {fast_local: near, balanced_local: far}
"""


def test_engines_without_a_backend_are_never_planned() -> None:
    """An engine that nobody serves is unavailable, so no plan names it."""
    found = served(parse_proxy_config(TWO), usual_catalog(), {})
    router = ModelRouter(found.catalog, availability_report=found.unavailable)
    plan = router.plan("design a distributed task scheduler architecture")
    assert {plan.engine, *plan.chain} <= {"fast_local", "balanced_local", "human_confirm"}
    assert "reasoning_local" in found.unavailable
    assert "human_confirm" not in found.unavailable


def test_a_hosted_backend_makes_its_engine_hosted() -> None:
    """A catalog that calls an engine local is not believed when its backend is hosted."""
    catalog = replace(usual_catalog(), privacy=PrivacyPolicy("local_only"))
    found = served(parse_proxy_config(TWO), catalog, {})
    assert [row.path for row in found.remarks] == ["engine_backends.balanced_local"]
    router = ModelRouter(found.catalog, availability_report=found.unavailable)
    plan = router.plan("rewrite this text for bob.smith@acme-works.com")
    assert plan.egress == "local_only"
    assert "balanced_local" not in (plan.engine, *plan.chain)


def test_commands_and_files_are_not_looked_for() -> None:
    """The server answers for those; a variable that the catalog requires still counts."""
    from model_router.types import Availability

    catalog = usual_catalog()
    engines = dict(catalog.engines)
    needs = Availability(required_commands=("nothing-like-this",), required_paths=("/nowhere",))
    engines["fast_local"] = replace(engines["fast_local"], availability=needs)
    asked = Availability(required_env=("SOME_KEY",))
    engines["balanced_local"] = replace(engines["balanced_local"], availability=asked)
    found = served(parse_proxy_config(TWO), replace(catalog, engines=engines), {})
    assert "fast_local" not in found.unavailable
    assert "balanced_local" in found.unavailable


def test_names_that_no_catalog_has_are_remarked() -> None:
    """A mistyped engine is told, with the nearest name."""
    text = TWO.replace("fast_local", "fast_locl")
    rows = served(parse_proxy_config(text), usual_catalog(), {}).remarks
    assert any("did you mean fast_local?" in row.message for row in rows)


def test_one_backend_serves_all_but_people() -> None:
    """A single backend stands for every engine that is no person."""
    text = "backends: {a: {base_url: 'http://127.0.0.1:9/v1', model: m}}"
    found = served(parse_proxy_config(text), usual_catalog(), {})
    assert "human_confirm" not in found.homes
    assert set(found.homes.values()) == {"a"}
    assert found.unavailable == {}
