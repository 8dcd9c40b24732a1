"""decide --batch: order, bad lines, memory, progress."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.cli import batch
from model_router.cli.output import CommandError

LINES = (
    '"rewrite this text"',
    '{"prompt": "drop the production database", "id": 7}',
    "",
    '{"messages": [{"role": "user", "content": "fix the repo and run tests"}], "id": "a"}',
)


def rows(result: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_lines_are_decided_in_order(run: Any) -> None:
    """Strings, prompts and chat bodies give receipts in order, with ids and line numbers."""
    result = run("decide", "--batch", "-", input="\n".join(LINES))
    seen = [(row["line"], row.get("id"), row["selected_engine"]) for row in rows(result)]
    assert result.exit_code == 0
    assert seen == [(1, None, "fast_local"), (2, 7, "human_confirm"), (4, "a", "code_agent")]


def test_row_is_the_receipt(run: Any) -> None:
    """A line holds what --json prints, and its number."""
    (row,) = rows(run("decide", "--batch", "-", input='"rewrite this text"\n'))
    alone = json.loads(run("decide", "--json", "rewrite this text").stdout)
    assert row == alone | {"line": 1}


def test_file_is_read(run: Any, tmp_path: Path) -> None:
    """--batch takes a path as well."""
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n".join(LINES))
    assert len(rows(run("decide", "--batch", str(path)))) == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nope", "is not JSON"),
        ("[1]", "holds list"),
        ("null", "holds null"),
        ("3.5", "holds float"),
        ('""', "the prompt is empty"),
        ("{}", "the prompt is empty"),
        ('{"messages": 3}', "messages"),
        ("[" * 100_000, "nested too deeply"),
        ("1" * 10_000, "is not JSON"),
    ],
)
def test_bad_line_gives_an_error_at_its_place(run: Any, line: str, said: str) -> None:
    """A bad line is reported with its number, the others are decided, the run ends with 1."""
    result = run("decide", "--batch", "-", input=f'"hello"\n{line}\n"hello"\n')
    first, second, third = rows(result)
    assert result.exit_code == 1
    assert said in second["error"]["message"]
    assert second["error"]["code"] == "request_invalid"
    assert second["line"] == 2
    assert first["selected_engine"] == third["selected_engine"]


def test_bad_body_keeps_its_id(run: Any) -> None:
    """The id of a line with a wrong body is in its error."""
    (row,) = rows(run("decide", "--batch", "-", input='{"messages": 3, "id": "x"}'))
    assert row["id"] == "x"


def test_quiet_prints_one_word_a_line(run: Any) -> None:
    """-q prints engines, and `error` where a line is bad, so that lines still correspond."""
    result = run("decide", "-q", "--batch", "-", input='"rewrite this text"\nnope\n')
    assert result.stdout == "fast_local\nerror\n"
    assert "line 2: is not JSON" in result.stderr


def test_exit_code_counts_confirmations(run: Any) -> None:
    """--exit-code gives 3 when any line is for a person, and a bad line still gives 1."""
    order = '"drop the production database"\n"hello"\n'
    assert run("decide", "--exit-code", "--batch", "-", input=order).exit_code == 3
    assert run("decide", "--exit-code", "--batch", "-", input=order + "nope").exit_code == 1


def test_hints_hold_for_every_line(run: Any) -> None:
    """Hints of the command line apply to all lines."""
    result = run(
        "decide", "-q", "--no-tools", "--role", "research", "--batch", "-", input='"a"\n"b"'
    )
    assert result.stdout == "web_research\nweb_research\n"


def test_unusable_catalog_fails_closed_for_every_line(run: Any) -> None:
    """With a catalog that cannot be used every line is for a person, and one warning is given."""
    result = run("decide", "-q", "--config", "/nowhere", "--batch", "-", input='"a"\n"b"\n')
    assert (result.exit_code, result.stdout) == (0, "human_confirm\nhuman_confirm\n")
    assert result.stderr.count("warning:") == 1


def test_words_and_batch_are_refused(run: Any) -> None:
    """A prompt and a batch at once are wrong usage."""
    assert run("decide", "hello", "--batch", "-").exit_code == 2


class TestLines:
    """Reading lines without holding the file."""

    def test_long_line_is_passed_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A line over the cap is never held whole; the lines after it keep their numbers."""
        monkeypatch.setattr(batch, "MAX_BYTES", 8)
        stream = io.BytesIO(b"1\n" + b"x" * 50 + b"\n3\n" + b"y" * 50)
        assert list(batch.numbered_lines(stream)) == [
            (1, b"1\n"),
            (2, None),
            (3, b"3\n"),
            (4, None),
        ]

    def test_line_of_exactly_the_cap_is_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The cap itself is allowed, its line end included."""
        monkeypatch.setattr(batch, "MAX_BYTES", 8)
        stream = io.BytesIO(b"1234567\n2\n")
        assert list(batch.numbered_lines(stream)) == [(1, b"1234567\n"), (2, b"2\n")]

    @given(st.binary(max_size=200), st.integers(1, 20))
    def test_numbers_count_every_line(self, content: bytes, cap: int) -> None:
        """Whatever the bytes and the cap, each line is seen once, in order."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batch, "MAX_BYTES", cap)
            seen = list(batch.numbered_lines(io.BytesIO(content)))
        lines = io.BytesIO(content).readlines()
        assert seen == [
            (number, line if len(line) <= cap else None) for number, line in enumerate(lines, 1)
        ]

    @given(st.binary(max_size=200))
    def test_any_bytes_are_parsed_or_refused(self, line: bytes) -> None:
        """Bytes give a prompt, a body or CommandError, nothing else."""
        try:
            content = batch.parsed(line)
        except CommandError:
            return
        assert content
        assert isinstance(content, str | dict)

    @given(st.text(min_size=1).filter(str.strip))
    def test_json_strings_come_back(self, text: str) -> None:
        """A JSON string is the prompt it spells."""
        assert batch.parsed(json.dumps(text).encode()) == text
