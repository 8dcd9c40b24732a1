"""What holds for any text: exact offsets, no errors, bounded work, a way back."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from model_router.privacy import Redaction, checks, contains, find, redact
from model_router.privacy.finding import Finding

PLAIN = st.text(alphabet="abcdefg hij,klm\nnop\u00e9\u65e5", max_size=60)
_WORDS = (
    "a 1 - . @ : = ( ) [ ] + / _ password token sk- eyJ ana@fleckens.hu 460-89-9847 "
    "4007070753690781 541-714-1388 [EMAIL_1] [PHONE_1] 10.1.200.3 GB29NWBK60161331926819 call "
    "AB123456C -----BEGIN ::1 555-01 hunter2x"
)
PIECES = st.sampled_from([" ", "\n", *_WORDS.split()])
NASTY = st.lists(PIECES | st.characters(), max_size=40).map("".join)


def with_luhn(body: str) -> str:
    """The digits with the check digit that makes them pass."""
    return next(body + d for d in "0123456789" if checks.luhn(body + d))


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A card number with an issuer's prefix, in a run or in groups of four."""
    prefix = draw(st.sampled_from(["4", "51", "55", "2221", "6011", "65", "3528"]))
    body = prefix + draw(
        st.text("0123456789", min_size=15 - len(prefix), max_size=15 - len(prefix))
    )
    digits = with_luhn(body)
    mark = draw(st.sampled_from(["", " ", "-"]))
    return mark.join(digits[i : i + 4] for i in range(0, 16, 4))


@st.composite
def ibans(draw: st.DrawFn) -> str:
    """A German, Spanish or British IBAN with a right remainder."""
    country = draw(st.sampled_from(["DE", "ES", "GB"]))
    bank = "NWBK" if country == "GB" else ""
    size = checks.IBAN_LENGTHS[country] - 4 - len(bank)
    body = bank + draw(st.text("0123456789", min_size=size, max_size=size))
    check = next(f"{n:02}" for n in range(2, 99) if checks.iban(f"{country}{n:02}{body}"))
    return f"{country}{check}{body}"


@st.composite
def ssns(draw: st.DrawFn) -> str:
    """A social security number that can have been given out."""
    area, group, serial = (draw(st.integers(1, top)) for top in (899, 99, 9999))
    assume(checks.ssn(f"{area:03}{group:02}{serial:04}"))
    return f"{area:03}-{group:02}-{serial:04}"


@st.composite
def cpfs(draw: st.DrawFn) -> str:
    """A formatted CPF with both check digits."""
    body = draw(st.text("0123456789", min_size=9, max_size=9).filter(lambda b: len(set(b)) > 1))
    digits = next(f"{body}{n:02}" for n in range(100) if checks.brazilian(f"{body}{n:02}"))
    return f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:]}"


@st.composite
def dnis(draw: st.DrawFn) -> str:
    """A Spanish DNI with its letter."""
    number = draw(st.integers(10_000_000, 99_999_999))
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


VALUES = st.one_of(
    st.tuples(st.just("card"), cards()),
    st.tuples(st.just("iban"), ibans()),
    st.tuples(st.just("ssn"), ssns()),
    st.tuples(st.just("national_id"), cpfs()),
    st.tuples(st.just("national_id"), dnis()),
    st.tuples(st.just("email"), st.just("ana.b@fleckens.hu")),
)


@settings(max_examples=400, deadline=None)
@given(PLAIN, VALUES, PLAIN)
def test_valid_value_is_found_in_any_text(before: str, value: tuple[str, str], after: str) -> None:
    """A valid number between words is found with its exact offsets."""
    category, shown = value
    start = len(before) + 1
    findings = find(f"{before} {shown}\n{after}")
    assert (category, start, start + len(shown)) in {(f.category, f.start, f.end) for f in findings}


