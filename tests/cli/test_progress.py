"""The progress line: when it is shown, and what it says."""

from __future__ import annotations

import io

import pytest

from model_router.cli.progress import Progress
from model_router.cli.terminal import Terminal


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def drawn(clock: Clock, *, wanted: bool = True, total: int = 100, width: str = "80") -> Progress:
    return Progress(Terminal(Screen(), None, {"COLUMNS": width}), wanted, total, clock)


def shown(progress: Progress) -> str:
    assert isinstance(progress.terminal.stream, io.StringIO)
    return progress.terminal.stream.getvalue()


def test_nothing_before_300_ms() -> None:
    """A run that is over soon shows nothing and leaves nothing."""
    clock = Clock()
    with drawn(clock) as progress:
        for _ in range(3):
            clock.now += 0.09
            progress.add(10)
    assert shown(progress) == ""


def test_bar_says_how_far_it_is() -> None:
    """After 300 ms there is a bar with a share, a count and a speed."""
    clock = Clock()
    progress = drawn(clock)
    clock.now = 0.5
    progress.add(50)
    assert shown(progress) == "\r██████████··········  50% 1 lines, 2/s"


def test_drawn_at_most_every_100_ms() -> None:
    """Fast lines do not redraw the bar each time."""
    clock = Clock()
    progress = drawn(clock)
    for _ in range(1000):
        clock.now += 0.001
        progress.add(0)
    assert 7 <= shown(progress).count("\r") <= 9


def test_line_is_cleared_at_the_end() -> None:
    """The line is wiped, so that the shell's prompt stands alone."""
    clock = Clock()
    with drawn(clock) as progress:
        clock.now = 1.0
        progress.add(50)
        before = len(shown(progress))
    assert shown(progress)[before:].strip("\r ") == ""
    assert shown(progress).endswith("\r")


@pytest.mark.parametrize("total", [0, 100])
def test_narrow_terminals_get_one_row(total: int) -> None:
    """The line never wraps, which would scroll the screen."""
    clock = Clock()
    progress = drawn(clock, width="20", total=total)
    clock.now = 1.0
    progress.add(50)
    assert len(shown(progress)) <= 20


def test_unknown_size_counts() -> None:
    """Standard input has no size: lines are counted instead."""
    clock = Clock()
    progress = drawn(clock, total=0)
    clock.now = 2.0
    progress.add(50)
    assert shown(progress) == "\r1 lines, 0/s"


def test_growing_file_stays_at_100() -> None:
    """A file that grew while it was read does not pass 100 %."""
    clock = Clock()
    progress = drawn(clock, total=10)
    clock.now = 1.0
    progress.add(500)
    assert "100%" in shown(progress)


def test_no_terminal_no_line() -> None:
    """A stderr that nobody looks at stays empty, as does one that was switched off."""
    clock = Clock()
    file = io.StringIO()
    for progress in (
        Progress(Terminal(file, None, {}), True, 100, clock),
        drawn(clock, wanted=False),
    ):
        clock.now += 10.0
        progress.add(50)
        assert shown(progress) == ""
