"""What counts as personal or secret data, and what only looks like it."""

from __future__ import annotations

import pytest

from model_router.privacy import CATEGORIES, Finding, contains, find

JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0."
    "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
)
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA1234567890abcdefghijklmnopqrstuvwxyz\n"
    "-----END RSA PRIVATE KEY-----"
)

# category, the text before, the value, the text after
FOUND = [
    ("email", "mail ", "ana.b@fleckens.hu", " now"),
    ("email", "to: <", "a+tag@mail.fleckens.co.uk", ">"),
    ("email", "schreib an ", "jörg@müller.de", "."),
    ("email", "cc=", "ana@fleckens.hu", "&x=1"),
    ("card", "cc ", "4007070753690781", ""),
    ("card", "card ", "4012 8888 8888 1881", " please"),
    ("card", "amex ", "3782-822463-10005", ""),
    ("card", "my card ", "30579675742677", ""),
    ("card", "Can I use my card ", "4047737215142", "?"),
    ("card", "ticket 2024 ", "5425 2334 3010 9903", ""),
    ("ssn", "SSN: ", "460-89-9847", ""),
    ("ssn", "social security number ", "219 09 9998", ""),
    ("ssn", "my ssn is ", "460899847", "."),
    ("iban", "IBAN ", "GB29NWBK60161331926819", "."),
    ("iban", "iban ", "gb29nwbk60161331926819", ""),
    ("iban", "", "FR76 3000 6000 0112 3456 7890 189", " ok"),
    ("iban", "konto ", "DE89 3704 0044 0532 0130 00", ", danke"),
    ("ip", "from ", "106.31.73.20", " blocked"),
    ("ip", "", "10.1.200.3", ""),
    ("ip", "dns server ", "8.8.8.8", ""),
    ("ip", "", "6e40:4041:c617:e898:c11:40d2:c669:2eb4", " down"),
    ("ip", "ping ", "fe80::1ff:fe23:4567:890a", ""),
    ("phone", "", "541-714-1388", ""),
    ("phone", "", "+1-984-182-0190", " mobile"),
    ("phone", "", "+41 (0)69 979 80 58", "-Fax"),
    ("phone", "", "(898)666-3621x0135", ""),
    ("phone", "", "03.93.92.16.85", ""),
    ("phone", "", "001-518-640-0854", ""),
    ("phone", "", "0494 92 82 32", ""),
    ("phone", "Name: X\nPhone: ", "(99) 645-791", ""),
    ("phone", "Can someone call me on ", "9472 7916", "?"),
    ("phone", "", "416 60 039", " office"),
    ("phone", "Fax: ", "9498777106", ""),
    ("phone", "電話 ", "9472 7916", ""),
    ("phone", "tel：", "０３－１２３４－５６７８", ""),
    ("phone", "teléfono ", "912345678", ""),
    ("password", "password=", "hunter2x!", ""),
    ("password", "my password is ", "Tr0ub4dor&3", "."),
    ("password", "PASSWORD: ", "s3cr3tVal", ""),
    ("password", 'password = "', "swordfish", '"'),
    ("password", "the wifi password is '", "correct horse 7", "'"),
    ("password", "postgres://app:", "s3cr3t9", "@db.host/x"),
    ("password", "export DB_PASSWORD=", "xK9mQ2vL", ""),
    ("password", "pwd: ", "xK9mQ2vL", ""),
    ("api_key", "OPENAI_API_KEY=", "sk-proj-abc123DEF456ghi789JKL012mno345", ""),
    ("api_key", "use ", "sk-ant-api03-abc123DEF456ghi789JKL012mno345", " here"),
    ("api_key", "", "AKIAQ3EGRT5ZXN2WLKJM", ""),
    ("api_key", "aws_secret_access_key = ", "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", ""),
    ("api_key", "", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", ""),
    ("api_key", "", "glpat-abcDEF123456ghiJKL78", ""),
    ("api_key", "", "xoxb-1234567890-abcdefGHIJKL9876", ""),
    ("api_key", "", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", ""),
    ("api_key", "", "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q", ""),
    ("api_key", "", "hf_abcdEFGH1234ijklMNOP5678qrstUVWX90", ""),
    ("api_key", "", "npm_abcdEFGH1234ijklMNOP5678qrstUVWX9012", ""),
    ("api_key", "", "SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc1s5cr3", ""),
    ("api_key", "", "dop_v1_" + "0123456789abcdef" * 4, ""),
    ("api_key", "token ", JWT, ""),
    ("api_key", "Authorization: Bearer ", "abc123def456ghi789jkl0mn", ""),
    ("api_key", "twilio sid ", "AC0123456789abcdef0123456789abcdef", ""),
    ("private_key", "key:\n", PEM, "\nthanks"),
    (
        "private_key",
        "",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj",
        "",
    ),
]

NATIONAL = [
    ("es_dni", "", "12345678Z", ""),
    ("es_nie", "", "X1234567L", ""),
    ("it_codice_fiscale", "", "RSSMRA85T10A562S", ""),
    ("fr_nir", "", "2 55 08 14 168 025 38", ""),
    ("fr_nir", "", "255081416802538", ""),
    ("fr_nir", "nir ", "2 94 03 2A 120 005 51", ""),
    ("de_steuer_id", "Steuer-ID ", "86095742719", ""),
    ("nl_bsn", "BSN ", "111222333", ""),
    ("pl_pesel", "PESEL: ", "44051401359", ""),
    ("br_cpf", "", "529.982.247-25", ""),
    ("in_aadhaar", "", "2341 2341 2346", ""),
    ("gb_nino", "", "AB 12 34 56 C", ""),
    ("gb_nino", "", "AB123456C", ""),
    ("ca_sin", "SIN ", "130 692 544", ""),
    ("cn_resident", "", "11010519491231002X", ""),
    ("tr_tckn", "TC kimlik ", "10000000146", ""),
]

LOOK_ALIKES = [
    "version 1.2.3.4",
    "v10.20.30.40",
    "127.0.0.1 and 0.0.0.0",
    "mask 255.255.255.0",
    "section 1.2.3.4 of the text",
    "2024-01-15 10:30:45",
    "12/31/2024 - 01/15/2025",
    "12:30:45:12",
    "commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "550e8400-e29b-41d4-a716-446655440000",
    "ISBN 978-3-16-148410-0",
    "order 123456789012",
    "timestamp 1700000000123",
    "test card 4111 1111 1111 1111",
    "use 4242424242424242 for testing",
    "cc 4007070753690782",
    "GB29 NWBK 6016 1331 9268 18",
    "jane@example.com or a@b.example.org",
    "git@github.com:foo/bar.git",
    "user@localhost and img@2x.png",
    "@decorator.method",
    "call 415-555-0123",
    "000-12-3456 666-12-3456 912-12-3456 078-05-1120",
    "12345678A",
    "529.982.247-26",
    "86095742719",
    "3.14159265358979",
    "1234567890 * 987654321",
    "What is 123 456 789 + 987 654 321?",
    "0101 1010 1100 1111",
    "pages 1234-5678",
    "price $1,234,567.89",
    "10 000 000 people called",
    "std::vector<int> a::b",
    "aa:bb:cc:dd:ee:ff",
    "password=${DB_PASS}",
    "password=<password>",
    "password: your_password",
    "password=****",
    "password=None",
    "password=os.environ['X']",
    "password is required",
    "the password is important.",
    "password = getpass()",
    "def f(password: str) -> None: ...",
    "login(user=user, password=password)",
    '"password": "string"',
    "password_hash = compute(x)",
    "postgres://user:${PASSWORD}@host/db",
    "the token is invalid",
    "secret = load_secret()",
    "api_key=YOUR_API_KEY",
    "sk-learn-is-a-python-library-name",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJub3QganNvbg.aaaaaaaa.bbbbbbbb",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA",
    "the line -----BEGIN RSA PRIVATE KEY----- opens it",
]


@pytest.mark.parametrize(("category", "before", "value", "after"), FOUND)
def test_value_is_found(category: str, before: str, value: str, after: str) -> None:
    """Each kind of value is found with exact offsets, and nothing else is."""
    (finding,) = find(before + value + after)
    assert finding.category == category
    assert (finding.start, finding.end) == (len(before), len(before) + len(value))


@pytest.mark.parametrize(("country", "before", "value", "after"), NATIONAL)
def test_national_number_is_found(country: str, before: str, value: str, after: str) -> None:
    """Each country's number is found by its own check, the country standing in the code."""
    (finding,) = find(before + value + after)
    assert finding.code == f"national_id.{country}"
    assert (finding.start, finding.end) == (len(before), len(before) + len(value))


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_look_alike_is_no_finding(text: str) -> None:
    """Versions, dates, hashes, placeholders and the like are not findings."""
    assert find(text) == ()
    assert not contains(text)


def test_test_card_needs_its_name() -> None:
    """A published test number counts as a card unless the text says that it is a test."""
    assert [f.category for f in find("pay with 4111 1111 1111 1111")] == ["card"]


def test_strongest_category_keeps_the_span() -> None:
    """Findings never overlap: an IBAN is not also a phone, nor a key also a password."""
    findings = find("password=ghp_16C7e42F292c6912E7710c838347Ae178B4a GB29NWBK60161331926819")
    assert [f.category for f in findings] == ["api_key", "iban"]


def test_findings_come_in_order() -> None:
    """Findings of several kinds are sorted by where they begin."""
    text = "10.1.200.3 ana@fleckens.hu 460-89-9847 4007070753690781"
    assert [f.category for f in find(text)] == ["ip", "email", "ssn", "card"]


def test_categories_limit_what_is_reported() -> None:
    """Only the categories asked for are reported, and one does not turn into another."""
    text = "460-89-9847 ana@fleckens.hu"
    assert [f.category for f in find(text, categories=frozenset({"email"}))] == ["email"]
    assert find(text, categories=frozenset({"phone"})) == ()
    assert not contains(text, categories=frozenset({"phone"}))
    assert find(text, categories=frozenset()) == ()


def test_every_category_is_covered_here() -> None:
    """Each category has a positive example above."""
    assert {row[0] for row in FOUND} | {"national_id"} == set(CATEGORIES)


def test_limit_bounds_the_findings() -> None:
    """No more findings than `limit`, and they are the first ones."""
    text = "ana@fleckens.hu " * 50
    assert [f.start for f in find(text, limit=3)] == [0, 16, 32]
    assert find(text, limit=0) == ()


def test_finding_holds_no_text() -> None:
    """A finding's repr has offsets and codes, not the data."""
    (finding,) = find("ana@fleckens.hu")
    assert "fleckens" not in repr(finding)
    assert finding == Finding(0, 15, "email", "email.form")


def test_offsets_are_characters() -> None:
    """Offsets count characters, whatever stands before: emoji, umlauts, lone surrogates."""
    before = "\U0001f600 ü \ud800 日本 "
    (finding,) = find(before + "ana@fleckens.hu")
    assert finding.start == len(before)


class TestCode:
    """The optional category `code`."""

    SOURCE = "import os\n\ndef f(x):\n    return os.path.join(x, 'a')\n"

    def test_code_is_off_unless_asked(self) -> None:
        """Source code alone is no finding."""
        assert find(self.SOURCE) == ()
        assert not contains(self.SOURCE)

    @pytest.mark.parametrize(
        "text",
        [SOURCE, "fix this:\n```\nx = 1\n```", "function f(a) {\n  return a + 1;\n}\n"],
    )
    def test_code_is_one_span(self, text: str) -> None:
        """With `code=True` source code is one finding."""
        (finding,) = find(text, code=True)
        assert finding.category == "code"
        assert contains(text, code=True)

    def test_prose_is_not_code(self) -> None:
        """Prose stays prose, even with a few signs in it."""
        assert find("Please return the book.\nIt is due (soon).\nThanks!", code=True) == ()

    def test_code_leaves_room_for_secrets(self) -> None:
        """A secret inside code is reported, and the code's span stops before it."""
        text = self.SOURCE + 'password = "swordfish"\n'
        categories = [f.category for f in find(text, code=True)]
        assert categories == ["code", "password"]
