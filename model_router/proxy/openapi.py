"""GET /openapi.json: what the proxy takes and gives, as an OpenAPI 3.1 document.

Only what the proxy itself reads is described. Everything else in a request is the backend's to
know, and passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from model_router._version import __version__
from model_router.proxy.choosing import HINT_HEADERS
from model_router.proxy.incoming import Incoming
from model_router.proxy.live import Live
from model_router.request.hints import ATTACHMENTS
from model_router.request.turns import ROLES
from model_router.types import COST_RANK, LATENCY_RANK, PROFILES, ROUTES

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_OBJECT: Json = {"type": "object"}
_LIST: Json = {"type": "array"}
_FLAG: Json = {"type": "boolean"}
_TEXTS: Json = {"type": "array", "items": _TEXT}


def _object(required: str = "", **properties: Json) -> Json:
    """An object with these keys; those named in `required` must be there."""
    found: Json = {"type": "object", "properties": properties}
    return found | ({"required": required.split()} if required else {})


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _one_of(values: Iterable[str]) -> Json:
    return {"type": "string", "enum": list(values)}


_HINTS: dict[str, Json] = {
    "profile": _one_of(PROFILES),
    "max_cost_tier": _one_of(COST_RANK),
    "max_latency_tier": _one_of(LATENCY_RANK),
    "role": _one_of(ROUTES),
    "attachments": _one_of(ATTACHMENTS),
    "latency_sensitive": _one_of(("true", "false")),
    "local_only": _one_of(("true", "false")),
}
"""What a hint may say, in a header."""

SCHEMAS: dict[str, Json] = {
    "Message": _object(
        "role",
        role={"type": "string", "enum": list(ROLES)},
        content={"anyOf": [_TEXT, {"type": "null"}, {"type": "array", "items": _ref("Part")}]},
    ),
    "Part": _object("type text", type={"const": "text"}, text=_TEXT),
    "Hints": _object(
        force_engine=_TEXT,
        route=_HINTS["role"],
        profile=_HINTS["profile"],
        max_cost_tier=_HINTS["max_cost_tier"],
        max_latency_tier=_HINTS["max_latency_tier"],
        latency_sensitive=_FLAG,
        local_only=_FLAG,
        hosted_allowed=_FLAG,
        attachments={"type": "array", "items": _HINTS["attachments"]},
        provider_allowlist=_TEXTS,
        provider_denylist=_TEXTS,
    )
    | {"additionalProperties": False},
    "Chat": _object(
        "messages",
        model={"type": ["string", "null"]},
        messages={"type": "array", "items": _ref("Message")},
        stream={"type": ["boolean", "null"]},
        max_tokens={"type": ["integer", "null"], "minimum": 1},
        tools={"type": "array", "items": _ref("Tool")},
        model_router=_ref("Hints"),
    ),
    "Tool": _object(
        "type function", type={"const": "function"}, function=_object("name", name=_TEXT)
    ),
    "Prompt": _object("prompt", prompt=_TEXT, model_router=_ref("Hints")),
    "Error": _object(
        "error",
        error=_object(
            "message type param code",
            message=_TEXT,
            type=_TEXT,
            param={"type": ["string", "null"]},
            code={"type": ["string", "integer", "null"]},
        ),
    ),
    "Confirmation": _object(
        "error selected_engine confirmation",
        error=_OBJECT,
        selected_engine={"const": "human_confirm"},
        confirmation=_object(
            "id reasons expires_in approve",
            id=_TEXT,
            action_class={"type": ["string", "null"]},
            reasons=_TEXTS,
            expires_in={"type": "integer"},
            approve=_OBJECT,
        ),
    ),
    "Plan": _object(
        "object mode engine confirm calls receipt",
        object={"const": "model_router.plan"},
        mode={"enum": ["decision", "manual", "passthrough"]},
        engine=_TEXT,
        confirm=_FLAG,
        calls={"type": "array", "items": _object("engine backend model", engine=_TEXT)},
        receipt=_OBJECT,
    ),
    "Model": _object("id object", id=_TEXT, object={"const": "model"}, owned_by=_TEXT),
    "Models": _object(
        "object data", object={"const": "list"}, data={"type": "array", "items": _ref("Model")}
    ),
    "Health": _object("status version backends", status=_TEXT, version=_TEXT, backends=_OBJECT),
    "Approval": _object("id caller expires_in", id=_TEXT, caller=_TEXT),
    "Reload": _object("ok message needs_restart", ok=_FLAG, message=_TEXT, needs_restart=_LIST),
}

_ID: Json = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
_HEADERS: list[Json] = [
    {"name": name.decode(), "in": "header", "schema": _HINTS.get(hint, _TEXT)}
    for name, (hint, _) in HINT_HEADERS.items()
]


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _operation(about: str, answer: Json, body: Json | None = None, **more: Any) -> Json:
    """One method of a path. `answer` is the content of its 200."""
    found: Json = {"summary": about, **more}
    if body is not None:
        found["requestBody"] = {"required": True, "content": _json(body)}
    found["responses"] = {
        "200": {"description": "the answer", "content": answer},
        "default": {"description": "what is wrong", "content": _json(_ref("Error"))},
    }
    return found


def _chat() -> Json:
    answer = {**_json(_OBJECT), "text/event-stream": {}}
    found = _operation("Decide, and forward.", answer, _ref("Chat"), parameters=_HEADERS)
    found["responses"]["409"] = {
        "description": "a person must confirm; the status is a setting",
        "content": _json({"anyOf": [_ref("Confirmation"), _ref("Error")]}),
    }
    return found


def _route() -> Json:
    body = {"anyOf": [_ref("Chat"), _ref("Prompt")]}
    return _operation("The plan; nothing is executed.", _json(_ref("Plan")), body,
                      parameters=_HEADERS)  # fmt: skip


@cache
def document() -> Json:
    """The document. It is the same for every configuration."""
    admin: Json = {"security": [{"admin": []}]}
    health = _operation("Whether it runs.", _json(_ref("Health")), security=[])
    health["responses"]["503"] = {"description": "draining", "content": _json(_ref("Health"))}
    approval = _json(_ref("Approval"))
    reload = _operation("Read the files again.", _json(_ref("Reload")), **admin)
    reload["responses"]["422"] = {
        "description": "the old settings stay", "content": _json(_ref("Reload")),
    }  # fmt: skip
    metrics = {"text/plain": {"schema": _TEXT}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "model-router-proxy", "version": __version__},
        "paths": {
            "/v1/chat/completions": {"post": _chat()},
            "/v1/route": {"post": _route()},
            "/classify": {"post": _route()},
            "/v1/models": {"get": _operation("Names for `model`.", _json(_ref("Models")))},
            "/v1/models/{id}": {
                "get": _operation("One name.", _json(_ref("Model")), parameters=[_ID])
            },
            "/health": {"get": health},
            "/healthz": {"get": health},
            "/v1/status": {"get": _operation("Settings and backends.", _json(_OBJECT))},
            "/metrics": {"get": _operation("For Prometheus.", metrics)},
            "/openapi.json": {"get": _operation("This document.", _json(_OBJECT))},
            "/v1/approvals/{id}": {
                "get": _operation("What waits.", approval, parameters=[_ID], **admin),
                "post": _operation("A person's yes.", approval, parameters=[_ID], **admin),
            },
            "/admin/reload": {"post": reload},
        },
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "caller": {"type": "http", "scheme": "bearer"},
                "admin": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{}, {"caller": []}],
    }


async def openapi(live: Live, incoming: Incoming) -> None:
    """Answer GET /openapi.json."""
    await incoming.answer_json(document())
