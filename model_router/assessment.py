"""Signals become an assessment: the route, the needs, the scores, and whether a person is asked.

`weigh` is the whole decision about a text and all that the hot path runs. `assess` runs the same
`weigh` and adds what explains it, so the two can never disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from model_router.hotpath import FEW, compile_fast
from model_router.receipt.explanation import Grounds, grounds, text_reasons
from model_router.request.carried import acts, request_features, request_route
from model_router.rules import RuleTable
from model_router.safety.action_rules import ActionRule, action_rules
from model_router.safety.candidates import Sift, as_they_are, sifters
from model_router.safety.frame import Frame
from model_router.safety.orders import Order, doubtful, find_orders
from model_router.scores import RISK_FLOORS
from model_router.signals.lexicon import (
    LONG,
    Hit,
    Lexicon,
    Signal,
    packaged,
    signal_from_row,
    window,
)
from model_router.text.language import detect_language
from model_router.text.reading import Reading, Readings, read
from model_router.text.tokens import estimate_tokens
from model_router.types import ROUTES, Assessment, Catalog, Reason, Request
from model_router.verdict import (
    CODING,
    MEMO_SIZE,
    ROUTE_NEEDS,
    SIMPLE,
    Tally,
    Verdict,
    Verdicts,
)
from model_router.weights import Weights, features_of, layered, load_weights, packaged_path


class Weighed(NamedTuple):
    """The verdict on a text, the orders in it, and whether a person is asked."""

    verdict: Verdict
    route: int
    needs: int
    confirm: bool
    found: list[Order]
    rule: int | None
    weight: int = 0  # of the words: lanes


class _Scanned(NamedTuple):
    """What signals give, the weight of the words, the orders that rules find; and the actions
    named, where the text is short enough for weights to judge them."""

    tally: Tally
    weight: int
    found: list[Order]
    named: Sequence[Hit]
    readings: Readings
    frame: Frame


class Assessor:
    """Weighs texts by one catalog. Safe to share between threads."""

    def __init__(self, catalog: Catalog) -> None:
        own = tuple(signal_from_row(row) for row in catalog.signals)
        self.catalog = catalog
        weights = chosen_weights(catalog)
        self.lexicon, self.actions = compiled(own, weights) if own else packaged_tables(weights)
        self.sifters = sifters(self.actions)
        self._cautious = weights is not None and catalog.weights.caution
        self.verdicts = Verdicts(self.lexicon, catalog)
        self._safety = catalog.safety
        self._rules = RuleTable(catalog.rules, self.lexicon) if catalog.rules else None
        self._known: dict[tuple[int, int], Grounds] = {}
        self.fast = compile_fast(self)

    def orders_a_person(self, named: Sequence[Hit], reading: Reading) -> bool:
        """Whether the actions named in an ASCII text hold an order that a person must see."""
        if not self._safety.require_human_confirmation:
            return False
        return any(order.action not in self._safety.freed for order in self._said(named, reading))

    def orders_nothing(self, named: Sequence[Hit], reading: Reading) -> bool:
        """Whether neither rules nor weights find an order among the actions named in an ASCII
        text, not even one that no person has to see."""
        return not self._said(named, reading)

    def _said(self, named: Sequence[Hit], reading: Reading) -> list[Order]:
        """The orders in an ASCII text up to the first that a person must see; where rules find
        none of these, that of weights."""
        readings, frame = Readings(reading), Frame(reading)
        sift = as_they_are if len(named) < FEW else self.sifters.weighed
        found = self._orders(named, readings, frame, every=False, sift=sift)
        if not self._cautious or len(reading[0]) > LONG + 2:
            return found
        if any(order.action not in self._safety.freed for order in found):
            return found
        return found + self._doubts(named, readings, frame, sift)

    def _doubts(
        self, named: Sequence[Hit], readings: Readings, frame: Frame, sift: Sift
    ) -> list[Order]:
        """What weights take for an order where rules found none that a person must see."""
        lexicon, rules = self.lexicon, self.actions
        policy = self._safety
        return doubtful(named, readings, lexicon, rules, policy, sift=sift, frame=frame)

    def _orders(
        self, named: Iterable[Hit], readings: Readings, frame: Frame, *, every: bool, sift: Sift
    ) -> list[Order]:
        return find_orders(
            *(named, readings, self.lexicon, self.actions, self._safety),
            sift=sift,
            every=every,
            frame=frame,
        )

    def orders_in(self, text: str) -> list[Order]:
        """What a text orders by the rules, up to the first that a person would have to see."""
        return self._scanned(text, every=False).found

    def _scanned(self, text: str, every: bool) -> _Scanned:
        """What is found in a text, by the hot path where that can do it."""
        decided = self.fast(text)
        named: Iterable[Hit]
        if decided is not None:
            tally, weight, hits, reading = decided
            if hits is None:
                return _Scanned(tally, weight, [], (), Readings(reading), Frame(reading))
            readings, named = Readings(reading), hits
            sift = as_they_are if len(named) < FEW else self.sifters.weighed
        else:
            fired, weight, named, readings = self.lexicon.scan(text)
            tally = self.verdicts.tally(fired)
            sift = self.sifters.weighed if len(text) <= LONG else self.sifters.unweighed
        frame = Frame(readings.latin)
        if named == [] and not readings.unread:
            return _Scanned(tally, weight, [], (), readings, frame)
        found = self._orders(named, readings, frame, every=every, sift=sift)
        doubted = named if isinstance(named, list) and len(text) <= LONG else ()
        return _Scanned(tally, weight, found, doubted, readings, frame)

    def weigh(
        self,
        text: str,
        *,
        strict: bool = False,
        can_act: bool = True,
        helper: bool = False,
        every: bool = False,
        wanted: int | None = None,
        brief: bool = False,
    ) -> Weighed:
        """Everything that decides where `text` goes.

        `strict` confirms what is unclear as well (profile `safe`); `can_act` False says that no
        tool can run; `helper` marks an agent's side call; `every` looks for all orders rather
        than the first; `wanted` is the route that a strategy takes instead, unless a rule holds;
        `brief` leaves the verdict's confidence and points out.
        """
        tally, weight, found, named, readings, frame = self._scanned(text, every)
        verdict = self.verdicts.of(tally, weight, brief=brief)
        if self._cautious and named and all(order.action in self._safety.freed for order in found):
            found = found + self._doubts(named, readings, frame, self.sifters.weighed)
        taken = SIMPLE if helper and wanted is None else wanted
        route, needs, rule = self._taken(verdict, taken, text)
        codes = route == CODING
        if weight and not can_act and not codes:  # what weights change frees no order
            codes = any(
                self._taken(self.verdicts.of(tally, less), taken, text)[0] == CODING
                for less in self._less(text, bool(found))
            )
        confirm = self._confirms(verdict, found, strict, can_act or codes)
        return Weighed(verdict, route, needs, confirm, found, rule, weight)

    def _less(self, text: str, ordered: bool) -> Iterator[int]:
        """The weight of a text without any weights, and without those of a layer."""
        yield 0
        weights = self.lexicon.weights
        if ordered and weights is not None and weights.under is not None:
            yield weights.under.of_features(features_of(read(window(text))), len(text))

    def _taken(
        self, verdict: Verdict, wanted: int | None, text: str
    ) -> tuple[int, int, int | None]:
        """The route taken, what it needs, and the index of the user's rule that took it."""
        route, needs, rule = verdict.route if wanted is None else wanted, verdict.needs, None
        if self._rules is not None:
            rule = self._rules.first(verdict.fired, needs, verdict.complexity, text)
            if rule is not None:
                route = self._rules.route(rule, route)
        if route != verdict.route:
            needs = needs & ~ROUTE_NEEDS[verdict.route] | ROUTE_NEEDS[route]
        return route, needs, rule

    def _confirms(self, verdict: Verdict, found: list[Order], strict: bool, can_act: bool) -> bool:
        safety = self._safety
        if not safety.require_human_confirmation:
            return False
        if verdict.confirm or (strict and (verdict.strict or found)):
            return True
        return bool(found) and can_act and any(order.action not in safety.freed for order in found)

    def assess(
        self,
        request: Request,
        findings: tuple[object, ...] = (),
        mentioned: Sequence[Reason] = (),
        *,
        places: bool = False,
        wanted: int | None = None,
    ) -> Assessment:
        """The assessment of a request, with what explains it. `findings` come from privacy.

        `places` adds where in the text each signal stands, which costs a second pass. `wanted` is
        the route that a strategy takes instead of the text's own.
        """
        text = request.text
        weighed = self._weighed(request, wanted)
        verdict = weighed.verdict
        found = self._decisive(request, findings, weighed)
        known = self._grounds(verdict, ROUTES.index(found.route))
        found.features = request_features(
            verdict.features, found.needs, found.actions, found.confirm
        )
        found.confidence = max(0, verdict.confidence - _doubt(found.risk, len(text)))
        found.route_points = dict(zip(ROUTES, verdict.points, strict=False))
        found.signals, found.task_type = known.names, known.task
        found.reasons = text_reasons(weighed, request, self, known, mentioned, places)
        found.language = detect_language(text)
        return found

    def brief(self, request: Request, findings: tuple[object, ...] = ()) -> Assessment:
        """What decides of `assess`, without what only explains: reasons, points, language."""
        return self._decisive(request, findings, self._weighed(request, None, brief=True))

    def _weighed(self, request: Request, wanted: int | None, brief: bool = False) -> Weighed:
        return self.weigh(
            request.text,
            strict=request.hints.profile == "safe",
            can_act=acts(request),
            helper=request.helper is not None,
            every=True,
            wanted=wanted,
            brief=brief,
        )

    def _decisive(
        self, request: Request, findings: tuple[object, ...], weighed: Weighed
    ) -> Assessment:
        verdict, text = weighed.verdict, request.text
        route, needs = request_route(weighed.route, weighed.needs, request)
        ordered, action, risk = self._ordered(weighed)
        rule = None if weighed.rule is None else self.catalog.rules[weighed.rule]
        return Assessment(
            route=ROUTES[route],
            needs=needs,
            features=verdict.features,
            complexity=verdict.complexity,
            risk=risk,
            action=action,
            actions=ordered,
            confirm=weighed.confirm,
            local_only=bool(findings) and self.catalog.privacy.mode == "local_only",
            findings=findings,
            tokens=estimate_tokens(text) + request.context_tokens,
            length=len(text),
            rule=rule.name if rule else None,
            forced_engine=rule.engine if rule else None,
        )

    def _ordered(self, weighed: Weighed) -> tuple[tuple[str, ...], str | None, int]:
        """The action classes ordered, the one that needs a person, and the risk with them."""
        risk = weighed.verdict.risk
        if not weighed.found:
            return (), "high_impact" if weighed.confirm else None, risk
        ordered = tuple(dict.fromkeys(order.action for order in weighed.found))
        unfreed = [action for action in ordered if action not in self._safety.freed]
        action = (unfreed or ["high_impact"])[0] if weighed.confirm else None
        return ordered, action, max(risk, *(RISK_FLOORS[action] for action in ordered))

    def _grounds(self, verdict: Verdict, route: int) -> Grounds:
        known = self._known.get((verdict.fired, route))
        if known is None:
            known = grounds(self.lexicon, verdict.fired, route)
            if len(self._known) < MEMO_SIZE:
                self._known[verdict.fired, route] = known
        return known