@settings(max_examples=300, deadline=None)
@given(cards(), st.integers(0, 15), st.integers(1, 9))
def test_one_digit_changed_is_no_card(shown: str, place: int, step: int) -> None:
    """Luhn notices each single wrong digit."""
    places = [i for i, c in enumerate(shown) if c.isdigit()]
    at = places[place]
    wrong = shown[:at] + str((int(shown[at]) + step) % 10) + shown[at + 1 :]
    assert not any(f.category == "card" for f in find(f"my card {wrong} is lost"))


@settings(max_examples=300, deadline=None)
@given(ibans(), st.integers(2, 17), st.integers(1, 9))
def test_one_digit_changed_is_no_iban(shown: str, place: int, step: int) -> None:
    """Remainder 97 notices each single wrong digit."""
    places = [i for i, c in enumerate(shown) if c.isdigit()]
    at = places[place % len(places)]
    wrong = shown[:at] + str((int(shown[at]) + step) % 10) + shown[at + 1 :]
    assert not any(f.category == "iban" for f in find(wrong))


@settings(max_examples=500, deadline=None)
@given(st.text() | NASTY)
@example("\ud800\udfff\x00")
@example("")
def test_find_holds_its_promises_for_any_text(text: str) -> None:
    """Never an error; findings are sorted, apart, inside the text; `contains` agrees."""
    findings = find(text)
    assert all(0 <= f.start < f.end <= len(text) for f in findings)
    assert all(a.end <= b.start for a, b in pairwise(findings))
    assert contains(text) == bool(findings)


@settings(max_examples=300, deadline=None)
@given(NASTY)
def test_code_category_agrees_with_contains(text: str) -> None:
    """With code asked for, findings stay apart and `contains` still agrees."""
    findings = find(text, code=True)
    assert all(a.end <= b.start for a, b in pairwise(findings))
    assert contains(text, code=True) == bool(findings)


@settings(max_examples=500, deadline=None)
@given(st.text() | NASTY)
@example("[EMAIL_1] ana@fleckens.hu [EMAIL_2]")
@example("ana@fleckens.hu ana@fleckens.hu bob@fleckens.hu")
@example("call 541-714-1388x12 password=[EMAIL_1]")
def test_redaction_can_be_undone_and_leaves_nothing(text: str) -> None:
    """Restoring gives the text back, and the redacted text holds no finding."""
    redaction = redact(text)
    assert redaction.restore(redaction.text) == text
    assert find(redaction.text) == ()


class TestRedaction:
    """What `redact` returns."""

    def test_same_value_same_placeholder(self) -> None:
        """A value that comes twice has one placeholder, another value another."""
        redaction = redact("ana@fleckens.hu, bob@fleckens.hu, ana@fleckens.hu")
        assert redaction.text == "[EMAIL_1], [EMAIL_2], [EMAIL_1]"
        assert redaction.mapping["[EMAIL_2]"] == "bob@fleckens.hu"
        assert redaction.categories == {"email"}

    def test_placeholder_in_the_text_is_not_reused(self) -> None:
        """A placeholder that the user wrote stays the user's."""
        redaction = redact("[EMAIL_1] is not ana@fleckens.hu")
        assert redaction.text == "[EMAIL_1] is not [EMAIL_2]"
        assert redaction.restore("[EMAIL_1] [EMAIL_2]") == "[EMAIL_1] ana@fleckens.hu"

    def test_other_text_can_be_restored(self) -> None:
        """A model's answer gets the values back; unknown placeholders stay."""
        redaction = redact("write to ana@fleckens.hu")
        assert redaction.restore("Sent to [EMAIL_1], [CARD_9].") == (
            "Sent to ana@fleckens.hu, [CARD_9]."
        )

    def test_repr_shows_no_data(self) -> None:
        """Neither text nor mapping stands in the repr."""
        assert "ana" not in repr(redact("ana@fleckens.hu"))

    def test_clean_text_is_unchanged(self) -> None:
        """Nothing found, nothing replaced."""
        assert redact("sort a list") == Redaction("sort a list", {}, frozenset())

    def test_categories_limit_what_is_replaced(self) -> None:
        """Only the categories asked for are taken out."""
        redaction = redact("ana@fleckens.hu 460-89-9847", categories=frozenset({"ssn"}))
        assert redaction.text == "ana@fleckens.hu [SSN_1]"

    @pytest.mark.parametrize(
        "unit",
        [
            "token ",
            "1234567,",
            "a@ ",
            "12:3:4 ",
            "password=a1b2c3 ",
            "password=a1b2c3;token ",
            "sk-",
        ],
    )
    def test_unread_text_is_taken_out(self, unit: str) -> None:
        """What was left unread goes too, in the end, and comes back."""
        text = unit * 3000
        redaction = redact(text)
        assert find(redaction.text) == ()
        assert redaction.restore(redaction.text) == text

    def test_more_values_than_the_usual_limit(self) -> None:
        """Every value is taken out, also beyond the hundred that `find` reports."""
        redaction = redact("".join(f"u{n}@fleckens.hu " for n in range(250)))
        assert len(redaction.mapping) == 250


