"""The breaker: opens, tries once, closes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_router.proxy.breaker import CLOSED, HALF_OPEN, LONGEST, OPEN, Breaker


def test_failures_in_a_row_open_it() -> None:
    """Three in a row open it; a success in between starts the count anew."""
    breaker = Breaker(3, 5.0)
    breaker.failed(0.0)
    breaker.failed(1.0)
    breaker.succeeded()
    breaker.failed(2.0)
    breaker.failed(3.0)
    assert breaker.state(3.0) == CLOSED
    breaker.failed(4.0)
    assert breaker.state(4.0) == OPEN
    assert not breaker.allows(8.9)
    assert breaker.wait(5.0) == 4.0


def test_one_probe_when_half_open() -> None:
    """After the pause one request may try; the others wait for what it finds."""
    breaker = Breaker(1, 5.0)
    breaker.failed(0.0)
    assert breaker.state(5.0) == HALF_OPEN
    assert breaker.allows(5.0)
    assert not breaker.allows(5.1)
    breaker.succeeded()
    assert breaker.state(5.2) == CLOSED
    assert breaker.allows(5.2)


def test_a_failed_probe_doubles_the_pause() -> None:
    """Up to a minute."""
    breaker = Breaker(1, 5.0)
    now, pauses = 0.0, []
    breaker.failed(now)
    for _ in range(6):
        pause = breaker.wait(now)
        pauses.append(pause)
        now += pause
        assert breaker.allows(now)
        breaker.failed(now)
    assert pauses == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


def test_a_probe_that_told_nothing_leaves_the_place_free() -> None:
    """When its client left, the next request tries."""
    breaker = Breaker(1, 5.0)
    breaker.failed(0.0)
    assert breaker.allows(6.0)
    breaker.released()
    assert breaker.allows(6.0)


def test_a_backend_may_ask_for_rest() -> None:
    """Then it is left alone until then, and that is known to be its own wish."""
    breaker = Breaker(3, 5.0)
    breaker.rest(30.0)
    assert not breaker.allows(29.0)
    assert breaker.asked_to_rest
    assert breaker.allows(30.0)
    breaker.succeeded()
    assert not breaker.asked_to_rest


@given(st.lists(st.tuples(st.sampled_from("fsra"), st.floats(0, 30))))
def test_it_never_locks_for_good(steps: list[tuple[str, float]]) -> None:
    """Whatever happens, within a minute of quiet some request may try."""
    breaker, now = Breaker(2, 1.0), 0.0
    for what, pause in steps:
        now += pause
        if what == "f":
            breaker.failed(now)
        elif what == "s":
            breaker.succeeded()
        elif what == "r":
            breaker.released()
        else:
            breaker.allows(now)
            breaker.released()
    assert breaker.allows(now + LONGEST + 1)
