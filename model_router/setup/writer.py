"""Selections as text: the catalog and the proxy file, made together so that they agree.

Nothing is read or written here. Whoever writes the texts reads them back first; a property test
holds that every selection gives texts that load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from model_router.setup.selections import Selection
from model_router.types import HUMAN

CATALOG, PROXY = "model_router.yaml", "routing_proxy.yaml"
WRITTEN_BY = "model-router setup"

_PROVIDERS = {"hosted-openai-compatible": "openai", "gemini": "google"}
_TIERS = {"simple": 0, "balanced": 1, "reasoning": 2, "coding": 2}
_NEXT = {
    "simple": ("balanced", "reasoning", "coding"),
    "balanced": ("reasoning",),
    "coding": ("reasoning", "balanced"),
    "research": ("reasoning", "balanced"),
}
"""Which route's engine is tried next; no row leads back, so no chain closes."""

_STRENGTHS = {
    "simple": "rewriting, extraction, formatting",
    "balanced": "summaries, general questions, writing",
    "reasoning": "architecture, planning, long texts",
    "coding": "code changes, repository inspection, tests",
    "research": "web search, current information, citations",
    "vision": "screenshots, text in images, charts",
    "image_generation": "image generation",
}
_PLACEHOLDER = ("ollama", "http://127.0.0.1:11434/v1")
"""A proxy file names at least one backend, also where nothing was chosen."""


class Texts(NamedTuple):
    """Both files."""

    catalog: str
    proxy: str


class Backend(NamedTuple):
    """A server of the proxy file: its name there, and whose engines it serves."""

    name: str
    kind: str
    base_url: str
    models: dict[str, str]


def texts(selections: Sequence[Selection], port: int, written_by: str = WRITTEN_BY) -> Texts:
    """The catalog and the proxy file for `selections`, each of another route."""
    return Texts(catalog_text(selections, written_by), proxy_text(selections, port, written_by))


def catalog_text(selections: Sequence[Selection], written_by: str = WRITTEN_BY) -> str:
    """The catalog: a row for each engine, a person, and where each route goes."""
    rows = [
        f"# Written by `{written_by}`. docs/catalog.md explains every key;",
        "# `model-router validate-config` checks this file.",
        "version: 1",
    ]
    if selections:
        rows += ["routing_targets:", *(f"  {one.route}: {one.engine}" for one in selections)]
    rows.append("engines:")
    for one in selections:
        rows += _engine(one, selections)
    return _joined([*rows, f"  {HUMAN}:", "    provider: human"])


def _engine(one: Selection, others: Sequence[Selection]) -> Iterator[str]:
    yield f"  {one.engine}:"
    for remark in one.remarks:
        yield f"    # {_printable(remark)}"
    draws = one.route == "image_generation"
    seen = ["image"] * (one.vision or draws) + ["image_generation"] * draws
    yield f"    provider: {_PROVIDERS.get(one.kind, one.kind)}"
    yield f"    model: {quoted(one.model)}"
    yield f"    strengths: [{_STRENGTHS[one.route]}]"
    yield f"    max_context: {one.context}"
    yield f"    location: {'local' if one.local else 'hosted'}"
    yield f"    cost_tier: {'free' if one.local else 'medium'}"
    yield f"    supports_tools: {'true' if one.tools else 'false'}"
    yield f"    modalities: [{', '.join(seen)}]"
    yield f"    tier: {_TIERS.get(one.route, 1)}"
    yield f"    fallback: {_after(one, others)}"
    yield from _availability(one)


def _availability(one: Selection) -> Iterator[str]:
    """What must be there before the engine is used; nothing where nothing must."""
    parts = {"required_env": one.needs_env, "required_paths": one.needs_paths}
    if any(parts.values()):
        yield "    availability:"
    for key, values in parts.items():
        if values:
            yield f"      {key}:"
            yield from (f"        - {quoted(value)}" for value in values)


def _after(one: Selection, others: Sequence[Selection]) -> str:
    engines = {other.route: other.engine for other in others}
    return next((engines[r] for r in _NEXT.get(one.route, ()) if r in engines), HUMAN)


def proxy_text(selections: Sequence[Selection], port: int, written_by: str = WRITTEN_BY) -> str:
    """The proxy file: each server once, with its models by engine."""
    homes = list(backends(selections))
    rows = [
        f"# Written by `{written_by}`. docs/proxy.md explains every key;",
        "# `model-router validate-proxy-config` checks this file.",
        "version: 1",
        "proxy:",
        "  host: 127.0.0.1",
        f"  port: {port}",
        f"router_config: {CATALOG}",
        "backends:",
    ]
    if not homes:
        rows.append("  # Nothing was chosen: put your server here.")
    for home in homes or [Backend(_PLACEHOLDER[0], *_PLACEHOLDER, {})]:
        rows += [f"  {home.name}:", f"    kind: {home.kind}"]
        rows.append(f"    base_url: {quoted(home.base_url)}")
        if home.models:
            rows += ["    models:", *_pairs(home.models, "      ", quoted)]
    served = {engine: home.name for home in homes for engine in home.models}
    if served:
        rows += ["engine_backends:", *_pairs(served, "  ", str)]
    return _joined(rows)


def backends(selections: Iterable[Selection]) -> tuple[Backend, ...]:
    """The servers of `selections`, each kind and address once, in order."""
    found: dict[tuple[str, str], Backend] = {}
    for one in selections:
        place = (one.kind, one.base_url)
        if place not in found:
            same = sum(kind == one.kind for kind, _ in found)
            name = f"{one.kind}-{same + 1}" if same else one.kind
            found[place] = Backend(name, *place, {})
        found[place].models[one.engine] = one.model
    return tuple(found.values())


def _pairs(rows: dict[str, str], indent: str, shown: Callable[[str], str]) -> Iterator[str]:
    return (f"{indent}{key}: {shown(value)}" for key, value in rows.items())


def quoted(text: str) -> str:
    """Text as YAML that nobody reads as something else; what is not printable is left out."""
    escaped = _printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


def _joined(rows: Iterable[str]) -> str:
    return "\n".join(rows) + "\n"
