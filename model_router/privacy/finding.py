"""What a detector reports: where and what kind, never the text itself."""

from __future__ import annotations

from typing import NamedTuple

CATEGORIES: tuple[str, ...] = (
    "private_key",
    "api_key",
    "password",
    "iban",
    "card",
    "ssn",
    "national_id",
    "email",
    "ip",
    "phone",
)
"""Every category but `code`, strongest evidence first: where two overlap, the earlier one stays."""

CODE = "code"
"""The optional category: the text is source code. Never part of `categories=None`."""


class Finding(NamedTuple):
    """A span of personal or secret data: characters `start` up to `end` of the text given.

    `code` names the check that accepted it, such as `card.luhn` or `phone.context`.
    """

    start: int
    end: int
    category: str
    code: str
