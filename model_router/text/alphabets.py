"""Tables of letters: what a character that is not ASCII reads as. Only data, for `text`."""

from __future__ import annotations

PLAIN_MARKS: dict[str, str] = {"。": ".", "！": "!", "？": "?", "；": ";", "，": ",", "：": ":"}
PLAIN_MARKS |= {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "「": '"', "」": '"'}
PLAIN_MARKS |= {"‘": "'", "’": "'", "…": ".", "–": "-", "—": ",", "¿": " ", "¡": " "}
PLAIN_MARKS |= {"؟": "?", "،": ",", "؛": ";", "।": "."}
"""Punctuation that is kept, as the ASCII mark of the same meaning."""

INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
"""Letters and marks by category that nobody sees."""

ODD_LATIN: dict[str, str] = {"ß": "ss", "ı": "i", "ł": "l", "Ł": "l", "ø": "o", "Ø": "o"}
ODD_LATIN |= {"đ": "d", "Đ": "d", "ð": "d", "þ": "th", "ɡ": "g", "ɑ": "a"}
ODD_LATIN |= {"æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe"}
"""Latin letters that Unicode does not take apart into a plain letter and a mark."""

VOWEL_SIGNS = "[\u0900-\u0eff\u1000-\u109f\u1780-\u17ff]"
"""Scripts of India and South East Asia: what is a mark by category is a letter there."""

LETTERS_APART = (
    "[\u0400-\u04ff\u3040-\u30ff][\u0306\u0308\u3099\u309a]"
    "|[\u0600-\u06ff][\u0653-\u0655]|[\u1100-\u11c2]{2,}"
)
"""Letters written as a base and marks (й, が, أ) or as their parts (한), as some systems do."""

# For texts in other alphabets: 8-bit codecs of 128 ASCII slots and 128 for what reads as ASCII.
ACCENTS: dict[str, str] = {
    char: plain
    for chars, plain in {
        "àáâãäåāăą": "a",
        "çćčĉċ": "c",
        "ďđð": "d",
        "èéêëēėęě": "e",
        "ğĝġģ": "g",
        "ìíîïīįıĩ": "i",
        "łľĺ": "l",
        "ñńňņ": "n",
        "òóôõöøōőơ": "o",
        "ŕř": "r",
        "śšşșŝ": "s",
        "ťţț": "t",
        "ùúûüūůűųũư": "u",
        "ýÿ": "y",
        "źżž": "z",
        "ß": "s",
    }.items()
    for char in chars
    if not char.isascii()
}
"""Accented Latin letters."""

LOOK_ALIKES: dict[str, str] = {
    char: plain
    for chars, plain in {
        "aаαɑ": "a",
        "в": "b",
        "сϲ": "c",
        "ԁ": "d",
        "еεё": "e",
        "ɡ": "g",
        "һн": "h",
        "іιї": "i",
        "ј": "j",
        "кκ": "k",
        "ӏ": "l",
        "м": "m",
        "пη": "n",
        "оοօσ": "o",
        "рρ": "p",
        "ԛ": "q",
        "г": "r",
        "ѕ": "s",
        "тτ": "t",
        "υս": "u",
        "ѵν": "v",
        "ԝω": "w",
        "хχ": "x",
        "уγ": "y",
    }.items()
    for char in chars
    if not char.isascii()
}
"""Greek, Cyrillic and Armenian letters that look like a Latin one."""

SEPARATORS = "\u00a0\u2009\u3000“”‘’«»–—…¿¡。，、：；！？（）「」"
"""What stands between words in other alphabets."""

WIDE: dict[str, str] = {chr(0xFF41 + i): chr(0x61 + i) for i in range(26)}
WIDE |= {chr(0x24D0 + i): chr(0x61 + i) for i in range(26)}
WIDE |= {chr(0xFF10 + i): chr(0x30 + i) for i in range(10)}
WIDE |= dict.fromkeys("\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\uff0d\uff3f", " ")
"""Full-width and circled letters, lower case, and full-width digits and marks."""
