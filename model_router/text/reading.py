"""Text made ready for matching: lower-case byte strings with words between single spaces.

A text has one reading or several, and each is made by C code in linear time:

- `latin`: accents, widths and styled letters are read as the plain letter they stand for,
  invisible characters vanish, every separator is a space. For ASCII text it is the text itself,
  byte for character.
- `native`: UTF-8 of the lower-case text, for scripts that are not Latin. Absent for ASCII.
- `others`: what Greek, Cyrillic and Armenian look-alikes, or full-width letters, would say.

Why not NFKC and `str.translate`: on 200,000 characters they take 61 and 42 ms; replacing each
different character once, or a table with a byte for each (slots.py), takes about 2 or less.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category, combining, normalize

from model_router.text.alphabets import (
    ACCENTS,
    INVISIBLE,
    LETTERS_APART,
    LOOK_ALIKES,
    ODD_LATIN,
    PLAIN_MARKS,
    SEPARATORS,
    VOWEL_SIGNS,
    WIDE,
)
from model_router.text.lazy import deferred
from model_router.text.slots import PURE, Table, lowered, table, through
from model_router.text.spelling import distinct, spelled

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


Reading = tuple[bytes, bytes]
"""`words` and `marks`: the same bytes without and with punctuation, offset for offset."""


class Readings(NamedTuple):
    """The readings of one text. `latin` always, the others when the text calls for them."""

    latin: Reading
    native: Reading | None = None
    others: tuple[Reading, ...] = ()
    unread: bool = False  # more styled letters than are read one by one


_ASCII_BYTES = bytes(range(128))
MOST_FOREIGN = 100_000
"""Bytes that are not ASCII, up to which each different character is read on its own, if they are
few. Other texts are read through tables."""


def read(text: str) -> Readings:
    """Every reading of `text`. Linear; never raises, whatever the characters."""
    if text.isascii():
        return Readings(_plain(text.encode()))
    data = text.encode("utf-8", "replace")
    foreign = data.translate(None, _ASCII_BYTES)
    if not foreign:  # lone surrogates, now question marks
        return Readings(_plain(data))
    letters, unread = _letters(foreign), False
    if _any_of(_APART, foreign) if letters is None else not _APART_LETTERS.isdisjoint(letters):
        text, unread = _together(text)
        data = text.encode("utf-8", "replace")
        letters = _letters(data.translate(None, _ASCII_BYTES))
    if letters is None:
        return _read_by_tables(text, data, unread)
    return _read_each(data, letters, unread)


def _letters(foreign: bytes) -> list[bytes] | None:
    return distinct(foreign) if len(foreign) <= MOST_FOREIGN else None


def _read_each(data: bytes, letters: list[bytes], unread: bool) -> Readings:
    """The readings of a text with few different characters, each replaced by what it reads as."""
    plains = [_plainly(letter) for letter in letters]
    data = spelled(data, letters, plains)
    reading, disguised = _plain(data), [plain for plain in plains if plain in _ALIKE]
    if not disguised:
        return Readings(reading, None if data.isascii() else reading, (), unread)
    seen = [*dict.fromkeys(disguised)]
    other = _plain(spelled(data, seen, [_ALIKE[letter] for letter in seen]))
    return Readings(reading, reading, (other,), unread)


@lru_cache(maxsize=4_096)
def _plainly(letter: bytes) -> bytes:
    return plain_reading(letter.decode()).encode()


_ALIKE = {letter.encode(): alike.encode() for letter, alike in LOOK_ALIKES.items()}


@lru_cache(maxsize=4_096)
def plain_reading(char: str) -> str:
    """What one non-ASCII character reads as: ASCII letters, a mark, nothing; or itself, lower."""
    plain = _plainer(char)
    for _ in range(MOST_STEPS):  # what it is made of may read as something plainer still
        if plain.isascii() or plain == char:
            break
        plain = "".join([one if one.isascii() else _plainer(one) for one in plain])
    return plain


MOST_STEPS = 3
"""Characters that stand for others that stand for others; none takes more (a test holds it)."""


def _plainer(char: str) -> str:
    if char in PLAIN_MARKS:
        return PLAIN_MARKS[char]
    kind = category(char)
    if kind == "Cf" or char in INVISIBLE:
        return ""
    if kind in ("Mn", "Me"):
        return char if _VOWEL_SIGN.match(char) else ""
    if char in ODD_LATIN:
        return ODD_LATIN[char]
    if kind[0] == "Z" or kind == "Cc":
        return " "
    parts = normalize("NFKD", char)
    base = "".join(part for part in parts if not combining(part)).lower()
    if base.isascii() and base.isprintable() and base.strip():
        return base
    if kind[0] == "P":
        return " "
    lower = char.lower()
    return lower if lower in LOOK_ALIKES else normalize("NFKC", lower)


_VOWEL_SIGN = deferred(VOWEL_SIGNS)
_LETTERS_APART = deferred(LETTERS_APART)
_APART: tuple[bytes, ...] = (b"\xcc\x86", b"\xcc\x88", b"\xe3\x82\x99", b"\xe3\x82\x9a")
_APART += (b"\xd9\x93", b"\xd9\x94", b"\xd9\x95", b"\xe1\x84")
_APART_LETTERS = frozenset(
    [*_APART[:-1], *(_APART[-1] + bytes([last]) for last in range(0x80, 0xC0))]
)
MOST_APART = 4_000
"""Runs of letters in parts that are put together; each costs a third of a microsecond."""


def _together(text: str) -> tuple[str, bool]:
    """`text` with letters in parts made one character, and whether some had to be left.

    Not by NFC of the whole text: that takes seconds for a hundred thousand marks on one letter.
    """
    text, found = _LETTERS_APART.subn(lambda run: normalize("NFC", run[0]), text, MOST_APART)
    return text, found == MOST_APART


def _table(readings: dict[str, str]) -> Table:
    chars = [char for char in readings if not char.isascii()]
    words = "".join(readings[c] for c in chars).encode()
    marks = "".join(PLAIN_MARKS.get(c, readings[c]) for c in chars).encode()
    return table(chars, _ASCII + words, _ASCII_BYTES + marks)


@lru_cache(maxsize=1)
def _tables() -> tuple[Table, Table, Table]:
    """Accented letters, look-alikes and wide letters, each with separators of other scripts."""
    separators = dict.fromkeys(SEPARATORS, " ")
    accents, look_alikes = _table(ACCENTS | separators), _table(LOOK_ALIKES | separators)
    return accents, look_alikes, _table(WIDE | separators)


def prepare_tables() -> None:
    """Make now what texts in other alphabets need; otherwise the first of them waits for it."""
    _tables()
    _VOWEL_SIGN.match("")


def _plain(data: bytes) -> Reading:
    marks = b" %b " % data
    return marks.translate(WORDS_TABLE), marks


_CASED = tuple(bytes([lead]) for lead in (*range(0xCD, 0xD7), 0xC9))
_ACCENTED = (b"\xc3", b"\xc4", b"\xc5", b"\xc6")
_WIDE = (b"\xef\xbd", b"\xe2\x93")
_STYLED_LEADS = (b"\xf0\x9d", b"\xf0\x9f\x84", b"\xf0\x9f\x85")
_STYLED = re.compile("[\U0001d400-\U0001d7ff\U0001f110-\U0001f189]+")
MOST_STYLED = 4_000
"""Mathematical and boxed letters are read up to this many; each costs a look-up of its own."""


def _read_by_tables(text: str, data: bytes, unread: bool, pure: bool = PURE) -> Readings:
    """Readings of a text in another alphabet, `data` in UTF-8. Each is made only when its letters
    are there; all are in lower case."""
    styled = sum(map(data.count, _STYLED_LEADS)) if b"\xf0" in data else 0
    if 0 < styled <= MOST_STYLED:
        text = _STYLED.sub(lambda match: normalize("NFKC", match[0]), text)
    native = lowered(text, WORDS_TABLE, pure=pure)
    accents, look_alikes, wide = _tables()
    used = [look_alikes] if _any_of(_CASED, native[1]) else []
    if _any_of(_WIDE, native[1]):
        used.append(wide)
    plainest = accents if not used or _any_of(_ACCENTED, native[1]) else used.pop()
    latin, *others = through(text, [plainest, *used], pure=pure)
    return Readings(latin, native, tuple(others), unread or styled > MOST_STYLED)


def _any_of(leads: tuple[bytes, ...], data: bytes) -> bool:
    for lead in leads:  # noqa: SIM110 -- a generator takes as long again
        if lead in data:
            return True
    return False


_SPACED = re.compile(rb"(?<= )[a-z](?: {1,2}[a-z](?= )){3,4000}")


def closed_up(words: bytes) -> bytes:
    """`d e l e t e  t h e` as `delete the`: runs of single letters become words again.

    Where the words of a run are not set apart from each other, its beginning is cut off if it
    is a word of KNOWN_VERBS, so that `d e l e t e i t` still says delete.
    """

    def join(match: re.Match[bytes]) -> bytes:
        return b" ".join(_cut(part.replace(b" ", b"")) for part in match[0].split(b"  "))

    return _SPACED.sub(join, words)


KNOWN_VERBS = tuple(b"delete remove erase destroy wipe drop purge truncate send buy pay".split())
_KNOWN_WORDS = tuple(
    b"all the my our production prod database data files file backups everything table server"
    b" account users money please now".split()
)


def _cut(run: bytes) -> bytes:
    verb = next((verb for verb in KNOWN_VERBS if run.startswith(verb) and run != verb), None)
    if verb is None:
        return run
    rest, found = run[len(verb) :], [verb]
    while rest:
        word = next((word for word in _KNOWN_WORDS if rest.startswith(word)), rest)
        found.append(word)
        rest = rest[len(word) :]
    return b" ".join(found)
