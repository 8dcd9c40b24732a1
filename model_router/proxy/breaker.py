"""A circuit breaker: a backend that keeps failing is left alone for a while, then tried once.

Time comes in as an argument, in seconds of any steady clock.
"""

from __future__ import annotations

LONGEST = 60.0

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"


class Breaker:
    """Opens after `failures` in a row, for `seconds` that double up to 60 with each new failure."""

    __slots__ = ("_first", "_pause", "_probing", "asked_to_rest", "failures", "row", "until")

    def __init__(self, failures: int, seconds: float) -> None:
        self.failures = failures
        self.row = 0  # failures in a row
        self._first = seconds
        self._pause = seconds
        self.until: float | None = None  # when one request may try; None: every one may go
        self._probing = False
        self.asked_to_rest = False  # open because the backend itself asked for a pause

    def state(self, now: float) -> str:
        """closed, open or half_open: open for so long that one request may try."""
        if self.until is None:
            return CLOSED
        return OPEN if now < self.until else HALF_OPEN

    def allows(self, now: float) -> bool:
        """Whether a request may go now. When half open, the first that asks is the probe."""
        if self.until is None:
            return True
        if now < self.until or self._probing:
            return False
        self._probing = True
        return True

    def wait(self, now: float) -> float:
        """Seconds until a request may go; 0 when one may."""
        if self.until is None:
            return 0.0
        return max(self.until - now, 0.5 if self._probing else 0.0)

    def succeeded(self) -> None:
        """The backend answered: it is well."""
        self.row = 0
        if self.until is not None:
            self.until = None
            self._probing = self.asked_to_rest = False
            self._pause = self._first

    def failed(self, now: float) -> None:
        """The backend failed."""
        self.row += 1
        if self.until is not None and (self._probing or now >= self.until):
            self._pause = min(self._pause * 2, max(LONGEST, self._first))
            self._open(now)
        elif self.until is None and self.row >= self.failures:
            self._open(now)

    def released(self) -> None:
        """A probe ended without telling anything, such as by its client leaving."""
        self._probing = False

    def rest(self, until: float) -> None:
        """Leave the backend alone until then, as it asked for."""
        self.until = max(until, self.until or until)
        self._probing = False
        self.asked_to_rest = True

    def _open(self, now: float) -> None:
        self.until = now + self._pause
        self._probing = self.asked_to_rest = False
