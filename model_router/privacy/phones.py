"""Phone numbers: by their structure alone, or by less structure after a word that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from model_router.privacy.finding import Finding
from model_router.privacy.view import Literals, View
from model_router.text.lazy import deferred

REACH = 40
"""How far before a number a word such as "call" may stand."""

_FIRM_WORDS = (
    "phone phones telephone cellphone smartphone tel mob cell fax mobile desk call-me dial "
    "reach-me text-me sms whatsapp hotline telefon telefono telefone tel?fono t?l?phone t?l "
    "m?vil movil celular handy rufnummer portable gsm telefoon telefoonnummer call-us call-him "
    "call-her message-to messages-to messages-at answering-at my-number-is"
)
_SOFT_WORDS = (
    "office call calls called calling ring reach text contact voicemail landline message "
    "messages answering pager extension my-number my-new-number my-old-number my-home-number "
    "my-work-number phone-number"
)
_FIRM, _SOFT = _FIRM_WORDS.split(), _SOFT_WORDS.split()
_WORDS = Literals([word.encode() for word in _FIRM + _SOFT])
_OTHER_SCRIPTS = deferred("телефон|тел|電話|电话|手机|手機|전화|फ़ोन|फोन|هاتف|جوال|携帯")
_AFTER = deferred(r"[\s(,;:-]{1,3}(?:fax|office|mobile|cell|phone|home|work|desk|tel)\b")
_EXTENSION = deferred(r" ?(?:x|ext\.? ?|extension )\d{1,6}(?!\w)", re.IGNORECASE | re.ASCII)
_NOT_DIGIT = deferred("[^0-9]")
_PLUS = r"\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ ./-]?\d{2,5}){0,4}"
_STRONG = deferred(
    rf"{_PLUS}"
    r"|00\d{1,3}[ .-]\d{2,4}(?:[ ./-]\d{2,4}){1,4}"
    r"|(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d([.-]))\d{3}[ .-]\d{4}"
    r"|[2-9]\d\d \d{3} \d{4}"
    r"|\(0\d{1,4}\) ?\d{2,4}(?:[ ./-]?\d{2,4}){1,3}"
    r"|\(\d{2,3}\) ?\d{3,4}-\d{3,4}"
    r"|0\d{1,4}[ /-]\d{3,8}(?:[ -]\d{2,4}){0,3}"
    r"|0\d{1,3}(?:([ .-])\d\d){4}"
    r"|0\d{2,4}(?:[ .-]\d{2,4}){2,4}",
    re.ASCII,
)
_GROUPED = deferred(r"[+(]{0,2}\d{1,5}\)?(?:[ ./-]{0,3}\(?\d{1,5}\)?){1,6}|\d{7,12}", re.ASCII)
_FICTION = deferred(r"\D555\D?01\d\d$|^555\D?01\d\d$", re.ASCII)
_AMOUNT = deferred(r"\d{1,3}(?:[ .]\d{3})*[ .]000", re.ASCII)
_YEARS = deferred(r"\(?(?:19|20)\d\d\)?\D{1,3}(?:(?:19|20)\d\d|\d\d?\D\d\d?)", re.ASCII)
_SOCIAL = deferred(r"\d{3}-\d\d-\d{4}", re.ASCII)
_REFUSED_BEFORE = frozenset("_$€£#*^%&[{<|+/")
_JOINING = ("-", ".", ",", ")", "=", ":")
_REFUSED_AFTER = deferred(r"[\w%°^*=\[]|[.,]\d|,\d{3}", re.ASCII)


class Number(NamedTuple):
    """A candidate: where it is and its digits without the extension."""

    start: int
    end: int
    shown: str
    digits: str


def scan(view: View, groups: list[tuple[int, int]]) -> Iterator[Finding]:
    """Phone numbers among these digit groups of one cluster."""
    whole = _whole(view, groups)
    if 7 <= len(whole.digits) <= 15:
        code = _accepted(view, whole)
        if code:
            yield _extended(view, whole.start, whole.end, code)
        if code or len(groups) == 1:
            return
    for match in _STRONG.finditer(view.plain, whole.start, whole.end):
        number = Number(*match.span(), match.group(), _digits(match.group()))
        if 8 <= len(number.digits) <= 15 and _unspoilt(view, number):
            yield _extended(view, *match.span(), "phone.form")


def _whole(view: View, groups: list[tuple[int, int]]) -> Number:
    """The whole cluster as one number, with an opening plus or parenthesis."""
    start, end = groups[0][0], groups[-1][1]
    while start and view.plain[start - 1] in "+(":
        start -= 1
    shown = view.plain[start:end]
    return Number(start, end, shown, _digits(shown))


def _accepted(view: View, number: Number) -> str | None:
    if not _unspoilt(view, number):
        return None
    if _STRONG.fullmatch(number.shown):
        return "phone.form"
    return "phone.context" if _by_context(view, number) else None


def _unspoilt(view: View, number: Number) -> bool:
    """Whether nothing around or in the number says that it is something else."""
    before = view.plain[max(0, number.start - 2) : number.start]
    mark, other = before[-1:], before[:-1]
    if mark.isalnum() or mark in _REFUSED_BEFORE:
        return False
    if (mark in _JOINING and other.isdigit()) or (mark == "-" and other.isalpha()):
        return False
    if _REFUSED_AFTER.match(view.plain, number.end) and not _EXTENSION.match(
        view.plain, number.end
    ):
        return False
    return not (
        set(number.digits) <= {"0", "1"}
        or _FICTION.search(number.shown)
        or _YEARS.fullmatch(number.shown)
        or _SOCIAL.fullmatch(number.shown)
    )


def _by_context(view: View, number: Number) -> bool:
    """Whether a word just before (or after) the number says that it is a phone's."""
    if not _GROUPED.fullmatch(number.shown) or _AMOUNT.fullmatch(number.shown):
        return False
    return _introduced(view, number.start, firmly=number.shown.isdigit()) or bool(
        _AFTER.match(view.plain[number.end : number.end + 12].lower())
    )


def _introduced(view: View, start: int, firmly: bool) -> bool:
    """Whether a word for phones stands just before `start`; a bare run needs a firm one."""
    window = view.shape[max(0, start - REACH) : start]
    for index, a, b in _WORDS.within(window):
        whole = not ((window[a - 1 : a].isalpha() and a) or window[b : b + 1].isalpha())
        if whole and (index < len(_FIRM) or not firmly):
            return True
    return b"?" in window and bool(_OTHER_SCRIPTS.search(view.before(start, REACH)))


def _extended(view: View, start: int, end: int, code: str) -> Finding:
    extension = _EXTENSION.match(view.plain, end)
    return Finding(start, extension.end() if extension else end, "phone", code)


def _digits(shown: str) -> str:
    return shown if shown.isdigit() else _NOT_DIGIT.sub("", shown)
