"""A text without its personal data, and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from model_router.privacy.finding import Finding
from model_router.privacy.scan import UNREAD, find
from model_router.records import record
from model_router.text.lazy import deferred

ROUNDS = 20
"""How often the text is searched again before all of it becomes one placeholder."""

_PLACEHOLDER = deferred(r"\[[A-Z_]{1,16}_[0-9]{1,9}\]")


@record
class Redaction:
    """`text` with placeholders, `mapping` from each placeholder to what it stands for.

    The mapping holds the personal data: keep it where the data may be. It is not in the repr.
    """

    text: str = field(repr=False)
    mapping: Mapping[str, str] = field(repr=False)
    categories: frozenset[str]

    def restore(self, text: str) -> str:
        """`text` (such as a model's answer) with every known placeholder put back."""
        return _PLACEHOLDER.sub(lambda m: self.mapping.get(m.group(), m.group()), text)


def redact(text: str, *, categories: frozenset[str] | None = None, code: bool = False) -> Redaction:
    """The text with each finding replaced by a placeholder such as `[EMAIL_1]`.

    The same value gets the same placeholder. A placeholder that the text already holds is not
    used. `find` with the same arguments finds nothing in the result. What `find` left unread
    becomes `[UNREAD_1]`.
    """
    names = _Names(text)
    redacted = text
    # Taking a value out can bring another to light, so look again until nothing is left.
    for _ in range(ROUNDS):
        found = find(redacted, categories=categories, code=code, limit=len(redacted))
        if not found:
            break
        redacted = "".join(_replaced(redacted, found, names))
    else:
        redacted = names.placeholder("unread", redacted)
    return Redaction(redacted, names.mapping, frozenset(names.categories))


def _replaced(text: str, found: tuple[Finding, ...], names: _Names) -> Iterator[str]:
    place = 0
    for finding in found:
        yield text[place : finding.start]
        kind = "unread" if finding.code.endswith(UNREAD) else finding.category
        yield names.placeholder(kind, text[finding.start : finding.end])
        place = finding.end
    yield text[place:]


class _Names:
    """Gives out placeholders and remembers what each stands for in the original text."""

    def __init__(self, text: str) -> None:
        self.mapping: dict[str, str] = {}
        self.categories: set[str] = set()
        self._taken = set(_PLACEHOLDER.findall(text))
        self._known: dict[tuple[str, str], str] = {}
        self._last: dict[str, int] = {}

    def placeholder(self, category: str, value: str) -> str:
        original = _PLACEHOLDER.sub(lambda m: self.mapping.get(m.group(), m.group()), value)
        known = self._known.get((category, original))
        if known is None:
            known = self._known[category, original] = self._fresh(category)
            self.mapping[known] = original
            self.categories.add(category)
        return known

    def _fresh(self, category: str) -> str:
        while True:
            number = self._last[category] = self._last.get(category, 0) + 1
            name = f"[{category.upper()}_{number}]"
            if name not in self._taken:
                return name
