"""The official OpenAI client through the proxy: what it gets is what it gets going direct."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.proxies import ADMIN, Proxy, one_backend, several
from tests.support.upstreams import Out, Seen, Upstream, completion, delta, deltas, friendly

openai = pytest.importorskip("openai")

HELLO = [{"role": "user", "content": "rewrite this text"}]
TOOLS = [{"type": "function", "function": {"name": "get", "parameters": {"type": "object"}}}]
USAGE = {
    **delta(), "choices": [],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7,
              "prompt_tokens_details": {"cached_tokens": 3}},
}  # fmt: skip
CALL = {"index": 0, "id": "call_1", "type": "function",
        "function": {"name": "get", "arguments": ""}}  # fmt: skip
PIECES = [
    delta(role="assistant", content=None, tool_calls=[CALL]),
    *[delta(tool_calls=[{"index": 0, "function": {"arguments": text}}])
      for text in ('{"ci', 'ty": "Ré', 'union"}')],
    delta(finish="tool_calls"), USAGE,
]  # fmt: skip
LOGPROBS = {"content": [{"token": "hi", "logprob": -0.1, "bytes": [104, 105], "top_logprobs": []}]}
RICH = {
    **completion('{"a": 1}'),
    "choices": [
        {"index": n, "message": {"role": "assistant", "content": f"answer {n}", "refusal": None},
         "logprobs": LOGPROBS, "finish_reason": "stop"}
        for n in range(3)
    ],
    "system_fingerprint": "fp", "service_tier": "default", "extra_field": {"kept": [1.50]},
}  # fmt: skip


async def scripted(seen: Seen, out: Out) -> None:
    """Tool calls in pieces when tools are there, a rich answer else."""
    if seen.json.get("tools") and seen.json.get("stream"):
        await out.events(*PIECES)
    elif seen.json.get("stream"):
        await out.events(*deltas("héllo ", "👋"), USAGE)
    else:
        await out.json(RICH, x_ratelimit_remaining_requests="7")


@pytest.fixture
def server() -> Any:
    """A scripted server."""
    with Upstream(scripted) as found:
        yield found


@pytest.fixture
def clients(tmp_path: Path, server: Upstream) -> Any:
    """A client of the proxy and one that goes direct."""
    with Proxy(tmp_path, one_backend(server.url)) as proxy:
        through = client(f"{proxy.url}/v1")
        direct = client(server.url)
        with through, direct:
            yield through, direct


def client(url: str) -> Any:
    """The official client, without retries."""
    return openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=20)


CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "several": {"n": 3, "logprobs": True, "top_logprobs": 1},
    "structured": {"response_format": {"type": "json_object"}},
    "tools": {"tools": TOOLS, "tool_choice": "auto"},
    "unknown": {"extra_body": {"min_p": 0.05, "chat_template_kwargs": {"a": 1}}},
    "image": {
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "what is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
            ]}
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_plain_answers(clients: Any, server: Upstream, name: str) -> None:
    """Every field is that of the direct answer, and the server gets the same request."""
    asked = {"model": "auto", "messages": HELLO, **CASES[name]}
    found = [one.chat.completions.create(**asked).model_dump() for one in clients]
    assert found[0] == found[1]
    bodies = [seen.body for seen in server.seen]
    assert bodies[0] == bodies[1].replace(b'"model":"auto"', b'"model":"m"')


@pytest.mark.parametrize("tools", [True, False])
def test_streams(clients: Any, tools: bool) -> None:
    """Every chunk is that of the direct stream: tool calls in pieces, usage, other scripts."""
    asked = {
        "model": "auto", "messages": HELLO, "stream": True,
        "stream_options": {"include_usage": True}, **({"tools": TOOLS} if tools else {}),
    }  # fmt: skip
    found = [
        [chunk.model_dump() for chunk in one.chat.completions.create(**asked)] for one in clients
    ]
    assert found[0] == found[1]
    assert found[0][-1]["usage"]["total_tokens"] == 7


def test_headers_are_reachable(clients: Any) -> None:
    """The decision and the server's own headers are on the raw answer."""
    raw = clients[0].chat.completions.with_raw_response.create(model="auto", messages=HELLO)
    assert raw.headers["x-modelrouter-engine"] == "fast_local"
    assert raw.headers["x-ratelimit-remaining-requests"] == "7"
    assert raw.parse().model == "m"