class TestBounds:
    """Work is bounded, and running out of it is reported, not passed over."""

    @pytest.mark.parametrize(
        ("unit", "code"),
        [
            ("1234567,", "phone.too_many"),
            ("a@ ", "email.too_many"),
            ("token ", "api_key.too_many"),
            ("12:3:4 ", "ip.too_many"),
        ],
    )
    def test_too_many_candidates_fail_closed(self, unit: str, code: str) -> None:
        """When the budget is spent, one finding covers all the rest."""
        text = unit * 5000
        finding = find(text)[-1]
        assert finding.code == code
        assert finding.end == len(text)

    def test_unread_text_counts_for_the_categories_asked(self) -> None:
        """Asking for cards alone does not hide that numbers were left unread."""
        (finding,) = find("1234567," * 5000, categories=frozenset({"card", "iban"}))
        assert (finding.category, finding.code) == ("iban", "iban.too_many")

    def test_unread_text_keeps_other_findings(self) -> None:
        """An address in the unread part is still named, and the rest is still covered."""
        text = "1234567," * 2000 + "ana@fleckens.hu"
        assert [f.code for f in find(text)] == ["phone.too_many", "email.form"]
        assert find(redact(text).text) == ()

    def test_long_digits_are_one_token(self) -> None:
        """A very long number is passed over at once: no identity is that long."""
        assert find("3" * 100_000) == ()

    def test_ten_megabytes(self) -> None:
        """Ten megabytes are read, and a secret at their end is found."""
        text = "lorem ipsum dolor " * 580_000 + "ana@fleckens.hu"
        assert [f.category for f in find(text)] == ["email"]

    @pytest.mark.parametrize(
        "unit",
        ["1", "1-", "1 2 ", "@", "a@a.a ", "password=", "sk-", "eyJ0", "[{(", ":", "1.2.3.4 ", " "],
    )
    def test_time_grows_with_length_only(self, unit: str) -> None:
        """Four times the text costs at most some twelve times the time, whatever it is."""
        short, long = (unit * 400_000)[:50_000], (unit * 400_000)[:200_000]
        assert spent(long) < 12 * spent(short) + 0.02


def spent(text: str) -> float:
    """The best of three times that `find` takes, in seconds."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        find(text)
        times.append(time.perf_counter() - begin)
    return min(times)


@settings(max_examples=200, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=5), PLAIN)
def test_text_around_removes_nothing(values: list[tuple[str, str]], filler: str) -> None:
    """Values on lines of their own are all found, whatever lines stand between."""
    text, expected = "", set()
    for category, shown in values:
        text += f"{filler}\n"
        expected.add(Finding(len(text), len(text) + len(shown), category, ""))
        text += f"{shown}\n"
    found = {Finding(f.start, f.end, f.category, "") for f in find(text)}
    assert expected <= found
