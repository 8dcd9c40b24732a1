"""docs/privacy.md says what the code does: categories, national numbers, budgets, example."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_router.privacy import CATEGORIES, CODE, emails, identities, ipv6, keys, numbers, redact

PAGE = (Path(__file__).parents[1] / "docs" / "privacy.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("category", [*CATEGORIES, CODE])
def test_every_category_is_described(category: str) -> None:
    """Each category has a row in the table."""
    assert f"\n| `{category}` |" in PAGE


@pytest.mark.parametrize(
    "name",
    sorted(
        {k.code.partition(".")[2] for k in identities.KINDS if k.code.startswith("national_id")}
        | {k.code for k in identities.LETTERED}
    ),
)
def test_every_national_number_is_described(name: str) -> None:
    """Each country's number stands in the table of national numbers."""
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize(
    "budget", [numbers.HITS, numbers.GROUPS, emails.SIGNS, keys.HITS, ipv6.CANDIDATES]
)
def test_budgets_are_the_real_ones(budget: int) -> None:
    """The page names each budget as the code has it."""
    assert f" {budget:,} " in PAGE


def test_redaction_example_is_true() -> None:
    """The example's result is what `redact` gives."""
    redaction = redact("Mail ana@fleckens.hu, then bob@fleckens.hu, then ana@fleckens.hu.")
    assert repr(redaction.text) in PAGE
    assert repr(redaction.restore("Sent to [EMAIL_1].")) in PAGE
