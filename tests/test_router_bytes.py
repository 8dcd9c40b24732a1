"""The same text, catalog and version give the same bytes of receipt, in every process."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from model_router.router import ModelRouter
from tests.support import texts
from tests.support.alone import run_alone

HINTS: tuple[Any, ...] = (None, {"profile": "quality"}, {"provider_denylist": ["openai"]})
CODE = """
import hashlib, json, sys
from model_router import ModelRouter

router = ModelRouter.from_config(validate_availability=False)
found = {}
for key, prompt, hints in json.load(sys.stdin):
    receipts = [router.route(prompt, hints).to_dict(), router.plan(prompt, hints).to_dict()]
    data = json.dumps(receipts, ensure_ascii=True)
    found[key] = hashlib.sha256(data.encode()).hexdigest()
print(json.dumps(found))
"""


def prompts() -> list[tuple[str, str, Any]]:
    """Three hundred prompts, short and long, some with hints."""
    rows = [
        (str(seed), texts.long(seed) if seed % 20 == 0 else texts.short(seed), HINTS[seed % 3])
        for seed in range(300)
    ]
    return rows + [(prompt, prompt, None) for prompt in (*texts.README, *texts.ORDERS)]


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    """The bytes that one process gives, as hashes."""
    found = run_alone(CODE, prompts(), PYTHONHASHSEED="0")
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("seed", ["1", "4242", "random"])
def test_the_seed_of_hashes_changes_nothing(expected: dict[str, str], seed: str) -> None:
    """Sets and dictionaries in another order do not show in a receipt."""
    assert run_alone(CODE, prompts(), PYTHONHASHSEED=seed) == expected


@pytest.mark.parametrize("seed", [1, 2])
def test_what_came_before_changes_nothing(expected: dict[str, str], seed: int) -> None:
    """Other prompts first, in another order, twice each: memos do not show either."""
    rows = prompts() * 2
    Random(seed).shuffle(rows)
    assert run_alone(CODE, rows, PYTHONHASHSEED="7") == expected


def test_a_warm_memo_gives_what_a_cold_one_gives() -> None:
    """A router that has seen everything answers as a new one, receipt for receipt."""
    warm = ModelRouter.from_config(validate_availability=False)
    for _, prompt, hints in prompts():
        warm.route(prompt, hints)
    for _, prompt, hints in prompts()[::10]:
        cold = ModelRouter.from_config(validate_availability=False)
        assert cold.route(prompt, hints) == warm.route(prompt, hints)
        assert cold.route_fast(prompt, hints) == warm.route_fast(prompt, hints)
