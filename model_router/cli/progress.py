"""A line on a terminal that says how far a run is. Nothing is shown in its first 300 ms."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from model_router.cli.layout import bar
from model_router.cli.terminal import Terminal

FIRST_AFTER = 0.3
AGAIN_AFTER = 0.1
BAR_WIDTH = 20


class Progress:
    """Counts items and their bytes. With `total` bytes known it draws a bar, else a count."""

    def __init__(
        self,
        terminal: Terminal,
        wanted: bool,
        total: int = 0,
        clock: Callable[[], float] = time.monotonic,
        unit: str = "lines",
    ) -> None:
        self.terminal = terminal
        self.wanted = wanted and terminal.is_tty
        self.total = total
        self.unit = unit
        self.items = 0
        self.bytes = 0
        self._clock = clock
        self._start = clock()
        self._next = self._start + FIRST_AFTER
        self._drawn = 0

    def add(self, size: int) -> None:
        """One more item of `size` bytes is done."""
        self.items += 1
        self.bytes += size
        if self.wanted and (now := self._clock()) >= self._next:
            self._next = now + AGAIN_AFTER
            self._draw(self.text())

    def text(self) -> str:
        """What the line says now."""
        seconds = max(self._clock() - self._start, 1e-9)
        counted = f"{self.items:,} {self.unit}, {self.items / seconds:,.0f}/s"
        if not self.total:
            return counted
        share = min(self.bytes / self.total, 1.0)
        if self.terminal.width < BAR_WIDTH + 40:
            return f"{share:4.0%} {counted}"
        return f"{bar(share, 1.0, BAR_WIDTH, self.terminal.glyphs)} {share:4.0%} {counted}"

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            self._draw("")
            self.terminal.write("\r")
            self.terminal.flush()

    def _draw(self, text: str) -> None:
        text = text[: self.terminal.width - 1]
        # Spaces rather than an escape sequence: this also works on a dumb terminal.
        self.terminal.write("\r" + text.ljust(self._drawn))
        self.terminal.flush()
        self._drawn = len(text)
