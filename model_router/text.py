"""Text made ready for matching: lower-case byte strings with words between single spaces.

A text has up to three readings, and each is made by C code in one linear pass:

- `latin`: ASCII letters only. Accents, widths and look-alike letters are read as the plain letter
  they stand for, invisible characters vanish, every separator is a space. For ASCII text it is the
  text itself, byte for character.
- `native`: UTF-8 of the lower-case text, for scripts that are not Latin. Absent for ASCII.
- `wide`: like `latin`, for full-width and circled letters. Present only when they are.

Why not NFKC and `str.translate`: measured on 200,000 characters they take 61 and 42 ms; `lower`,
`encode` and one charmap codec take 3, 1 and 2 ms, and a decision must not wait for its text.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_KEPT_SYMBOLS = b"+#$%@\\^="
"""Symbols that carry meaning inside words or sums: c++, c#, $5, 3%, x^2, a=b, \\frac."""


def _ascii_reading(byte: int) -> int:
    char = chr(byte)
    if char.isalnum():
        return ord(char.lower())
    return byte if byte in _KEPT_SYMBOLS else 0x20


_ASCII = bytes(_ascii_reading(byte) for byte in range(128))

WORDS_TABLE = _ASCII + bytes(range(128, 256))
"""For bytes.translate: lower case, and every separator becomes a space. Length never changes."""


def _shape_of(byte: int) -> int:
    char = chr(byte)
    if byte < 128 and char.isdigit():
        return 0x30
    return 0x61 if byte < 128 and char.isalpha() else byte


SHAPE_TABLE = bytes(_shape_of(byte) for byte in WORDS_TABLE)
"""For bytes.translate: like WORDS_TABLE, then letters become `a` and digits `0`."""

# Each look-alike is one slot of an 8-bit codec: 128 for ASCII and 128 for what reads as ASCII.
_READS_AS: dict[str, str] = {
    "àáâãäåāăąạảấầẩẫậắằẳẵặ": "a",
    "çćčĉċ": "c",
    "ďđð": "d",
    "èéêëēėęěẹẻẽếềểễệ": "e",
    "ğĝġģ": "g",
    "ìíîïīįıỉĩị": "i",
    "łľĺ": "l",
    "ñńňņ": "n",
    "òóôõöøōőọỏốồổỗộơớờởỡợ": "o",
    "ŕř": "r",
    "śšşșŝ": "s",
    "ťţț": "t",
    "ùúûüūůűųụủũưứừửữự": "u",
    "ýÿỳỷỹ": "y",
    "źżž": "z",
    "ß": "s",
}
_LOOKS_LIKE: dict[str, str] = {
    "аαɑ": "a",
    "в": "b",
    "сϲ": "c",
    "ԁ": "d",
    "еεё": "e",
    "ɡ": "g",
    "һн": "h",
    "іιї": "i",
    "ј": "j",
    "кκ": "k",
    "ӏ": "l",
    "м": "m",
    "пη": "n",
    "оοօσ": "o",
    "рρ": "p",
    "ԛ": "q",
    "г": "r",
    "ѕ": "s",
    "тτ": "t",
    "υս": "u",
    "ѵν": "v",
    "ԝω": "w",
    "хχ": "x",
    "уγ": "y",
}
_SEPARATORS = "\u00a0\u2009\u3000“”‘’«»–—…¿¡。，、：；！？（）「」"


def _wide_letters() -> dict[str, str]:
    letters = {chr(0xFF41 + i): chr(0x61 + i) for i in range(26)}
    letters |= {chr(0x24D0 + i): chr(0x61 + i) for i in range(26)}
    letters |= {chr(0xFF10 + i): chr(0x30 + i) for i in range(10)}
    letters |= dict.fromkeys("\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\uff0d\uff3f\u3000", " ")
    return letters


Codec = tuple[object, bytes, bytes]
"""An encoding map of 256 slots, and two tables that turn slots into plain ASCII: words, marks."""

_PLAIN_MARKS = {"。": ".", "！": "!", "？": "?", "；": ";", "，": ",", "：": ":", "“": '"', "”": '"'}
_PLAIN_MARKS |= {"«": '"', "»": '"', "「": '"', "」": '"', "‘": "'", "’": "'", "…": "."}
_PLAIN_MARKS |= {"\uff0c": ",", "\uff0e": ".", "\uff01": "!", "\uff1f": "?", "\uff1b": ";"}


