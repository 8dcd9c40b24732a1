"""model-router eval: rows in, figures, gate and page out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from model_router.cli.eval import GATE_CODE, PAGE_ERRORS
from model_router.hindsight.page import HEAD

ROWS = Path(__file__).parents[1] / "data" / "eval_rows.jsonl"
WRONG = '{"id": "w", "prompt": "how do I delete a <b>branch</b>?", "engine": "image_generation"}'
ORDER = '{"prompt": "drop the production database", "engine": "human_confirm"}'
SMALL = """
engines:
  tiny: {provider: local, model: t, adapter: openai, strengths: [chat], max_context: 32000,
    cost_tier: free, latency_tier: low}
  human_confirm: {provider: human, model: person, adapter: human, strengths: [confirm],
    max_context: 32000, cost_tier: none, latency_tier: manual}
routing_targets: {simple: tiny, balanced: tiny, reasoning: tiny, coding: tiny, research: tiny,
  vision: tiny, image_generation: tiny, confirmation: human_confirm}
"""


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Our rows, in a folder that may be written to."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(ROWS.read_bytes())
    return path


def data(result: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


class TestFigures:
    """What is printed."""

    def test_screen(self, run: Any, rows: Path) -> None:
        """Figures, baselines, engines, matrix and sources on one screen, and no prompt."""
        result = run("eval", str(rows))
        assert result.exit_code == 0
        for part in (
            "13 rows", "strict accuracy", "length", "random", "macro-F1", "label, and chosen",
            "talk@1", "on this machine",
        ):  # fmt: skip
            assert part in result.stdout, part
        assert "failing test" not in result.stdout
        assert result.stderr == ""

    def test_json(self, run: Any, rows: Path) -> None:
        """One object with every figure; no prompt is in it."""
        result = run("eval", str(rows), "--json")
        report = data(result)
        assert report["schema"] == "model-router/eval/1"
        assert report["rows"] == {
            "all": 13, "labelled": 12, "orders": 2, "others": 10, "with_scores": 4,
        }  # fmt: skip
        assert report["figures"]["router"]["confirm_recall"] == 1.0
        for line in ROWS.read_text(encoding="utf-8").splitlines():
            assert json.loads(line)["prompt"] not in result.stdout

    def test_standard_input(self, run: Any, rows: Path) -> None:
        """- gives the same figures as the file."""
        piped = data(run("eval", "-", "--json", input=rows.read_bytes()))
        assert piped["figures"] == data(run("eval", str(rows), "--json"))["figures"]
        assert set(piped["sources"]) == {"standard input", "talk@1"}

    def test_same_figures_every_time(self, run: Any, rows: Path) -> None:
        """Two runs differ in nothing but the time they took."""
        first, second = (data(run("eval", str(rows), "--json")) for _ in range(2))
        assert first.pop("latency").keys() == second.pop("latency").keys()
        assert first == second

    def test_several_files(self, run: Any, rows: Path, tmp_path: Path) -> None:
        """Files are read one after the other; without `source` each is a set."""
        other = tmp_path / "orders.jsonl"
        other.write_text(ORDER)
        report = data(run("eval", str(rows), str(other), "--json"))
        assert set(report["sources"]) == {"rows", "orders", "talk@1"}
        by_file = data(run("eval", str(rows), str(other), "--by", "file", "--json"))
        assert set(by_file["sources"]) == {"rows", "orders"}

    def test_limit(self, run: Any, rows: Path) -> None:
        """At most N rows of each set, the same ones each time."""
        report = data(run("eval", str(rows), "--limit", "3", "--errors", "9", "--json"))
        assert {name: row["rows"] for name, row in report["sources"].items()} == {
            "rows": 3, "talk@1": 3,
        }  # fmt: skip
        again = data(run("eval", str(rows), "--limit", "3", "--errors", "9", "--json"))
        assert again["errors"] == report["errors"]

    def test_pair(self, run: Any, rows: Path) -> None:
        """A pair can be turned around; one that no row has is warned of."""
        turned = run("eval", str(rows), "--pair", "large", "small", "--json")
        (pair,) = data(turned)["pairs"]
        assert (pair["weak"], pair["strong"]) == ("large", "small")
        absent = run("eval", str(rows), "--pair", "large", "huge", "--json")
        assert data(absent)["pairs"] == []
        assert "no row has meta.scores of both large and huge" in absent.stderr

    def test_other_catalog_is_used(self, run: Any, rows: Path, tmp_path: Path) -> None:
        """--config decides by that catalog, whose names the labels are turned into."""
        config = tmp_path / "small.yaml"
        config.write_text(SMALL)
        report = data(run("eval", str(rows), "--config", str(config), "--json"))
        assert report["catalog"] == str(config)
        assert {row["engine"] for row in report["classes"]} == {"tiny", "human_confirm"}

    def test_forty_columns(self, run: Any, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A narrow terminal gets fewer columns, never longer lines."""
        monkeypatch.setenv("COLUMNS", "40")
        lines = run("eval", str(rows), "--errors", "3").stdout.splitlines()
        assert max(map(len, lines)) <= 40
        assert "strict accuracy" in "\n".join(lines)


