"""Secrets: keys by prefix, length and randomness, PEM blocks, and passwords in assignments."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from model_router.privacy.finding import Finding
from model_router.privacy.placeholders import is_placeholder, looks_random
from model_router.privacy.view import Cursor, Literals, View
from model_router.text.lazy import deferred

SHORTEST_PEM = 40
"""How much must follow the first line of a PEM block, so that naming that line is no finding."""

HITS = 800
"""How many literals are looked at before giving up."""


class Key(NamedTuple):
    """A provider's key: the literal that leads to it (as in `View.shape`) and its whole form."""

    code: str
    literal: str
    form: re.Pattern[str]


def _key(code: str, literal: str, form: str) -> Key:
    return Key(f"api_key.{code}", literal, deferred(rf"{form}(?![A-Za-z0-9_])", re.ASCII))


KEYS: tuple[Key, ...] = (
    _key("anthropic", "sk-ant-", r"sk-ant-[\w-]{20,200}+"),
    _key("openai", "sk-", r"sk-(?:proj-|svcacct-|admin-|or-v1-|None-)?[\w-]{20,250}+"),
    _key("github", "ghp_", r"ghp_[A-Za-z0-9]{36,255}+"),
    _key("github", "gho_", r"gho_[A-Za-z0-9]{36,255}+"),
    _key("github", "ghu_", r"ghu_[A-Za-z0-9]{36,255}+"),
    _key("github", "ghs_", r"ghs_[A-Za-z0-9]{36,255}+"),
    _key("github", "ghr_", r"ghr_[A-Za-z0-9]{36,255}+"),
    _key("github", "github_pat_", r"github_pat_\w{40,255}+"),
    _key("gitlab", "glpat-", r"glpat-[\w-]{20,64}+"),
    _key("slack", "xoxb-", r"xoxb-[\w-]{20,250}+"),
    _key("slack", "xoxp-", r"xoxp-[\w-]{20,250}+"),
    _key("slack", "xoxa-", r"xoxa-[\w-]{20,250}+"),
    _key("slack", "xoxs-", r"xoxs-[\w-]{20,250}+"),
    _key("slack", "xapp-", r"xapp-[\w-]{20,250}+"),
    _key("stripe", "sk_live_", r"sk_live_[A-Za-z0-9]{16,247}+"),
    _key("stripe", "rk_live_", r"rk_live_[A-Za-z0-9]{16,247}+"),
    _key("google", "aiza", r"AIza[\w-]{35}"),
    _key("google", "ya00.", r"ya29\.[\w-]{20,500}+"),
    _key("aws", "akia", r"AKIA[A-Z2-7]{16}"),
    _key("aws", "asia", r"ASIA[A-Z2-7]{16}"),
    _key("huggingface", "hf_", r"hf_[A-Za-z0-9]{30,64}+"),
    _key("npm", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _key("pypi", "pypi-", r"pypi-[\w-]{50,500}+"),
    _key("sendgrid", "SG.", r"SG\.[\w-]{16,32}\.[\w-]{16,64}+"),
    _key("digitalocean", "dop_v0_", r"dop_v1_[a-f0-9]{64}"),
    _key("groq", "gsk_", r"gsk_[A-Za-z0-9]{40,64}+"),
    _key("xai", "xai-", r"xai-[A-Za-z0-9]{40,120}+"),
    _key("perplexity", "pplx-", r"pplx-[A-Za-z0-9]{40,64}+"),
    _key("shopify", "shpat_", r"shpat_[a-fA-F0-9]{32}"),
    _key("docker", "dckr_pat_", r"dckr_pat_[\w-]{20,64}+"),
    _key("azure", "accountkey=", r"(?i:AccountKey)=[A-Za-z0-9+/]{40,120}={0,2}+"),
    _key("azure", "sharedaccesskey=", r"(?i:SharedAccessKey)=[A-Za-z0-9+/]{40,120}={0,2}+"),
)

_BEARER = deferred(r"bearer\s{1,3}([A-Za-z0-9._~+/-]{20,2000}={0,2})", re.IGNORECASE)
_JWT = deferred(r"(eyJ[\w-]{8,2000}+)\.[\w-]{4,8000}+\.[\w-]{0,2000}", re.ASCII)
_PEM = deferred(r"-----BEGIN ((?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?)-----")
_TWILIO = deferred(r"twilio.{0,60}?\b((?:SK|AC)?[0-9a-f]{32})\b", re.IGNORECASE | re.DOTALL)

_JOIN = r"[\"'`]?\]?\s{0,3}(?::=|=>|->|[:=])\s{0,3}"
_QUOTED = r"(?:[rbf]?\"([^\"\n]{4,200})\"|[rbf]?'([^'\n]{4,200})'|`([^`\n]{4,200})`)"
_PASSWORD = deferred(
    rf"{_JOIN}(?:{_QUOTED}|([^\s\"'`<>,;]{{4,200}}))"
    rf"|(?:[ _](?:is|was|are|es|ist|est|è|é))\s{{1,3}}:?\s?(?:{_QUOTED}|([^\s\"'`<>,;]{{4,200}}))",
    re.IGNORECASE,
)
_SECRET = deferred(
    rf"(?:_?(?:access_?)?(?:key|token|secret|id))?{_JOIN}"
    r"(?:[\"'`]([\w+/=.~-]{16,500})[\"'`]|([\w+/=.~-]{16,500}))",
    re.IGNORECASE | re.ASCII,
)
_CALL_OR_PATH = deferred(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*[(\[{].*|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", re.DOTALL
)
_DIGIT = deferred(r"[0-9]")
_SYMBOL = deferred(r"[!@#$%^&*+?~=|/\\]")
_ASSIGNED_END, _STATED_END = ".:;,)]}", ".!?:;,)]}"

Found = Iterator[Finding]
Detect = Callable[[View, int, int], Found]
Row = tuple[str, Detect]


def _password(view: View, start: int, end: int) -> Found:
    match = _PASSWORD.match(view.plain, end)
    if match is None:
        return
    group = match.lastindex or 0
    a, b = match.span(group)
    bare, stated = group in (4, 8), group > 4
    value = view.plain[a:b]
    if bare:
        value = value.rstrip(_STATED_END if stated else _ASSIGNED_END)
    if len(value) >= 4 and _is_password(value, bare, stated):
        code = _known(value) or ("password.stated" if stated else "password.assigned")
        yield Finding(a, a + len(value), code.partition(".")[0], code)


def _assigned_pwd(view: View, start: int, end: int) -> Found:
    return _password(view, start, end - 1)


def _is_password(value: str, bare: bool, stated: bool) -> bool:
    """Whether the value of a password assignment is one: mixed characters, or quoted."""
    if value.isalpha() and (bare or stated or len(value) < 6):
        return False
    if (stated and value.isdigit() and len(value) < 6) or is_placeholder(value):
        return False
    if _CALL_OR_PATH.fullmatch(value):
        return False
    mixed = _DIGIT.search(value) is not None or _SYMBOL.search(value) is not None
    return mixed or not (bare or stated or " " in value)


def _known(value: str) -> str | None:
    """The code of the provider whose keys have this form."""
    return next((key.code for key in KEYS if key.form.fullmatch(value)), None)


def _secret(view: View, start: int, end: int) -> Found:
    match = _SECRET.match(view.plain, end)
    if match is None:
        return
    a, b = match.span(match.lastindex or 0)
    value = view.plain[a:b]
    if looks_random(value, 10) and not is_placeholder(value) and not _CALL_OR_PATH.fullmatch(value):
        yield Finding(a, b, "api_key", _known(value) or "api_key.assigned")


def _bearer(view: View, start: int, end: int) -> Found:
    match = _BEARER.match(view.plain, start)
    if match and looks_random(match.group(1)) and not is_placeholder(match.group(1)):
        yield Finding(*match.span(1), "api_key", "api_key.bearer")


def _jwt(view: View, start: int, end: int) -> Found:
    match = _JWT.match(view.plain, start)
    if match is None or (start and view.plain[start - 1].isalnum()):
        return
    header = match.group(1)
    try:
        decoded = base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))
    except (binascii.Error, ValueError):
        return
    if decoded[:1] == b"{" and decoded[-1:] == b"}" and b'"alg"' in decoded:
        yield Finding(*match.span(), "api_key", "api_key.jwt")


def _pem(view: View, start: int, end: int) -> Found:
    match = _PEM.match(view.plain, max(0, start - 5))
    if match is None:
        return
    closing = f"-----END {match.group(1)}-----"
    last = view.plain.find(closing, match.end())
    stop = last + len(closing) if last >= 0 else len(view.plain)
    if stop - match.end() >= SHORTEST_PEM:
        yield Finding(match.start(), stop, "private_key", "private_key.pem")


def _twilio(view: View, start: int, end: int) -> Found:
    match = _TWILIO.match(view.plain, start)
    if match:
        yield Finding(*match.span(1), "api_key", "api_key.twilio")


def _prefixed(key: Key) -> Detect:
    def detect(view: View, start: int, end: int) -> Found:
        if start and (view.plain[start - 1].isalnum() or view.plain[start - 1] == "_"):
            return
        match = key.form.match(view.plain, start)
        if match is None:
            return
        body = match.group()[len(key.literal) :]
        if looks_random(body) and not is_placeholder(body):
            yield Finding(*match.span(), "api_key", key.code)

    return detect


_WORDS: list[Row] = [
    *(
        (word, _password)
        for word in (
            *("password", "passwort", "passwd", "passphrase", "passcode", "contrasena"),
            *("mot-de-passe", "senha", "wachtwoord", "pass", "contrase?a"),
        )
    ),
    *((word, _secret) for word in ("secret", "token", "api_key", "apikey", "api-key")),
    *((word, _secret) for word in ("access_key", "accesskey", "auth_key", "secret_access_key")),
    ("bearer-", _bearer),
    *((f"eyj{letter}", _jwt) for letter in "0hrl"),
    *((f"pwd{mark}", _assigned_pwd) for mark in "=:-\"'"),
    ("begin-", _pem),
    ("twilio", _twilio),
]

# Three searches: of up to some forty literals, none shorter than four bytes, each runs several
# times as fast as one search for all of them. The short ones are read in their own case.
_PREFIXES: list[Row] = [(key.literal, _prefixed(key)) for key in KEYS if len(key.literal) > 3]
_SHORT: list[Row] = [(key.literal, _prefixed(key)) for key in KEYS if len(key.literal) <= 3]
_SEARCHES: tuple[tuple[list[Row], Literals], ...] = tuple(
    (rows, Literals([literal.encode() for literal, _ in rows]))
    for rows in (_PREFIXES, _WORDS, _SHORT)
)


def scan(view: View) -> Iterator[Finding]:
    """Secrets, from left to right for each set of literals."""
    for rows, literals in _SEARCHES:
        yield from _led(view, literals, view.raw if rows is _SHORT else view.shape, rows)


def _led(view: View, literals: Literals, data: bytes, rows: list[Row]) -> Found:
    """What the literals lead to. Fails closed after `HITS` of them."""
    cursor = Cursor()
    for count, (index, start, end) in enumerate(literals.hits(data, cursor)):
        if count >= HITS:
            yield Finding(start, len(view.raw), "api_key", "api_key.too_many")
            return
        for finding in rows[index][1](view, start, end):
            cursor.done = finding.end
            yield finding
