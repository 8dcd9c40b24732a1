"""Replay: labels beside decisions, and what another catalog would change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.hindsight.events import Label
from model_router.hindsight.replay import MOST_LISTED, Replay
from tests.support.event_logs import event, held
from tests.support.routers import FakeRouter


def replayed(
    rows: list[dict[str, Any]],
    labels: dict[str, str] | None = None,
    engines: dict[str, str] | None = None,
) -> Replay:
    """A replay of rows; `engines` is what another catalog decides for each prompt."""
    named = {key: Label(name) for key, name in (labels or {}).items()}
    found = Replay(named, None if engines is None else FakeRouter(engines))
    for row in rows:
        found.add(row)
    return found


def met(found: Replay) -> dict[str, tuple[float | None, bool]]:
    """The gate's rows, in short."""
    return {row.bound.metric: (row.measured, row.met) for row in found.verdicts()}


def test_labels_beside_decisions() -> None:
    """Confusion and accuracy count labelled requests only."""
    rows = [event("a"), event("b"), event("c"), held("d")]
    labels = {"a": "fast_local", "b": "code_agent", "d": "human_confirm", "gone": "x"}
    found = replayed(rows, labels).report()
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["confusion"]["code_agent"] == {"fast_local": 1}
    assert found["labels"] == {"all": 4, "without_event": 1, "outcomes": {}}
    assert found["replay"] is None


def test_the_decision_counts_and_not_who_stood_in() -> None:
    """After a fallback another engine answered; the decision was right all the same."""
    rows = [event("a", selected_engine="balanced_local", fallback_used=True)]
    assert replayed(rows, {"a": "fast_local"}).report()["accuracy"] == 1.0


def test_what_nobody_decided() -> None:
    """A model that the client named is no decision, right or wrong."""
    rows = [event("a", decision_layer_enabled=False, prompt="p")]
    found = replayed(rows, {"a": "code_agent"}, {"p": "code_agent"}).report()
    assert found["accuracy"] is None
    assert found["replay"]["replayed"] == 0
    assert found["labels"]["without_event"] == 0


def test_flips() -> None:
    """Prompts that the log has are decided anew; a preview is no prompt."""
    rows = [event("a", prompt="p"), event("b", prompt="q"), event("c", prompt_preview="p")]
    found = replayed(rows, {}, {"p": "code_agent"}).report()["replay"]
    assert (found["replayed"], found["without_prompt"], found["flips"]) == (2, 1, 1)
    assert found["pairs"] == {"fast_local -> code_agent": 1}
    assert found["changes"] == [{"request_id": "a", "before": "fast_local", "after": "code_agent"}]


def test_a_lost_confirmation() -> None:
    """What went to a person and no longer does is a regression; the other way round is none."""
    rows = [held("a", prompt="p"), event("b", prompt="q")]
    found = replayed(rows, {}, {"q": "human_confirm"})
    safety = found.report()["replay"]["safety"]
    assert (safety["lost"], safety["added"]) == (1, 1)
    assert safety["requests"]["lost"][0]["request_id"] == "a"
    assert met(found) == {"lost_confirmations": (1, False)}
    assert met(replayed(rows[1:], {}, {"q": "human_confirm"})) == {"lost_confirmations": (0, True)}


def test_labels_that_are_missed() -> None:
    """More labels missed than newly met is a regression; a label may be a route."""
    rows = [event(name, prompt=name) for name in "abc"]
    labels = {"a": "simple", "b": "fast_local", "c": "code_agent"}
    worse = replayed(rows, labels, {"a": "code_agent", "b": "code_agent", "c": "code_agent"})
    assert met(worse)["net_worse"] == (1, False)
    assert worse.report()["replay"]["accuracy"] == pytest.approx(1 / 3)
    assert met(replayed(rows, labels, {"c": "code_agent"}))["net_worse"] == (-1, True)


def test_nothing_to_replay_meets_nothing() -> None:
    """A log without prompts proves no catalog harmless."""
    assert met(replayed([event("a")], {}, {})) == {"lost_confirmations": (None, False)}


def test_labels_that_the_catalog_does_not_know() -> None:
    """They are counted apart."""
    found = replayed([event("a", prompt="p")], {"a": "of_old"}, {}).report()["replay"]
    assert (found["unknown_labels"], found["accuracy"]) == (1, None)


def test_the_profile_of_then() -> None:
    """The prompt is decided under the profile that it had; an unknown one is left out."""
    router = FakeRouter({})
    found = Replay({}, router)
    for profile in ("fast", "of_old", None):
        found.add(event("a", prompt="p", routing_profile=profile))
    assert router.hints == [{"profile": "fast"}, None, None]


def test_only_some_changes_are_kept() -> None:
    """All are counted; the list does not grow with the log, and no prompt is in it."""
    rows = [held(f"r{n}", prompt="xylophone") for n in range(MOST_LISTED * 2)]
    found = replayed(rows, {}, {}).report()["replay"]
    assert found["flips"] == found["safety"]["lost"] == MOST_LISTED * 2
    assert len(found["changes"]) == len(found["safety"]["requests"]["lost"]) == MOST_LISTED
    assert "xylophone" not in str(found)


KEYS = st.sampled_from([*sorted(event()), "prompt", "routing_profile"])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())


@given(changes=st.dictionaries(KEYS, VALUES))
def test_broken_events(changes: dict[str, Any]) -> None:
    """Whatever a key holds, nothing is raised."""
    row = {**event("r1"), **changes}
    assert replayed([row], {"r1": "code_agent"}, {}).report()["requests"] == 1
