"""Weights: files read strictly, features named as the automaton finds them, integers alone."""

from __future__ import annotations

import json
import os
import time
from functools import cache
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.errors import RouterConfigError
from model_router.lanes import unpack
from model_router.signals.lexicon import LONG, Lexicon, window
from model_router.signals.rows import packaged
from model_router.text.reading import read
from model_router.weights import (
    COLUMNS,
    FORMAT,
    HEADS,
    LARGEST,
    LONGEST,
    MOST_CHARACTERS,
    MOST_FEATURES,
    START,
    Weights,
    features_of,
    literal,
    load_weights,
    packaged_path,
    parse_weights,
    spelled,
    unspelled,
)
from tests.support import texts
from tests.support.weights import content, lanes, row, written

SOME = settings(max_examples=300, deadline=None)
ROWS = st.lists(st.integers(-LARGEST - 1, LARGEST), min_size=8, max_size=8)


def refused(data: Any) -> str:
    """What is said about data that is no weights file, with where and what to do."""
    with pytest.raises(RouterConfigError) as caught:
        parse_weights(data, path="mine.json")
    (problem,) = caught.value.problems
    assert problem.hint
    assert problem.path.startswith("mine.json: ")
    assert str(problem) in str(caught.value)
    return str(problem)


def problems_of(data: Any, share: int) -> int:
    """How many problems reading the data gives; anything but RouterConfigError goes through."""
    try:
        parse_weights(data, share)
    except RouterConfigError as error:
        return len(error.problems)
    return 0


