"""What the commands of a run share."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.cli.hints import HINT_OPTIONS, hints_from
from model_router.cli.inputs import decoded
from model_router.cli.output import CommandError, Output
from model_router.cli.session import Closed, Session, check_names
from model_router.errors import Problem, RouterConfigError
from model_router.request.hints import parse_hints
from model_router.router import ModelRouter, route_prompt
from model_router.types import Hints

ERROR = RouterConfigError("x: 1 problem", [Problem("engines", "is absent", 3)], "x")


def test_closed_router_decides_like_the_library() -> None:
    """The command line and `route_prompt` fail closed with the same receipt."""
    with pytest.raises(RouterConfigError) as caught:
        ModelRouter.from_config("/nowhere/catalog.yaml")
    ours = Closed(caught.value).route("hi").to_dict()
    assert ours == route_prompt("hi", config_path="/nowhere/catalog.yaml").to_dict()


def test_closed_router_answers_everything_with_a_person() -> None:
    """Prompts, bodies and assessments all ask for a person."""
    closed = Closed(ERROR)
    assert closed.route("hi").selected_engine == "human_confirm"
    assert closed.route_fast("hi") == "human_confirm"
    assert closed.route_request({"messages": []}).selected_engine == "human_confirm"
    assert closed.assess("hi").confirm


def test_other_errors_are_not_swallowed() -> None:
    """Only a catalog's own error closes the router; a mistake of ours is seen."""

    def broken(path: str | None) -> ModelRouter:
        raise KeyError(path)

    with pytest.raises(KeyError):
        Session(open_router=broken).router_or_closed(None)


def test_closed_router_knows_no_names() -> None:
    """Without a catalog no name can be called wrong."""
    check_names({"force_engine": "x"}, Closed(ERROR), Output(io.StringIO(), io.StringIO()))


def test_unknown_names(packaged_router: ModelRouter) -> None:
    """An engine that is not there stops the run, a provider that nobody has is warned of."""
    stderr = io.StringIO()
    output = Output(io.StringIO(), stderr, environ={})
    with pytest.raises(CommandError, match="code_agnt"):
        check_names({"force_engine": "code_agnt"}, packaged_router, output)
    check_names({"provider_allowlist": ("OpenAI", "hosted")}, packaged_router, output)
    assert stderr.getvalue() == ""
    check_names({"provider_denylist": ("antropic",)}, packaged_router, output)
    assert "did you mean anthropic?" in stderr.getvalue()


def test_every_hint_has_an_option() -> None:
    """No hint of the library is missing from the command line."""
    import click

    @click.command()
    def nothing() -> None: ...

    for add in HINT_OPTIONS:
        add(nothing)
    names = {str(parameter.name) for parameter in nothing.params}
    renamed = (names - {"no_hosted", "no_tools"}) | {"hosted_allowed"}
    assert renamed == set(Hints.__dataclass_fields__)


def test_hints_that_were_not_given_are_not_passed_on() -> None:
    """Defaults of the command line never override what a catalog or body says."""
    nothing = {"tools": (), "no_tools": False, "local_only": False, "profile": None}
    assert hints_from(nothing) == {}
    assert parse_hints(hints_from({"no_tools": True})).tools == ()
    assert parse_hints(hints_from({"no_hosted": True})).hosted_allowed is False


@given(st.binary(max_size=100))
def test_any_bytes_are_text(content: bytes) -> None:
    """Bytes always become text that can be written as UTF-8."""
    decoded(content).encode("utf-8")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_comes_back_without_its_last_line_end(text: str) -> None:
    """UTF-8 text is read as it is, but for a mark at its start and a line end at its end."""
    expected = text.removeprefix("\ufeff")
    expected = expected.removesuffix("\n").removesuffix("\r")
    assert decoded(text.encode()) == expected
    assert decoded(b"\xef\xbb\xbf" + b"x\r\n") == "x"
