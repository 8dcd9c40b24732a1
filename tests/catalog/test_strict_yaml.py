"""YAML is read strictly, quickly, and never further than is safe."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_router.catalog import load_catalog, parse_catalog
from model_router.catalog.report import Report
from model_router.catalog.strict_yaml import MAX_DEPTH, parse
from model_router.errors import Problem, RouterConfigError

Problems = Callable[[str], dict[str, Problem]]


def read(text: str) -> Any:
    """The plain value of a text that has no problems."""
    report = Report("test")
    value = parse(text, report)
    assert report.problems == []
    return value


class TestValues:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("a: text", {"a": "text"}),
            ("a: 'quoted: text'", {"a": "quoted: text"}),
            ("a: 12\nb: -3\nc: 0x10\nd: 1_000", {"a": 12, "b": -3, "c": 16, "d": 1000}),
            ("a: 1.5\nb: 2.0e+3", {"a": 1.5, "b": 2000.0}),
            ("a: yes\nb: off\nc: True", {"a": True, "b": False, "c": True}),
            ("a: null\nb: ~\nc:", {"a": None, "b": None, "c": None}),
            ("a: 2026-11-20", {"a": "2026-11-20"}),
            ("a: [1, {b: c}]", {"a": [1, {"b": "c"}]}),
            ("- a\n- b", ["a", "b"]),
            ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
            ("--- # one document\na: 1\n...", {"a": 1}),
            ("", None),
            ("# only a comment", None),
            ("a: !!str 12", {"a": "12"}),
        ],
    )
    def test_plain_values(self, text: str, value: Any) -> None:
        """Text, numbers, booleans, null, lists and mappings come out as Python has them."""
        assert read(text) == value

    def test_aliases_and_merge_keys(self) -> None:
        """Anchors and merge keys work, and a key given directly wins over a merged one."""
        text = "base: &b {x: 1, y: 2}\nrow:\n  <<: *b\n  y: 3\nsame: *b\n"
        assert read(text)["row"] == {"x": 1, "y": 3}
        assert read(text)["same"] == {"x": 1, "y": 2}

    def test_a_list_of_merges(self) -> None:
        """Of several merged mappings the first that has a key gives it."""
        text = "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n"
        assert read(text)["c"] == {"x": 1, "y": 2}

    def test_a_quoted_merge_key_is_a_plain_key(self) -> None:
        """Only a bare << merges."""
        assert read('a: {"<<": 1}') == {"a": {"<<": 1}}

    def test_aliased_values_are_not_shared(self) -> None:
        """Changing one place of an aliased mapping leaves the other as it was."""
        value = read("a: &x {k: [1]}\nb: *x\n")
        value["a"]["k"].append(2)
        assert value["b"] == {"k": [1]}

    def test_every_value_has_its_line(self) -> None:
        """Lines are those of the keys, and of the entries in lists."""
        report = Report("test")
        parse("a: 1\nb:\n  - x\n  - {c: d}\n", report)
        assert report.lines[("a",)] == 1
        assert report.lines[("b", 0)] == 3
        assert report.lines[("b", 1, "c")] == 4


class TestRefusals:
    def test_a_duplicate_key_names_both_lines(self, problems: Problems, small: str) -> None:
        """A key given twice is a problem, wherever it stands, with both lines."""
        found = problems(small.replace("    model: qwen3:4b\n", "    model: a\n    model: b\n"))
        problem = found["engines.small.model"]
        assert problem.message == "is given twice, on lines 4 and 5"
        assert problem.line == 5

    def test_a_duplicate_section_is_a_problem(self, problems: Problems, small: str) -> None:
        """A second safety section can't quietly replace the first."""
        found = problems(small + "safety: {coding_actions: all}\nsafety: {coding_actions: none}\n")
        assert "lines 10 and 11" in found["safety"].message

    @pytest.mark.parametrize("key", ["3", "true", "null", "[a]", "{a: b}", "1.5"])
    def test_a_key_that_is_not_text(self, problems: Problems, small: str, key: str) -> None:
        """Keys are text; what YAML reads otherwise needs quotes."""
        found = problems(f"{small}  ? {key}\n  : {{provider: human}}\n")
        assert "not text" in found["engines"].message
        assert found["engines"].hint == "put the key in quotes"

    @pytest.mark.parametrize(
        "value", ["!!python/object:os.system x", "!mine x", "!!set {a}", "!!int abc", "!x [1]"]
    )
    def test_tags_are_refused(self, problems: Problems, small: str, value: str) -> None:
        """No tag makes anything but plain values, and none is run."""
        assert "version" in problems(f"version: {value}\n{small}")

    def test_a_number_too_long_to_be_one(self, problems: Problems, small: str) -> None:
        """Thousands of digits are refused before anybody converts them."""
        assert "version" in problems(f"version: {'9' * 5000}\n{small}")

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("a: [1", "not valid YAML"),
            ("a:\n\t- b", "tabs"),
            ("a: b: c", "not valid YAML"),
            ("a: *nobody", "nothing defined before"),
            ("&a [*a]", "nothing defined before"),
            ("a: 1\n---\nb: 2", "more than one"),
            ("a: \x07", "control characters"),
            ("a: \ud800", "UTF-8"),
            ("", "is empty"),
            ("- engines", "is a list"),
            ("engines", "single value"),
            ("a: {<<: 3}", "merges something"),
            ("[" * 100_000, "nests deeper"),
            ("{a: " * 100_000, "nests deeper"),
        ],
    )
    def test_each_is_one_clear_error(self, text: str, words: str) -> None:
        """A text that can't be a catalog says why, as RouterConfigError and nothing else."""
        with pytest.raises(RouterConfigError, match="problem") as caught:
            parse_catalog(text, "mine.yaml")
        assert words in str(caught.value)
        assert str(caught.value).startswith("mine.yaml: ")
        assert all(problem.path for problem in caught.value.problems)

    def test_the_line_of_a_syntax_error(self, problems: Problems) -> None:
        """A syntax error carries the line where reading stopped."""
        assert problems("a: 1\nb: [2\nc: 3\n")["(top level)"].line == 3


