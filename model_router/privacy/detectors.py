"""Every detector. They load with the first text that is more than plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from model_router.privacy import emails, ipv6, keys, numbers
from model_router.privacy.finding import Finding
from model_router.privacy.view import View

# Cheapest first, so that `contains` stops early. The set says what a detector can report.
_DETECTORS: tuple[tuple[frozenset[str], Callable[[View], Iterator[Finding]]], ...] = (
    (frozenset({"email", "password"}), emails.scan),
    (frozenset({"card", "iban", "ip", "national_id", "phone", "ssn"}), numbers.scan),
    (frozenset({"ip"}), ipv6.scan),
    (frozenset({"api_key", "password", "private_key"}), keys.scan),
)


def streams(
    text: str, wanted: frozenset[str]
) -> Iterator[tuple[frozenset[str], Iterator[Finding]]]:
    """What each detector finds that can report any of the categories, and which of them."""
    view = View(text)
    for reported, detect in _DETECTORS:
        if reported & wanted:
            yield reported & wanted, detect(view)
