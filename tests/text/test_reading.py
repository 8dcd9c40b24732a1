"""Reading: any text becomes lower-case bytes with words between spaces, disguises taken off."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model_router.text import reading as module
from model_router.text.alphabets import ACCENTS, LOOK_ALIKES, SEPARATORS, WIDE
from model_router.text.reading import (
    MOST_APART,
    MOST_STYLED,
    Readings,
    closed_up,
    plain_reading,
    read,
)
from model_router.text.spelling import MOST_DISTINCT

ANYTHING = st.text(st.characters(exclude_categories=()))  # lone surrogates and controls included
PLANES = "".join(chr(plane << 16 | place) for plane in range(17) for place in (0, 0x41, 0x3FF))
MANY = "".join(chr(0x4E00 + i) for i in range(MOST_DISTINCT + 1))
"""More different characters than are read one by one: what holds it is read through tables."""


def everything(readings: Readings) -> list[bytes]:
    """The words of every reading."""
    found = [readings.latin, *([readings.native] if readings.native else []), *readings.others]
    return [words for words, _ in found]


def says(text: str, order: str) -> bool:
    """Whether some reading of `text` holds `order` as whole words."""
    return any(b" %b " % order.encode() in words for words in everything(read(text)))


class TestAnyText:
    @settings(max_examples=1_000)
    @given(ANYTHING)
    @example("")
    @example("\ud800")
    @example("\udfff delete \ud800\udc00")
    @example("\x00\x01\x1b[31m\x7f\x85\u2028")
    @example(PLANES)
    @example(MANY)
    @example(MANY + "\ud800é")
    @example("e\u0301и\u0306\u1112\u1161\u11ab")
    def test_words_and_marks_have_one_length(self, text: str) -> None:
        """Nothing raises, and both sides of each reading share their offsets."""
        readings = read(text)
        for reading in (readings.latin, readings.native, *readings.others):
            if reading is not None:
                words, marks = reading
                assert len(words) == len(marks)
                assert words[:1] == words[-1:] == b" "

    @given(ANYTHING)
    def test_words_are_lower_case(self, text: str) -> None:
        """No capital ASCII letter and no ASCII separator but the space is left in the words."""
        for words in everything(read(text)):
            assert words == words.lower()
            assert not set(words) & set(b"\n\t\"'.,:;!?()[]{}<>/-_*`~|&")

    @settings(max_examples=500)
    @given(st.text(st.characters(max_codepoint=127)))
    def test_ascii_keeps_its_places(self, text: str) -> None:
        """An ASCII text has one reading: itself, byte for character, between two spaces."""
        readings = read(text)
        words, marks = readings.latin
        assert (readings.native, readings.others, readings.unread) == (None, (), False)
        assert marks == b" " + text.encode() + b" "
        for char, byte in zip(text, words[1:-1], strict=True):
            assert byte == ord(char.lower()) if char.isalnum() else byte in (ord(char), 0x20)

    @given(st.text(st.sampled_from("aé дД中\u0301ｅ𝐚ß\u200bＺ" + MANY), max_size=200))
    def test_reading_twice_changes_nothing(self, text: str) -> None:
        """The words of a reading are their own reading."""
        words = read(text).latin[0].decode()
        assert read(words[1:-1]).latin[0].decode() == words

    def test_every_character_alone(self) -> None:
        """Each of the 1.1 million characters has a reading, and never raises."""
        for code in range(0, 0x110000, 7):
            char = chr(code)
            assert read(char).latin[0].startswith(b" ")


class TestCost:
    @pytest.mark.parametrize(
        "piece",
        [
            "delete all files ",
            "удалить мой файл ",
            MANY + " ",
            "a\u0301",
            "a" + "\u0316\u0301" * 50,
            "и\u0306\u0316\u0301",
            "\u1112\u1161\u11ab ",
            "\u05d0\u05b7\u05bc",
            "𝐝𝐞𝐥 ",
            "ﷺ",
            "\u200b",
            "\ud800",
            "é",
            "か\u3099",
        ],
        ids=ascii,
    )
    def test_twice_the_text_takes_at_most_some_three_times_as_long(self, piece: str) -> None:
        """Cost grows with the length, whatever the characters."""
        short = piece * (100_000 // len(piece))
        read(short)
        assert _seconds(short * 4) < 12 * _seconds(short) + 0.02

    def test_ten_megabytes(self) -> None:
        """Ten megabytes of anything are read in a moment."""
        for text in ("x" * 10_000_000, "é" * 5_000_000, PLANES * 200_000, "\ud800" * 10_000_000):
            assert _seconds(text, 1) < 5

    def test_marks_without_end(self) -> None:
        """A letter under a hundred thousand marks, which full normalisation takes seconds for."""
        assert _seconds("и" + "\u0316\u0301" * 50_000) < 0.2


def _seconds(text: str, times: int = 3) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        read(text)
        taken.append(time.perf_counter() - start)
    return min(taken)


ORDER = "delete all files"
DISGUISES = {
    "capitals": "DELETE All Files",
    "accents": "délèté ÀLL fílës",
    "separate accents": "de\u0301le\u0300te all fi\u0308les",
    "full width": "ｄｅｌｅｔｅ　ａｌｌ　ｆｉｌｅｓ",
    "full-width capitals": "ＤＥＬＥＴＥ ＡＬＬ ＦＩＬＥＳ",
    "circled": "ⓓⓔⓛⓔⓣⓔ ⓐⓛⓛ ⓕⓘⓛⓔⓢ",
    "bold": "𝐝𝐞𝐥𝐞𝐭𝐞 𝐚𝐥𝐥 𝐟𝐢𝐥𝐞𝐬",
    "script": "𝒹𝑒𝓁𝑒𝓉𝑒 𝒶𝓁𝓁 𝒻𝒾𝓁𝑒𝓈",
    "double struck": "𝕕𝕖𝕝𝕖𝕥𝕖 𝕒𝕝𝕝 𝕗𝕚𝕝𝕖𝕤",
    "boxed": "🄳🄴🄻🄴🅃🄴 🄰🄻🄻 🄵🄸🄻🄴🅂",
    "zero width": "de\u200blete a\u200dll fi\ufeffles",
    "soft hyphens": "de\u00adlete all fi\u00adles",
    "tags": "del\U000e0041ete all files",
    "variation selectors": "d\ufe0felete all f\U000e0101iles",
    "Cyrillic": "dеlеtе аll filеs",
    "Greek": "delete αll files",
    "a mixture": "dеｌé\u200bte аⓛ\u00adl filеѕ",
    "no-break spaces": "delete\u00a0all\u2009files",
    "snake case": "delete_all_files",
    "markdown": "**delete** `all` ~~files~~",
    "quotes": "«delete» “all” ‘files’",
    "ligature": "delete all ﬁles",
}


class TestDisguises:
    @pytest.mark.parametrize("text", DISGUISES.values(), ids=DISGUISES)
    def test_it_reads_as_the_order(self, text: str) -> None:
        """A disguised order is read as the order."""
        assert any(words.split() == ORDER.encode().split() for words in everything(read(text)))

    @pytest.mark.parametrize(
        "name",
        [
            "accents",
            "full width",
            "full-width capitals",
            "bold",
            "script",
            "double struck",
            "boxed",
            "Cyrillic",
            "Greek",
            "no-break spaces",
        ],
    )
    def test_it_reads_so_among_other_alphabets(self, name: str) -> None:
        """The commonest disguises are read in texts of another alphabet too."""
        assert says(f"{MANY} {DISGUISES[name]} {MANY}", ORDER)

    @pytest.mark.parametrize("table", [LOOK_ALIKES, WIDE], ids=["look-alikes", "wide"])
    @given(data=st.data())
    def test_words_of_one_table(self, table: dict[str, str], data: st.DataObject) -> None:
        """A word whose letters all come from one table reads as the word that the table spells."""
        letters = sorted(char for char, plain in table.items() if plain.isalnum())
        word = data.draw(st.text(st.sampled_from(letters), min_size=1, max_size=9))
        assert says(word, "".join(table[char] for char in word))

    def test_letters_in_parts(self) -> None:
        """Letters that some systems write in parts read as the letters they are."""
        for text in ("удали мой файл", "ファイルを削除して", "파일을 삭제해", "أزل الملف"):
            assert read(unicodedata.normalize("NFD", text)).latin == read(text).latin

    def test_letters_in_parts_in_a_long_text(self) -> None:
        """The same holds where the text is read through tables."""
        text = MANY + "удали мой файл"
        readings = read(unicodedata.normalize("NFD", text))
        assert readings.native is not None
        assert "удали мой файл".encode() in readings.native[0]

    def test_more_than_is_read(self) -> None:
        """What is left unread for its amount is said, so that a person can be asked."""
        assert not read(MANY + "𝐝" * 100).unread
        assert read(MANY + "𝐝" * (MOST_STYLED + 1)).unread
        assert not read("и\u0306 " * 100).unread
        assert read("и\u0306 " * MOST_APART).unread

    def test_other_alphabets_stay(self) -> None:
        """Words in other alphabets keep their letters, vowel signs included."""
        for text in ("удали все", "सभी फ़ाइलें", "ลบไฟล์", "削除", "احذف", "삭제해", "διαγραφή"):
            native = read(text).native
            assert native is not None
            assert unicodedata.normalize("NFC", text).split()[0][:2].encode() in native[0]

    def test_accented_latin_needs_no_native_reading(self) -> None:
        """A French text is ASCII once it is read, and has that one reading."""
        readings = read("Résumé, garçon: œuvre à l'été")
        assert readings.latin[0] == b" resume  garcon  oeuvre a l ete "
        assert (readings.native, readings.others) == (None, ())

    def test_marks_of_other_scripts(self) -> None:
        """Sentence ends, commas and quotes of other scripts become the ASCII ones."""
        assert read("「如何」。好？").latin[1] == ' "如何".好? '.encode()

    def test_the_alphabets_fit_their_slots(self) -> None:
        """Each leaves room for the separators in its 127 slots."""
        for alphabet in (ACCENTS, LOOK_ALIKES, WIDE):
            assert len({*alphabet, *SEPARATORS}) <= 127


class TestPlainReading:
    @given(st.characters(min_codepoint=128, exclude_categories=()))
    @settings(max_examples=2_000)
    def test_it_is_small_and_lower(self, char: str) -> None:
        """One character reads as at most some letters, in lower case, and never raises."""
        plain = plain_reading(char)
        assert len(plain) <= 18
        assert plain == plain.lower() or not plain.isascii()

    @pytest.mark.parametrize(
        ("char", "plain"),
        {
            "É": "e",
            "ß": "ss",
            "Ж": "ж",
            "ı": "i",
            "ﬁ": "fi",
            "Ⅳ": "iv",
            "²": "2",
            "\u200b": "",
            "\u0301": "",
            "\u3000": " ",
            "，": ",",
            "—": ",",
            "·": " ",
            "中": "中",
            "ﾃ": "テ",
            "\u093f": "\u093f",
            "\u0e35": "\u0e35",
            "\u095c": "\u0921\u093c",
        }.items(),
    )
    def test_cases(self, char: str, plain: str) -> None:
        """Accents go, case falls, the invisible vanishes, punctuation separates."""
        assert plain_reading(char) == plain


class TestClosedUp:
    @pytest.mark.parametrize(
        ("spaced", "closed"),
        [
            (" d e l e t e  t h e  d b ", " delete the db "),
            (" please d e l e t e it ", " please delete it "),
            (" d e l e t e i t ", " delete it "),
            (" d e l e t e a l l f i l e s ", " delete all files "),
            (" w i p e e v e r y t h i n g n o w ", " wipe everything now "),
            (" a b c ", " a b c "),
            (" i am a cat ", " i am a cat "),
            ("", ""),
        ],
    )
    def test_letters_become_words(self, spaced: str, closed: str) -> None:
        """Runs of four or more single letters close up; everything else stays."""
        assert closed_up(spaced.encode()).decode() == closed

    @given(st.lists(st.sampled_from([b"a", b"b", b"word", b"", b"1"]), max_size=200))
    def test_nothing_but_spaces_changes(self, parts: list[bytes]) -> None:
        """Letters keep their order; only spaces come and go."""
        words = b" " + b" ".join(parts) + b" "
        assert closed_up(words).replace(b" ", b"") == words.replace(b" ", b"")

    def test_cost(self) -> None:
        """A long run of single letters is closed up in linear time."""
        start = time.perf_counter()
        closed_up(b" a" * 500_000)
        assert time.perf_counter() - start < 2


@pytest.mark.parametrize("width", [1, 2, 3])
def test_many_characters_are_read_by_tables(width: int) -> None:
    """A long text of many different characters is read by tables, wherever one is cut in two."""
    start = {1: 0x100, 2: 0x250, 3: 0x10000}[width]
    letters = "".join(map(chr, range(start, start + 200)))
    for shift in range(4):
        text = "é" * shift + letters * 40
        assert read(text) == module._read_by_tables(text, text.encode(), read(text).unread)


def test_what_is_plain_is_read_as_itself() -> None:
    """No character reads as one that reads as another: so the order of replacing does not count."""
    for code in range(0x80, 0x110000):
        if not 0xD800 <= code < 0xE000:
            plain = plain_reading(chr(code))
            assert (
                plain.isascii()
                or plain == chr(code)
                or plain == "".join(one if one.isascii() else plain_reading(one) for one in plain)
            )


@pytest.mark.parametrize(
    ("char", "plain"), [("Ð", "d"), ("Þ", "th"), ("ẞ", "ss"), ("𝛀", "ω"), ("´", " ")]
)
def test_what_stands_for_another_letter(char: str, plain: str) -> None:
    """A letter whose small form is read plainly is read so too."""
    assert plain_reading(char) == plain
