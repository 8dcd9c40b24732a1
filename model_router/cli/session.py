"""What the commands of one run share: where to print, and how to get a router."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from model_router.cli.output import CommandError, Output
from model_router.names import close_match

if TYPE_CHECKING:
    from model_router.errors import RouterConfigError
    from model_router.receipt.decision import RoutingDecision
    from model_router.types import Assessment, Catalog


class Router(Protocol):
    """What the commands need of a router."""

    @property
    def catalog(self) -> Catalog: ...

    def route_fast(self, prompt: str, hints: Any = None) -> str: ...

    def route(
        self, prompt: str, hints: Any = None, *, include_alternatives: bool = True
    ) -> RoutingDecision: ...

    def explain(self, prompt: str, hints: Any = None) -> RoutingDecision: ...

    def route_request(self, body: Any, hints: Any = None) -> RoutingDecision: ...

    def assess(self, request: Any, hints: Any = None) -> Assessment: ...


MOST_PROBLEMS = 3
REQUEST_HINT = "correct the request or the hint; docs/requests.md says what is read"

OpenRouter = Callable[[str | None], Router]


def _from_config(path: str | None) -> Router:
    from model_router.router import ModelRouter

    return ModelRouter.from_config(path, one_off=True)


class Session:
    """One run. `open_router` makes a router from a catalog's path; tests pass their own."""

    def __init__(self, output: Output | None = None, open_router: OpenRouter | None = None) -> None:
        self._output = output
        self._open = open_router or _from_config

    @property
    def output(self) -> Output:
        """Where this run writes to."""
        if self._output is None:
            self._output = Output()
        return self._output

    def router(self, config: str | None) -> Router:
        """The router for a catalog. Raises RouterConfigError when it cannot be used."""
        return self._open(config)

    def router_or_closed(self, config: str | None) -> Router:
        """The router for a catalog; when it cannot be used, says so and sends all to a person."""
        from model_router.errors import RouterConfigError

        try:
            return self._open(config)
        except RouterConfigError as error:
            self.output.warn(_in_short(error))
            return Closed(error)

    def home(self) -> str:
        """The user's home folder, or "" when there is none."""
        home = os.path.expanduser("~")
        return "" if home == "~" else home


def _in_short(error: RouterConfigError) -> str:
    problems = [f"  {problem}" for problem in error.problems[:MOST_PROBLEMS]]
    rest = len(error.problems) - len(problems)
    more = [f"  and {rest} more: model-router validate-config lists them"] if rest > 0 else []
    where = f"{error.source} cannot be used, so a person decides"
    return "\n".join([where, *problems, *more])


class Closed:
    """Stands for a router whose catalog cannot be used: every decision is human_confirm."""

    def __init__(self, error: RouterConfigError) -> None:
        from model_router.types import Catalog

        self.error = error
        self.catalog = Catalog(engines={})

    def route_fast(self, prompt: str, hints: Any = None) -> str:
        """A person, whatever the prompt."""
        return self._decision().selected_engine

    def route(
        self, prompt: str, hints: Any = None, *, include_alternatives: bool = True
    ) -> RoutingDecision:
        """The decision that fails closed, for a prompt."""
        return self._decision()

    def explain(self, prompt: str, hints: Any = None) -> RoutingDecision:
        """The decision that fails closed, for a prompt."""
        return self._decision()

    def route_request(self, body: Any, hints: Any = None) -> RoutingDecision:
        """The decision that fails closed, for a request body."""
        return self._decision()

    def assess(self, request: Any, hints: Any = None) -> Assessment:
        """An assessment that asks for a person and knows nothing else."""
        from model_router.types import Assessment

        return Assessment("confirmation", confirm=True)

    def _decision(self) -> RoutingDecision:
        from model_router.receipt.refusal import refusal

        return refusal(self.error)


def decided(
    router: Router, content: str | Mapping[str, Any], hints: Any, *, places: bool = False
) -> RoutingDecision:
    """The decision for a prompt (text) or a request body (a mapping).

    `places` asks for the place of each signal in the text.

    Raises CommandError when the body or a hint has the wrong form: the router would send it to a
    person, but somebody at a command line can correct it.
    """
    if isinstance(content, str):
        decision = (router.explain if places else router.route)(content, hints)
    else:
        decision = router.route_request(content, hints)
    for reason in decision.explained:
        if reason.code == "request.invalid":
            raise CommandError(reason.text, REQUEST_HINT, code="request_invalid")
    return decision


def check_names(hints: Mapping[str, Any], router: Router, output: Output) -> None:
    """Compare the names in `hints` with the router's catalog.

    Raises CommandError for an engine that is not there. A provider that no engine has is only
    warned of: a list of providers may serve several catalogs.
    """
    if isinstance(router, Closed):
        return
    _check_engine(hints.get("force_engine"), router.catalog)
    known = {engine.provider.lower() for engine in router.catalog.engines.values()}
    for name in (*hints.get("provider_allowlist", ()), *hints.get("provider_denylist", ())):
        if name.lower() not in known | {"local", "hosted"}:
            listed = suggest(name.lower(), sorted(known))
            output.warn(f"no engine has the provider {name}; {listed}")


def _check_engine(name: str | None, catalog: Catalog) -> None:
    if name is not None and name not in catalog.engines:
        raise CommandError(
            f"--force-engine: {name} is not in the catalog ({catalog.source})",
            suggest(name, sorted(catalog.engines)),
        )


def suggest(name: str, allowed: Iterable[str]) -> str:
    """The nearest allowed name when there is one, and all that are allowed."""
    names = list(allowed)
    close = close_match(name[:100], names)
    meant = f"did you mean {close}? " if close else ""
    return f"{meant}allowed: {', '.join(names)}"
