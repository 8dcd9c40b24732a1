"""The form of a proxy file: every key, its kind, default and one sentence.

Built from the catalog's kinds, so both files are read by the same rules and complain alike.
"""

from __future__ import annotations

from typing import Any

from model_router.backend_kinds import KINDS
from model_router.catalog.kinds import (
    REQUIRED,
    Key,
    Kind,
    list_of,
    map_of,
    number,
    one_of,
    section,
    text,
    validation,
    whole,
    yes_no,
)
from model_router.types import PROFILES

VERSION = 1
TEXTS = list_of(text())
SECONDS = number(0, 86_400)
COUNT = whole(0, 1_000_000)
ANY = Kind({"type": "any"}, {"type": ["string", "number", "boolean", "array", "object", "null"]})

TIMEOUTS = section(
    Key("connect", number(0.001, 86_400), "Seconds to reach the server."),
    Key("first_byte", number(0.001, 86_400), "Seconds until its answer begins."),
    Key("idle", number(0.001, 86_400), "Seconds between two pieces of an answer."),
    Key("total", number(0.001, 86_400), "Seconds for the whole answer."),
)

BACKEND = section(
    Key("kind", one_of(*KINDS), "The kind of server; fills in address and key.", None),
    Key("base_url", text(), "Its address up to /v1. Required without a kind that has one."),
    Key("model", text(), "The model's name there, for every engine that `models` leaves out."),
    Key("models", map_of(text()), "The model's name there, by engine.", {}),
    Key("api_key_env", text(), "The environment variable that holds its key."),
    Key("api_key", text(), "Its key. Better is api_key_env, which keeps keys out of files."),
    Key(
        "location",
        one_of("local", "hosted"),
        "Where the text goes. Guessed from the address: loopback and private ones are local.",
    ),
    Key("timeout_seconds", number(0.001, 86_400), "One limit for first byte, pauses and total."),
    Key("timeouts", TIMEOUTS, "Limits for each phase of an answer.", {}),
    Key("headers", map_of(text()), "Headers added to each request.", {}),
    Key("strip_tools", yes_no(), "Whether tools are taken out of requests.", False),
    Key("strip_parameters", TEXTS, "Keys taken out of requests.", []),
    Key("set_parameters", map_of(ANY), "Keys set in requests, whatever the client said.", {}),
    Key("max_concurrent", whole(1, 100_000), "Requests at a time; the rest wait. No limit: null."),
    Key("queue_size", COUNT, "How many may wait.", 64),
    Key("queue_seconds", SECONDS, "How long each may wait.", 30.0),
    Key("retries", whole(0, 10), "Further tries when the server cannot be reached.", 1),
    Key("breaker_failures", whole(1, 1000), "Failures in a row after which it is left alone.", 3),
    Key("breaker_seconds", number(0.001, 3600), "For how long at first; doubles up to 60.", 5.0),
    Key(
        "transport",
        one_of("auto", "http1", "httpx"),
        "The HTTP client: our own for HTTP/1.1, httpx for HTTP/2 and outgoing proxies.",
        "auto",
    ),
    Key("http2", yes_no(), "HTTP/2, by httpx.", False),
    Key("proxy_url", text(), "An outgoing HTTP proxy for this backend, by httpx."),
    Key("ca_file", text(), "A file of certificates to trust instead of the system's."),
    Key("runtime", map_of(ANY), "Does nothing: this proxy starts no servers.", {}),
)

