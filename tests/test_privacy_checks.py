"""Check digits: a right number passes, and each single wrong digit is noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from model_router.privacy import checks
from model_router.privacy.ipv6 import is_ipv6
from model_router.privacy.placeholders import is_placeholder, looks_random

RIGHT: list[tuple[Callable[[str], bool], str]] = [
    (checks.luhn, "4007070753690781"),
    (checks.card, "378282246310005"),
    (checks.iban, "GB29NWBK60161331926819"),
    (checks.iban, "FR1420041010050500013M02606"),
    (checks.spanish, "12345678Z"),
    (checks.spanish, "X1234567L"),
    (checks.italian, "RSSMRA85T10A562S"),
    (checks.french, "255081416802538"),
    (checks.german, "86095742719"),
    (checks.german, "47036892816"),
    (checks.dutch, "111222333"),
    (checks.polish, "44051401359"),
    (checks.brazilian, "52998224725"),
    (checks.indian, "234123412346"),
    (checks.canadian, "130692544"),
    (checks.chinese, "11010519491231002X"),
    (checks.turkish, "10000000146"),
]


@pytest.mark.parametrize(("check", "code"), RIGHT)
def test_right_number_passes(check: Callable[[str], bool], code: str) -> None:
    """A number with the right check digit holds."""
    assert check(code)


@pytest.mark.parametrize(("check", "code"), RIGHT)
def test_wrong_digit_is_noticed(check: Callable[[str], bool], code: str) -> None:
    """Changing the last digit by one never holds."""
    place = max(i for i, c in enumerate(code) if c.isdigit())
    wrong = code[:place] + str((int(code[place]) + 1) % 10) + code[place + 1 :]
    assert not check(wrong)


@pytest.mark.parametrize("digits", ["000123456", "666123456", "912123456", "123004567"])
def test_impossible_ssn_is_refused(digits: str) -> None:
    """Areas 000, 666 and 9xx and group 00 were never given out."""
    assert not checks.ssn(digits)


@pytest.mark.parametrize("digits", ["1234567890123452", "0000000000000000", "4", ""])
def test_card_needs_an_issuer(digits: str) -> None:
    """Luhn alone is not enough: prefix and length must be an issuer's."""
    assert not checks.card(digits)


def test_iban_needs_its_countrys_length() -> None:
    """A code of another length or of no country is refused."""
    assert not checks.iban("GB29NWBK6016133192681")
    assert not checks.iban("ZZ29NWBK60161331926819")


@pytest.mark.parametrize("code", ["DA123456C", "AO123456C", "BG123456A", "ZZ123456D"])
def test_insurance_prefix_must_be_in_use(code: str) -> None:
    """National Insurance prefixes that are not given out are refused."""
    assert not checks.british(code)


@pytest.mark.parametrize(
    "shown",
    ["2001:4860:4860::8888", "fe80::1ff:fe23:4567:890a", "6e40:4041:c617:e898:c11:40d2:c669:2eb4"],
)
def test_ipv6_address(shown: str) -> None:
    """Full and shortened addresses are addresses."""
    assert is_ipv6(shown)


@pytest.mark.parametrize(
    "shown",
    ["::1", "::", "1:2:3", "a::b::c", "12345::1", "00:1b:44:11:3a:b7", "12:30:45", "a::b"],
)
def test_not_ipv6(shown: str) -> None:
    """Loopback, times, hardware addresses and scope operators are not."""
    assert not is_ipv6(shown)


@pytest.mark.parametrize(
    "value",
    ["${X}", "<key>", "your_password", "****", "None", "os.environ['X']", "xxxxxxxxxx", "", "%s"],
)
def test_placeholder(value: str) -> None:
    """What stands for a secret is none."""
    assert is_placeholder(value)


@pytest.mark.parametrize("value", ["hunter2x", "Tr0ub4dor&3", "correct horse 7", "x" * 2 + "9Kq!"])
def test_not_a_placeholder(value: str) -> None:
    """What could be a secret is not taken for a placeholder."""
    assert not is_placeholder(value)


def test_random_looking_values() -> None:
    """A key has letters, digits and many different characters."""
    assert looks_random("a1b2c3d4e5")
    assert not looks_random("aaaaaaaa1111")
    assert not looks_random("abcdefghijkl")
    assert not looks_random("0123456789")
