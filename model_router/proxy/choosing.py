"""From a request to the ways it may be answered: hints, the model's name, the router's plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from model_router.errors import RequestError
from model_router.policy.limits import egress
from model_router.proxy.loaded import loaded_first
from model_router.proxy.problems import INVALID, NOT_FOUND, Problem, Refused, invalid
from model_router.proxy.service import Candidate, Service
from model_router.receipt.decision import Plan
from model_router.request.chat import parse_chat
from model_router.request.hints import parse_hints, suggest
from model_router.request.plain import Words
from model_router.types import HUMAN, Request

BODY_HINTS = "model_router"
"""The body's key for hints: an object, taken out before the body is sent on."""

_TEXT, _FLAG, _LIST = "text", "flag", "list"
HINT_HEADERS: dict[bytes, tuple[str, str]] = {
    b"x-force-engine": ("force_engine", _TEXT),
    b"x-force-route": ("role", _TEXT),
    b"x-model-router-profile": ("profile", _TEXT),
    b"x-model-router-max-cost-tier": ("max_cost_tier", _TEXT),
    b"x-model-router-max-latency-tier": ("max_latency_tier", _TEXT),
    b"x-model-router-latency-sensitive": ("latency_sensitive", _FLAG),
    b"x-model-router-local-only": ("local_only", _FLAG),
    b"x-model-router-attachments": ("attachments", _LIST),
    b"x-model-router-provider-allow": ("provider_allowlist", _LIST),
    b"x-model-router-provider-deny": ("provider_denylist", _LIST),
}
"""Headers that carry hints, the hint, and how the value is written."""

_PREFIXES = (b"x-force-", b"x-model-router-")
_NOT_HINTS = frozenset({b"x-model-router-approval", b"x-model-router-trace"})
_BODY_KEYS = frozenset({
    "force_engine", "role", "route", "profile", "max_cost_tier", "max_latency_tier",
    "latency_sensitive", "local_only", "hosted_allowed", "attachments", "provider_allowlist",
    "provider_denylist",
})  # fmt: skip


class Asked(NamedTuple):
    """What a request says: its body's object, the hints with it, the model's name, and the words
    of a plain talk, if they are known already."""

    data: Mapping[str, Any]
    hints: Mapping[str, Any]
    model: str | None
    words: Words | None = None


class Choice(NamedTuple):
    """The ways to answer, in order, and what the headers of the answer say of them."""

    candidates: tuple[Candidate, ...]
    engine: str
    route: str
    tier: str
    egress: str
    profile: str
    request: Request
    decided: bool = True  # by the router, not by the model's name
    complexity: float = 0  # 0-100, as `risk`
    risk: int = 0


class NeedsPerson(Exception):
    """A person has to confirm first. `reasons` never quote the prompt. Scores are 0-100."""

    def __init__(
        self,
        action: str | None,
        reasons: tuple[str, ...],
        route: str,
        request: Request,
        scores: tuple[float, int] = (0, 0),
    ) -> None:
        super().__init__(action or "confirmation")
        self.request = request
        self.hints: Mapping[str, Any] = {}
        self.action = action
        self.reasons = reasons
        self.route = route
        self.complexity, self.risk = scores


def read_hints(headers: Mapping[bytes, bytes], data: Mapping[str, Any]) -> dict[str, Any]:
    """The hints of headers and body; a header goes before the body. Raises Refused."""
    found = _body_hints(data) if BODY_HINTS in data else {}
    if _HINTLESS.issuperset(headers):
        return found
    for name in headers:
        if name.startswith(_PREFIXES) and name not in _NOT_HINTS:
            _header_hint(name, headers[name], found)
        elif len(_HINTLESS) < _MOST_HINTLESS and len(name) < _LONG_NAME:
            _HINTLESS.add(name)
    return found


_HINTLESS: set[bytes] = set()
"""Headers that were seen to be no hints; those that come are few, and looked up in one step."""
_MOST_HINTLESS, _LONG_NAME = 256, 64