class TestCompare:
    """--compare."""

    def test_flips(self, run: Any, rows: Path, tmp_path: Path) -> None:
        """Rows that only one catalog gets right are listed; prompts only with --errors."""
        other = tmp_path / "other.yaml"
        other.write_text(
            run("config", "show").stdout.replace("coding: code_agent", "coding: balanced_local")
        )
        line = '{"prompt": "fix the failing test in this repository", "engine": "code_agent"}'
        words = ("eval", "-", "--compare", str(other))
        result = run(*words, input=line)
        assert "1 better, 0 worse, p = 1: no clear difference" in result.stdout
        assert "better: standard input:1, balanced_local -> code_agent" in result.stdout
        assert "failing test" not in result.stdout
        assert "failing test" in run(*words, "--errors", "1", input=line).stdout
        (flip,) = data(run(*words, "--json", input=line))["compare"]["flips"]
        assert flip["better"] is True
        assert "prompt" not in flip

    def test_unusable_catalogs(self, run: Any, rows: Path, tmp_path: Path) -> None:
        """A catalog with a mistake is no reason to measure something else: exit code 1."""
        bad = tmp_path / "bad.yaml"
        bad.write_text("engines: 3")
        for option in ("--config", "--compare"):
            result = run("eval", str(rows), option, str(bad))
            assert result.exit_code == 1
            assert "bad.yaml" in result.stderr
            assert result.stdout == ""


class TestGate:
    """--fail-under and --fail-over."""

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (("--fail-under", "0.5"), 0),
            (("--fail-under", "1"), GATE_CODE),
            (("--fail-under", "strict=0.5", "--fail-under", "confirm_recall=1"), 0),
            (("--fail-under", "strict=0.5", "--fail-under", "f1.coding=1"), GATE_CODE),
            (("--fail-over", "false_confirm_chat=0"), 0),
            (("--fail-over", "p99_us=0"), GATE_CODE),
            (("--fail-under", "f1.image_generation=0"), GATE_CODE),
        ],
    )
    def test_exit_code(self, run: Any, rows: Path, words: tuple[str, ...], code: int) -> None:
        """Met is 0; not met, or not measured, is a code of its own."""
        result = run("eval", str(rows), *words)
        assert result.exit_code == code
        assert ("NOT MET" in result.stdout) == bool(code)
        assert "strict accuracy" in result.stdout

    def test_gate_in_json(self, run: Any, rows: Path) -> None:
        """JSON says which bound was not met, and the exit code is the same."""
        result = run("eval", str(rows), "--json", "--fail-under", "strict=1")
        assert result.exit_code == GATE_CODE
        (row,) = data(result)["gate"]
        assert (row["metric"], row["at_least"], row["met"]) == ("strict", 1.0, False)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--fail-under", "stritc=1"), "did you mean strict?"),
            (("--fail-under", "strict=80"), "write 0.8 for 80 %"),
            (("--fail-under", "cpt50=0.5"), "use --fail-over"),
            (("--fail-over", "strict=0.5"), "use --fail-under"),
            (("--fail-under", "f1.codng=1"), "did you mean coding?"),
        ],
    )
    def test_wrong_bound(self, run: Any, words: tuple[str, ...], said: str) -> None:
        """A mistake in a bound is told before any file is opened."""
        result = run("eval", "/nowhere/rows.jsonl", *words)
        assert result.exit_code == 2
        assert said in result.stderr
        assert words[0] in result.stderr


