"""Receipts for what could not be decided: whatever went wrong, a person decides.

No text of the prompt is in them. Of an error inside the router only its kind and its place in our
code are told.
"""

from __future__ import annotations

import os

from model_router.errors import ModelRouterError, RequestError, RouterConfigError
from model_router.receipt.decision import Plan, RoutingDecision, blocked_decision

INVALID_CONFIG, INVALID_REQUEST, INTERNAL = "config.invalid", "request.invalid", "internal.error"
"""Machine codes, the first of `explained`."""


def refusal(error: Exception) -> RoutingDecision:
    """The blocked receipt for an error: a bad catalog, a bad request, or a fault of ours."""
    if isinstance(error, RouterConfigError):
        problems = tuple(map(str, error.problems))
        return blocked_decision(problems or (_said(error),), code=INVALID_CONFIG)
    if isinstance(error, RequestError):
        return blocked_decision((_said(error),), code=INVALID_REQUEST)
    text = f"the router failed, so a person decides: {_fault(error)}; please report it"
    return blocked_decision((text,), code=INTERNAL)


def refused_plan(error: Exception) -> Plan:
    """The plan that lets nobody but a person act, with the blocked receipt."""
    decision = refusal(error)
    return Plan(
        engine=decision.selected_engine,
        chain=(),
        egress=decision.egress,
        verify=False,
        confirm=True,
        action_class=None,
        route=decision.route,
        tier=decision.tier,
        decision=decision,
    )


def _said(error: ModelRouterError) -> str:
    text = str(error)
    return text if not error.hint or error.hint in text else f"{text}; {error.hint}"


def _fault(error: Exception) -> str:
    """The kind of an error and the line it comes from. Its message may quote the prompt."""
    trace = error.__traceback__
    if trace is None:
        return type(error).__name__
    while trace.tb_next is not None:
        trace = trace.tb_next
    file = os.path.basename(trace.tb_frame.f_code.co_filename)
    return f"{type(error).__name__} at {file}:{trace.tb_lineno}"
