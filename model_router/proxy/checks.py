"""What one part of a proxy file says about another: names that exist, cycles, keys that are set.

Checks read the raw data, so they also run on a file whose types are wrong, and everything is
reported at once. Each is a plain function in an ordered table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from model_router.addresses import is_loopback, parse_base_url
from model_router.backend_kinds import KINDS
from model_router.catalog.raw import Data, part, rows
from model_router.catalog.report import Path, Report, show_value, suggest
from model_router.proxy.secrets import SecretError, read_secret

ReadFile = Callable[[str], str]
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = {
    "authorization": "write api_key_env",
    "host": "it follows from base_url",
    "content-length": "it follows from the body",
    "transfer-encoding": "it follows from the body",
    "connection": "connections are kept by the client",
    "accept-encoding": "answers are asked for as they are",
}
_KEPT = ("model", "messages", "stream")


class Surroundings(NamedTuple):
    """What a file's checks may look at outside of it."""

    environ: Mapping[str, str]
    read_file: ReadFile


def check(data: Data, around: Surroundings, report: Report) -> None:
    """Adds what is wrong between the parts of `data` to `report`."""
    for one in CHECKS:
        one(data, around, report)


def _backends(data: Data) -> Iterator[tuple[str, Data]]:
    for name, row in part(data, "backends").items():
        yield name, row if isinstance(row, Mapping) else {}


def _addresses(data: Data, around: Surroundings, report: Report) -> None:
    for name, row in _backends(data):
        kind = KINDS.get(row["kind"]) if isinstance(row.get("kind"), str) else None
        url = row.get("base_url")
        if url is None and (kind is None or kind.base_url is None):
            message = "is required and absent"
            hint = "add it: the server's address up to /v1, or a kind that has one"
            report.problem(("backends", name, "base_url"), message, hint)
        elif isinstance(url, str) and (wrong := parse_base_url(url).wrong):
            report.problem(("backends", name, "base_url"), wrong, "write http://host:port/v1")


def _keys_of_backends(data: Data, around: Surroundings, report: Report) -> None:
    for name, row in _backends(data):
        path: Path = ("backends", name)
        _one_key(path, row, around, report)
        kind = KINDS.get(row["kind"]) if isinstance(row.get("kind"), str) else None
        guessed = kind.api_key_env if kind else None
        absent = row.get("api_key") is None and row.get("api_key_env") is None
        if guessed and absent and not around.environ.get(guessed, "").strip():
            report.remark(path, f"has no key: {guessed} is not set")


def _one_key(path: Path, row: Data, around: Surroundings, report: Report) -> None:
    named, literal = row.get("api_key_env"), row.get("api_key")
    if named is not None and literal is not None:
        message = "is given beside api_key_env"
        report.problem((*path, "api_key"), message, "keep one, best api_key_env")
    elif isinstance(named, str) and not around.environ.get(named, "").strip():
        message = f"names {show_value(named)}, which is not set"
        report.problem((*path, "api_key_env"), message, f"export {named[:80]}=...")


def _callers(data: Data, around: Surroundings, report: Report) -> None:
    _one_key(("proxy",), part(data, "proxy"), around, report)
    access = part(data, "access")
    seen: set[str] = set()
    for index, row in rows(access, "keys"):
        path: Path = ("access", "keys", index)
        name = row.get("name")
        if isinstance(name, str) and name in seen:
            report.problem((*path, "name"), f"{show_value(name)} is taken", "rename one")
        seen.add(str(name))
        _secret(path, row.get("env"), row.get("file"), around, report)
    admin = (access.get("admin_key_env"), access.get("admin_key_file"))
    if admin != (None, None):
        _secret(("access",), *admin, around, report, prefix="admin_key_")


