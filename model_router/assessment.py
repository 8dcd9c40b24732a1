"""Signals become an assessment: the route, the needs, the scores, and whether a person is asked.

`weigh` is the whole decision about a text and all that the hot path runs. `assess` runs the same
`weigh` and adds what explains it, so the two can never disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from model_router.explanation import task_type, text_reasons
from model_router.language import detect_language
from model_router.rules import RuleTable
from model_router.safety import Frame, Order, action_rules, disguised_orders, orders
from model_router.scores import RISK_FLOORS, confidence, extra, saturate, weights_of
from model_router.signals import (
    COMPLEXITY_LANE,
    LANES,
    RISK_LANE,
    Lexicon,
    pack,
    packaged,
    signal_from_row,
    unpack,
)
from model_router.text import Readings
from model_router.tokens import estimate_tokens
from model_router.types import (
    FEATURE_BIT,
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


class Weighed(NamedTuple):
    """What `weigh` decides: an index into ROUTES, need bits, whether a person is asked, why."""

    route: int
    needs: int
    confirm: bool
    complexity: int
    risk: int
    confidence: int
    features: int
    points: list[int]
    fired: set[int]
    found: list[Order]
    readings: Readings
    rule: int | None


class Assessor:
    """Weighs texts by one catalog. Immutable once built; safe to share between threads."""

    def __init__(self, catalog: Catalog) -> None:
        signals, lists = packaged()
        own = tuple(signal_from_row(row) for row in catalog.signals)
        self.catalog = catalog
        self.lexicon = Lexicon(replaced(signals, own))
        self.actions = action_rules(self.lexicon.signals, lists)
        self._safety = catalog.safety
        scoring = catalog.scoring
        self._k = scoring.saturation_k
        self._weights = weights_of(scoring.complexity), weights_of(scoring.risk)
        self._confidence_weights = weights_of(scoring.confidence)
        self._scoring = scoring
        self._rules = RuleTable(catalog.rules, self.lexicon) if catalog.rules else None

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
        lexicon = self.lexicon
        fired, actions, readings = lexicon.scan(text)
        points = unpack(BASE + sum(map(lexicon.lanes.__getitem__, fired)))
        features = needs = 0
        for i in fired:
            features |= lexicon.features[i]
            needs |= lexicon.needs[i]
        best = max(points[:LANES])
        route = points.index(best)
        complexity = self._complexity(points[COMPLEXITY_LANE], features)
        found = self._orders(text, actions, readings, every)
        risk, floor = self._risk(points[RISK_LANE], features, found)
        margin = best - max((p for i, p in enumerate(points[:LANES]) if i != route), default=0)
        sure = confidence(features, margin, len(fired), len(text), floor)
        if self._confidence_weights:
            sure = max(0, sure - extra(self._confidence_weights, features))
        route = self._settle(route, complexity, sure, helper)
        rule = None
        if self._rules is not None:
            rule = self._rules.first(fired, needs | ROUTE_NEEDS[route], complexity, text)
            if rule is not None:
                route = self._rules.route(rule, route)
        confirm = self._confirms(found, risk, features, strict, can_act, route)
        return Weighed(
            route,
            needs | ROUTE_NEEDS[route],
            confirm,
            complexity,
            floor,
            sure,
            features,
            points,
            fired,
            found,
            readings,
            rule,
        )

    def _orders(
        self, text: str, actions: Sequence[tuple[int, int, int, tuple[bytes, bytes]]],
        readings: Readings, every: bool,
    ) -> list[Order]:
        found: list[Order] = []
        if actions:
            frame = Frame(readings.latin)
            found = orders(actions, self.actions, frame, self._safety, first_only=not every)
        if not found:
            found = disguised_orders(readings, self.lexicon, self.actions, self._safety)
        return found

    def _complexity(self, points: int, features: int) -> int:
        return saturate(points + extra(self._weights[0], features), self._k)

    def _risk(self, points: int, features: int, found: list[Order]) -> tuple[int, int]:
        """The risk that signals add up to, and the risk of the text with what it orders."""
        risk = saturate(points + extra(self._weights[1], features), self._k)
        return risk, max([risk, *(RISK_FLOORS[order.action] for order in found)])

    def _settle(self, route: int, complexity: int, sure: int, helper: bool) -> int:
        """The route that points and thresholds give together."""
        if helper:
            return SIMPLE
        scoring = self._scoring
        if route > BALANCED:
            return route
        if complexity >= scoring.reasoning_threshold or sure < scoring.confidence_threshold:
            return REASONING
        if route == SIMPLE and complexity >= scoring.simple_threshold:
            return BALANCED
        return route

    def _confirms(
        self, found: list[Order], risk: int, features: int, strict: bool, can_act: bool, route: int
    ) -> bool:
        safety = self._safety
        if not safety.require_human_confirmation:
            return False
        if (can_act or route == CODING) and any(o.action not in safety.freed for o in found):
            return True
        if risk >= self._scoring.risk_threshold:
            return True
        unclear = bool(features & _AMBIGUOUS)
        if unclear and features & _SENSITIVE and not safety.allow_ambiguous_high_impact:
            return True
        return strict and (unclear or bool(features & _SENSITIVE) or risk >= 50 or bool(found))

    def assess(
        self,
        request: Request,
        findings: tuple[object, ...] = (),
        mentioned: Sequence[Reason] = (),
    ) -> Assessment:
        """The assessment of a request, with what explains it. `findings` come from privacy."""
        hints, text = request.hints, request.text
        weighed = self.weigh(
            text,
            strict=hints.profile == "safe",
            can_act=acts(request),
            helper=request.helper is not None,
            every=True,
        )
        route, needs = request_route(weighed, request)
        found = weighed.found
        freed = self._safety.freed
        ordered = tuple(dict.fromkeys(order.action for order in found))
        features = weighed.features
        for action in ordered:
            features |= ACTION_FEATURE_BITS[action]
        for need, feature in _NEED_FEATURES:
            if needs & need:
                features |= feature
        if weighed.confirm:
            features |= FEATURE_BIT["requires_confirmation"]
        rules = self.catalog.rules
        rule = None if weighed.rule is None else rules[weighed.rule]
        unfreed = [action for action in ordered if action not in freed]
        action = (unfreed or ["high_impact"])[0] if weighed.confirm else None
        return Assessment(
            route=ROUTES[route],
            needs=needs,
            features=features,
            complexity=weighed.complexity,
            risk=weighed.risk,
            confidence=weighed.confidence,
            action=action,
            actions=ordered,
            confirm=weighed.confirm,
            local_only=bool(findings) and self.catalog.privacy.mode == "local_only",
            route_points=dict(zip(ROUTES, weighed.points[:LANES], strict=False)),
            signals=tuple(sorted(self.lexicon.signals[i].id for i in weighed.fired)),
            reasons=text_reasons(weighed, request, self, route, mentioned),
            findings=findings,
            tokens=estimate_tokens(text) + request.context_tokens,
            length=len(text),
            task_type=task_type(weighed, self.lexicon, route),
            language=detect_language(text),
            rule=rule.name if rule else None,
            forced_engine=rule.engine if rule else None,
        )


def replaced(signals: Sequence[object], own: Sequence[object]) -> list[object]:
    """The packaged signals and the user's; a user's row with the same id takes the other's place."""
    table = {signal.id: signal for signal in signals}  # type: ignore[attr-defined]
    table |= {signal.id: signal for signal in own}  # type: ignore[attr-defined]
    return list(table.values())


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


def requested(catalog: Catalog) -> Mapping[str, str]:
    """The engine of each route, for explanations."""
    return catalog.targets
