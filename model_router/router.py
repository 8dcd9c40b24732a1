"""ModelRouter: one decision about a prompt, at three depths.

`route_fast` returns the engine's name, `route` a full receipt, `plan` what may be done with the
request. All three read the same assessment; they differ only in how much they explain.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from model_router.assessment import Assessor
from model_router.catalog import load_catalog
from model_router.catalog.availability import availability_report
from model_router.errors import RequestError, RouterConfigError
from model_router.hints import parse_hints
from model_router.policy import PolicyTable
from model_router.receipt import (
    DEFAULT_ROOM,
    Plan,
    PromptAnalysis,
    RoutingDecision,
    blocked_decision,
    build_analysis,
    build_decision,
    build_plan,
)
from model_router.request import parse_chat
from model_router.screening import Screening, contains_private, context_orders, screen
from model_router.selection import Selection
from model_router.tokens import estimate_tokens
from model_router.types import (
    HUMAN,
    NEED_LOCAL,
    ROUTES,
    Assessment,
    Catalog,
    Hints,
    Request,
    Scoring,
)

MOST_TOKENS_A_CHARACTER = 3
"""No script costs more, and ASCII never more than one; a text that fits by this measure needs no
closer estimate."""


class ModelRouter:
    """Decides which engine takes a prompt. Deciding opens no file, socket or process.

    `availability_report` maps engines to why they cannot be used; without it every enabled
    engine counts as usable. One router may be shared by any number of threads.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        availability_report: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.catalog = catalog
        self._assessor = Assessor(catalog)
        self._checks_availability = availability_report is not None
        self._arm(PolicyTable(catalog, availability_report or {}))

    def _arm(self, table: PolicyTable) -> None:
        self.table = table
        self._roomy_ascii = table.roomy - DEFAULT_ROOM
        self._roomy_chars = self._roomy_ascii // MOST_TOKENS_A_CHARACTER
        self._table_rows = table.fast
        self._guards_privacy = self.catalog.privacy.mode == "local_only"
        self._careful = bool(self.catalog.rules) or self._guards_privacy
        self._confirming = self.catalog.safety.require_human_confirmation

    @classmethod
    def from_config(
        cls,
        config_path: str | os.PathLike[str] | None = None,
        *,
        validate_availability: bool = True,
    ) -> ModelRouter:
        """A router for a catalog file; without a path the user's own, or the packaged one.

        Raises RouterConfigError, which lists every problem of the file.
        """
        return cls.from_config_object(
            load_catalog(config_path), validate_availability=validate_availability
        )

    @classmethod
    def from_config_object(
        cls, catalog: Catalog, *, validate_availability: bool = True
    ) -> ModelRouter:
        """A router for a catalog that is already loaded."""
        report = availability_report(catalog) if validate_availability else None
        return cls(catalog, availability_report=report)

    @property
    def config(self) -> Catalog:
        """The catalog, under the name that older code uses."""
        return self.catalog

    def refresh(self) -> None:
        """Look again at which engines can be used: environment, commands and files."""
        self._arm(PolicyTable(self.catalog, availability_report(self.catalog)))

    def route_fast(self, prompt: str | None, hints: Mapping[str, Any] | Hints | None = None) -> str:
        """The engine's name for `prompt`, and nothing else. Never raises; fails to a person."""
        try:
            if hints is None and prompt.__class__ is str:
                return self._fast(prompt)  # type: ignore[arg-type]
            return self._select(self._request(prompt, hints))[0].engine
        except Exception:
            return HUMAN

    def _fast(self, text: str) -> str:
        decided = None if self._careful else self._assessor.fast(text)
        if decided is None:
            return self._weigh(text)
        verdict, named, reading = decided
        if verdict.confirm and self._confirming:
            return HUMAN
        if named is not None and self._assessor.orders_a_person(named, reading):
            return HUMAN
        if len(text) <= self._roomy_ascii:
            return self._table_rows[verdict.needs][verdict.route]
        return self._fitting(verdict.route, verdict.needs, text)

    def _weigh(self, text: str) -> str:
        """The general path: other scripts, long texts, rules, and privacy that keeps text here."""
        weighed = self._assessor.weigh(text)
        if weighed.confirm:
            return HUMAN
        if weighed.rule is not None and self.catalog.rules[weighed.rule].engine:
            return self._select(Request(text))[0].engine
        needs = weighed.needs
        if self._guards_privacy and contains_private(text, (), self.catalog.privacy):
            needs |= NEED_LOCAL
        return self._fitting(weighed.route, needs, text)

    def _fitting(self, route: int, needs: int, text: str) -> str:
        if len(text) <= (self._roomy_ascii if text.isascii() else self._roomy_chars):
            return self._table_rows[needs][route]
        return self.table.engine_for(ROUTES[route], needs, estimate_tokens(text), DEFAULT_ROOM)

    def route(
        self,
        prompt: str | None,
        hints: Mapping[str, Any] | Hints | None = None,
        *,
        include_alternatives: bool = True,
    ) -> RoutingDecision:
        """The full receipt for `prompt`. It never holds the prompt. Never raises."""
        try:
            request = self._request(prompt, hints)
        except RequestError as error:
            return blocked_decision([str(error)], code="request.invalid")
        return self._receipt(request, include_alternatives)

    def explain(
        self, prompt: str | None, hints: Mapping[str, Any] | Hints | None = None
    ) -> RoutingDecision:
        """`route`, with the place of each signal in the text (`explained[i].span`, in characters)."""
        try:
            request = self._request(prompt, hints)
        except RequestError as error:
            return blocked_decision([str(error)], code="request.invalid")
        return self._receipt(request, True, places=True)

    def route_request(
        self,
        body: Mapping[str, Any],
        hints: Mapping[str, Any] | Hints | None = None,
        *,
        include_alternatives: bool = True,
    ) -> RoutingDecision:
        """The receipt for an OpenAI-style chat body. A body of the wrong form is for a person."""
        try:
            request = parse_chat(body, parse_hints(hints))
        except RequestError as error:
            return blocked_decision([str(error)], code="request.invalid")
        return self._receipt(request, include_alternatives)

    def route_batch(
        self,
        prompts: Iterable[str],
        hints: Mapping[str, Any] | Hints | None = None,
    ) -> Iterator[RoutingDecision]:
        """A receipt for each prompt, in order and in constant memory."""
        for prompt in prompts:
            yield self.route(prompt, hints, include_alternatives=False)

    def plan(
        self,
        request: Request | Mapping[str, Any] | str | None,
        hints: Mapping[str, Any] | Hints | None = None,
    ) -> Plan:
        """What may be done with a request: engine, chain, egress. A caller may stop early, never
        go further. Raises RequestError when the request or a hint has the wrong form."""
        parsed = self._parsed(request, hints)
        selection, assessment = self._select(parsed)
        limits = self.table.limits(parsed.hints, assessment.route)
        return build_plan(assessment, selection, limits, self.catalog)

    def assess(
        self,
        request: Request | Mapping[str, Any] | str | None,
        hints: Mapping[str, Any] | Hints | None = None,
    ) -> Assessment:
        """What a request asks for, before any engine is considered."""
        return self._assess(self._parsed(request, hints))

    def _parsed(
        self,
        request: Request | Mapping[str, Any] | str | None,
        hints: Mapping[str, Any] | Hints | None,
    ) -> Request:
        if isinstance(request, Request):
            return request
        if isinstance(request, Mapping):
            return parse_chat(request, parse_hints(hints))
        return self._request(request, hints)

    def _request(
        self, prompt: str | None, hints: Mapping[str, Any] | Hints | None
    ) -> Request:
        """A bare prompt as a request. Bytes, numbers and lists are refused with what to pass."""
        if prompt is not None and not isinstance(prompt, str):
            kind = type(prompt).__name__
            raise RequestError(
                f"the prompt must be text, not {kind}", "decode bytes; pass chat bodies to route_request"
            )
        parsed = parse_hints(hints)
        return Request(prompt or "", tools=parsed.tools, hints=parsed)

    def _assess(self, request: Request, *, places: bool = False) -> Assessment:
        screening = screen(request, self.catalog.privacy)
        mentioned = context_orders(request, self._assessor)
        reasons = (*screening.reasons, *mentioned)
        return self._assessor.assess(request, screening.findings, reasons, places=places)

    def _select(self, request: Request) -> tuple[Selection, Assessment]:
        assessment = self._assess(request)
        return self._choose(request, assessment, explain=False), assessment

    def _choose(self, request: Request, assessment: Assessment, *, explain: bool) -> Selection:
        limits = self.table.limits(request.hints, assessment.route)
        return self.table.choose(
            assessment,
            limits,
            room=request.max_output_tokens or DEFAULT_ROOM,
            explain=explain,
            force=request.hints.force_engine,
        )

    def _receipt(
        self, request: Request, include_alternatives: bool, *, places: bool = False
    ) -> RoutingDecision:
        try:
            assessment = self._assess(request, places=places)
            limits = self.table.limits(request.hints, assessment.route)
        except RequestError as error:
            return blocked_decision([str(error)], code="request.invalid")
        return build_decision(
            assessment,
            self._choose(request, assessment, explain=True),
            limits,
            self.catalog,
            request.hints,
            include_alternatives=include_alternatives,
            room=request.max_output_tokens or DEFAULT_ROOM,
        )


def route_prompt(
    prompt: str | None,
    *,
    config: Catalog | None = None,
    config_path: str | os.PathLike[str] | None = None,
    hints: Mapping[str, Any] | Hints | None = None,
) -> RoutingDecision:
    """The receipt for one prompt. A catalog that cannot be used sends it to a person."""
    try:
        router = ModelRouter.from_config_object(config or load_catalog(config_path))
    except RouterConfigError as error:
        problems = [str(problem) for problem in error.problems] or [str(error)]
        return blocked_decision(problems, code="config.invalid")
    return router.route(prompt, hints)


def score_prompt(
    prompt: str | None,
    *,
    scoring_config: Scoring | None = None,
    scoring_weights: Mapping[str, Mapping[str, int]] | None = None,
) -> PromptAnalysis:
    """Scores and features of a prompt, before any engine is considered."""
    from dataclasses import replace

    scoring = scoring_config or Scoring()
    for name, weights in (scoring_weights or {}).items():
        scoring = replace(scoring, **{name: weights})
    assessor = Assessor(Catalog(engines={}, scoring=scoring))
    return build_analysis(assessor.assess(Request(prompt or "")), scoring)
