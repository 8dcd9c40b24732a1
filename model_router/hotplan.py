"""The hot path of plans: an ordinary request's plan from what the hot path finds in its text.

A request without hints, media or a side call's marks, in whose text nothing is ordered, has a plan
that depends on a few small numbers alone: where its words lead, how hard and risky it is, and how
long. So plans are remembered by those, and worked out in full where the numbers are new. A property
test holds the two ways together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from model_router.assessment import Assessor
from model_router.policy.ranking import SENSITIVE
from model_router.receipt.decision import DEFAULT_ROOM, Plan
from model_router.request.hints import NO_HINTS
from model_router.text.tokens import AT_MOST, estimate_tokens
from model_router.types import Request

MEMO_SIZE = 2_048
"""Plans remembered. Complexity has a thousand tenths; most requests share a few hundred."""

Full = Callable[[Request], Plan]


def compile_plan(assessor: Assessor, contexts: Sequence[int]) -> Callable[[Request, Full], Plan]:
    """A function of a request and of what plans it in full, which gives what that gives. It is for
    catalogs without rules and strategies, where privacy does not decide, and for one state of
    availability. `contexts` are the sizes of the engines' contexts, ascending."""
    fast, unordered, lead = assessor.fast, assessor.orders_nothing, assessor.verdicts.lead
    known: dict[object, Plan] = {}
    least = contexts[0] if contexts else 0

    def plan(request: Request, full: Full) -> Plan:
        if (
            request.hints is not NO_HINTS
            or request.helper is not None
            or request.modalities
            or request.tools == ()  # none may act
        ):
            return full(request)
        text = request.text
        decided = fast(text)
        if decided is None:
            return full(request)
        tally, weight, named, reading = decided
        _, _, features, needs, risk, confirm, _, _ = tally
        if confirm or (named is not None and not unordered(named, reading)):
            return full(request)
        room = request.max_output_tokens or DEFAULT_ROOM
        tokens = AT_MOST * len(text) + request.context_tokens + room
        if tokens > least:  # else it is certain to be at most that
            tokens = estimate_tokens(text) + request.context_tokens + room
        key = (
            lead(tally, weight),
            needs,
            features & SENSITIVE,
            risk,
            request.tools is None,
            bisect_left(contexts, tokens),
        )
        found = known.get(key)
        if found is None:
            found = full(request)
            if len(known) < MEMO_SIZE:
                known[key] = found
        return found

    return plan
