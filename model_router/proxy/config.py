"""The proxy's settings as plain objects. Times are seconds, sizes are bytes.

`load` makes them from a file; nothing here reads one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from model_router.records import record
from model_router.types import Remark


@record
class Timeouts:
    """How long a backend may take: to connect, to begin its answer, between two pieces of it,
    and for all of it."""

    connect: float = 5.0
    first_byte: float = 300.0
    idle: float = 120.0
    total: float = 1800.0


@record
class Backend:
    """A server that answers. `models` names its model for an engine, `model` for all others."""

    name: str
    base_url: str
    kind: str = "openai-compatible"
    model: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    api_key: str | None = field(default=None, repr=False)
    api_key_env: str | None = None
    local: bool = True  # whether the text stays on this machine or network
    timeouts: Timeouts = Timeouts()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    strip_parameters: tuple[str, ...] = ()
    set_parameters: Mapping[str, Any] = field(default_factory=dict)
    max_concurrent: int | None = None  # None: no limit
    queue_size: int = 64
    queue_seconds: float = 30.0
    retries: int = 1
    breaker_failures: int = 3
    breaker_seconds: float = 5.0
    transport: str = "auto"  # auto | http1 | httpx
    http2: bool = False
    proxy_url: str | None = field(default=None, repr=False)
    ca_file: str | None = None

    def model_for(self, engine: str) -> str | None:
        """The model that stands for `engine` here; None when the catalog's own name counts."""
        return self.models.get(engine) or self.model


@record
class Target:
    """Where a name of `model_map` leads. Without a model the name itself is sent."""

    backend: str
    model: str | None = None


@record
class NamedKey:
    """A key that may call. Only `secret` is compared; `name` is what logs show."""

    name: str
    secret: str = field(repr=False)


@record
class Access:
    """Who may call, under which host names, and from which pages of a browser."""

    keys: tuple[NamedKey, ...] = ()
    admin_key: str | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()


@record
class Observability:
    """What is written down of each request."""

    enabled: bool = False
    log_path: str = "~/.model-router/routing-events.jsonl"
    prompt_capture: str = "off"  # off | redacted_preview | full
    max_bytes: int = 10_485_760
    backups: int = 5


@record
class ProxyConfig:
    """Everything the proxy does, as one file says it. `source` is that file."""

    backends: Mapping[str, Backend]
    engine_backends: Mapping[str, str]
    fallback_backends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = 8082
    uds: str | None = None
    workers: int = 1
    model_ids: tuple[str, ...] = ("model-router",)
    routing_mode: str = "decision"  # decision | manual | passthrough
    routing_profile: str | None = None
    default_backend: str | None = None
    default_model: str | None = None
    model_map: Mapping[str, Target] = field(default_factory=dict)
    respect_client_model: bool = False
    unknown_model_behavior: str = "fallback_to_default"
    response_model: str = "real"  # real | requested
    confirm_status: int = 409
    approval_seconds: float = 600.0
    max_body_bytes: int = 33_554_432
    max_attempts: int = 4
    prefer_loaded: bool = False
    heartbeat_seconds: float = 0.0  # 0: none
    drain_seconds: float = 30.0
    watch_seconds: float = 2.0  # 0: files are not watched
    health_timeout: float = 1.0
    health_interval: float = 15.0  # 0: no probes in the background
    access: Access = Access()
    observability: Observability = Observability()
    router_config: str | None = None
    source: str = "<memory>"
    warnings: tuple[Remark, ...] = ()
