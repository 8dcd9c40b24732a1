"""A proxy file's text to a ProxyConfig: read strictly, everything judged, every problem at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from model_router.catalog import complaints, strict_yaml
from model_router.catalog.load import read_text
from model_router.catalog.report import Report, refuse
from model_router.catalog.sources import absolute, router_home
from model_router.proxy import build, checks, schema
from model_router.proxy.config import ProxyConfig

PATH_VARIABLE = "MODEL_ROUTER_PROXY_CONFIG"
FILE_NAME = "routing_proxy.yaml"
CHECKER = "validate-proxy-config"
_ELSEWHERE = {
    "engines": "engines belong in the catalog; name that file in router_config",
    "routing_targets": "routes belong in the catalog; name that file in router_config",
    "fallback_backend": "did you mean fallback_backends?",
    "preset": "did you mean kind?",
}
_TOP_HINT = "write at least `backends:` with one backend; see docs/proxy.md"


def find_proxy_config(
    flag: str | None, environ: Mapping[str, str], home: str | os.PathLike[str]
) -> str:
    """The path that is used: `flag`, else the variable's, else the user's own file."""
    named = flag or environ.get(PATH_VARIABLE, "")
    return absolute(named, home) if named else os.path.join(router_home(environ, home), FILE_NAME)


def load_proxy_config(
    path: str,
    *,
    environ: Mapping[str, str] | None = None,
    home: str | os.PathLike[str] | None = None,
) -> ProxyConfig:
    """The settings in the file at `path`. Raises RouterConfigError with every problem."""
    environ = os.environ if environ is None else environ
    home = os.path.expanduser("~") if home is None else home
    path = absolute(path, home)
    if not os.path.lexists(path):
        hint = "run `model-router init`, or give --config; configs/proxy.yaml shows every key"
        raise refuse(path, "does not exist", hint, checker=CHECKER)
    return parse_proxy_config(
        read_text(path), path, folder=os.path.dirname(path), environ=environ, home=home
    )


def parse_proxy_config(
    text: str,
    source: str = "<string>",
    *,
    folder: str = "",
    environ: Mapping[str, str] | None = None,
    home: str | os.PathLike[str] = "",
) -> ProxyConfig:
    """The settings in a YAML text; paths in it are relative to `folder`."""
    report = Report(source, CHECKER)
    places = build.Places(folder, os.fspath(home), environ or {})
    return _judge(strict_yaml.parse(text, report), places, report)


def _judge(data: Any, places: build.Places, report: Report) -> ProxyConfig:
    if not isinstance(data, dict):
        report.problem((), "is not a mapping of sections", _TOP_HINT)
        raise report.error()
    rows, errors = schema.validate(data)
    complaints.complain(errors, report, schema.CONFIG.json, elsewhere=_ELSEWHERE)
    checks.check(data, checks.Surroundings(places.environ, places.read_file), report)
    report.raise_problems()
    if rows["version"] > schema.VERSION:
        report.remark(("version",), f"is newer than {schema.VERSION}, the form this release knows")
    return build.proxy_config(rows, places, report)