def _secret(
    path: Path, env: Any, file: Any, around: Surroundings, report: Report, prefix: str = ""
) -> None:
    if (env is None) == (file is None):
        message = f"needs {prefix}env or {prefix}file" + (", not both" if env is not None else "")
        report.problem(path, message, "name one place that holds the key")
        return
    if not isinstance(env if file is None else file, str):
        return  # its type is complained of already
    try:
        read_secret(env, file, around.environ, around.read_file)
    except SecretError as error:
        where = f"{prefix}env" if file is None else f"{prefix}file"
        report.problem((*path, where), str(error), error.hint)


def _open_door(data: Data, around: Surroundings, report: Report) -> None:
    """Listening where others can reach it takes a key."""
    proxy = part(data, "proxy")
    host = proxy.get("host")
    keyed = proxy.get("api_key") or proxy.get("api_key_env") or part(data, "access").get("keys")
    if isinstance(host, str) and not is_loopback(host) and not keyed and not proxy.get("uds"):
        message = f"{show_value(host)} can be reached by others, and no key is asked for"
        report.problem(("proxy", "host"), message, "add access.keys, or listen on 127.0.0.1")


def _names(data: Data, around: Surroundings, report: Report) -> None:
    """Everything that names a backend names one that is defined."""
    known = part(data, "backends")
    for path, name in _references(data):
        if isinstance(name, str) and name not in known:
            message = f"names {show_value(name)}, which is not defined under backends"
            report.problem(path, message, suggest(name, sorted(known)))


def _references(data: Data) -> Iterator[tuple[Path, Any]]:
    for engine, name in part(data, "engine_backends").items():
        yield ("engine_backends", engine), name
    for name, others in part(data, "fallback_backends").items():
        yield ("fallback_backends", name), name
        for index, other in enumerate(others if isinstance(others, list) else ()):
            yield ("fallback_backends", name, index), other
    yield ("proxy", "default_backend"), part(data, "proxy").get("default_backend")
    for model, row in part(data, "proxy", "model_map").items():
        if isinstance(row, Mapping):
            yield ("proxy", "model_map", model, "backend"), row.get("backend")
    for key in ("backend_allowlist", "backend_denylist"):
        listed = part(data, "backend_policy").get(key)
        for index, name in enumerate(listed if isinstance(listed, list) else ()):
            yield ("backend_policy", key, index), name


def _circles(data: Data, around: Surroundings, report: Report) -> None:
    following = {
        name: [one for one in others if isinstance(one, str)]
        for name, others in part(data, "fallback_backends").items()
        if isinstance(others, list)
    }
    done: set[str] = set()
    for start in following:
        _walk(start, [], following, done, report)


def _walk(
    name: str, walked: list[str], following: dict[str, list[str]], done: set[str], report: Report
) -> None:
    if name in walked:
        shown = " -> ".join([*walked[walked.index(name) :], name][:12])
        path: Path = ("fallback_backends", walked[-1])
        report.problem(path, f"closes a cycle: {shown}", "take one of them out")
    elif name not in done:
        for other in following.get(name, ()):
            _walk(other, [*walked, name], following, done, report)
        done.add(name)


def _engines(data: Data, around: Surroundings, report: Report) -> None:
    """Each engine has one home, and some engine has one."""
    homes: dict[str, str] = {}
    given = part(data, "engine_backends")
    for name, row in _backends(data):
        for engine in part(row, "models"):
            other = given.get(engine, homes.get(engine))
            if other not in (None, name) and engine not in given:
                path: Path = ("backends", name, "models", engine)
                report.problem(path, f"is served by {other} too", "say which in engine_backends")
            homes.setdefault(engine, name)
    routed = part(data, "proxy").get("routing_mode") != "passthrough"
    if routed and not homes and not given and len(part(data, "backends")) > 1:
        message = "is absent, so no engine is served anywhere"
        report.problem(("engine_backends",), message, "write `engine: backend` for each engine")