class TestBombs:
    LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
    )
    MERGES = (
        "a0: &a0 {"
        + ", ".join(f"k{n}: 1" for n in range(100))
        + "}\n"
        + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 50)}]}}\n" for n in range(1, 30))
    )
    DEEP = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [[[*a{n - 1}]]]\n" for n in range(1, 200))

    @pytest.mark.parametrize("text", [LAUGHS, MERGES, DEEP], ids=["laughs", "merges", "deep"])
    def test_expansion_is_refused_at_once(self, text: str) -> None:
        """An alias bomb costs under 100 ms and under 8 MB, because nothing is expanded."""
        with pytest.raises(RouterConfigError):
            parse_catalog("a: [")  # imports are not what is measured
        tracemalloc.start()
        began = time.process_time()
        with pytest.raises(RouterConfigError, match=r"expands|nest"):
            parse_catalog(text)
        took = time.process_time() - began
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert took < 0.1
        assert peak < 8_000_000

    def test_depth_counts_through_aliases(self) -> None:
        """A depth that is allowed once is not allowed again inside itself."""
        half = MAX_DEPTH // 2 + 2
        text = f"a: &a {'[' * half}x{']' * half}\nb: {'[' * half}*a{']' * half}\n"
        with pytest.raises(RouterConfigError, match="nest"):
            parse_catalog(text)

    def test_too_many_values(self) -> None:
        """A long file of small values is refused too."""
        with pytest.raises(RouterConfigError, match="expands to more than"):
            parse_catalog("a: [" + "1," * 30_000 + "]")


class TestFiles:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"\x7fELF\x00\x01\x02", "binary"),
            ("engines: {}".encode("utf-16"), "UTF-16"),
            (b"engines:\n  a: \xff\xfe\n", "not UTF-8"),
            (b"", "is empty"),
            (b"x" * 1_000_001, "larger than"),
            (b"- a\n- b\n", "is a list"),
        ],
    )
    def test_files_that_are_no_catalog(self, tmp_path: Path, content: bytes, words: str) -> None:
        """Each is one error that names the file, and the file stays as it was."""
        path = tmp_path / "model_router.yaml"
        path.write_bytes(content)
        with pytest.raises(RouterConfigError) as caught:
            load_catalog(path)
        assert words in str(caught.value)
        assert caught.value.source == str(path)
        assert len(caught.value.problems) == 1
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path]

    def test_a_directory(self, tmp_path: Path) -> None:
        """A directory is not a file."""
        with pytest.raises(RouterConfigError, match="is not a file"):
            load_catalog(tmp_path)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        """A missing file says where it was looked for."""
        with pytest.raises(RouterConfigError, match=r"gone\.yaml.*\n.*does not exist"):
            load_catalog(tmp_path / "gone.yaml")

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        """A named pipe is refused without being opened, so nothing hangs."""
        import os

        path = tmp_path / "pipe"
        os.mkfifo(path)
        with pytest.raises(RouterConfigError, match="is not a file"):
            load_catalog(path)

    def test_an_unreadable_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file without read rights is one error that says so."""
        path = tmp_path / "secret.yaml"
        path.write_text("engines: {}")

        def refuse(*args: object, **kwargs: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("builtins.open", refuse)
        with pytest.raises(RouterConfigError, match="cannot be read: Permission denied"):
            load_catalog(path)

    def test_a_path_with_a_nul(self) -> None:
        """A path that the system can't take is refused like any other."""
        with pytest.raises(RouterConfigError, match="cannot be read"):
            load_catalog("a\0b")

    def test_a_byte_order_mark_is_fine(self, tmp_path: Path, small: str) -> None:
        """Editors on Windows put a mark first; it is not part of the first key."""
        path = tmp_path / "model_router.yaml"
        path.write_bytes(b"\xef\xbb\xbf" + small.replace("\n", "\r\n").encode())
        assert set(load_catalog(path).engines) == {"small", "large", "human_confirm"}