class TestForm:
    @pytest.mark.parametrize("data", [None, 3, "x", [], {}, {"format": "model-router weights 2"}])
    def test_another_format_is_refused(self, data: Any) -> None:
        """What does not say that it is this format, in this version, is not read any further."""
        assert f"mine.json: format: must be {FORMAT!r}" in refused(data)

    @pytest.mark.parametrize("columns", [None, [], list(COLUMNS)[::-1], [*COLUMNS, "more"]])
    def test_other_columns_are_refused(self, columns: Any) -> None:
        """Numbers that stand for something else are never taken for ours."""
        assert "mine.json: columns: must be ['simple'" in refused({**content(), "columns": columns})

    @pytest.mark.parametrize("key", ["words", "lengths", "caution"])
    @pytest.mark.parametrize("table", [None, [], "x", 3])
    def test_tables_are_mappings(self, key: str, table: Any) -> None:
        """A table that is missing or of another type is named."""
        assert f"mine.json: {key}: must be a mapping" in refused({**content(), key: table})

    @pytest.mark.parametrize("key", ["words", "lengths"])
    @pytest.mark.parametrize(
        "numbers",
        [
            None,
            True,
            1.5,
            "1",
            LARGEST + 1,
            -LARGEST - 2,
            10**400,
            {},
            [],
            [0],
            [0] * 7,
            [0] * 9,
            [0] * 7 + [0.5],
            [0.0] * 8,
            [True] * 8,
            [0] * 7 + [None],
            [0] * 7 + ["1"],
            [0] * 7 + [LARGEST + 1],
            [-LARGEST - 2] + [0] * 7,
            [float("nan")] * 8,
            [10**400] + [0] * 7,
        ],
    )
    @pytest.mark.parametrize("beside", [{}, {"1": [1] * 8}, {"1": 2}])
    def test_rows_are_eight_whole_numbers(self, key: str, beside: Any, numbers: Any) -> None:
        """Fractions, truth values, NaN and numbers too large for a lane are refused by name."""
        said = refused({**content(), key: {**beside, "40": numbers}})
        assert f"mine.json: {key}.40: must be 8 whole numbers up to {LARGEST}, one, or" in said

    @pytest.mark.parametrize("share", [100, 50, 200, 0])
    @pytest.mark.parametrize("key", ["words", "lengths"])
    @SOME
    @given(table=st.lists(ROWS, max_size=12))
    def test_the_forms_of_a_row_are_one(self, key: str, share: int, table: list[list[int]]) -> None:
        """Numbers, the number of complexity alone and digits weigh the same, in any mixture."""
        whole = content(**{key: {str(n): numbers for n, numbers in enumerate(table)}})
        mixed = {**whole, key: {**whole[key]}}
        for name, numbers in list(mixed[key].items())[::2]:
            mixed[key][name] = spelled(numbers)
            assert unspelled(spelled(numbers)) == unspelled(numbers) == numbers
        one, other = parse_weights(whole, share), parse_weights(mixed, share)
        assert (one.words, one.prior, one.lengths) == (other.words, other.prior, other.lengths)

    def test_only_complexity_is_one_number(self) -> None:
        """Where a route has a weight the row stays whole; nothing at all is 0."""
        assert spelled(row(complexity=-5)) == -5
        assert spelled(row()) == 0
        for name in HEADS:
            assert spelled(row(**{name: -2}, complexity=5)) == "".join(
                {"complexity": "0005", name: "fffe"}.get(column, "0000") for column in COLUMNS
            )

    @pytest.mark.parametrize(
        "digits",
        [
            "",
            "0" * 28,
            "0" * 30,
            "0" * 31,
            "0" * 33,
            "0" * 36,
            "0" * 64,
            "0" * 31 + "g",
            "0" * 30 + "  ",
            "00 " * 10 + "00",
            "-" + "0" * 31,
            "0x" + "0" * 30,
            "0" * 31 + "٣",
            "\0" * 32,
        ],
    )
    @pytest.mark.parametrize("beside", [{}, {"1": "0" * 32}, {"1": "0" * 36}])
    @pytest.mark.parametrize("share", [100, 50])
    def test_digits_of_another_form_are_refused(self, digits: str, beside: Any, share: int) -> None:
        """Too few or too many digits, blanks and signs, also where rows make up for it."""
        words = {**beside, "40": digits}
        with pytest.raises(RouterConfigError, match=r"must be 8 whole .* or 32 hex"):
            parse_weights({**content(), "words": words}, share)

    @pytest.mark.parametrize("value", [None, 1.0, True, "1", [1], LARGEST + 1, float("nan")])
    def test_caution_is_whole_numbers(self, value: Any) -> None:
        """One wrong value of caution spoils the table."""
        data = {**content(), "caution": {"asked:": value, "a": 1}}
        assert f"caution: must hold whole numbers up to {LARGEST}" in refused(data)

    @pytest.mark.parametrize(
        "word",
        [
            "",
            " ",
            " a",
            "a ",
            "a  b",
            "a\tb",
            "a\nb",
            "a\0b",
            "Word",
            "don't",
            "end.",
            "a" * (LONGEST + 1),
            "\ud800",
            "\0" + "40",
        ],
    )
    def test_words_are_those_of_a_reading(self, word: str) -> None:
        """What can never be found in a reading is a mistake, not a weight without effect."""
        said = refused(content({word: row(simple=1)}))
        assert "must be one or more words of a reading" in said

    @pytest.mark.parametrize(
        "word", ["a", "a b", "c++", "$5", "x^2", "дом", "你好 世界", "a\u3000b"]
    )
    def test_words_that_a_reading_can_hold(self, word: str) -> None:
        """Symbols that carry meaning, other scripts and pairs are words."""
        assert literal(word) in parse_weights(content({word: row(simple=1)})).words

    @pytest.mark.parametrize(
        "step", ["", "x", "-1", "1.5", "٣", "²", "007", "00", "9" * 10, "9" * 5_000]
    )
    def test_steps_of_length_are_numbers(self, step: str) -> None:
        """A step is a plain number of characters that a text can have."""
        said = refused(content(lengths={step: row(simple=1)}))
        assert "lengths: steps are numbers of characters" in said

    def test_the_number_of_words_is_bounded(self) -> None:
        """A file of more words than anybody needs is refused with the bound."""
        words = {f"w{n}": row() for n in range(MOST_FEATURES + 1)}
        assert "words: more than 20,000" in refused(content(words))
        del words["w0"]
        assert len(parse_weights(content(words)).words) == MOST_FEATURES

    def test_long_names_are_cut_in_messages(self) -> None:
        """A message never repeats a file's content at length."""
        assert len(refused(content({"a" * 10_000: row()}))) < 250
        assert len(refused({**content(), "words": {"a" * 10_000: "3"}})) < 250

    def test_a_file_without_anything_weighs_nothing(self) -> None:
        """Three empty tables are a valid file."""
        found = parse_weights(content())
        assert (found.words, found.lengths, found.caution) == ({}, (), {})
        assert found.of_length(500) == 0
        assert found.cautious(frozenset({"asked:"})) < 0

    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=9)
            | st.lists(st.integers(-9, 9), min_size=8, max_size=8)
            | st.dictionaries(st.text(max_size=8), inner, max_size=4)
        ),
        max_leaves=12,
    )
    tables = values | st.dictionaries(
        st.text(max_size=8),
        ROWS | st.integers(-40_000, 40_000) | ROWS.map(spelled) | st.text("0f ", max_size=33),
    )

    @SOME
    @given(
        values
        | st.fixed_dictionaries(
            {
                "format": st.just(FORMAT) | values,
                "columns": st.just(list(COLUMNS)) | values,
                "words": tables,
                "lengths": tables,
                "caution": values | st.dictionaries(st.text(max_size=8), st.integers(-9, 9)),
            }
        ),
        st.integers(0, 200),
    )
    def test_any_json_gives_weights_or_one_error(self, data: Any, share: int) -> None:
        """Whatever a file holds: weights, or one RouterConfigError with one problem."""
        assert problems_of(data, share) in (0, 1)