class TestBadInput:
    """Files and rows that cannot be used."""

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("nope", "is not JSON"),
            ("[" * 100_000, "is nested too deeply"),
            ("1" * 10_000, "is not JSON"),
            ("[]", "holds list"),
            ('{"prompt": "x", "engine": "code_agnt"}', "did you mean code_agent?"),
            ('{"prompt": "x", "engin": "code_agent"}', "did you mean engine?"),
            ('{"prompt": "x", "engine": "coding", "accept": ["visn"]}', "did you mean vision?"),
            ('{"prompt": "", "engine": "coding"}', "the prompt is empty"),
        ],
    )
    def test_bad_row(self, run: Any, line: str, said: str) -> None:
        """The file, the line, what is wrong and what to do; nothing is measured."""
        result = run("eval", "-", input=f"{ORDER}\n\n{line}\n{ORDER}\n")
        assert result.exit_code == 2
        assert "standard input, line 3: " in result.stderr
        assert said in result.stderr
        assert "Traceback" not in result.stderr
        assert result.stdout == ""

    def test_every_bad_row_is_named(self, run: Any, tmp_path: Path) -> None:
        """Problems of all files come at once; of very many only the first."""
        first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
        first.write_text(f"nope\n{ORDER}\n{{}}\n")
        second.write_text("{}\n" * 30)
        result = run("eval", str(first), str(second))
        assert "32 lines cannot be used" in result.stderr
        for place in ("a.jsonl, line 1:", "a.jsonl, line 3:", "b.jsonl, line 18:", "and 12 more"):
            assert place in result.stderr
        assert "b.jsonl, line 19:" not in result.stderr

    def test_bad_row_in_json(self, run: Any) -> None:
        """With --json the error is an object."""
        result = run("eval", "-", "--json", input="nope")
        assert data(result)["error"]["code"] == "file"
        assert result.exit_code == 2

    def test_not_utf8(self, run: Any) -> None:
        """Bytes that are no UTF-8 are not guessed at."""
        result = run("eval", "-", input=b'{"prompt": "\xff", "engine": "coding"}')
        assert "is not UTF-8; save the file as UTF-8" in result.stderr

    @pytest.mark.parametrize("content", ["", "\n\n"])
    def test_no_rows(self, run: Any, content: str) -> None:
        """An empty file is an error, not a perfect score."""
        result = run("eval", "-", input=content)
        assert result.exit_code == 2
        assert "there are no rows" in result.stderr

    def test_unreadable_files(self, run: Any, tmp_path: Path) -> None:
        """A file that is not there, a folder, one file twice, none at all: exit code 2."""
        for words in (("/nowhere/x.jsonl",), (str(tmp_path),), ("a", "a"), ("-", "-"), ()):
            result = run("eval", *words)
            assert result.exit_code == 2
            assert result.stderr

    def test_bad_row_with_a_limit(self, run: Any) -> None:
        """A row that would not have been chosen is checked all the same."""
        assert run("eval", "-", "--limit", "1", input=f"{ORDER}\nnope\n").exit_code == 2


class TestPrompts:
    """Where prompts are shown."""

    def test_errors(self, run: Any) -> None:
        """--errors shows the worst rows with their prompts, and says so."""
        result = run("eval", "-", "--errors", "3", input=WRONG)
        assert "with prompts from your files" in result.stdout
        assert "how do I delete a <b>branch</b>?" in result.stdout
        assert "wrong engine: standard input:1, image_generation ->" in result.stdout

    def test_errors_in_json(self, run: Any) -> None:
        """With --errors JSON holds them too, without it does not."""
        shown = data(run("eval", "-", "--json", "--errors", "1", input=WRONG))
        assert shown["errors"][0]["id"] == "w"
        assert shown["errors"][0]["prompt"].startswith("how do I")
        assert data(run("eval", "-", "--json", input=WRONG))["errors"] == []

    def test_prompt_is_one_safe_line(self, run: Any) -> None:
        """Control characters are escaped, line ends are spaces, the end is cut."""
        line = json.dumps({"prompt": "a\x1b[31m\nb " + "word " * 99, "engine": "image_generation"})
        result = run("eval", "-", "--errors", "1", input=line)
        (shown,) = [row for row in result.stdout.splitlines() if row.startswith("    a")]
        assert shown.startswith("    a\\x1b[31m b word")
        assert len(shown) <= 80