def _body_hints(data: Mapping[str, Any]) -> dict[str, Any]:
    given = data[BODY_HINTS]
    if not isinstance(given, Mapping):
        raise invalid("model_router: must be an object of hints", param=BODY_HINTS)
    for key in given:
        if key not in _BODY_KEYS:
            message = f"model_router: unknown hint; {suggest(key, sorted(_BODY_KEYS))}"
            raise invalid(message, param=BODY_HINTS)
    found = dict(given)
    if "route" in found:
        found["role"] = found.pop("route")
    return found


def _header_hint(name: bytes, raw: bytes, found: dict[str, Any]) -> None:
    row = HINT_HEADERS.get(name)
    if row is None:
        shown = [known.decode() for known in HINT_HEADERS]
        message = f"unknown header {name.decode('latin-1')[:60]}; "
        raise invalid(message + suggest(name.decode("latin-1"), shown))
    hint, kind = row
    text = raw.decode("latin-1").strip()
    if kind == _FLAG:
        if text.lower() not in ("true", "1", "false", "0"):
            raise invalid(f"{name.decode()}: must be true or false")
        found[hint] = text.lower() in ("true", "1")
    elif kind == _LIST:
        found[hint] = [word.strip() for word in text.split(",") if word.strip()]
    else:
        found[hint] = text


def choose(service: Service, asked: Asked, *, approved: bool = False) -> Choice:
    """The ways to answer a request. `approved` opens the gate, and nothing else.

    Raises NeedsPerson, or Refused: 400 a wrong form, 404 an unknown model, 422 nobody qualifies.
    """
    hints = dict(asked.hints)
    direct = _named(service, asked.model, hints)
    profile = hints.get("profile") or service.config.routing_profile
    if profile not in (None, "balanced"):
        hints["profile"] = profile
    if hints:
        _check_engine(service, hints.get("force_engine"))
    try:
        request = parse_chat(asked.data, parse_hints(hints) if hints else None, asked.words)
    except RequestError as error:
        text = f"{error}; {error.hint}" if error.hint else str(error)
        raise invalid(text) from None
    if direct is not None:
        return _direct(service, request, direct, str(profile or "balanced"), approved)
    return _decided(service, asked, request, str(profile or "balanced"), approved)


def _check_engine(service: Service, name: Any) -> None:
    known = service.served.catalog.engines
    if isinstance(name, str) and name not in known and name != HUMAN:
        message = f"force_engine: there is no such engine; {suggest(name, sorted(known))}"
        raise invalid(message, "unknown_engine")


# ------------------------------------------------------------------ by the router


def _decided(
    service: Service, asked: Asked, request: Request, profile: str, approved: bool
) -> Choice:
    router = service.unguarded if approved else service.router
    plan = router.plan(request)
    if plan.confirm:
        if not approved and (plan.action_class or router.assess(request).confirm):
            raise _needs_person(service, asked, plan, request)
        raise _nobody(service, asked)
    candidates = service.candidates(plan)
    if service.config.prefer_loaded and not _insisted(service, plan, request):
        candidates = loaded_first(candidates, service.served.catalog.engines)
    if not candidates:
        raise _nobody(service, asked)
    return Choice(
        candidates, plan.engine, plan.route, plan.tier, plan.egress, profile, request, True,
        plan.complexity, plan.risk,
    )  # fmt: skip


def _insisted(service: Service, plan: Plan, request: Request) -> bool:
    """Whether the plan's engine was named, by the request or by a rule of the catalog."""
    rules = service.served.catalog.rules
    return request.hints.force_engine is not None or any(r.engine == plan.engine for r in rules)


def _needs_person(service: Service, asked: Asked, plan: Plan, request: Request) -> NeedsPerson:
    data = {key: value for key, value in asked.data.items() if key != BODY_HINTS}
    decision = service.router.route_request(data, include_alternatives=False)
    scores = plan.complexity, plan.risk
    return NeedsPerson(plan.action_class, decision.reasons, plan.route, request, scores)