class TestFiles:
    def test_the_same_file_gives_the_same_object(self, tmp_path: Path) -> None:
        """Routers of one file share what is compiled for it."""
        path = written(tmp_path, content({"a": row(simple=1)}))
        assert load_weights(path) is load_weights(path)
        assert load_weights(path, 50) is not load_weights(path)

    def test_a_changed_file_gives_new_weights(self, tmp_path: Path) -> None:
        """A file is read again for every router, also when nothing but a digit changed."""
        path = written(tmp_path, content({"a": row(simple=1)}))
        before = load_weights(path)
        status = os.stat(path)
        written(tmp_path, content({"a": row(simple=2)}))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert load_weights(path).words != before.words

    def test_a_byte_order_mark_is_passed_over(self, tmp_path: Path) -> None:
        """A file saved with a mark is read as the catalog's check reads it."""
        path = tmp_path / "weights.json"
        path.write_text(json.dumps(content({"a": row(simple=1)})), encoding="utf-8-sig")
        assert len(load_weights(str(path)).words) == 1

    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    @pytest.mark.parametrize("more", [0, 1])
    def test_the_largest_file(self, tmp_path: Path, mark: str, more: int) -> None:
        """The bound counts characters; a byte order mark is none of them."""
        text = json.dumps(content())
        path = tmp_path / "weights.json"
        path.write_text(mark + text.ljust(MOST_CHARACTERS + more), encoding="utf-8")
        if not more:
            assert load_weights(str(path)).words == {}
            return
        with pytest.raises(RouterConfigError, match="larger than 4,000,000 characters"):
            load_weights(str(path))

    @pytest.mark.parametrize(
        ("made", "said"),
        [
            (lambda path: None, "cannot be read: FileNotFoundError"),
            (lambda path: path.mkdir(), "is not a file"),
            (os.mkfifo, "is not a file"),
            (lambda path: path.write_bytes(b"\xff\xfe\0\1"), "cannot be read: UnicodeDecodeError"),
            (lambda path: path.write_text("{"), "is not JSON: JSONDecodeError"),
            (lambda path: path.write_text("[" * 100_000), "is not JSON: RecursionError"),
            (lambda path: path.write_text("9" * 10_000), "is not JSON: ValueError"),
            (
                lambda path: path.write_text(" " * (MOST_CHARACTERS + 1)),
                "larger than 4,000,000 characters",
            ),
        ],
    )
    def test_what_cannot_be_read(self, tmp_path: Path, made: Any, said: str) -> None:
        """A missing, binary, endless or too large file is an error that names it; none hangs."""
        path = tmp_path / "weights.json"
        made(path)
        with pytest.raises(RouterConfigError) as caught:
            load_weights(str(path))
        (problem,) = caught.value.problems
        assert problem.path == str(path)
        assert said in problem.message
        assert "train_weights.py" in str(problem.hint)

    def test_a_name_that_no_system_has(self) -> None:
        """A zero byte in a name is an error like any other."""
        with pytest.raises(RouterConfigError, match="cannot be read: ValueError"):
            load_weights("a\0b")


