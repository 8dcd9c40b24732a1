"""A small agent that asks model-router where each prompt should go, and keeps to the answer.

    python examples/basic_custom_agent.py
    python examples/basic_custom_agent.py "delete all backups" "translate this into French"

No model is called: `ENGINES` below stands for your own clients. What matters is the order of
things: plan first, ask a person where the plan says so, try the plan's engine and then its chain,
and nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from model_router import ModelRouter, Plan, RoutingDecision

PROMPTS = (
    "rewrite this text",
    "fix the repo and run tests",
    "drop the production database",
)

Engine = Callable[[str], str]


class EngineDownError(Exception):
    """An engine could not answer. A real client would raise its own error."""


def small_model(prompt: str) -> str:
    """Stands for a client of a small local model, which is switched off today."""
    raise EngineDownError("connection refused")


def other_model(prompt: str) -> str:
    """Stands for every other client."""
    return f"(an answer of {len(prompt)} characters' worth)"


ENGINES: dict[str, Engine] = {"fast_local": small_model}


def ask_a_person(decision: RoutingDecision) -> bool:
    """Whether a person agrees. This one never does, which is what nobody at the keyboard means."""
    print(f"  a person must confirm: {decision.action_class or 'see the reasons'}; not confirmed")
    return False


def answer(prompt: str, plan: Plan) -> str | None:
    """The first answer along the plan. Engines that are not in it are not tried."""
    for name in (plan.engine, *plan.chain):
        try:
            return f"{name}: {ENGINES.get(name, other_model)(prompt)}"
        except EngineDownError as error:
            print(f"  {name} failed ({error}), next")
    return None


def handle(router: ModelRouter, prompt: str) -> str | None:
    """One turn of the agent: the answer, or None when a person has to act first."""
    decision = router.route(prompt)
    plan = router.plan(prompt)
    print(f"> {prompt}")
    print(f"  {decision.summary}")
    for reason in decision.reasons[:3]:
        print(f"  - {reason}")
    if plan.confirm:
        ask_a_person(decision)
        return None  # even a person who agrees approves this one prompt, not a class of them
    if plan.egress == "local_only":
        print("  stays on this machine")
    return answer(prompt, plan)


def main(prompts: list[str]) -> int:
    """Route each prompt with your own catalog, or with the packaged one."""
    router = ModelRouter.from_config(validate_availability=False)
    for prompt in prompts or PROMPTS:
        found = handle(router, prompt)
        print(f"  {found or 'nothing was done'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
