"""ModelRouter: one decision about a prompt, at three depths.

`route_fast` returns the engine's name, `route` a full receipt, `plan` what may be done with the
request. All three read the same assessment; they differ only in how much they explain.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from model_router.assessment import Assessor
from model_router.catalog import load_catalog
from model_router.catalog.availability import availability_report
from model_router.errors import RequestError, RouterConfigError
from model_router.hotplan import compile_plan
from model_router.policy.table import PolicyTable
from model_router.receipt.decision import (
    DEFAULT_ROOM,
    Plan,
    RoutingDecision,
    build_decision,
    with_shadow,
)
from model_router.receipt.plans import Plans
from model_router.receipt.refusal import refusal, refused_plan
from model_router.request.chat import parse_chat
from model_router.request.hints import parse_hints
from model_router.request.prompts import Asked, HintsLike, as_request, from_prompt
from model_router.safety.candidates import prepare
from model_router.screening import contains_private, context_orders, screen
from model_router.text.reading import prepare_tables
from model_router.text.tokens import estimate_tokens
from model_router.types import (
    HUMAN,
    NEED_LOCAL,
    OWN_STRATEGIES,
    ROUTES,
    Assessment,
    Catalog,
    Request,
)
from model_router.verdict import ROUTE_NEEDS

if TYPE_CHECKING:
    from model_router.strategist import Strategist

MOST_TOKENS_A_CHARACTER = 3
"""No script costs more, and ASCII never more than one; a text that fits by this measure needs no
closer estimate."""


class ModelRouter:
    """Decides which engine takes a prompt. Deciding opens no file, socket or process.

    `availability_report` maps engines to why they cannot be used; without it every enabled
    engine counts as usable. `one_off` is for a process that decides once: what only long or
    unusual texts need is built when one comes. One router may be shared by any number of threads.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        availability_report: Mapping[str, tuple[str, ...]] | None = None,
        one_off: bool = False,
    ) -> None:
        self.catalog = catalog
        self._assessor = Assessor(catalog)
        self._plans = Plans(catalog)
        if not one_off:
            self._assessor.lexicon.prepare()
            prepare(self._assessor.actions.values())
            _prepare_the_rest()
        self._route_of = self._assessor.verdicts.route
        self._guards_privacy = catalog.privacy.mode == "local_only"
        self._strategist, self._shadow = _strategists(catalog)
        careful = bool(catalog.rules or self._strategist) or self._guards_privacy
        self._decide = _undecided if careful else self._assessor.fast
        self._careful = careful
        self._confirming = catalog.safety.require_human_confirmation
        self._look_up_in(availability_report or {})

    @classmethod
    def from_config(
        cls,
        config_path: str | os.PathLike[str] | None = None,
        *,
        validate_availability: bool = True,
        one_off: bool = False,
    ) -> ModelRouter:
        """A router for a catalog file; without a path the user's own, or the packaged one.

        Raises RouterConfigError, which lists every problem of the file.
        """
        catalog = load_catalog(config_path)
        return cls.from_config_object(
            catalog, validate_availability=validate_availability, one_off=one_off
        )

    @classmethod
    def from_config_object(
        cls, catalog: Catalog, *, validate_availability: bool = True, one_off: bool = False
    ) -> ModelRouter:
        """A router for a catalog that is already loaded."""
        report = availability_report(catalog) if validate_availability else None
        return cls(catalog, availability_report=report, one_off=one_off)

    @property
    def config(self) -> Catalog:
        """The catalog, under the name that older code uses."""
        return self.catalog

    def refresh(self) -> None:
        """Look again at which engines can be used: environment, commands and files."""
        self._look_up_in(availability_report(self.catalog))

    def _look_up_in(self, unavailable: Mapping[str, tuple[str, ...]]) -> None:
        self.table = table = PolicyTable(self.catalog, unavailable)
        self._hot_plan = None if self._careful else compile_plan(self._assessor, table.contexts)

    def route_fast(self, prompt: str | None, hints: HintsLike = None) -> str:
        """The engine's name for `prompt`, and nothing else. Never raises; fails to a person."""
        try:
            if hints is None and prompt.__class__ is str:
                return self._fast(prompt)
            return self._plan(from_prompt(prompt, hints)).engine
        except Exception:
            return HUMAN

    def _fast(self, text: str) -> str:
        decided = self._decide(text)
        if decided is None:
            return self._weigh(text)
        tally, weight, named, reading = decided
        if tally.confirm and self._confirming:
            return HUMAN
        if named is not None and self._assessor.orders_a_person(named, reading):
            return HUMAN
        route, table = self._route_of(tally, weight), self.table
        needs = ROUTE_NEEDS[route] | tally.needs
        if len(text) + DEFAULT_ROOM <= table.roomy:
            return table.fast[needs][route]
        return _fitting(table, route, needs, text)

    def _weigh(self, text: str) -> str:
        """The general path: other scripts, long texts, rules, strategies, and privacy."""
        weighed = self._assessor.weigh(text, brief=True)
        if weighed.confirm:
            return HUMAN
        if self._strategist is not None:
            return self._plan(Request(text)).engine
        if weighed.rule is not None and self.catalog.rules[weighed.rule].engine:
            return self._plan(Request(text)).engine
        needs = weighed.needs
        if self._guards_privacy and contains_private(text, (), self.catalog.privacy):
            needs |= NEED_LOCAL
        return _fitting(self.table, weighed.route, needs, text)

    def route(
        self, prompt: str | None, hints: HintsLike = None, *, include_alternatives: bool = True
    ) -> RoutingDecision:
        """The full receipt for `prompt`. It never holds the prompt. Never raises."""
        try:
            return self._receipt(from_prompt(prompt, hints), include_alternatives)
        except Exception as error:
            return refusal(error)

    def explain(self, prompt: str | None, hints: HintsLike = None) -> RoutingDecision:
        """`route`, with the place of each signal in the text: `explained[i].span`, characters."""
        try:
            return self._receipt(from_prompt(prompt, hints), True, places=True)
        except Exception as error:
            return refusal(error)

    def route_request(
        self,
        body: Mapping[str, Any],
        hints: HintsLike = None,
        *,
        include_alternatives: bool = True,
    ) -> RoutingDecision:
        """The receipt for an OpenAI-style chat body. A body of the wrong form is for a person."""
        try:
            return self._receipt(parse_chat(body, parse_hints(hints)), include_alternatives)
        except Exception as error:
            return refusal(error)

    def route_batch(
        self, prompts: Iterable[str | None], hints: HintsLike = None
    ) -> Iterator[RoutingDecision]:
        """A receipt for each prompt, in order and in constant memory, without alternatives.

        Raises RequestError when `prompts` is a single text, whose characters nobody wants routed.
        """
        if isinstance(prompts, str | bytes):
            raise RequestError("prompts: must be several prompts, not one", "pass [prompt]")
        return (self.route(prompt, hints, include_alternatives=False) for prompt in prompts)

    def plan(self, request: Asked, hints: HintsLike = None) -> Plan:
        """What may be done with a request: engine, chain, egress. A caller may stop early, never
        go further. Raises RequestError when the request or a hint has the wrong form."""
        try:
            return self._plan(as_request(request, hints))
        except RequestError:
            raise
        except Exception as error:
            return refused_plan(error)

    def assess(self, request: Asked, hints: HintsLike = None) -> Assessment:
        """What a request asks for, before any engine is considered. Raises RequestError."""
        return self._assess(as_request(request, hints))

    def _assess(self, request: Request, places: bool = False) -> Assessment:
        found = self._own(request, places)
        if self._strategist is None:
            return found
        return self._advised(found, request, self._strategist, places)

    def _own(self, request: Request, places: bool, wanted: int | None = None) -> Assessment:
        """The router's own assessment; with `wanted` that of a route which a strategy takes."""
        findings, reasons = screen(request, self.catalog.privacy)
        mentioned = (*reasons, *context_orders(request, self._assessor))
        return self._assessor.assess(request, findings, mentioned, places=places, wanted=wanted)

    def _brief(self, request: Request) -> Assessment:
        """What decides, without what only explains. Private data decides in one mode alone, and
        what earlier messages seem to order never does."""
        findings = screen(request, self.catalog.privacy).findings if self._guards_privacy else ()
        return self._assessor.brief(request, findings)

    def _advised(
        self, found: Assessment, request: Request, strategist: Strategist, places: bool = False
    ) -> Assessment:
        table, room = self.table, request.max_output_tokens or DEFAULT_ROOM
        return strategist.advise(
            found,
            request,
            lambda: table.eligible(found, request.hints, room),
            lambda wanted: self._own(request, places, wanted),
        )

    def _compared(
        self, decision: RoutingDecision, request: Request, shadow: Strategist
    ) -> RoutingDecision:
        """The receipt with what the second strategy would have chosen beside it."""
        table, room = self.table, request.max_output_tokens or DEFAULT_ROOM
        other = self._advised(self._own(request, False), request, shadow)
        limits = table.limits(request.hints, other.route)
        force = request.hints.force_engine
        engine = table.choose(other, limits, room=room, explain=False, force=force).engine
        return with_shadow(decision, shadow.name, other, engine)

    def _plan(self, request: Request) -> Plan:
        hot = self._hot_plan
        return self._full_plan(request) if hot is None else hot(request, self._full_plan)

    def _full_plan(self, request: Request) -> Plan:
        table = self.table
        assessment = self._brief(request) if self._strategist is None else self._assess(request)
        limits = table.limits(request.hints, assessment.route)
        selection = table.choose(
            assessment,
            limits,
            room=request.max_output_tokens or DEFAULT_ROOM,
            explain=False,
            force=request.hints.force_engine,
        )
        return self._plans.of(assessment, selection, limits)

    def _receipt(
        self, request: Request, include_alternatives: bool, *, places: bool = False
    ) -> RoutingDecision:
        table, hints = self.table, request.hints
        assessment = self._assess(request, places)
        limits = table.limits(hints, assessment.route)
        room = request.max_output_tokens or DEFAULT_ROOM
        selection = table.choose(
            assessment, limits, room=room, explain=True, force=hints.force_engine
        )
        decision = build_decision(
            assessment,
            selection,
            limits,
            self.catalog,
            hints,
            include_alternatives=include_alternatives,
            room=room,
        )
        shadow = self._shadow
        return decision if shadow is None else self._compared(decision, request, shadow)