class TestSums:
    def test_length_counts_by_steps(self) -> None:
        """Each step counts from its own number of characters on, whatever their order."""
        steps = {"100": row(coding=3), "1": row(simple=-5), "40": row(coding=2, complexity=9)}
        found = parse_weights(content(lengths=steps))
        assert found.of_length(0) == 0
        assert found.of_length(1) == found.of_length(39) == lanes(simple=-5)
        assert found.of_length(40) == lanes(simple=-5, coding=2, complexity=9)
        assert found.of_length(100) == lanes(simple=-5, coding=5, complexity=9)

    def test_the_prior_needs_a_word(self) -> None:
        """The step 0 is no length: it counts in a text in which some word weighs."""
        data = content({"a": row(coding=3), "дом": row(vision=1)}, {"0": row(simple=-5)})
        found = parse_weights(data)
        assert (found.prior, found.of_length(0), found.of_length(900)) == (lanes(simple=-5), 0, 0)
        lexicon = Lexicon((), found)
        for text, wanted in (
            ("", 0),
            ("b c", 0),
            ("b a c", lanes(simple=-5, coding=3)),
            ("мой дом", lanes(simple=-5, vision=1)),
            ("a дом", lanes(simple=-5, coding=3, vision=1)),
        ):
            assert lexicon.scan(text)[1] == wanted

    def test_caution_is_a_sum(self) -> None:
        """What has no weight counts for nothing, and a text starts where the file says."""
        found = parse_weights(content(caution={START: -10, "asked:": -5, "please": 16}))
        assert found.cautious(frozenset()) == -10
        assert found.cautious(frozenset({"please", "unknown"})) == 6
        assert found.cautious(frozenset({"please", "asked:"})) == 1

    @pytest.mark.parametrize(
        ("share", "wanted"),
        [
            (0, [0, 0, 0, 0, 0, 0, 0, 0]),
            (50, [1, -1, 1, -1, 2, -2, 2_000, -2_000]),
            (100, [1, -1, 2, -2, 3, -3, 4_000, -4_000]),
            (200, [2, -2, 4, -4, 6, -6, 8_000, -8_000]),
        ],
    )
    def test_share(self, share: int, wanted: list[int]) -> None:
        """A share is a percentage of every number, halves away from zero."""
        numbers = [1, -1, 2, -2, 3, -3, 4_000, -4_000]
        caution = {f"f{i}": n for i, n in enumerate(numbers)} | {"none": 0}
        data = content({"a": numbers}, {"0": numbers, "1": numbers}, caution)
        found = parse_weights(data, share)
        assert unpack(found.words[b" a "])[:8] == wanted if share else found.words[b" a "] == 0
        assert found.of_length(1) == found.prior == found.words[b" a "]
        assert list(found.caution.values()) == [*wanted, 0]

    def test_no_sum_leaves_its_lane(self) -> None:
        """The heaviest file there may be, doubled, leaves every lane what it is."""
        words = [f"w{n}" for n in range(200)]
        heavy = [LARGEST, -LARGEST] * 4
        data = content(dict.fromkeys(words, heavy), {str(n): heavy for n in range(400)})
        lexicon = Lexicon((), parse_weights(data, 200))
        _, weight, _, _ = lexicon.scan(" ".join(words)[:LONG])
        found = unpack(weight)
        assert found[0] == -found[1] == found[2] > 200 * LARGEST
        assert found[8:] == [0]