PROXY = section(
    Key("host", text(), "The address to listen on. Any but loopback needs a key.", "127.0.0.1"),
    Key("port", whole(0, 65535), "The port; 0 takes a free one.", 8082),
    Key("uds", text(), "A unix socket to listen on instead."),
    Key("workers", whole(1, 256), "Processes.", 1),
    Key("model_ids", TEXTS, "Names under which clients ask for a decision.", ["model-router"]),
    Key("api_key", text(), "A key that callers must send."),
    Key("api_key_env", text(), "The environment variable that holds that key."),
    Key("routing_profile", one_of(*PROFILES), "The profile of requests that name none."),
    Key(
        "routing_mode",
        one_of("decision", "manual", "passthrough"),
        "Who chooses: the router, the model's name, or nobody: all goes to default_backend.",
        "decision",
    ),
    Key("default_backend", text(), "Where manual and passthrough send the rest."),
    Key("default_model", text(), "The model there, in manual mode."),
    Key(
        "model_map",
        map_of(
            section(
                Key("backend", text(), "The backend it goes to.", REQUIRED),
                Key("model", text(), "The name it has there; its own when absent."),
            )
        ),
        "Clients' model names, in manual mode and with respect_client_model.",
        {},
    ),
    Key("respect_client_model", yes_no(), "Whether a name that a backend has goes there."),
    Key(
        "unknown_model_behavior",
        one_of("fallback_to_default", "reject_404"),
        "What a model name that means nothing here does.",
        "fallback_to_default",
    ),
    Key(
        "safety_gate_mode",
        one_of("decision_only", "always_static", "off", yaml_false="off"),
        "Does nothing: in every mode the gate is what the catalog's `safety` says.",
    ),
    Key("response_model", one_of("real", "requested"), "The model's name in answers.", "real"),
    Key(
        "confirm_status",
        whole(400, 499),
        "The status of a request that a person must confirm.",
        409,
    ),
    Key("approval_seconds", number(1, 86_400), "How long an approval holds.", 600.0),
    Key("max_body_bytes", whole(1, 2**32), "The largest request.", 33_554_432),
    Key("max_attempts", whole(1, 20), "Backends tried for one request.", 4),
    Key(
        "prefer_loaded",
        yes_no(),
        "Whether of engines that are as good one in memory goes first, where servers can say.",
        False,
    ),
    Key("heartbeat_seconds", SECONDS, "SSE comments while a model is silent; 0: none.", 0.0),
    Key("drain_seconds", SECONDS, "How long answers may go on after SIGTERM.", 30.0),
    Key("watch_seconds", SECONDS, "How often the files are looked at; 0: never.", 2.0),
)

ACCESS = section(
    Key(
        "keys",
        list_of(
            section(
                Key("name", text(), "The name that logs show.", REQUIRED),
                Key("env", text(), "The environment variable that holds the key."),
                Key("file", text(), "A file that holds it, relative to this file's folder."),
            )
        ),
        "Keys that may call. Give env or file for each.",
        [],
    ),
    Key("admin_key_env", text(), "The variable with the key for reload and approvals."),
    Key("admin_key_file", text(), "A file with that key."),
    Key("allowed_hosts", TEXTS, "Further host names under which clients call.", []),
    Key("allowed_origins", TEXTS, "Origins of web pages that may call; none by default.", []),
)

OBSERVABILITY = section(
    Key("enabled", yes_no(), "Whether each request leaves a line in log_path.", False),
    Key("log_path", text(), "The file of events.", "~/.model-router/routing-events.jsonl"),
    Key(
        "prompt_capture",
        one_of("off", "redacted_preview", "full", yaml_false="off"),
        "What of a prompt is kept.",
        "off",
    ),
    Key("max_bytes", whole(0, 2**40), "Size at which the file is rotated.", 10_485_760),
    Key("backups", whole(0, 1000), "How many old files are kept.", 5),
)

CONFIG: Kind = section(
    Key("version", whole(1, 1_000_000), "The form of this file.", VERSION),
    Key("proxy", PROXY, "How it listens and routes.", {}),
    Key("access", ACCESS, "Who may call.", {}),
    Key("router_config", text(), "The catalog, relative to this file's folder; null: yours."),
    Key("backends", map_of(BACKEND, least=1), "The servers, by name.", REQUIRED),
    Key("engine_backends", map_of(text()), "Which backend serves each engine.", {}),
    Key("fallback_backends", map_of(TEXTS), "Who else may serve a backend's engines.", {}),
    Key(
        "health",
        section(
            Key("backend_timeout_seconds", number(0.001, 600), "Limit of one probe.", 1.0),
            Key("interval_seconds", SECONDS, "Pause between probes; 0: none.", 15.0),
        ),
        "How backends are watched.",
        {},
    ),
    Key("observability", OBSERVABILITY, "What is written down.", {}),
    Key(
        "backend_policy",
        section(
            Key("version", whole(1, 1_000_000), "The form of this section.", 1),
            Key("backend_allowlist", TEXTS, "Only these backends; empty: all.", []),
            Key("backend_denylist", TEXTS, "Never these backends.", []),
        ),
        "Which backends may be used.",
        {},
    ),
    Key("verifier", map_of(ANY), "Does nothing: no answer is checked by a model.", {}),
)


validate = validation(CONFIG)
"""The file with every default filled in, and no errors; or {} and the validator's errors."""


def json_schema() -> dict[str, Any]:
    """The JSON schema of a proxy file, for editors; shipped as data/proxy.schema.json."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "model-router proxy",
        "description": "Where engines are served, and who may ask.",
        **CONFIG.json,
    }
