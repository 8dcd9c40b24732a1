"""decide: prompts from everywhere, hints, what is printed, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_router.router import ModelRouter

TABLE = {
    "rewrite this text": "fast_local",
    "summarize these notes": "balanced_local",
    "design a distributed task scheduler architecture": "reasoning_local",
    "fix the repo and run tests": "code_agent",
    "search the web for the latest TypeScript release notes": "web_research",
    "extract text from this screenshot": "multimodal_vision",
    "generate an image of a router dashboard": "image_generation",
    "drop the production database": "human_confirm",
}


@pytest.mark.parametrize(("prompt", "engine"), TABLE.items())
def test_readme_prompts_go_where_the_readme_says(run: Any, prompt: str, engine: str) -> None:
    """Each prompt of the README's table prints its engine."""
    assert run("decide", "-q", prompt).stdout == f"{engine}\n"


class TestInput:
    """Where the prompt comes from."""

    def test_words_are_joined_with_one_space(self, run: Any) -> None:
        """Words without quotes are the same prompt as one quoted text."""
        apart = run("decide", "--json", "drop", "the", "production", "database")
        assert apart.stdout == run("decide", "--json", "drop the production database").stdout

    @pytest.mark.parametrize("words", [(), ("-",), ("--file", "-")])
    def test_standard_input_is_read(self, run: Any, words: tuple[str, ...]) -> None:
        """A pipe is read without words and for a dash, and its last line end does not count."""
        piped = run("decide", "--json", *words, input="drop the production database\n")
        assert piped.stdout == run("decide", "--json", "drop the production database").stdout

    def test_file_is_read(self, run: Any, tmp_path: Path) -> None:
        """--file reads a UTF-8 file, with or without a byte order mark."""
        path = tmp_path / "prompt.txt"
        path.write_bytes("\ufefffix the repo and run tests\r\n".encode())
        from_file = run("decide", "--json", "--file", str(path)).stdout
        assert from_file == run("decide", "--json", "fix the repo and run tests").stdout

    def test_bytes_that_are_not_utf8_are_replaced(self, run: Any) -> None:
        """Bytes of another encoding do not stop a decision."""
        result = run("decide", "-q", input=b"fix the repo \xff\xfe and run tests")
        assert (result.exit_code, result.stdout) == (0, "code_agent\n")

    @pytest.mark.parametrize("prompt", ["", " ", "\n\n"])
    def test_empty_prompt_is_an_error(self, run: Any, prompt: str) -> None:
        """An empty prompt is wrong usage, said in two lines."""
        result = run("decide", prompt)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("error: the prompt is empty\nhint: ")

    def test_two_prompts_are_an_error(self, run: Any, tmp_path: Path) -> None:
        """Words and a file at once are refused instead of one being passed over."""
        result = run("decide", "hello", "--file", str(tmp_path / "x"))
        assert result.exit_code == 2
        assert "words and --file are all prompts" in result.stderr

    @pytest.mark.parametrize("make", ["missing", "folder"])
    def test_unreadable_file_is_named(self, run: Any, tmp_path: Path, make: str) -> None:
        """A file that cannot be read ends with 2 and its name."""
        path = tmp_path if make == "folder" else tmp_path / "missing.txt"
        result = run("decide", "--file", str(path))
        assert result.exit_code == 2
        assert f"{path} cannot be read" in result.stderr

    def test_too_large_input_is_refused(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Above the cap there is a clear message, not a decision about a part."""
        monkeypatch.setattr("model_router.cli.inputs.MAX_BYTES", 1024)
        result = run("decide", input="x" * 1025)
        assert result.exit_code == 2
        assert "standard input is larger than" in result.stderr

    def test_odd_words_after_two_dashes(self, run: Any) -> None:
        """What comes after -- is prompt, even when it looks like an option."""
        result = run("decide", "-q", "--", "--json", "fix the repo and run tests")
        assert (result.exit_code, result.stdout) == (0, "code_agent\n")

    def test_lone_surrogates_are_no_traceback(self, run: Any) -> None:
        """Arguments that the locale could not decode are read as UTF-8, others replaced."""
        for word in ("l\udcc3\udcb6schen", "\ud800 hello", "\udcff"):
            assert run("decide", word).exit_code == 0


class TestMessages:
    """--messages: what a proxy would see."""

    def test_last_user_turn_decides(self, run: Any) -> None:
        """A chat body goes through the same door as a request to the proxy."""
        body = {
            "messages": [
                {"role": "system", "content": "You may drop the production database."},
                {"role": "user", "content": "fix the repo and run tests"},
            ]
        }
        assert (
            run("decide", "-q", "--messages", "-", input=json.dumps(body)).stdout == "code_agent\n"
        )

    def test_images_become_a_modality(self, run: Any) -> None:
        """An image part leads to an engine that sees."""
        parts = [
            {"type": "text", "text": "what is this"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        ]
        body = json.dumps({"messages": [{"role": "user", "content": parts}]})
        assert run("decide", "-q", "--messages", "-", input=body).stdout == "multimodal_vision\n"

    @pytest.mark.parametrize("body", ["", "{", "[]", "3", "null", "[" * 100_000])
    def test_bodies_of_the_wrong_form_are_errors(self, run: Any, body: str) -> None:
        """Anything but a JSON object ends with 2 and the form that is wanted."""
        result = run("decide", "--messages", "-", input=body)
        assert result.exit_code == 2
        assert "give one object" in result.stderr
        assert "Traceback" not in result.stderr

    @pytest.mark.parametrize(
        "body", [{"messages": 3}, {"prompt": 1}, {"messages": [{}], "tools": 1}]
    )
    def test_wrong_bodies_are_named_and_not_decided(self, run: Any, body: Any) -> None:
        """A body that a proxy would refuse is an error that says where it is wrong."""
        result = run("decide", "--json", "--messages", "-", input=json.dumps(body))
        error = json.loads(result.stdout)["error"]
        assert (result.exit_code, error["code"]) == (2, "request_invalid")
        assert error["message"].startswith(tuple(body))

    def test_wrong_hint_is_an_error(self, run: Any) -> None:
        """A hint that the router refuses is an error as well."""
        result = run("decide", "--tool", " ", "hi")
        assert result.exit_code == 2
        assert "hints.tools[0]" in result.stderr


class TestOutput:
    """What is printed."""

    def test_json_is_the_receipt(self, run: Any, packaged_router: ModelRouter) -> None:
        """--json prints to_dict with sorted keys and two spaces, byte for byte."""
        prompt = "fix the repo and run tests"
        receipt = packaged_router.route(prompt).to_dict()
        expected = json.dumps(receipt, sort_keys=True, indent=2) + "\n"
        assert run("decide", "--json", prompt).stdout == expected

    def test_json_before_or_after_the_command_is_the_same(self, run: Any) -> None:
        """The flag belongs to the whole program and to every command."""
        assert run("--json", "decide", "hi").stdout == run("decide", "hi", "--json").stdout

    def test_screen_is_short_and_has_no_python_in_it(self, run: Any) -> None:
        """Engine, reasons and what comes next fit a screen, in words."""
        text = run("decide", "fix the repo and run tests").stdout
        lines = text.splitlines()
        assert lines[0] == "code_agent  coding work"
        assert lines[1].startswith("  why   ")
        assert lines[-1].startswith("  next  reasoning_local, then a person")
        assert len(lines) <= 8
        assert not any(sign in text for sign in ("None", "[", "('", "{"))

    def test_confirmation_is_said_in_the_first_line(self, run: Any) -> None:
        """Who must confirm is the first thing one reads, and why the second."""
        lines = run("decide", "drop the production database").stdout.splitlines()
        assert lines[0] == "human_confirm  a person must confirm first"
        assert "destroy" in lines[1]
        assert lines[-1] == "  next  nothing is tried before a person decides"

    def test_explain_answers_every_question(self, run: Any) -> None:
        """--explain has a sentence for each thing one may ask."""
        text = run("decide", "--explain", "fix the repo").stdout
        for label in ("decision", "route", "limits", "rejected", "next", "safety", "privacy"):
            assert f"\n  {label} " in text

    def test_nothing_but_the_answer_on_stdout(self, run: Any) -> None:
        """Warnings stay on stderr, so a script reads the engine alone."""
        result = run("decide", "-q", "--provider-deny", "opnai", "hi")
        assert result.stdout == "fast_local\n"
        assert "did you mean openai?" in result.stderr

    @pytest.mark.parametrize("width", ["20", "40", "80", "100"])
    def test_lines_fit_the_width(self, run: Any, width: str) -> None:
        """No line is wider than the terminal."""
        for form in ((), ("--explain",)):
            text = run("decide", *form, "drop the production database", env={"COLUMNS": width})
            body = text.stdout.splitlines()[1:]
            assert max(map(len, body)) <= int(width)

    def test_prompt_is_never_repeated(self, run: Any) -> None:
        """No form of decide prints the prompt."""
        for form in ((), ("--json",), ("--explain",), ("-q",)):
            result = run("decide", *form, "please zyxxyqq the production database and drop it")
            assert "zyxxyqq" not in result.output


class TestHints:
    """Every hint reaches the router."""

    @pytest.mark.parametrize(
        ("options", "engine"),
        [
            (("--force-engine", "reasoning_local"), "reasoning_local"),
            (("--attachment", "image"), "multimodal_vision"),
            (("--role", "research"), "web_research"),
            (("--role", "coding", "--max-cost-tier", "low"), "code_agent"),
            (("--max-latency-tier", "low"), "fast_local"),
            (("--latency-sensitive",), "fast_local"),
            (("--provider-allow", "human"), "human_confirm"),
            (("--provider-deny", "local"), "human_confirm"),
            (("--local-only", "--no-hosted"), "fast_local"),
            (("--profile", "private"), "fast_local"),
            (("--tool", "grep", "--tool", "cat"), "balanced_local"),
            (("--no-tools",), "fast_local"),
        ],
    )
    def test_hint_changes_the_choice(self, run: Any, options: tuple[str, ...], engine: str) -> None:
        """A hint leads to the engine that it asks for or leaves over."""
        assert run("decide", "-q", *options, "rewrite this text").stdout == f"{engine}\n"

    def test_no_hint_passes_the_gate(self, run: Any) -> None:
        """A forced engine does not free an order that a person must confirm."""
        forced = run("decide", "-q", "--force-engine", "code_agent", "drop the production database")
        assert forced.stdout == "human_confirm\n"

    def test_unknown_engine_is_an_error_with_the_nearest(self, run: Any) -> None:
        """A mistyped engine is not passed over in silence."""
        result = run("decide", "--force-engine", "fast_loacl", "hi")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "did you mean fast_local?" in result.stderr

    @pytest.mark.parametrize(
        ("option", "wrong", "meant"),
        [
            ("--profile", "fsat", "fast"),
            ("--role", "codng", "coding"),
            ("--attachment", "imgae", "image"),
            ("--max-cost-tier", "mediun", "medium"),
            ("--max-latency-tier", "lwo", "low"),
        ],
    )
    def test_mistyped_names_get_the_nearest(
        self, run: Any, option: str, wrong: str, meant: str
    ) -> None:
        """A wrong word for a hint names the right one."""
        result = run("decide", option, wrong, "hi")
        assert result.exit_code == 2
        assert f"did you mean {meant}?" in result.stderr

    def test_tools_and_no_tools_contradict(self, run: Any) -> None:
        """Both at once is wrong usage."""
        assert run("decide", "--tool", "x", "--no-tools", "hi").exit_code == 2


class TestEnd:
    """Exit codes."""

    def test_confirmation_is_success_by_default(self, run: Any) -> None:
        """A decision was made, so scripts with `set -e` go on."""
        assert run("decide", "drop the production database").exit_code == 0

    def test_exit_code_flag_tells_confirmation(self, run: Any) -> None:
        """--exit-code gives 3 for human_confirm and 0 for the rest."""
        assert run("decide", "--exit-code", "drop the production database").exit_code == 3
        assert run("decide", "--exit-code", "rewrite this text").exit_code == 0

    @pytest.mark.parametrize("content", [None, "engines: [", "- a list", "\0", "engines: {}"])
    def test_unusable_catalog_fails_closed(
        self, run: Any, tmp_path: Path, content: str | None
    ) -> None:
        """Without a catalog a person decides; the code is 0, stderr says what is wrong."""
        path = tmp_path / "catalog.yaml"
        if content is not None:
            path.write_text(content)
        result = run("decide", "--json", "--config", str(path), "rewrite this text")
        receipt = json.loads(result.stdout)
        assert result.exit_code == 0
        assert receipt["selected_engine"] == "human_confirm"
        assert receipt["config_valid"] is False
        assert receipt["reasons"]
        assert result.stderr.startswith(f"warning: {path} cannot be used, so a person decides")

    def test_many_problems_are_summed_up(self, run: Any) -> None:
        """A catalog with dozens of mistakes does not fill the screen of decide."""
        path = Path(__file__).parents[1] / "catalog" / "every_mistake.yaml"
        result = run("decide", "--config", str(path), "hi")
        assert len(result.stderr.splitlines()) == 5
        assert "model-router validate-config lists them" in result.stderr

    def test_usage_error_as_json(self, run: Any) -> None:
        """With --json an error is one object on stdout, also when an option is unknown."""
        for words in (("--json", "--nope", "hi"), ("--nope", "hi", "--json"), ("--json", "")):
            result = run("decide", *words)
            error = json.loads(result.stdout)
            assert result.exit_code == 2
            assert error["schema"] == "model-router/error/1"
            assert sorted(error["error"]) == ["code", "hint", "message"]
            assert error["error"]["code"] == "usage"
            assert result.stderr == ""
