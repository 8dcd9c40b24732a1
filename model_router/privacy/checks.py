"""Check digits: each function takes bare digits (or letters) and says whether they hold."""

from __future__ import annotations

from functools import reduce

# (prefix from, prefix to, allowed lengths). Prefixes of one row have the same number of digits.
ISSUERS: tuple[tuple[str, str, frozenset[int]], ...] = (
    ("4", "4", frozenset({13, 16, 19})),
    ("51", "55", frozenset({16})),
    ("2221", "2720", frozenset({16})),
    ("34", "34", frozenset({15})),
    ("37", "37", frozenset({15})),
    ("300", "305", frozenset({14})),
    ("309", "309", frozenset({14})),
    ("36", "36", frozenset({14})),
    ("38", "39", frozenset({14})),
    ("6011", "6011", frozenset({16, 19})),
    ("644", "649", frozenset({16, 19})),
    ("65", "65", frozenset({16, 19})),
    ("62", "62", frozenset({16, 17, 18, 19})),
    ("35", "35", frozenset({16, 19})),
    ("2131", "2131", frozenset({15})),
    ("1800", "1800", frozenset({15})),
    ("2200", "2204", frozenset({16, 17, 18, 19})),
    ("50", "50", frozenset(range(12, 20))),
    ("56", "58", frozenset(range(12, 20))),
    ("6304", "6304", frozenset(range(12, 20))),
    ("6390", "6390", frozenset(range(12, 20))),
    ("67", "67", frozenset(range(12, 20))),
    ("81", "82", frozenset({16})),
)

_IBANS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 "
    "DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 "
    "HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 "
    "MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 "
    "RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 "
    "VA22 VG24 XK20 YE30"
)
IBAN_LENGTHS: dict[str, int] = {row[:2]: int(row[2:]) for row in _IBANS.split()}
"""How long an IBAN of each country is."""

_DOUBLED = str.maketrans("0123456789", "0246813579")
_SIZES_BY_PREFIX: dict[str, frozenset[int]] = {
    str(prefix): sizes for low, high, sizes in ISSUERS for prefix in range(int(low), int(high) + 1)
}
_VERHOEFF_MOVE = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
_FISCAL_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        2 * (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
        + (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)


def _dihedral(a: int, b: int) -> int:
    """The product of two elements of the dihedral group of order ten."""
    if a < 5:
        return (a + b) % 5 if b < 5 else (a + b) % 5 + 5
    return (a - b) % 5 + 5 if b < 5 else (a - b) % 5


_DIHEDRAL = tuple(tuple(_dihedral(a, b) for b in range(10)) for a in range(10))


def luhn(digits: str) -> bool:
    """Whether the Luhn sum is a multiple of ten."""
    shown = digits[-1::-2] + digits[-2::-2].translate(_DOUBLED)
    return (sum(shown.encode()) - ord("0") * len(shown)) % 10 == 0


def issued(digits: str) -> bool:
    """Whether a card issuer uses this prefix with this length."""
    size = len(digits)
    return any(size in _SIZES_BY_PREFIX.get(digits[:n], ()) for n in (1, 2, 3, 4))


def card(digits: str) -> bool:
    """Whether the digits are a possible card number: issuer, length, Luhn, not one digit only."""
    return issued(digits) and luhn(digits) and len(set(digits)) > 1


def iban(code: str) -> bool:
    """Whether an upper-case IBAN without spaces has its country's length and remainder 1."""
    if IBAN_LENGTHS.get(code[:2]) != len(code):
        return False
    moved = code[4:] + code[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def ssn(digits: str) -> bool:
    """Whether nine digits can be a US social security number that was not printed in an advert."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000":
        return False
    return digits not in ("078051120", "219099999") and len(set(digits)) > 1


def spanish(code: str) -> bool:
    """DNI or NIE: the letter is the number modulo 23."""
    number = code[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == code[-1]


def italian(code: str) -> bool:
    """Codice fiscale: the sixteenth character from the other fifteen."""
    odd = sum(_FISCAL_ODD[c] for c in code[:15:2])
    even = sum(int(c, 36) - (10 if c.isalpha() else 0) for c in code[1:15:2])
    return chr(65 + (odd + even) % 26) == code[15]


def french(code: str) -> bool:
    """NIR: the key is 97 minus the first thirteen digits modulo 97 (2A is 19, 2B is 18)."""
    number = code[:13].replace("2A", "19").replace("2B", "18")
    return number.isdigit() and 97 - int(number) % 97 == int(code[13:])


def german(digits: str) -> bool:
    """Steuer-ID: one digit of the first ten comes twice or three times, then ISO 7064 mod 11,10."""
    repeats = sorted(digits[:10].count(d) for d in set(digits[:10]))
    if digits[0] == "0" or repeats[-1] not in (2, 3) or repeats[-2] > 1:
        return False
    product = reduce(lambda p, d: ((p + int(d)) % 10 or 10) * 2 % 11, digits[:10], 10)
    return (11 - product) % 10 == int(digits[10])


def dutch(digits: str) -> bool:
    """BSN: weights 9 to 2 and -1 give a multiple of eleven."""
    return weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and len(set(digits)) > 1


def polish(digits: str) -> bool:
    """PESEL: a possible birth month and day, and the weighted sum ends in zero."""
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    return weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def brazilian(digits: str) -> bool:
    """CPF: both check digits from weights that fall to 2."""
    first = weighted(digits[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(digits[:10], range(11, 1, -1)) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}" and len(set(digits)) > 1


def indian(digits: str) -> bool:
    """Aadhaar: does not begin with 0 or 1 and has a Verhoeff check digit."""
    if digits[0] in "01":
        return False
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _DIHEDRAL[check][_VERHOEFF_MOVE[place % 8][int(digit)]]
    return check == 0


def canadian(digits: str) -> bool:
    """SIN: Luhn; no number begins with 8."""
    return digits[0] not in "08" and luhn(digits)


def chinese(code: str) -> bool:
    """Resident identity number: a possible birth date and ISO 7064 mod 11-2."""
    year, month, day = int(code[6:10]), int(code[10:12]), int(code[12:14])
    if not (1880 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31):
        return False
    total = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(code[:17]))
    return "10X98765432"[total % 11] == code[17]


def turkish(digits: str) -> bool:
    """TCKN: the tenth digit from odd and even places, the eleventh from the sum of ten."""
    odd, even = sum(map(int, digits[:9:2])), sum(map(int, digits[1:8:2]))
    tenth, eleventh = (odd * 7 - even) % 10, sum(map(int, digits[:10])) % 10
    return digits[0] != "0" and digits[9:] == f"{tenth}{eleventh}"


def british(code: str) -> bool:
    """National Insurance number: prefixes that were never given out are refused."""
    if code[0] in "DFIQUV" or code[1] in "DFIOQUV":
        return False
    return code[:2] not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")


def weighted(digits: str, weights: tuple[int, ...] | range) -> int:
    """The sum of each digit times its weight."""
    return sum(int(d) * w for d, w in zip(digits, weights, strict=True))