def _doubt(risk: int, length: int) -> int:
    """Points of confidence lost by a short text that asks for something risky."""
    return 15 if risk >= 60 and length < 80 else 0


Tables = tuple[Lexicon, Mapping[int, ActionRule]]


def chosen_weights(catalog: Catalog) -> Weights | None:
    """The weights that a catalog asks for, or None. Raises RouterConfigError."""
    policy = catalog.weights
    if not policy.enabled or not policy.share or not catalog.strategy.uses_weights:
        return None
    weights = load_weights(policy.file or packaged_path(), policy.share)
    return weights if policy.layer is None else layered(weights, load_weights(policy.layer))


def compiled(own: Sequence[Signal], weights: Weights | None) -> Tables:
    """The packaged signals and the user's, compiled, with the rules of those that name actions.

    A user's row with the same id takes the packaged one's place.
    """
    signals, lists = packaged()
    rows = {signal.id: signal for signal in signals} | {signal.id: signal for signal in own}
    lexicon = Lexicon(rows.values(), weights)
    return lexicon, action_rules(lexicon.signals, lists)


@lru_cache(maxsize=4)
def packaged_tables(weights: Weights | None) -> Tables:
    """The packaged signals alone. Nothing in them changes, so all routers share one copy."""
    return compiled((), weights)
