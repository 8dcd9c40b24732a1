"""Signals become an assessment: the route, the needs, the scores, and whether a person is asked.

`weigh` is the whole decision about a text and all that the hot path runs. `assess` runs the same
`weigh` and adds what explains it, so the two can never disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from model_router.explanation import Grounds, grounds, text_reasons
from model_router.hotpath import compile_fast
from model_router.language import detect_language
from model_router.rules import RuleTable
from model_router.judgement import action_rules
from model_router.safety import Order, find_orders
from model_router.scores import RISK_FLOORS, confidence, extra, saturate, weights_of
from model_router.signals import (
    COMPLEXITY_LANE,
    LANES,
    RISK_LANE,
    Hit,
    Lexicon,
    Signal,
    pack,
    packaged,
    signal_from_row,
    unpack,
)
from model_router.text import Reading, Readings
from model_router.tokens import estimate_tokens
from model_router.types import (
    FEATURE_BIT,
    FEATURES,
    NEED_AUDIO,
    NEED_FRESHNESS,
    NEED_IMAGE,
    NEED_IMAGE_GENERATION,
    NEED_PDF,
    NEED_TOOLS,
    ROUTES,
    Assessment,
    Catalog,
    Reason,
    Request,
)

SIMPLE, BALANCED, REASONING, CODING, RESEARCH, VISION, IMAGE, CONFIRMATION = range(8)
BASE = pack({"balanced": 10})
"""Where a text goes that no signal speaks for."""

ROUTE_NEEDS = (0, 0, 0, NEED_TOOLS, NEED_TOOLS | NEED_FRESHNESS, NEED_IMAGE, NEED_IMAGE_GENERATION, 0)
"""What each of ROUTES needs of its engine. Seeing and drawing need no tools."""

MODALITY_NEEDS = {"image": NEED_IMAGE, "pdf": NEED_PDF, "audio": NEED_AUDIO}

_ALL_FEATURES = (1 << len(FEATURES)) - 1
_AMBIGUOUS = FEATURE_BIT["ambiguous"]
_SENSITIVE = FEATURE_BIT["sensitive_domain"]
_NEED_FEATURES = (
    (NEED_TOOLS, FEATURE_BIT["requires_tools"]),
    (NEED_FRESHNESS, FEATURE_BIT["requires_freshness"]),
    (NEED_IMAGE, FEATURE_BIT["requires_vision"]),
    (NEED_PDF, FEATURE_BIT["requires_vision"]),
    (NEED_IMAGE_GENERATION, FEATURE_BIT["requires_image_generation"]),
)
_ACTION_FEATURES = {
    "destructive": ("destructive_action",),
    "send": ("send_action", "external_action"),
    "purchase": ("purchase_action", "external_action"),
}
_OTHER_ACTION = ("external_action", "high_impact_external_action")
ACTION_FEATURE_BITS = {
    name: sum(FEATURE_BIT[f] for f in _ACTION_FEATURES.get(name, _OTHER_ACTION))
    for name in RISK_FLOORS
}


class Verdict(NamedTuple):
    """What a set of signals decides, whatever the text that fired them. Scores are 0-100."""

    route: int  # index into ROUTES
    needs: int  # need bits of the route and of the user's signals
    confirm: bool  # a person is asked, whatever is ordered
    strict: bool  # a person is asked under the profile `safe`
    fired: int  # bits, combinations included
    features: int
    complexity: int
    risk: int
    confidence: int
    points: tuple[int, ...]  # of the seven routes


class Weighed(NamedTuple):
    """The verdict on a text, the orders in it, and whether a person is asked."""

    verdict: Verdict
    route: int
    needs: int
    confirm: bool
    found: list[Order]
    rule: int | None


MEMO_SIZE = 8_192
"""Verdicts remembered; more sets of signals than that are worked out each time."""


class Assessor:
    """Weighs texts by one catalog. Safe to share between threads."""

    def __init__(self, catalog: Catalog) -> None:
        signals, lists = packaged()
        own = tuple(signal_from_row(row) for row in catalog.signals)
        self.catalog = catalog
        self.lexicon = Lexicon(replaced(signals, own))
        self.actions = action_rules(self.lexicon.signals, lists)
        self._lanes = [signal.lanes for signal in self.lexicon.signals]
        self._marks = [s.features | s.needs << len(FEATURES) for s in self.lexicon.signals]
        self._safety = catalog.safety
        self._scoring = scoring = catalog.scoring
        self._weights = tuple(
            weights_of(named) for named in (scoring.complexity, scoring.risk, scoring.confidence)
        )
        self._rules = RuleTable(catalog.rules, self.lexicon) if catalog.rules else None
        self.memo: dict[int, Verdict] = {}
        self._known: dict[tuple[int, int], Grounds] = {}
        self.fast = compile_fast(self)

    def verdict(self, fired: int) -> Verdict:
        """The verdict on a set of signals, remembered: it depends on nothing else."""
        known = self.memo.get(fired)
        if known is None:
            known = self._judged(fired)
            if len(self.memo) < MEMO_SIZE:
                self.memo[fired] = known
        return known

    def _judged(self, fired: int) -> Verdict:
        scoring = self._scoring
        every = self.lexicon.combined(fired)
        indexes = self.lexicon.fired_signals(every)
        lanes = unpack(BASE + sum(map(self._lanes.__getitem__, indexes)))
        marks = 0
        for i in indexes:
            marks |= self._marks[i]
        features = marks & _ALL_FEATURES
        points = tuple(lanes[:LANES])
        second, best = sorted(points)[-2:]
        route = points.index(best)
        complexity = saturate(
            lanes[COMPLEXITY_LANE] + extra(self._weights[0], features), scoring.saturation_k
        )
        risk = saturate(lanes[RISK_LANE] + extra(self._weights[1], features), scoring.saturation_k)
        sure = confidence(features, best - second, bool(indexes))
        sure = max(0, sure - extra(self._weights[2], features))
        route = self._settle(route, complexity, sure)
        unclear, sensitive = bool(features & _AMBIGUOUS), bool(features & _SENSITIVE)
        vague = unclear and sensitive and not self._safety.allow_ambiguous_high_impact
        return Verdict(
            route,
            ROUTE_NEEDS[route] | marks >> len(FEATURES),
            risk >= scoring.risk_threshold or vague,
            unclear or sensitive or risk >= 50,
            every,
            features,
            complexity,
            risk,
            sure,
            points,
        )

    def _settle(self, route: int, complexity: int, sure: int) -> int:
        """The route that points and thresholds give together."""
        scoring = self._scoring
        if route > BALANCED:
            return route
        if complexity >= scoring.reasoning_threshold or sure < scoring.confidence_threshold:
            return REASONING
        if route == SIMPLE and complexity >= scoring.simple_threshold:
            return BALANCED
        return route

    def orders_a_person(self, named: Sequence[Hit], reading: Reading) -> bool:
        """Whether the actions named in an ASCII text hold an order that a person must see."""
        safety = self._safety
        if not safety.require_human_confirmation:
            return False
        found = find_orders(named, Readings(reading), self.lexicon, self.actions, safety)
        return any(order.action not in safety.freed for order in found)

    def _scanned(self, text: str, every: bool) -> tuple[Verdict, list[Order]]:
        """The verdict on a text and the orders in it, by the hot path where that can do it."""
        decided = self.fast(text)
        if decided is not None:
            verdict, named, reading = decided
            if named is None:
                return verdict, []
            readings = Readings(reading)
        else:
            fired, named, readings = self.lexicon.scan(text)
            verdict = self.verdict(fired)
        found = find_orders(
            named, readings, self.lexicon, self.actions, self._safety, every=every
        )
        return verdict, found

    def weigh(
        self,
        text: str,
        *,
        strict: bool = False,
        can_act: bool = True,
        helper: bool = False,
        every: bool = False,
    ) -> Weighed:
        """Everything that decides where `text` goes.

        `strict` confirms what is unclear as well (profile `safe`); `can_act` False says that no
        tool can run; `helper` marks an agent's side call; `every` looks for all orders rather
        than the first.
        """
        verdict, found = self._scanned(text, every)
        route = SIMPLE if helper else verdict.route
        needs, rule = verdict.needs, None
        if self._rules is not None:
            rule = self._rules.first(verdict.fired, needs, verdict.complexity, text)
            if rule is not None:
                route = self._rules.route(rule, route)
        if route != verdict.route:
            needs = needs & ~ROUTE_NEEDS[verdict.route] | ROUTE_NEEDS[route]
        confirm = self._confirms(verdict, found, strict, can_act or route == CODING)
        return Weighed(verdict, route, needs, confirm, found, rule)

    def _confirms(
        self, verdict: Verdict, found: list[Order], strict: bool, can_act: bool
    ) -> bool:
        safety = self._safety
        if not safety.require_human_confirmation:
            return False
        if verdict.confirm or (strict and (verdict.strict or found)):
            return True
        return can_act and any(order.action not in safety.freed for order in found)

    def assess(
        self,
        request: Request,
        findings: tuple[object, ...] = (),
        mentioned: Sequence[Reason] = (),
        *,
        places: bool = False,
    ) -> Assessment:
        """The assessment of a request, with what explains it. `findings` come from privacy.

        `places` adds where in the text each signal stands, which costs a second pass.
        """
        hints, text = request.hints, request.text
        weighed = self.weigh(
            text,
            strict=hints.profile == "safe",
            can_act=acts(request),
            helper=request.helper is not None,
            every=True,
        )
        verdict, found = weighed.verdict, weighed.found
        route, needs = request_route(weighed, request)
        known = self._grounds(verdict.fired, route)
        ordered = tuple(dict.fromkeys(order.action for order in found))
        risk = max([verdict.risk, *(RISK_FLOORS[action] for action in ordered)])
        rule = None if weighed.rule is None else self.catalog.rules[weighed.rule]
        unfreed = [action for action in ordered if action not in self._safety.freed]
        return Assessment(
            route=ROUTES[route],
            needs=needs,
            features=request_features(weighed, ordered, needs),
            complexity=verdict.complexity,
            risk=risk,
            confidence=verdict.confidence - (15 if risk >= 60 and len(text) < 80 else 0),
            action=(unfreed or ["high_impact"])[0] if weighed.confirm else None,
            actions=ordered,
            confirm=weighed.confirm,
            local_only=bool(findings) and self.catalog.privacy.mode == "local_only",
            route_points=dict(zip(ROUTES, verdict.points, strict=False)),
            signals=known.names,
            reasons=text_reasons(weighed, request, self, known, mentioned, places),
            findings=findings,
            tokens=estimate_tokens(text) + request.context_tokens,
            length=len(text),
            task_type=known.task,
            language=detect_language(text),
            rule=rule.name if rule else None,
            forced_engine=rule.engine if rule else None,
        )

    def _grounds(self, fired: int, route: int) -> Grounds:
        known = self._known.get((fired, route))
        if known is None:
            known = grounds(self.lexicon, fired, route)
            if len(self._known) < MEMO_SIZE:
                self._known[fired, route] = known
        return known


def request_features(weighed: Weighed, ordered: Sequence[str], needs: int) -> int:
    """The feature bits of a request: those of its text, its orders and its needs."""
    features = weighed.verdict.features
    for action in ordered:
        features |= ACTION_FEATURE_BITS[action]
    for need, feature in _NEED_FEATURES:
        if needs & need:
            features |= feature
    return features | (FEATURE_BIT["requires_confirmation"] if weighed.confirm else 0)


def replaced(signals: Sequence[Signal], own: Sequence[Signal]) -> list[Signal]:
    """The packaged signals and the user's; a user's row with the same id takes the other's place."""
    return list(({signal.id: signal for signal in signals} | {s.id: s for s in own}).values())


def acts(request: Request) -> bool:
    """Whether a tool could act on the request. Unknown means yes."""
    tools = request.tools if request.tools is not None else request.hints.tools
    return tools is None or bool(tools)


def request_route(weighed: Weighed, request: Request) -> tuple[int, int]:
    """Route and needs with what the request carries: attachments, tools, a stated role."""
    hints = request.hints
    route, needs = weighed.route, weighed.needs
    attached = request.modalities | frozenset(hints.attachments)
    if not attached and not hints.role and not request.tools and not hints.tools:
        return route, needs
    needs &= ~ROUTE_NEEDS[route]
    if attached & {"image", "pdf", "audio"} and route != CODING:
        route = VISION
    if hints.role:
        route = ROUTES.index(hints.role)
    needs |= ROUTE_NEEDS[route] if route != VISION or not attached else 0
    for modality in attached & MODALITY_NEEDS.keys():
        needs |= MODALITY_NEEDS[modality]
    if request.tools or hints.tools:
        needs |= NEED_TOOLS
    return route, needs
