"""What each route may get: models that run here, models on disk, hosted ones, downloads that fit.

Everything that was looked at comes in as `Surroundings`; nothing is looked up here, so the same
surroundings give the same choices in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from model_router.addresses import is_local, parse_base_url
from model_router.backend_kinds import KINDS
from model_router.setup import model_names
from model_router.setup.budget import Budget
from model_router.setup.fit import CONTEXT_STEPS, header_footprint, level, need, usable_context
from model_router.setup.found import FoundModel
from model_router.setup.presets import HOSTED, USUAL
from model_router.setup.running import Running, named_offer
from model_router.setup.selections import HOSTED_CONTEXT, USUAL_CONTEXT
from model_router.types import DEFAULT_TARGETS

SOURCES = {
    "server": "running here",
    "disk": "on this machine",
    "hosted": "hosted",
    "download": "to download",
    "named": "as you named it",
}
"""Where a choice is from, in the order in which choices are offered."""

MODES = {
    "local": "only models of this machine",
    "hosted": "only hosted services",
    "mix": "both, models of this machine first",
}

NEIGHBOURS = ("simple", "balanced", "reasoning", "coding", "research")
"""Routes for which a model that was made for something else is second choice."""

_NEEDS_TOOLS = ("coding", "research")
_KINDS_OF_STORES = {"ollama": "ollama", "lmstudio": "lmstudio"}
_KINDS_OF_FORMATS = {"gguf": "llamacpp", "mlx": "mlx", "safetensors": "vllm"}
_LOCALAI = "localai"


@dataclass(frozen=True, slots=True)
class Choice:
    """One model for a route. None stands for unknown; sizes are bytes, contexts tokens."""

    source: str
    kind: str
    base_url: str
    model: str
    billions: float = model_names.UNKNOWN_BILLIONS
    quantisation: str | None = None
    size_bytes: int | None = None
    context: int | None = None
    tools: bool | None = None
    vision: bool = False
    draws: bool = False
    codes: bool = False
    chats: bool = True
    files: tuple[str, ...] = ()
    """Its files on this machine, or where a download puts them."""
    projector: str | None = None
    needs_env: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    """Engines of the packaged catalog that the scan takes it for."""
    guessed: bool = False
    """Whether its server may know it under another name."""
    fetch: str | None = None
    """The command that downloads it."""
    why: str | None = None
    """Why it is advised, in words."""
    too_large: bool = False
    """Whether it takes more memory than this machine has for models."""

    @property
    def local(self) -> bool:
        """Whether the text stays on this machine or network."""
        return is_local(parse_base_url(self.base_url).host)

    @property
    def key(self) -> str:
        """How it is written after `--use ROUTE=`."""
        return f"{self.kind}:{self.model}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What there is to choose from."""

    servers: tuple[Running, ...] = ()
    models: tuple[FoundModel, ...] = ()
    downloads: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    """By route, the advised one first."""
    keys: frozenset[str] = frozenset()
    """Variables of hosted services that are set."""
    kinds: frozenset[str] = frozenset({"ollama", "lmstudio", "llamacpp"})
    """Kinds of servers that could be started on this machine."""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Addresses by kind of server, where they are not the usual ones."""
    budget: Budget | None = None
    """The memory for models; None when it is not known."""

    def url(self, kind: str) -> str:
        """Where a kind of server listens; "" when nobody knows."""
        return self.urls.get(kind) or KINDS[kind].base_url or ""


def choices(route: str, mode: str, around: Surroundings) -> tuple[Choice, ...]:
    """What `route` may get in `mode` (a key of MODES), the best of each source first."""
    found: list[Choice] = []
    if mode != "hosted":
        running = list(served(around))
        taken = {choice.key for choice in running}
        disk = [choice for choice in on_disk(around) if choice.key not in taken]
        found += ranked(route, running) + ranked(route, disk)
    if mode != "local":
        found += hosted(route, around.keys)
    if mode != "hosted":
        found += around.downloads.get(route, ())
    return tuple({choice.key: choice for choice in reversed(found)}.values())[::-1]


def served(around: Surroundings) -> Iterator[Choice]:
    """The models that running servers list; what is known of their files is told too."""
    known = {
        (model.server, model.served_as): model
        for first in around.models
        for model in (first, *first.copies)
    }
    for server in around.servers:
        for name in server.models:
            model = known.get((server.kind, name)) or named_offer(server.kind, name)
            if model.local and _writable(name):
                yield _of_file(model, "server", server.kind, server.base_url, around.budget)


def on_disk(around: Surroundings) -> Iterator[Choice]:
    """The whole models in stores, each with the kind of server that could serve it here."""
    for model in around.models:
        kind = _kind(model)
        here = model.local and model.files and not model.incomplete and model.server is None
        if here and kind in around.kinds and _writable(model.served_as or model.name):
            yield _of_file(model, "disk", kind, around.url(kind), around.budget)


def _writable(name: str) -> bool:
    """Whether a name stands in a file as it is: nothing in it steers or vanishes."""
    return bool(name.strip()) and name.isprintable()


def _kind(model: FoundModel) -> str:
    """The kind of server that serves a model of that store and format."""
    if model.facts.kind == "image":
        return _LOCALAI
    by_format = _KINDS_OF_FORMATS.get(model.format, _LOCALAI)
    return _KINDS_OF_STORES.get(model.store, by_format)


def _of_file(
    model: FoundModel, source: str, kind: str, base_url: str, budget: Budget | None
) -> Choice:
    facts, name = model.facts, model.served_as or model.name
    context, too_large = _room(model, budget)
    size = facts.parameters
    return Choice(
        source,
        kind,
        base_url,
        name,
        billions=size / 1e9 if size else model_names.billions(name),
        quantisation=facts.quantisation,
        size_bytes=model.size_bytes or None,
        context=context,
        tools=facts.tools,
        vision=bool(facts.vision or model.projector or model_names.sees(name)),
        draws=facts.kind == "image" or model_names.draws(name),
        codes=model_names.codes(name),
        chats=facts.kind == "chat" and model_names.chats(name),
        files=model.files,
        projector=model.projector,
        roles=model.roles,
        too_large=too_large,
        guessed=source == "disk" and model.name_source == "guess" and kind in _KINDS_OF_STORES,
    )


def _room(model: FoundModel, budget: Budget | None) -> tuple[int | None, bool]:
    """The context that fits the memory, and whether not even the smallest does."""
    if budget is None or not model.files or model.facts.kind != "chat":
        return model.facts.context, False
    footprint = header_footprint(model.facts, model.size_bytes)
    least = need(footprint, CONTEXT_STEPS[0]).total
    if level(least, budget.bytes, budget.beside) == "no":
        return model.facts.context, True
    return usable_context(footprint, budget.bytes) or CONTEXT_STEPS[0], False


def suits(route: str, choice: Choice) -> bool:
    """Whether a model can do the work of `route` at all."""
    if route == "image_generation":
        return choice.draws
    if not choice.chats or (route == "vision" and not choice.vision):
        return False
    return choice.tools is not False or route not in _NEEDS_TOOLS


def ranked(route: str, found: list[Choice]) -> list[Choice]:
    """Those of one source that suit `route`, best first.

    The smallest rewrites, the largest reasons, a coder codes; for the rest one from the middle.
    What is too large for the machine goes last, and before it what is not meant for the route.
    """
    rows = sorted((one for one in found if suits(route, one)), key=lambda one: one.billions)
    plain = [one for one in rows if not one.codes and not model_names.sees(one.model)] or rows
    middle = plain[len(plain) // 2].billions if plain else 0.0

    def place(one: Choice) -> tuple[bool, bool, bool, float]:
        unlike = bool(one.roles) and DEFAULT_TARGETS[route] not in one.roles
        special = one not in plain and route in NEIGHBOURS
        if route == "coding":
            return one.too_large, unlike, not one.codes, -one.billions
        if route in ("reasoning", "vision"):
            return one.too_large, unlike, special, -one.billions
        distance = one.billions if route == "simple" else abs(one.billions - middle)
        return one.too_large, unlike, special, distance

    return sorted(rows, key=place)


def hosted(route: str, keys: frozenset[str]) -> list[Choice]:
    """What hosted services usually have for `route`; those whose key is set come first."""
    engine = "reasoning_local" if route == "research" else DEFAULT_TARGETS[route]
    rows = [(kind, USUAL[kind].get(engine)) for kind in HOSTED]
    found = [_hosted(kind, model, route) for kind, model in rows if model]
    return sorted(found, key=lambda one: not keys.issuperset(one.needs_env))


def _hosted(kind: str, model: str, route: str) -> Choice:
    row = KINDS[kind]
    return Choice(
        "hosted",
        kind,
        row.base_url or "",
        model,
        context=HOSTED_CONTEXT,
        tools=True,
        vision=route == "vision",
        needs_env=(row.api_key_env,) if row.api_key_env else (),
    )


def named(route: str, kind: str, model: str, around: Surroundings) -> Choice:
    """A choice for a model that somebody names, wherever it is."""
    row = KINDS[kind]
    if kind in HOSTED and kind not in around.urls:
        return _hosted(kind, model, route)
    return Choice(
        "named",
        kind,
        around.url(kind),
        model,
        billions=model_names.billions(model),
        context=USUAL_CONTEXT,
        vision=route == "vision" or model_names.sees(model),
        draws=route == "image_generation",
        needs_env=(row.api_key_env,) if row.api_key_env else (),
    )


def usual(route: str, offered: tuple[Choice, ...]) -> Choice | None:
    """What is taken unless somebody says otherwise: the first that fits, but no painter unasked."""
    first = next((one for one in offered if not one.too_large), None)
    if route == "image_generation" and first is not None and first.source != "server":
        return None
    return first