def _prepare_the_rest() -> None:
    """What only some texts need, and close matches: once a router exists it imports nothing, and
    no text waits for tables that the next one finds made."""
    import difflib  # noqa: F401

    from model_router.privacy import find

    prepare_tables()
    find("é @ 0 password: x, api_key: x, -----BEGIN RSA")  # which every detector looks at


def _strategists(catalog: Catalog) -> tuple[Strategist | None, Strategist | None]:
    if catalog.strategy.name in OWN_STRATEGIES:
        return None, None
    from model_router import strategist  # the default needs none of it

    return strategist.strategists(catalog)


def _undecided(text: str) -> None:
    """In place of the hot path, for catalogs of which it does not know everything."""
    return


def _fitting(table: PolicyTable, route: int, needs: int, text: str) -> str:
    """The engine for a text that may be too long for some."""
    most = len(text) * (1 if text.isascii() else MOST_TOKENS_A_CHARACTER)
    if most + DEFAULT_ROOM <= table.roomy:
        return table.fast[needs][route]
    return table.engine_for(ROUTES[route], needs, estimate_tokens(text), DEFAULT_ROOM)


def route_prompt(
    prompt: str | None,
    *,
    config: Catalog | None = None,
    config_path: str | os.PathLike[str] | None = None,
    hints: HintsLike = None,
) -> RoutingDecision:
    """The receipt for one prompt. A catalog that cannot be used sends it to a person."""
    try:
        catalog = config or load_catalog(config_path)
        router = ModelRouter.from_config_object(catalog, one_off=True)
    except RouterConfigError as error:
        return refusal(error)
    return router.route(prompt, hints)