def _nobody(service: Service, asked: Asked) -> Refused:
    """The refusal of a request that no engine here can take."""
    data = {key: value for key, value in asked.data.items() if key != BODY_HINTS}
    decision = service.unguarded.route_request(data, dict(asked.hints))
    why = "; ".join(decision.reasons[:4])
    message = "no engine that is served here can take this request" + (f": {why}" if why else "")
    return Refused(
        Problem(422, message, INVALID, "no_engine_qualifies", more={"selected_engine": HUMAN})
    )


# ------------------------------------------------------------------ by the model's name


class _Direct(NamedTuple):
    backend: str
    model: str | None
    label: str


def _named(service: Service, model: str | None, hints: dict[str, Any]) -> _Direct | None:
    """Where the model's name leads; None when the router decides. A route's or an engine's name
    becomes a hint."""
    mode = service.config.routing_mode
    if mode == "passthrough":
        return _passed(service, model)
    if mode == "manual" and model not in service.decides:
        return _manual(service, model)
    if mode == "manual":
        return _default(service)
    if model is None or model in service.decides:
        return None
    if model in service.roles:
        hints.setdefault("role", service.roles[model])
    elif model in service.engines:
        hints.setdefault("force_engine", model)
    elif service.config.respect_client_model and (found := _known(service, model)):
        return found
    elif service.config.unknown_model_behavior == "reject_404":
        raise _unknown_model(service)
    return None


def _known(service: Service, model: str) -> _Direct | None:
    """The backend that a client's name for a model means, by the map or by the name itself."""
    mapped = service.config.model_map.get(model)
    if mapped is not None and mapped.backend in service.backends:
        return _Direct(mapped.backend, mapped.model or model, "manual")
    for backend in service.backends.values():
        if model in backend.configured or model in (backend.advertised or ()):
            return _Direct(backend.name, model, "manual")
    return None


def _manual(service: Service, model: str | None) -> _Direct:
    found = _known(service, model) if model is not None else None
    if found is not None:
        return found
    if service.config.unknown_model_behavior == "reject_404" and model is not None:
        raise _unknown_model(service)
    return _default(service)


def _default(service: Service) -> _Direct:
    config = service.config
    name = config.default_backend or ""
    backend = service.backends.get(name)
    own = backend.settings.model if backend else None
    return _Direct(name, config.default_model or own, "manual")


def _passed(service: Service, model: str | None) -> _Direct:
    name = service.config.default_backend or ""
    backend = service.backends.get(name)
    if model in service.decides or model is None:
        return _Direct(name, backend.settings.model if backend else None, "passthrough")
    if backend is not None and not backend.knows(model):
        raise _unknown_model(service)  # it would fetch whatever it is asked for
    return _Direct(name, None, "passthrough")


def _unknown_model(service: Service) -> Refused:
    message = "there is no such model here; GET /v1/models lists what there is"
    return Refused(Problem(404, message, NOT_FOUND, "model_not_found", "model"))


def _direct(
    service: Service, request: Request, direct: _Direct, profile: str, approved: bool
) -> Choice:
    """The choice for a backend that was named. The gate and privacy hold as everywhere."""
    router = service.unguarded if approved else service.router
    found = router.assess(request)
    if found.confirm:
        reasons = tuple(dict.fromkeys(row.text for row in found.reasons if row.text))
        scores = found.complexity, found.risk
        raise NeedsPerson(found.action, reasons, found.route, request, scores)
    limits = router.table.limits(request.hints, found.route)
    way_out = egress(found, limits)
    ways = service.direct(direct.backend, direct.model, direct.label, way_out)
    if not ways:
        message = "this request must stay local, and the backend it names is hosted"
        if direct.backend not in service.backends:
            message = "the backend that this model belongs to may not be used"
        raise Refused(Problem(422, message, INVALID, "no_engine_qualifies"))
    return Choice(
        tuple(ways), direct.label, found.route, "", way_out, profile, request, decided=False,
        complexity=found.complexity, risk=found.risk,
    )  # fmt: skip
