"""What running model servers say of themselves, however oddly they say it."""

from __future__ import annotations

import json

import pytest

from model_router.servers import MOST_WORDS, Answered, advertised, ask, chat
from tests.support.upstreams import Out, Seen, Upstream, completion, friendly


def test_a_server_lists_its_models() -> None:
    """Names come back in order; the key goes along."""
    with Upstream(friendly) as server:
        said = ask(server.url, "sk-1", 2.0)
    assert (said.status, said.models, said.reachable) == (200, ("m",), True)
    assert server.seen[0].target == "/v1/models"
    assert server.seen[0].headers["authorization"] == "Bearer sk-1"


@pytest.mark.parametrize(
    ("status", "body"), [(200, b""), (500, b"text"), (401, b"{}"), (200, b"[]"), (200, b"{")]
)
def test_odd_answers(status: int, body: bytes) -> None:
    """An empty, broken or refused list is an answer without models."""

    async def reply(seen: Seen, out: Out) -> None:
        await out.whole(body, status)

    with Upstream(reply) as server:
        said = ask(server.url, None, 2.0)
    assert (said.status, said.models) == (status, None)


def test_nobody_answers() -> None:
    """The reason is told; a proxy of the environment is not asked instead."""
    with Upstream(friendly) as server:
        url = server.url
    said = ask(url, None, 1.0)
    assert not said.reachable
    assert said.wrong


def test_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where one is set."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with Upstream(friendly) as server:
        assert ask(server.url, None, 2.0).models == ("m",)


def test_rows_without_a_name_are_passed_over() -> None:
    """As are rows that are no objects."""
    assert advertised(b'{"data": [{"id": "a"}, {"id": 7}, {}, 3, {"id": ""}]}') == ("a",)
    assert advertised(b'{"models": []}') is None


def chatted(status: int, body: bytes) -> tuple[Answered, list[Seen]]:
    """What `chat` makes of an answer, and what the server saw."""

    async def reply(seen: Seen, out: Out) -> None:
        await out.whole(body, status)

    with Upstream(reply) as server:
        return chat(server.url, "key", "m", "hello", 5.0), server.seen


def test_a_chat_request_is_short_and_carries_the_key() -> None:
    """A few tokens are asked for, of the model that was named."""
    answered, seen = chatted(200, json.dumps(completion()).encode())
    assert answered == Answered(200, True)
    assert seen[0].target == "/v1/chat/completions"
    assert seen[0].headers["authorization"] == "Bearer key"
    assert seen[0].json["model"] == "m"
    assert seen[0].json["max_tokens"] == MOST_WORDS


@pytest.mark.parametrize(
    ("status", "body", "wrong"),
    [
        (404, b'{"error": {"message": "model not found"}}', "model not found"),
        (500, b'{"error": "out of memory"}', "out of memory"),
        (200, b'{"choices": []}', "answers without a choice"),
        (200, b"<html>", "answers something that is not JSON"),
        (502, b'{"choices": [{}]}', "answers 502"),
    ],
)
def test_a_chat_that_fails_says_why(status: int, body: bytes, wrong: str) -> None:
    """In the server's words where it has some."""
    answered, _ = chatted(status, body)
    assert (answered.status, answered.ok, answered.wrong) == (status, False, wrong)


def test_nobody_to_chat_with() -> None:
    """It never raises."""
    answered = chat("http://127.0.0.1:1/v1", None, "m", "hello", 1.0)
    assert (answered.status, answered.ok) == (None, False)
    assert answered.wrong
