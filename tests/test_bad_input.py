"""Whatever is passed: one clear error or a decision for a person; no other traceback, no file."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.dispatch import build_dispatch_plan
from model_router.errors import RequestError, RouterConfigError
from model_router.router import ModelRouter, route_prompt
from model_router.scoring import score_prompt
from model_router.types import HUMAN, Assessment, Hints, Request
from tests.support.catalogs import usual_catalog

NOT_TEXT: tuple[Any, ...] = (b"delete", 7, 1.5, True, ["hi"], ("hi",), {"a", "b"}, object())
ODD_TEXT: tuple[str, ...] = (
    "",
    " ",
    "\n" * 40,
    "\x00",
    "\x00delete all files\x00",
    "".join(map(chr, range(32))) + "\x7f",
    "\ud800",
    "fix the \udcff repo",
    "\ud83d\ude00",
    "\u202edelete",
    "\ufeff",
    "\U0010ffff",
    "\u0301" * 500,
)


@cache
def router() -> ModelRouter:
    return ModelRouter(usual_catalog())


# ------------------------------------------------------------------ prompts


@pytest.mark.parametrize("prompt", NOT_TEXT, ids=lambda value: type(value).__name__)
def test_what_is_no_text_is_for_a_person(prompt: Any) -> None:
    """Bytes, numbers and lists are refused with what to pass instead."""
    decision = router().route(prompt)
    assert decision.selected_engine == HUMAN == router().route_fast(prompt)
    assert decision.requires_confirmation
    assert decision.config_valid
    assert decision.explained[0].code == "request.invalid"
    assert "must be text" in decision.reasons[0]
    assert "route_request" in decision.reasons[0]


@pytest.mark.parametrize("prompt", [b"delete", 7, ["hi"]], ids=["bytes", "int", "list"])
def test_plan_assess_and_score_say_what_is_wrong(prompt: Any) -> None:
    """Where an error may be raised it is RequestError, with a hint."""
    for call in (router().plan, router().assess, score_prompt):
        with pytest.raises(RequestError, match="must be text") as caught:
            call(prompt)
        assert caught.value.hint


@pytest.mark.parametrize("prompt", ODD_TEXT, ids=ascii)
def test_odd_text_is_decided_like_any_other(prompt: str) -> None:
    """Empty texts, control characters, NUL and lone surrogates get one answer at all depths."""
    decision = router().route(prompt)
    assert router().route_fast(prompt) == decision.selected_engine
    assert router().plan(prompt).engine == decision.selected_engine
    assert all(reason.code != "internal.error" for reason in decision.explained)
    json.dumps(decision.to_dict()).encode()


def test_none_is_an_empty_prompt() -> None:
    """None and the empty text are the same."""
    assert router().route(None) == router().route("")
    assert router().route_fast(None) == router().route_fast("") == router().plan(None).engine


def test_a_nul_hides_nothing() -> None:
    """An order between control characters is still an order."""
    assert router().route_fast("\x00delete all files\x00") == HUMAN


@pytest.mark.parametrize("unit", ["the old house ", "дом ", "\x00", "🙂"])
def test_ten_megabytes_are_decided(unit: str) -> None:
    """A prompt of ten megabytes fits no engine of the catalog, so a person decides."""
    text = unit * (10_000_000 // len(unit.encode()))
    decision = router().route(text)
    assert decision.selected_engine == HUMAN == router().route_fast(text)
    assert all(reason.code != "internal.error" for reason in decision.explained)


@settings(max_examples=500, deadline=None)
@given(prompt=st.none() | st.binary() | st.integers() | st.text() | st.lists(st.text()))
def test_route_and_route_fast_never_raise(prompt: Any) -> None:
    """Whatever the prompt is, there is an answer, and both depths give the same."""
    assert router().route_fast(prompt) == router().route(prompt).selected_engine


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
KEYS = st.sampled_from(("force_engine", "attachments", "profile", "role", "tools", "local_only"))


@settings(max_examples=500, deadline=None)
@given(hints=JSON | st.dictionaries(KEYS, JSON, max_size=3))
def test_hints_of_any_form(hints: Any) -> None:
    """Hints are used, or refused with a reason; route_fast agrees and never raises."""
    decision = router().route("fix the repo", hints)
    assert router().route_fast("fix the repo", hints) == decision.selected_engine
    if any(reason.code == "request.invalid" for reason in decision.explained):
        with pytest.raises(RequestError):
            router().plan("fix the repo", hints)
    assert all(reason.code != "internal.error" for reason in decision.explained)


MESSAGE_KEYS = st.sampled_from(("role", "content", "type", "text", "tool_calls", "image_url"))
MESSAGES = st.lists(st.dictionaries(MESSAGE_KEYS, JSON | st.just("user"), max_size=4), max_size=4)


@settings(max_examples=500, deadline=None)
@given(body=JSON | st.fixed_dictionaries({"messages": MESSAGES | JSON}))
def test_bodies_of_any_form(body: Any) -> None:
    """A chat body is decided or refused with the place of the mistake."""
    decision = router().route_request(body)
    assert all(reason.code != "internal.error" for reason in decision.explained)
    if any(reason.code == "request.invalid" for reason in decision.explained):
        assert decision.selected_engine == HUMAN
        assert decision.reasons[0]


def test_a_single_text_is_no_batch() -> None:
    """route_batch of one text would route its letters, so it is refused at once."""
    with pytest.raises(RequestError, match="several prompts"):
        router().route_batch("fix the repo")


def test_a_bad_prompt_in_a_batch_stops_nothing() -> None:
    """Every prompt of a batch has its receipt, also what is no text."""
    given: list[Any] = ["rewrite this text", 7, None]
    codes = [decision.explained[0].code for decision in router().route_batch(given)]
    assert len(codes) == 3
    assert codes[1] == "request.invalid"


def test_a_request_that_was_made_by_hand_is_checked() -> None:
    """A Request with wrong hints or without text is refused like any other."""
    wrong: Any = b"bytes"
    for request in (Request("hi", hints=Hints(role="cook")), Request(wrong)):
        with pytest.raises(RequestError):
            router().plan(request)
    with pytest.raises(RequestError, match="brings its own"):
        router().plan(Request("hi"), {"profile": "fast"})


# ------------------------------------------------------------------ faults of our own


def test_a_fault_inside_is_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception ends in human_confirm at every depth, without the prompt."""
    made = ModelRouter(usual_catalog())

    def fail(request: Request, *_: object, **__: object) -> Assessment:
        raise KeyError(f"boom {request.text}")

    monkeypatch.setattr(made._assessor, "assess", fail)
    monkeypatch.setattr(made._assessor, "fast", fail)
    monkeypatch.setattr(made, "_decide", fail)
    body = {"messages": [{"role": "user", "content": "secret words"}]}
    decisions = [
        made.route("secret words"),
        made.explain("secret words"),
        made.route_request(body),
        *made.route_batch(["secret words"]),
    ]
    for decision in decisions:
        assert decision.selected_engine == HUMAN
        assert decision.requires_confirmation
        assert decision.config_valid
        assert decision.reason_codes[2] == "internal.error"
        assert "KeyError at test_bad_input.py:" in decision.reasons[0]
        assert "secret" not in json.dumps(decision.to_dict()) + repr(decision)
    plan = made.plan("secret words")
    assert (plan.engine, plan.chain, plan.confirm) == (HUMAN, (), True)
    assert "secret" not in json.dumps(plan.to_dict())
    assert made.route_fast("secret words") == HUMAN