def _codec(readings: dict[str, str]) -> Codec:
    chars = list(readings)
    if len(chars) > 128:
        raise ValueError(f"{len(chars)} look-alikes do not fit 128 slots")
    slots = "".join(map(chr, range(128))) + "".join(chars).ljust(128, "\ufffe")
    words = "".join(readings[c] for c in chars).ljust(128).encode()
    marks = "".join(_PLAIN_MARKS.get(c, readings[c]) for c in chars).ljust(128).encode()
    return codecs.charmap_build(slots), _ASCII + words, bytes(range(128)) + marks


def _spread(table: dict[str, str]) -> dict[str, str]:
    return {char: plain for chars, plain in table.items() for char in chars}


@lru_cache(maxsize=1)
def _codecs() -> tuple[Codec, Codec, Codec]:
    separators = dict.fromkeys(_SEPARATORS, " ")
    accents = {c: p for c, p in _spread(_READS_AS).items() if ord(c) < 0x1E00}
    return (
        _codec(accents | separators),
        _codec(_spread(_LOOKS_LIKE) | separators),
        _codec(_wide_letters() | separators),
    )


Reading = tuple[bytes, bytes]
"""`words` and `marks`: the same bytes without and with punctuation, offset for offset."""


class Readings(NamedTuple):
    """The readings of one text. `latin` always, the others when the text calls for them."""

    latin: Reading
    native: Reading | None = None
    others: tuple[Reading, ...] = ()


def _read(text: str, codec: Codec) -> Reading:
    encoded, _ = codecs.charmap_encode(text, "ignore", codec[0])  # type: ignore[arg-type]
    slots = b" %b " % encoded
    return slots.translate(codec[1]), slots.translate(codec[2])


def _plain(data: bytes) -> Reading:
    marks = b" %b " % data
    return marks.translate(WORDS_TABLE), marks


_GREEK_OR_CYRILLIC = tuple(bytes([lead]) for lead in range(0xCD, 0xD7))
_STYLED = re.compile("[\U0001d400-\U0001d7ff\U0001f110-\U0001f189]+")
_MOST_STYLED = 4_000
"""Mathematical and boxed letters are read up to this many; each costs a look-up of its own."""


def _plain_styled(text: str, data: bytes) -> str:
    styled = data.count(b"\xf0\x9d") + data.count(b"\xf0\x9f\x84") + data.count(b"\xf0\x9f\x85")
    if not styled or styled > _MOST_STYLED:
        return text
    return _STYLED.sub(lambda match: unicodedata.normalize("NFKC", match[0]).lower(), text)


def read(text: str) -> Readings:
    """Every reading of `text`. Linear; never raises, whatever the characters."""
    if text.isascii():
        return Readings(_plain(text.encode()))
    lowered = text.lower()
    data = lowered.encode("utf-8", "replace")
    if data.isascii():  # only lone surrogates, now question marks, or the Kelvin sign
        return Readings(_plain(data))
    lowered = _plain_styled(lowered, data)
    accents, look_alikes, wide = _codecs()
    others = []
    if any(lead in data for lead in _GREEK_OR_CYRILLIC) or b"\xc9" in data:
        others.append(_read(lowered, look_alikes))
    if b"\xef\xbd" in data or b"\xe2\x93" in data:
        others.append(_read(lowered, wide))
    return Readings(_read(lowered, accents), _plain(data), tuple(others))


SPACED_MARK = b" a a a a "
"""In a shape: four single letters in a row. Ordinary text has none."""
_SPACED = re.compile(rb"(?<= )[a-z](?: {1,2}[a-z](?= ))+")


def closed_up(data: bytes) -> bytes:
    """`d e l e t e  t h e` as `delete the`: runs of single letters become words again."""

    def join(match: re.Match[bytes]) -> bytes:
        return b" ".join(part.replace(b" ", b"") for part in match[0].split(b"  "))

    return _SPACED.sub(join, data)


def original_span(text: str, start: int, end: int) -> tuple[int, int]:
    """Where bytes `start:end` of `latin` stand in `text`: exact for ASCII, nearest otherwise."""
    first, last = max(0, start - 1), max(0, end - 1)
    if text.isascii():
        return min(first, len(text)), min(last, len(text))
    kept = _codecs()[0]
    places = [
        i
        for i, char in enumerate(text)
        if codecs.charmap_encode(char.lower()[:1], "ignore", kept[0])[0]  # type: ignore[arg-type]
    ] + [len(text)]
    top = len(places) - 1
    return places[min(first, top)], places[min(last, top)]