def test_models(tmp_path: Path, server: Upstream) -> None:
    """The client lists and retrieves models."""
    with (
        Proxy(tmp_path, one_backend(server.url)) as proxy,
        client(f"{proxy.url}/v1") as one,
    ):
        assert "auto" in [row.id for row in one.models.list()]
        assert one.models.retrieve("route-coding").id == "route-coding"
        with pytest.raises(openai.NotFoundError):
            one.models.retrieve("nothing")


def test_extra_body_carries_hints(clients: Any) -> None:
    """Hints go along as extra_body."""
    raw = clients[0].chat.completions.with_raw_response.create(
        model="auto", messages=HELLO, extra_body={"model_router": {"force_engine": "code_agent"}}
    )
    assert raw.headers["x-modelrouter-engine"] == "code_agent"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "BadRequestError"), (401, "AuthenticationError"), (404, "NotFoundError"),
     (422, "UnprocessableEntityError"), (429, "RateLimitError"), (500, "InternalServerError")],
)  # fmt: skip
def test_errors_are_the_clients_own(tmp_path: Path, status: int, kind: str) -> None:
    """Each status is the exception that it would be going direct, with the same message."""

    async def failing(seen: Seen, out: Out) -> None:
        error = {"message": "what is wrong", "type": "t", "param": "p", "code": "c"}
        await out.json({"error": error}, status)

    with Upstream(failing) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
        caught = []
        for url in (f"{proxy.url}/v1", server.url):
            with client(url) as one, pytest.raises(getattr(openai, kind)) as error:
                one.chat.completions.create(model="auto", messages=HELLO)
            caught.append((error.value.status_code, error.value.body, error.value.code))
    assert caught[0] == caught[1]


def test_a_cut_stream_is_an_error(tmp_path: Path) -> None:
    """The client raises instead of taking half an answer for a whole one."""

    async def cutting(seen: Seen, out: Out) -> None:
        await out.stream_head()
        await out.chunk(b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')
        out.hang_up()

    with (
        Upstream(cutting) as server,
        Proxy(tmp_path, one_backend(server.url)) as proxy,
        client(f"{proxy.url}/v1") as one,
        pytest.raises(openai.APIError),
    ):
        list(one.chat.completions.create(model="auto", messages=HELLO, stream=True))


def test_a_confirmation_is_asked_for_once(tmp_path: Path, server: Upstream) -> None:
    """The client does not repeat a request that needs a person, though it retries others."""
    danger = [{"role": "user", "content": "drop the production database"}]
    with Proxy(tmp_path, one_backend(server.url)) as proxy:
        one = openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="none", max_retries=3)
        with one, pytest.raises(openai.ConflictError) as caught:
            one.chat.completions.create(model="auto", messages=danger)
        counted = proxy.live.metrics.confirmations.values
        assert sum(counted.values()) == 1
        assert caught.value.code == "human_confirm"
        row_id = caught.value.response.json()["confirmation"]["id"]
        given = proxy.post(f"/v1/approvals/{row_id}", {}, authorization=f"Bearer {ADMIN}").json
        with client(f"{proxy.url}/v1") as again, pytest.raises(openai.ConflictError):
            again.chat.completions.create(
                model="auto", messages=danger, temperature=0.5,
                extra_headers={"X-Model-Router-Approval": given["token"]},
            )  # fmt: skip
    assert server.seen == []


def test_keys(tmp_path: Path, server: Upstream) -> None:
    """The client's api_key is the proxy's key."""
    more = "access: {keys: [{name: a, env: A}]}\n"
    with Proxy(tmp_path, one_backend(server.url, more), A="k-1") as proxy:
        with client(f"{proxy.url}/v1") as one, pytest.raises(openai.AuthenticationError):
            one.models.list()
        with openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="k-1") as one:
            assert one.chat.completions.create(model="auto", messages=HELLO).model == "m"


def test_fallback_under_the_client(tmp_path: Path) -> None:
    """An empty start is replaced before the client sees anything."""

    async def empty(seen: Seen, out: Out) -> None:
        await out.events(done=False)

    with Upstream(empty) as bad, Upstream(friendly) as good:
        text = several(fast_local=bad.url, balanced_local=good.url)
        with Proxy(tmp_path, text) as proxy, client(f"{proxy.url}/v1") as one:
            chunks = one.chat.completions.create(model="auto", messages=HELLO, stream=True)
            words = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert words == "hello"
