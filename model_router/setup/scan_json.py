"""A scan as JSON-ready data, without the names of users and hosts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from model_router.setup.found import Attention, FoundModel, ModelFacts, StoreReport
from model_router.setup.inventory import Inventory
from model_router.setup.machine import Machine
from model_router.setup.machine_file import to_json
from model_router.setup.running import Running

SCHEMA = "model-router/setup-scan/1"
Hide = Callable[[str], str]
_USERS = ("USER", "LOGNAME", "USERNAME")


def scan_json(
    machine: Machine, inventory: Inventory, home: str, environ: Mapping[str, str]
) -> dict[str, Any]:
    """What `setup scan --json` prints."""
    hide = hider(home, environ)
    data = {
        "schema": SCHEMA,
        "machine": to_json(machine),
        "models": [_model(model) for model in inventory.models],
        "reclaimable_bytes": inventory.reclaimable_bytes,
        "servers": [_server(server) for server in inventory.servers],
        "stores": [_store(report) for report in inventory.stores],
    }
    hidden: dict[str, Any] = _texts(data, hide)
    return hidden


def hider(home: str, environ: Mapping[str, str]) -> Hide:
    """A function that writes ~ for the home folder, and USER for the user's name in paths."""
    homes = {path.rstrip("/\\") for path in (home, os.path.realpath(home)) if home}
    names = {environ.get(key, "").strip() for key in _USERS} | {os.path.basename(p) for p in homes}
    names = {re.escape(name) for name in names if len(name) > 1 and name != "root"}
    places = sorted((re.escape(path) for path in homes if path), key=len, reverse=True)
    # Neither the tail of another path nor the beginning of another name.
    around = (r"(?<![^\s:;,('\"=+])", r"(?=$|[/\\\s:;,)'\"+])")
    at_home = re.compile(f"{around[0]}(?:{'|'.join(places)}){around[1]}") if places else None
    named = re.compile(rf"(?<=[/\\])(?:{'|'.join(sorted(names))})(?=$|[/\\])") if names else None

    def hide(text: str) -> str:
        text = at_home.sub("~", text) if at_home else text
        return named.sub("USER", text) if named else text

    return hide


def _texts(value: Any, hide: Hide) -> Any:
    """The same data with every text hidden."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, Mapping):
        return {key: _texts(item, hide) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(item, hide) for item in value]
    return value


def _model(model: FoundModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "store": model.store,
        "format": model.format,
        "size_bytes": model.size_bytes,
        "files": model.files,
        "folder": model.folder,
        "projector": model.projector,
        "content": model.content,
        "served_as": model.served_as,
        "name_source": model.name_source,
        "server": model.server,
        "local": model.local,
        "incomplete": model.incomplete,
        "roles": model.roles,
        "facts": _facts(model.facts),
        "copies": [_copy(copy) for copy in model.copies],
        "reclaimable_bytes": model.reclaimable_bytes,
    }


def _copy(model: FoundModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "store": model.store,
        "files": model.files,
        "size_bytes": model.size_bytes,
        "served_as": model.served_as,
        "name_source": model.name_source,
    }


def _facts(facts: ModelFacts) -> dict[str, Any]:
    rows = asdict(facts)
    rows["attention"] = None if facts.attention is None else _attention(facts.attention)
    return rows


def _attention(attention: Attention) -> dict[str, Any]:
    """In short: what one token adds to the cache, in all layers and in those that slide."""
    slides = attention.windowed or (False,) * len(attention.kv_heads)
    pairs = list(zip(attention.kv_heads, slides, strict=True))
    own = attention.key_length + attention.value_length
    key = attention.windowed_key_length or attention.key_length
    value = attention.windowed_value_length
    sliding = key + (attention.value_length if value is None else value)
    return {
        "layers": len(attention.kv_heads),
        "kv_layers": sum(count > 0 for count, _ in pairs),
        "windowed_layers": sum(slid and count > 0 for count, slid in pairs),
        "window": attention.window,
        "numbers_per_token": sum(count * own for count, slid in pairs if not slid),
        "windowed_numbers_per_token": sum(count * sliding for count, slid in pairs if slid),
        "state_bytes": attention.state_bytes,
    }


def _server(server: Running) -> dict[str, Any]:
    return {
        "kind": server.kind,
        "base_url": server.base_url,
        "models": server.models,
        "problem": server.problem,
    }


def _store(report: StoreReport) -> dict[str, Any]:
    return {
        "store": report.store,
        "roots": report.roots,
        "models": len(report.models),
        "problems": report.problems,
        "unfinished": [{"path": path, "bytes": size} for path, size in report.unfinished],
    }