@pytest.mark.parametrize("fault", [MemoryError, RecursionError, ZeroDivisionError, UnicodeError])
def test_every_kind_of_fault_is_caught(
    monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    """No kind of exception gets out, wherever it begins."""
    made = ModelRouter(usual_catalog())

    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(made.table, "choose", fail)
    assert made.route("hello").explained[0].code == "internal.error"
    assert made.plan("hello").engine == HUMAN
    assert made.route_fast("hello", {"profile": "fast"}) == HUMAN


# ------------------------------------------------------------------ catalogs

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
EVERY_MISTAKE = (Path(__file__).parent / "catalog" / "every_mistake.yaml").read_text("utf-8")


def _file(content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / "model_router.yaml"
        path.write_bytes(content)
        return path

    return write


def _unreadable(folder: Path) -> Path:
    """A link that leads to itself: nobody can read it, not even root."""
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    return folder / "loop.yaml"


CATALOGS: dict[str, Callable[[Path], Path]] = {
    "missing": lambda folder: folder / "nothing.yaml",
    "a directory": lambda folder: folder,
    "unreadable": _unreadable,
    "empty": _file(b""),
    "a list": _file(b"- one\n- two\n"),
    "a text": _file(b"hello\n"),
    "binary": _file(bytes(range(256)) * 20),
    "latin-1": _file("engines: {größe: {}}".encode("latin-1")),
    "broken YAML": _file(b"engines: {a: [1, 2\n"),
    "a tag": _file(b"engines: !!python/object/apply:os.system ['true']\n"),
    "a bomb": _file(BOMB.encode()),
    "a bomb of engines": _file(BOMB.encode() + b"engines: *i\n"),
    "deep": _file(b"engines: " + b"[" * 5_000),
    "duplicate keys": _file(b"engines: {}\nengines: {}\n"),
    "every mistake": _file(EVERY_MISTAKE.encode()),
}


def tree(folder: Path) -> list[tuple[str, int, int]]:
    """Everything below a folder, with sizes and times of change."""
    return sorted(
        (str(path), found.st_size, found.st_mtime_ns)
        for path in (folder, *folder.rglob("*"))
        if (found := path.lstat())
    )


@pytest.fixture
def untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory and home in which the test may write before it compares."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("kind", CATALOGS)
def test_a_catalog_that_cannot_be_used(untouched: Path, kind: str) -> None:
    """It is one RouterConfigError, or a decision for a person; and nothing is written."""
    path = CATALOGS[kind](untouched)
    before = tree(untouched)
    with pytest.raises(RouterConfigError) as caught:
        ModelRouter.from_config(path)
    assert str(caught.value)
    decision = route_prompt("fix the repo", config_path=path)
    assert (decision.selected_engine, decision.config_valid) == (HUMAN, False)
    assert decision.requires_confirmation
    assert decision.explained[0].code == "config.invalid"
    plan = build_dispatch_plan("fix the repo", config_path=path)
    assert (plan.selected_engine, plan.blocked, plan.receipt.config_valid) == (HUMAN, True, False)
    assert tree(untouched) == before


def test_every_mistake_is_told_at_once(untouched: Path) -> None:
    """A catalog with many mistakes names each, with its path."""
    path = CATALOGS["every mistake"](untouched)
    reasons = route_prompt("hi", config_path=path).reasons
    assert len(reasons) > 8
    assert any("engines." in reason for reason in reasons)


def test_a_signal_that_cannot_be_compiled_is_a_config_error() -> None:
    """What only construction can see is a config error too: route_prompt sends it to a person."""
    made = usual_catalog(signals=({"id": "mine", "patterns": ["((a"]},))
    with pytest.raises(RouterConfigError):
        ModelRouter(made)
    decision = route_prompt("hi", config=made)
    assert (decision.selected_engine, decision.config_valid) == (HUMAN, False)