class TestPage:
    """--html."""

    def test_page_is_written(self, run: Any, tmp_path: Path) -> None:
        """One file with the figures and the worst case, escaped; stderr says that it is there."""
        path = tmp_path / "report.html"
        result = run("eval", "-", "--html", str(path), "--fail-under", "1", input=WRONG)
        text = path.read_text(encoding="utf-8")
        assert result.exit_code == GATE_CODE
        assert text.startswith(HEAD)
        assert "delete a &lt;b&gt;branch&lt;/b&gt;?" in text
        assert "holds prompts of your files" in result.stderr
        assert "branch" not in result.stdout
        assert os.listdir(tmp_path) == ["report.html"]

    def test_page_without_prompts(self, run: Any, tmp_path: Path) -> None:
        """--errors 0 keeps every prompt out of the page."""
        path = tmp_path / "report.html"
        result = run("eval", "-", "--html", str(path), "--errors", "0", input=WRONG)
        assert "branch" not in path.read_text(encoding="utf-8")
        assert "holds prompts" not in result.stderr

    def test_page_holds_twenty_cases(self, run: Any, tmp_path: Path) -> None:
        """Without --errors the page has twenty, with it as many as asked."""
        path = tmp_path / "report.html"
        for words, count in (((), PAGE_ERRORS), (("--errors", "3"), 3)):
            run("eval", "-", "--html", str(path), *words, input=f"{WRONG}\n" * 30)
            text = path.read_text(encoding="utf-8")
            assert text.count("&lt;b&gt;branch&lt;/b&gt;") == count

    def test_old_report_is_replaced(self, run: Any, tmp_path: Path) -> None:
        """The same command can run again, and leaves no copies."""
        path = tmp_path / "report.html"
        for line in (WRONG, ORDER):
            assert run("eval", "-", "--html", str(path), input=line).exit_code == 0
        assert "branch" not in path.read_text(encoding="utf-8")
        assert os.listdir(tmp_path) == ["report.html"]

    def test_other_file_is_kept(self, run: Any, tmp_path: Path) -> None:
        """A file that is no report is replaced only with --force."""
        path = tmp_path / "notes.html"
        path.write_text("mine")
        result = run("eval", "-", "--html", str(path), input=ORDER)
        assert (result.exit_code, path.read_text()) == (2, "mine")
        assert "--force" in result.stderr
        assert run("eval", "-", "--html", str(path), "--force", input=ORDER).exit_code == 0
        assert path.read_text(encoding="utf-8").startswith(HEAD)

    def test_rows_are_never_replaced(self, run: Any, rows: Path) -> None:
        """The page does not take the place of a file that is read, not even with --force."""
        before = rows.read_bytes()
        result = run("eval", str(rows), "--html", str(rows), "--force")
        assert (result.exit_code, rows.read_bytes()) == (2, before)

    def test_bad_place_is_told_first(self, run: Any, tmp_path: Path) -> None:
        """A folder that is not there, or a folder for a file, stops the run before it reads."""
        for path in ("/nowhere/deep/report.html", str(tmp_path)):
            result = run("eval", "/nowhere/rows.jsonl", "--html", path)
            assert result.exit_code == 2
            assert "--html" in result.stderr

    def test_bad_rows_leave_the_old_report(self, run: Any, tmp_path: Path) -> None:
        """A run that measured nothing writes nothing."""
        path = tmp_path / "report.html"
        run("eval", "-", "--html", str(path), input=ORDER)
        before = path.read_bytes()
        run("eval", "-", "--html", str(path), input="nope")
        assert path.read_bytes() == before
