"""Which language a text is in, guessed from its script and its smallest words. Offline, bounded."""

from __future__ import annotations

_SAMPLE = 400
"""Characters looked at."""

_SCRIPTS: tuple[tuple[str, int, int], ...] = (
    ("ja", 0x3040, 0x30FF),
    ("ko", 0xAC00, 0xD7AF),
    ("zh", 0x4E00, 0x9FFF),
    ("ru", 0x0400, 0x04FF),
    ("ar", 0x0600, 0x06FF),
    ("hi", 0x0900, 0x097F),
    ("he", 0x0590, 0x05FF),
    ("el", 0x0370, 0x03FF),
    ("th", 0x0E00, 0x0E7F),
    ("bn", 0x0980, 0x09FF),
    ("te", 0x0C00, 0x0C7F),
    ("ta", 0x0B80, 0x0BFF),
)

_WORDS = {
    "en": "the of and is to in a for what how i you this with on it my",
    "es": "el la los las de que y en un una por para con es cómo qué del",
    "fr": "le la les des de et un une que est pour dans qui sur du avec",
    "de": "der die das und ist ein eine nicht mit zu den von wie was auf",
    "pt": "o os as de que e em um uma para com é não do da como",
    "it": "il lo gli di che e un una per con è non della del come sono",
    "nl": "de het een en van is dat op te in niet met voor hoe wat",
    "pl": "i w na z się jest nie do to jak co że o dla",
    "tr": "ve bir bu için ile ne nasıl mi da de çok ben",
}
_ENGLISH = frozenset(_WORDS["en"].split())
_SMALL_WORDS = tuple((frozenset(_WORDS[code].split()), code) for code in _WORDS if code != "en")

_FOREIGN = frozenset().union(*(small for small, _ in _SMALL_WORDS))


def detect_language(text: str) -> str:
    """An ISO 639-1 code. `en` when nothing tells otherwise."""
    sample = text[:_SAMPLE].lower()
    if not sample.isascii():
        script = _script(sample)
        if script:
            return script
    for mark in "?,¿.!":
        sample = sample.replace(mark, " ")
    words = frozenset(sample.split())
    english = len(words & _ENGLISH)
    if english * 4 > len(words) or len(words & _FOREIGN) < 2:  # the common cases, settled early
        return "en"
    best, code = max([(len(words & small), code) for small, code in _SMALL_WORDS])
    return code if best > english and best >= 2 else "en"


def _script(sample: str) -> str | None:
    counts: dict[str, int] = {}
    for char in sample:
        code = ord(char)
        if code < 0x370:
            continue
        for name, first, last in _SCRIPTS:
            if first <= code <= last:
                counts[name] = counts.get(name, 0) + 1
                break
    if not counts or sum(counts.values()) * 5 < len(sample):
        return None
    if counts.get("ja"):  # Japanese also uses Chinese characters
        return "ja"
    return max(counts, key=counts.__getitem__)
