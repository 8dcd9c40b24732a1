"""Identity and card numbers: one row each, with its groups of digits, its check and its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from model_router.privacy import checks
from model_router.privacy.finding import Finding
from model_router.privacy.view import View
from model_router.text.lazy import deferred

REACH = 48
"""How far before a number its context word may stand."""

Span = tuple[int, int]
Sizes = tuple[int, ...]


class Kind(NamedTuple):
    """A number made of digits: the sizes of its groups, what parts them, and its check.

    `words` None: the check is strong enough alone. `alone` holds the sizes that need no words
    although others of the same kind do.
    """

    code: str
    sizes: tuple[Sizes, ...]
    separators: str
    check: Callable[[str], bool]
    words: re.Pattern[str] | None = None
    alone: tuple[Sizes, ...] = ()


class Lettered(NamedTuple):
    """A number with letters in it: its form and its check, strong enough alone."""

    code: str
    form: re.Pattern[str]
    check: Callable[[str], bool]


def _words(pattern: str) -> re.Pattern[str]:
    return deferred(rf"(?<!\w)(?:{pattern})(?!\w)")


def _form(pattern: str) -> re.Pattern[str]:
    return deferred(rf"(?<![\w.+$€£-])(?:{pattern})(?![\w]|[-.]\d)", re.ASCII)


_CARD_WORDS = _words("card|cards|cc|credit|debit|visa|maestro|pan")

KINDS: tuple[Kind, ...] = (
    Kind(
        "card.luhn",
        (*((n,) for n in range(14, 20)), (4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4)),
        " -",
        checks.card,
    ),
    Kind("card.luhn", ((12,), (13,), (4, 4, 4, 1)), " -", checks.card, _CARD_WORDS),
    Kind(
        "ssn.rules",
        ((3, 2, 4), (9,)),
        " -.",
        checks.ssn,
        _words(r"ssn|social security(?: (?:number|no\.?))?|social|tax ?id|tin"),
        ((3, 2, 4),),
    ),
    Kind("national_id.fr_nir", ((15,), (13, 2), (1, 2, 2, 2, 3, 3, 2)), " ", checks.french),
    Kind("national_id.cn_resident", ((18,),), "", checks.chinese),
    Kind(
        "national_id.br_cpf",
        ((3, 3, 3, 2), (11,)),
        " .-",
        checks.brazilian,
        _words("cpf|cadastro"),
        ((3, 3, 3, 2),),
    ),
    Kind(
        "national_id.in_aadhaar",
        ((4, 4, 4), (12,)),
        " -",
        checks.indian,
        _words("aadhaar|aadhar|uidai|uid"),
        ((4, 4, 4),),
    ),
    Kind(
        "national_id.de_steuer_id",
        ((11,), (2, 3, 3, 3)),
        " ",
        checks.german,
        _words(r"steuer-?id(?:entifikationsnummer|nr)?|steuernummer|idnr\.?|tin|tax id"),
    ),
    Kind("national_id.pl_pesel", ((11,),), "", checks.polish, _words("pesel|peselu|peselem")),
    Kind(
        "national_id.tr_tckn",
        ((11,),),
        "",
        checks.turkish,
        _words(r"tckn|tc|t\.c\.|kimlik"),
    ),
    Kind(
        "national_id.nl_bsn",
        ((9,), (4, 2, 3), (3, 3, 3)),
        " .",
        checks.dutch,
        _words("bsn|burgerservicenummer|sofinummer|sofi"),
    ),
    Kind(
        "national_id.ca_sin",
        ((9,), (3, 3, 3)),
        " -",
        checks.canadian,
        _words("sin|social insurance(?: number)?|nas"),
    ),
)

LETTERED: tuple[Lettered, ...] = (
    Lettered(
        "it_codice_fiscale",
        _form(r"[A-Za-z]{6}\d\d[A-EHLMPR-Ta-ehlmpr-t]\d\d[A-MZa-mz]\d{3}[A-Za-z]"),
        checks.italian,
    ),
    Lettered("es_nie", _form(r"[XYZxyz]-?\d{7}-?[A-Za-z]"), checks.spanish),
    Lettered("es_dni", _form(r"\d{8}-?[A-Za-z]|\d{8} [A-Z]"), checks.spanish),
    Lettered("fr_nir", _form(r"[12] ?\d\d ?\d\d ?2[ABab] ?\d{3} ?\d{3} ?\d\d"), checks.french),
    Lettered("gb_nino", _form(r"[A-Za-z]{2} ?\d\d ?\d\d ?\d\d ?[A-Da-d]"), checks.british),
    Lettered("cn_resident", _form(r"[1-9]\d{16}[Xx]"), checks.chinese),
)
"""Looked for only where a letter stands beside digits."""

_BY_SIZES: dict[Sizes, list[Kind]] = {}
for _kind in KINDS:
    for _sizes in _kind.sizes:
        _BY_SIZES.setdefault(_sizes, []).append(_kind)
_BEGINNINGS = {sizes[:n] for sizes in _BY_SIZES for n in range(1, len(sizes) + 1)}
_MOST_GROUPS = max(map(len, _BY_SIZES))

_TEST_WORDS = deferred(r"\b(?:tests?|testing|examples?|dummy|samples?|fake|sandbox)\b")
_TEST_NUMBERS = (
    "4111111111111111 4242424242424242 4012888888881881 4000056655665556 5555555555554444 "
    "5105105105105100 5200828282828210 2223003122003222 378282246310005 371449635398431 "
    "6011111111111117 6011000990139424 30569309025904 38520000023237 3530111333300000 "
    "3566002020360505 4222222222222 4000000000000002 6200000000000005"
)
_TEST_CARDS = frozenset(_TEST_NUMBERS.split())
_DIGITS = frozenset("0123456789")
_SEPARATORS = deferred("[ .-]")


def scan(view: View, groups: list[Span]) -> Iterator[Finding]:
    """Cards, social security and national numbers among these digit groups."""
    free = 0
    for sizes, start, end in parts(groups):
        kinds = _BY_SIZES.get(sizes)
        if kinds is None or start < free or glued(view.plain, start, end):
            continue
        digits = _SEPARATORS.sub("", view.plain[start:end])
        for kind in kinds:
            if kind.check(digits) and _fits(kind, view, sizes, (start, end)):
                yield Finding(start, end, kind.code.partition(".")[0], kind.code)
                free = end
                break


def lettered(view: View, groups: list[Span]) -> Iterator[Finding]:
    """National numbers with letters in or beside these digit groups."""
    for kind in LETTERED:
        for match in kind.form.finditer(view.plain, max(0, groups[0][0] - 16), groups[-1][1] + 16):
            if kind.check(_SEPARATORS.sub("", match.group()).upper()):
                yield Finding(*match.span(), "national_id", f"national_id.{kind.code}")


def parts(groups: list[Span]) -> Iterator[tuple[Sizes, int, int]]:
    """Every row of groups with one character between them: sizes, start, end; longest first."""
    for first, (start, _) in enumerate(groups):
        rows = []
        sizes: Sizes = ()
        last = start - 1
        for a, b in groups[first : first + _MOST_GROUPS]:
            sizes = (*sizes, b - a)
            if a - last != 1 or sizes not in _BEGINNINGS:
                break
            last = b
            rows.append((sizes, start, b))
        yield from reversed(rows)


def _fits(kind: Kind, view: View, sizes: Sizes, span: Span) -> bool:
    """Whether the separators and the words around allow this kind."""
    start, end = span
    shown = view.plain[start:end]
    marks = set(shown) - _DIGITS
    nearby = view.before(start, REACH)
    if not marks <= set(kind.separators):
        return False
    if kind.words and not kind.words.search(nearby):
        # A social security number with dots looks too much like a decimal or a version.
        return sizes in kind.alone and not (kind.check is checks.ssn and "." in marks)
    if _SEPARATORS.sub("", shown) not in _TEST_CARDS:
        return True
    return not _TEST_WORDS.search(f"{nearby} {view.plain[end : end + 40].lower()}")


def glued(plain: str, start: int, end: int) -> bool:
    """Whether the span continues as a word, a decimal or a longer code on either side."""
    before, after = plain[max(0, start - 2) : start], plain[end : end + 2]
    if before[-1:].isalnum() or before[-1:] in ("_", "$", "€", "£") or after[:1].isalnum():
        return True
    if before[-1:] in ("-", ".") and before[:1].isalnum() and len(before) == 2:
        return True
    return after[:1] in ("-", ".", "_") and after[1:].isdigit()