# ------------------------------------------------------------------ features and the automaton

ALPHABETS = (
    "ab ",
    "abcABC12 .,'+#-\n\t",
    "aéßøıİŁñ ",
    "абвАБВ xyz",
    "你好世界の、。 a\u3000",
    "ａｂ１ １ＡＢ ",
    "\ud800\udfffa b",
    "\u200bα\u0301é ",
    "".join(map(chr, range(0x370, 0x400))) + "  a",
    "".join(map(chr, range(0x4E00, 0x4E80))) + "   ab\u3000",
)
"""Few letters, so that words and pairs come again; the last two have more than are read singly."""


def written_text(seed: int) -> str:
    """A text over one alphabet or two, short or around the length where windows begin."""
    random = Random(seed)
    letters = "".join(random.sample(ALPHABETS, random.choice((1, 1, 2)))) + " "
    size = random.choice((0, 1, 3, 20, 60, 200, LONG - 1, LONG, LONG + 1, 3_000))
    return "".join(random.choices(letters, k=size))


any_text = texts.seeds.map(written_text) | texts.texts | st.text(max_size=60)


def numbered(features: list[str]) -> dict[str, list[int]]:
    """A different row for each feature."""
    return {
        f: row(simple=n % 3_000 + 1, coding=-(n % 999), complexity=7 * n % 31)
        for n, f in enumerate(features)
    }


def sum_of(weights: Weights, text: str) -> int:
    """What the features of a text weigh, each once, with the prior if any does; and its length."""
    found = features_of(read(window(text)))
    words = sum(weights.words.get(literal(feature), 0) for feature in found)
    return words + (weights.prior if words else 0) + weights.of_length(len(text))


class TestFeatures:
    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("", set()),
            ("Hello", {"hello"}),
            ("Fix it!", {"fix", "it", "fix it"}),
            ("fix, it", {"fix", "it"}),
            ("a a a", {"a", "a a"}),
            ("C++ & C#", {"c++", "c#"}),
            ("Café résumé", {"cafe", "resume", "cafe resume"}),
            ("Дом там", {"дом", "там", "дом там"}),
            ("run 你好 now", {"run", "你好", "now", "run 你好", "你好 now"}),
            ("\ud800 a", {"a"}),
        ],
    )
    def test_words_and_pairs(self, text: str, wanted: set[str]) -> None:
        """Lower-case words, and two of them where one space parts them."""
        assert features_of(read(text)) == wanted

    def test_native_words_come_from_the_native_reading(self) -> None:
        """What look-alike letters would say is safety's affair and weighs nothing."""
        assert "pay" not in features_of(read("рау"))

    @SOME
    @given(any_text, st.integers(0, 2**32))
    def test_they_are_what_the_automaton_finds(self, text: str, seed: int) -> None:
        """The rows of a text's features add up to the weight that the scan gives, each once."""
        present = sorted(features_of(read(window(text))))
        known = [f for f in present if len(f) <= LONGEST]
        chosen = Random(seed).sample(known, min(len(known), 40))
        absent = ["zq", "zq a", "a zq", "日本 zq"]
        lengths = {"0": row(balanced=3), "100": row(image_generation=5), "801": row(vision=7)}
        weights = parse_weights(content(numbered([*chosen, *absent]), lengths))
        _, weight, _, _ = Lexicon((), weights).scan(text)
        assert weight == sum_of(weights, text)

    @SOME
    @given(any_text)
    def test_they_are_found_beside_signals_too(self, text: str) -> None:
        """Signals that look for the same words neither hide nor double a weight."""
        weights, lexicon = beside_signals()
        _, weight, _, _ = lexicon.scan(text)
        assert weight == sum_of(weights, text)

    @SOME
    @given(any_text)
    def test_every_feature_can_stand_in_a_file(self, text: str) -> None:
        """What training sees in a text is never refused when it is read back."""
        short = [f for f in features_of(read(text)) if len(f) <= LONGEST]
        assert len(parse_weights(content(numbered(short))).words) == len(short)

    def test_a_repeated_word_counts_once(self) -> None:
        """However often a word stands in a text, it weighs the same."""
        lexicon = Lexicon((), parse_weights(content({"a": row(simple=5), "дом": row(coding=2)})))
        assert lexicon.scan("a")[1] == lexicon.scan("a " * 300)[1] == lexicon.scan("á a A")[1]
        assert lexicon.scan("дом")[1] == lexicon.scan("дом Дом дом")[1] == lanes(coding=2)

    def test_only_the_ends_of_a_long_text_weigh(self) -> None:
        """The middle of a long text has no say in its intent."""
        lexicon = Lexicon((), parse_weights(content({"zq": row(simple=5)})))
        filler = texts.prose(2_000)
        assert lexicon.scan(f"zq {filler}")[1] == lexicon.scan(f"{filler} zq")[1] == lanes(simple=5)
        assert lexicon.scan(f"{filler} zq {filler}")[1] == 0

    def test_a_shared_word_of_two_pairs(self) -> None:
        """Pairs that overlap are both found."""
        pairs = {"a b": row(simple=1), "b c": row(coding=1), "a": row(vision=1)}
        lexicon = Lexicon((), parse_weights(content(pairs)))
        assert lexicon.scan("a b c")[1] == lanes(simple=1, coding=1, vision=1)


