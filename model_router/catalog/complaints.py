"""The validator's errors in our words: what was found, what is allowed, what was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from model_router.catalog.report import Path, Report, closest, show_value, suggest
from model_router.catalog.schema import CATALOG

# Keys people look for here although they live elsewhere, and where that is.
_ELSEWHERE = {
    "api_key": "keys stay out of files: name the variable in availability.required_env",
    "api_key_env": "name the variable in availability.required_env",
    "base_url": "addresses belong in the proxy's file, under backends",
    "backend": "backends belong in the proxy's file, under engine_backends",
}
_KINDS = {
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "string_pattern_mismatch": "must not be empty",
    "string_unicode": "must be valid Unicode",
}
_LIMITS = {
    "greater_than_equal": ("must be at least {}", "ge"),
    "less_than_equal": ("must be at most {}", "le"),
}


def complain(
    errors: Iterable[dict[str, Any]],
    report: Report,
    form: dict[str, Any] = CATALOG.json,
    at: Path = (),
    elsewhere: Mapping[str, str] = _ELSEWHERE,
) -> None:
    """Adds one problem to `report` for each of the validator's errors.

    `form` is the JSON schema of what was judged, `at` where in the file that stands, and
    `elsewhere` what to say of keys that belong in another place.
    """
    for error in errors:
        if report.full:
            report.uncounted += 1
            continue
        path = (*at, *(part for part in error["loc"] if part != "[key]"))
        error = {**error, "form": form, "depth": len(at), "elsewhere": elsewhere}
        _WAYS.get(error["type"], _wrong_value)(path, error, report)


def _unknown_key(path: Path, error: dict[str, Any], report: Report) -> None:
    key = path[-1]
    allowed = list(_form_at(error, path[:-1]).get("properties", ()))
    hint = error["elsewhere"].get(str(key)) or suggest(key, allowed)
    report.problem(path, "is not a known key", hint)


def _missing(path: Path, error: dict[str, Any], report: Report) -> None:
    about = _form_at(error, path).get("description", "")
    report.problem(path, "is required and absent", f"add it: {about}".rstrip(": ."))


def _wrong_name(path: Path, error: dict[str, Any], report: Report) -> None:
    allowed = [name for name in _form_at(error, path).get("enum", ()) if name is not None]
    if not allowed:
        allowed = _form_at(error, path[:-1]).get("propertyNames", {}).get("enum", [])
    found = error["input"]
    match = closest(found, allowed)
    report.problem(
        path,
        f"must be one of {', '.join(allowed)}; found {show_value(found)}",
        f"did you mean {match}?" if match else None,
    )


def _wrong_length(path: Path, error: dict[str, Any], report: Report) -> None:
    limits = error["ctx"]
    short = error["type"] == "too_short"
    limit = f"at least {limits['min_length']}" if short else f"at most {limits['max_length']}"
    found = limits["actual_length"] or "none"
    report.problem(
        path, f"must have {limit}; found {found}", "add one" if short else "take some out"
    )


def _wrong_value(path: Path, error: dict[str, Any], report: Report) -> None:
    kind = error["type"]
    found = error["input"]
    if kind in _LIMITS:
        text, name = _LIMITS[kind]
        message = text.format(f"{error['ctx'][name]:.15g}")
    else:
        message = _KINDS.get(kind, error["msg"])
    report.problem(path, f"{message}; found {show_value(found)}", _quote_hint(kind, found))


def _quote_hint(kind: str, found: Any) -> str | None:
    """YAML reads unquoted yes, no, on, off and digits as something other than text."""
    if kind == "string_type" and isinstance(found, bool | int | float):
        return "put it in quotes"
    if kind in ("int_type", "float_type", "bool_type") and isinstance(found, str):
        return "write it without quotes"
    if kind == "list_type" and isinstance(found, str):
        return f"write it as a list: [{found[:40]}]"
    return None


_WAYS: dict[str, Callable[[Path, dict[str, Any], Report], None]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "literal_error": _wrong_name,
    "too_short": _wrong_length,
    "too_long": _wrong_length,
}


def _form_at(error: dict[str, Any], path: Path) -> dict[str, Any]:
    """The JSON schema that judges what stands at `path`; {} where there is none."""
    form: Any = error["form"]
    for part in path[error["depth"] :]:
        if isinstance(part, int):
            form = form.get("items", {})
        else:
            form = form.get("properties", {}).get(part) or form.get("additionalProperties") or {}
    return form if isinstance(form, dict) else {}
