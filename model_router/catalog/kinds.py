"""The kinds of value a catalog key can hold: each as a validator's schema and as JSON schema.

A kind is written once and read twice, so what the loader accepts and what an editor accepts
can't drift apart. The validator's schemas are plain dicts in pydantic-core's form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

REQUIRED: Any = object()
_SOME_TEXT = r"\S"


@dataclass(slots=True, frozen=True)
class Kind:
    """`core` is what pydantic-core validates with, `json` the same in JSON schema."""

    core: dict[str, Any]
    json: dict[str, Any]


@dataclass(slots=True, frozen=True)
class Key:
    """One key of a section. A default of None means that the key may be absent or null."""

    name: str
    kind: Kind
    about: str
    default: Any = None


def text() -> Kind:
    core = {"type": "str", "strict": True, "pattern": _SOME_TEXT}
    return Kind(core, {"type": "string", "pattern": _SOME_TEXT})


def any_text() -> Kind:
    return Kind({"type": "str", "strict": True}, {"type": "string"})


def yes_no() -> Kind:
    return Kind({"type": "bool", "strict": True}, {"type": "boolean"})


def whole(low: int, high: int) -> Kind:
    return Kind(
        {"type": "int", "strict": True, "ge": low, "le": high},
        {"type": "integer", "minimum": low, "maximum": high},
    )


def number(low: float, high: float) -> Kind:
    core = {"type": "float", "strict": True, "ge": low, "le": high, "allow_inf_nan": False}
    return Kind(core, {"type": "number", "minimum": low, "maximum": high})


def one_of(*names: str, yaml_false: str | None = None) -> Kind:
    """A name out of a list. `yaml_false` is the name that YAML reads as false when unquoted."""
    kind = Kind({"type": "literal", "expected": list(names)}, {"enum": list(names)})
    return kind if yaml_false is None else _unquoted(kind, yaml_false)


def language() -> Kind:
    """A language's code. `no` is Norwegian, though YAML reads it as false."""
    return _unquoted(text(), "no")


def _unquoted(kind: Kind, word: str) -> Kind:
    def restore(value: Any) -> Any:
        return word if value is False else value

    function = {"type": "no-info", "function": restore}
    return Kind({"type": "function-before", "function": function, "schema": kind.core}, kind.json)


def list_of(kind: Kind, least: int = 0, most: int | None = None) -> Kind:
    core = {"type": "list", "strict": True, "items_schema": kind.core, "min_length": least}
    json: dict[str, Any] = {"type": "array", "items": kind.json}
    if least:
        json["minItems"] = least
    if most:
        core["max_length"], json["maxItems"] = most, most
    return Kind(core, json)


def map_of(kind: Kind, least: int = 0, keys: Kind | None = None) -> Kind:
    keys = keys or text()
    core = {
        "type": "dict",
        "strict": True,
        "keys_schema": keys.core,
        "values_schema": kind.core,
        "min_length": least,
    }
    json = {"type": "object", "additionalProperties": kind.json, "propertyNames": keys.json}
    return Kind(core, {**json, "minProperties": least} if least else json)


def section(*keys: Key) -> Kind:
    """A mapping with these keys and no others. Null reads as an empty section."""
    fields = {
        key.name: {
            "type": "typed-dict-field",
            "schema": _with_default(key),
            "required": key.default is REQUIRED,
        }
        for key in keys
    }
    core = {"type": "typed-dict", "fields": fields, "extra_behavior": "forbid", "strict": True}
    json: dict[str, Any] = {
        "type": "object",
        "properties": {key.name: _described(key) for key in keys},
        "additionalProperties": False,
    }
    required = [key.name for key in keys if key.default is REQUIRED]
    return Kind(core, {**json, "required": required} if required else json)


def _with_default(key: Key) -> dict[str, Any]:
    if key.default is REQUIRED:
        return key.kind.core
    empty_is: Any = key.default if key.default in ({}, []) else None
    schema: dict[str, Any] = {"type": "nullable", "schema": key.kind.core}
    if empty_is is not None:
        function = {
            "type": "no-info",
            "function": lambda value: empty_is if value is None else value,
        }
        schema = {"type": "function-before", "function": function, "schema": key.kind.core}
    elif key.default is not None:
        schema = key.kind.core
    return {
        "type": "default",
        "schema": schema,
        "default": key.default,
        "copy_default": True,
        "validate_default": empty_is is not None,
    }


def _described(key: Key) -> dict[str, Any]:
    json = dict(key.kind.json)
    if key.default is None or key.default in ({}, []):
        if "enum" in json:
            json["enum"] = [*json["enum"], None]
        else:
            json["type"] = [json["type"], "null"]
    if key.default is not REQUIRED and key.default not in (None, {}, []):
        json["default"] = key.default
    return {"description": key.about, **json}


def validation(kind: Kind) -> Callable[[Any], tuple[dict[str, Any], list[dict[str, Any]]]]:
    """What checks a value of `kind`: the value with every default filled in and no errors, or {}
    and the validator's errors. The validator is built when it is first asked."""

    @cache
    def validator() -> Any:
        from pydantic_core import SchemaValidator

        return SchemaValidator(kind.core)

    def validate(data: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        from pydantic_core import ValidationError

        try:
            return validator().validate_python(data), []
        except ValidationError as error:
            return {}, [dict(row) for row in error.errors(include_url=False)]

    return validate