@cache
def beside_signals() -> tuple[Weights, Lexicon]:
    """Weights on words that signals look for, and the packaged signals with them."""
    random = Random(7)
    found = {f for text in texts.signal_words() for f in features_of(read(text))}
    weights = parse_weights(content(numbered(random.sample(sorted(found), 800))))
    return weights, Lexicon(packaged()[0], weights)


# ------------------------------------------------------------------ the packaged file


class TestPackaged:
    def test_it_is_small(self) -> None:
        """At most 300,000 bytes."""
        assert os.path.getsize(packaged_path()) <= 300_000

    def test_it_loads_fast_enough(self) -> None:
        """A guard with wide room, the median of several: reading and checking it anew."""
        data = Path(packaged_path()).read_text(encoding="utf-8")
        times = []
        for _ in range(7):
            began = time.perf_counter()
            parse_weights(json.loads(data))
            times.append(time.perf_counter() - began)
        assert median(times) < 0.1

    def test_every_word_is_one_of_a_reading(self) -> None:
        """Each feature is found in a text that consists of it."""
        data = json.loads(Path(packaged_path()).read_text(encoding="utf-8"))
        assert len(data["words"]) > 1_000
        for word in data["words"]:
            assert word == word.lower()
            assert word in features_of(read(word))

    def test_it_holds_integers_only(self) -> None:
        """No number of the file is a fraction, and no row is without effect."""

        def number(text: str) -> float:
            raise AssertionError(f"{text} is a fraction")

        text = Path(packaged_path()).read_text(encoding="utf-8")
        data = json.loads(text, parse_float=number, parse_constant=number)
        for numbers in (*data["words"].values(), *data["lengths"].values()):
            assert any(unspelled(numbers))
        assert START in data["caution"]

    def test_labels_of_caution_are_no_words(self) -> None:
        """A feature of caution is a word or pair of a reading, or has a label and a colon."""
        data = json.loads(Path(packaged_path()).read_text(encoding="utf-8"))
        for name in data["caution"]:
            assert ":" in name or name in features_of(read(name))

    def test_it_speaks_for_every_route(self) -> None:
        """No column is empty."""
        data = json.loads(Path(packaged_path()).read_text(encoding="utf-8"))
        for column in zip(*map(unspelled, data["words"].values()), strict=True):
            assert any(column)