def _modes(data: Data, around: Surroundings, report: Report) -> None:
    proxy = part(data, "proxy")
    mode, default = proxy.get("routing_mode"), proxy.get("default_backend")
    if mode in ("manual", "passthrough") and default is None:
        message = f"is required when routing_mode is {mode}"
        report.problem(("proxy", "default_backend"), message, "add it: where the rest goes")
    home = part(data, "backends", default) if isinstance(default, str) else {}
    if mode == "manual" and proxy.get("default_model") is None and home.get("model") is None:
        message = "is required when routing_mode is manual"
        report.problem(("proxy", "default_model"), message, "add it: the model there")
    for key in ("default_model", "model_map"):
        used = mode == "manual" or (key == "model_map" and proxy.get("respect_client_model"))
        if proxy.get(key) and not used:
            report.remark(("proxy", key), "does nothing in this routing_mode")


def _warmth(data: Data, around: Surroundings, report: Report) -> None:
    if part(data, "proxy").get("prefer_loaded") is not True:
        return
    path: Path = ("proxy", "prefer_loaded")
    if part(data, "health").get("interval_seconds") == 0:
        hint = "set health.interval_seconds, or leave prefer_loaded out"
        report.problem(path, "asks servers in the background, and they are never asked", hint)
    kinds = [KINDS.get(str(row.get("kind"))) for _, row in _backends(data)]
    if not any(kind is not None and kind.loaded_path for kind in kinds):
        told = ", ".join(name for name, kind in KINDS.items() if kind.loaded_path)
        report.remark(path, f"does nothing: no backend has a kind that can say ({told})")


def _headers(data: Data, around: Surroundings, report: Report) -> None:
    for name, row in _backends(data):
        for key, value in part(row, "headers").items():
            path: Path = ("backends", name, "headers", key)
            if not _TOKEN.fullmatch(key):
                report.problem(path, "is not the name of a header", "use letters, digits and -")
            elif key.lower() in _OURS:
                report.problem(path, "is set by the proxy", _OURS[key.lower()])
            elif isinstance(value, str) and not (value.isascii() and value.isprintable()):
                report.problem(path, "holds characters a header can't", "use printable ASCII")


def _parameters(data: Data, around: Surroundings, report: Report) -> None:
    for name, row in _backends(data):
        stripped = row.get("strip_parameters")
        listed = list(enumerate(stripped)) if isinstance(stripped, list) else []
        places: list[tuple[str | int, Any]] = [*part(row, "set_parameters").items(), *listed]
        for place, value in places:
            key = value if isinstance(place, int) else place
            section = "strip_parameters" if isinstance(place, int) else "set_parameters"
            if key in _KEPT:
                path: Path = ("backends", name, section, place)
                report.problem(path, f"{key} is not a parameter", "models are set by `model`")


def _clients(data: Data, around: Surroundings, report: Report) -> None:
    for name, row in _backends(data):
        for key in ("http2", "proxy_url"):
            if row.get(key) and row.get("transport") == "http1":
                message = "is not what transport http1 does"
                report.problem(("backends", name, key), message, "leave transport at auto")


def _idle(data: Data, around: Surroundings, report: Report) -> None:
    """Keys of older files that mean nothing here."""
    if part(data, "verifier"):
        report.remark(("verifier",), "does nothing: no answer is checked by a model")
    if part(data, "proxy").get("safety_gate_mode") not in (None, "always_static"):
        message = "does nothing: the gate is what the catalog's `safety` says, in every mode"
        report.remark(("proxy", "safety_gate_mode"), message)
    for name, row in _backends(data):
        if row.get("runtime"):
            report.remark(("backends", name, "runtime"), "does nothing: no server is started")
        if row.get("api_key"):
            path: Path = ("backends", name, "api_key")
            report.remark(path, "stands in a file; api_key_env keeps it out")


CHECKS: tuple[Callable[[Data, Surroundings, Report], None], ...] = (
    _addresses,
    _keys_of_backends,
    _callers,
    _open_door,
    _names,
    _circles,
    _engines,
    _modes,
    _warmth,
    _headers,
    _parameters,
    _clients,
    _idle,
)
