"""How many tokens a text costs, guessed from its characters: no tokenizer, no vocabulary file.

The guess lies between the public o200k and cl100k encodings. docs/requests.md has the errors,
scripts/measure_tokens.py measures them again. `_tokens.c` counts in ASCII what `_counted` does,
where a compiler was there when the package was installed. A change here is a change there.
"""

from __future__ import annotations

import re
from codecs import utf_16_le_encode
from typing import TYPE_CHECKING

from model_router.native import native

if TYPE_CHECKING:
    from model_router.text import _tokens as compiled
else:
    compiled = native("model_router.text._tokens")

PURE = compiled is None
"""Whether this machine does without our C."""

# Costs are thousandths of a token. A lowercase letter or a blank is cheap because words are
# merged; whatever breaks a word (a space before it, a capital, a digit, punctuation) costs more.
_CHARACTER = 122
_BREAK = 460
_UNBROKEN = 250  # what each character of base64, hex and the like costs beyond that

_CHEAP = b"abcdefghijklmnopqrstuvwxyz \t\r\n"
_SHAPE = bytes(32 if code in b" \t\r\n" else 97 for code in range(256))
LONG_RUN = 40
_LONG_SHAPE = b"a" * LONG_RUN
# The look-behind keeps it linear: a run is tried once, not from each of its characters.
_LONG_RUN = re.compile(rb"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40,}")
_PACKED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
PACKED = bytes(code in _PACKED for code in range(256))
"""For our C: which bytes are those of a long run."""

AT_MOST = 2
"""No ASCII text has more tokens for each character, one being counted for each that is begun."""

_EXACT = 4096  # characters read whole; longer texts are sampled
_WINDOWS = 16

# Hundredths of a token for a character by its block, which is the high byte in UTF-16.
# Fitted to the mean of both encodings; a pair of surrogates makes one emoji.
_BLOCKS: tuple[tuple[int, int, int], ...] = (
    (0x01, 0x02, 170),  # accented Latin beyond Latin-1
    (0x03, 0x03, 110),  # Greek
    (0x04, 0x04, 33),  # Cyrillic
    (0x05, 0x05, 52),  # Hebrew, Armenian
    (0x06, 0x08, 52),  # Arabic, Syriac
    (0x09, 0x0A, 78),  # Devanagari, Bengali, Gujarati
    (0x0B, 0x0D, 114),  # Tamil, Telugu, Kannada, Malayalam
    (0x0E, 0x0E, 72),  # Thai, Lao
    (0x0F, 0x1D, 120),  # Tibetan, Burmese, Georgian, Ethiopic, Khmer
    (0x1E, 0x1E, 62),  # Vietnamese
    (0x1F, 0x2F, 115),  # polytonic Greek, typographic marks, arrows, box drawing
    (0x30, 0x30, 85),  # kana
    (0x31, 0x33, 100),
    (0x34, 0x4D, 150),  # rare ideographs
    (0x4E, 0x9F, 102),  # common ideographs
    (0xA0, 0xAB, 150),
    (0xAC, 0xD7, 90),  # Hangul
    (0xD8, 0xDF, 78),  # half of an emoji or another astral character
    (0xE0, 0xF8, 150),
    (0xF9, 0xFF, 100),  # presentation forms, full width
)
_LATIN_1 = 95
_WEIGHTS = bytes(
    next((weight for first, last, weight in _BLOCKS if first <= high <= last), 0)
    for high in range(256)
)


def estimate_tokens(text: str, *, pure: bool = PURE) -> int:
    """Return about how many tokens `text` is for a common model: 0 for "", else at least 1.

    Cost is linear up to 4,096 characters and bounded beyond: longer texts are judged by sixteen
    windows spread evenly from head to tail, the same ones every time. It errs upwards a little.
    `pure` counts without our C.
    """
    if not pure and (found := compiled.estimate(text, PACKED)) >= 0:
        return found
    length = len(text)
    width, stride, windows = (length, 1, 1) if length <= _EXACT else _spread(length)
    if pure or not text.isascii():
        at = range(0, stride * windows, stride)
        breaks, unbroken, foreign = _counted("".join([text[i : i + width] for i in at]))
    else:
        (breaks, unbroken), foreign = compiled.counts(text, PACKED, width, stride, windows), 0
    seen = windows * width
    cost = seen * _CHARACTER + breaks * _BREAK + unbroken * _UNBROKEN + foreign
    return (cost * length // (seen or 1) + 999) // 1000


def _spread(length: int) -> tuple[int, int, int]:
    """Of a long text: the width of a window, from one to the next, and how many."""
    width = min(512, max(256, length // 64))
    return width, (length - width) // (_WINDOWS - 1), _WINDOWS


def _counted(text: str) -> tuple[int, int, int]:
    """Of a text: characters that break a word or begin one, those in long runs of letters and
    digits, and what foreign ones cost."""
    if text.isascii():
        raw, foreign = text.encode(), 0
        breaks = len(raw.translate(None, _CHEAP))
    else:
        raw, breaks, foreign = _mixed(text)
    shape = raw.translate(_SHAPE)
    unbroken = 0
    if _LONG_SHAPE in shape:
        unbroken = sum(len(run) for run in _LONG_RUN.findall(raw))
    return breaks + shape.count(b" a"), unbroken, foreign


def _mixed(text: str) -> tuple[bytes, int, int]:
    """Return the text with each foreign character as "?", its ASCII breaks, the foreign cost."""
    raw = text.encode("ascii", "replace")
    plain = text.encode("ascii", "ignore")
    high = utf_16_le_encode(text, "surrogatepass")[0][1::2]  # str.encode would import a module
    latin = high.count(0) - len(plain)
    # `raw` charges every character; a foreign one has its whole price in the table.
    foreign = 10 * (sum(high.translate(_WEIGHTS)) + latin * _LATIN_1)
    return raw, len(plain.translate(None, _CHEAP)), foreign - _CHARACTER * (len(raw) - len(plain))
