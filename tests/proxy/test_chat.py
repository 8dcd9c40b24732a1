"""Chat requests through a real proxy to a real server: what goes out, what comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from model_router.proxy.app import App
from tests.support.proxies import Proxy, chat, one_backend, several, until
from tests.support.upstreams import Out, Reply, Seen, Upstream, completion, deltas, friendly

PLAN = "design a distributed task scheduler architecture"
"""Goes to reasoning_local."""


@contextlib.contextmanager
def serving(folder: Path, reply: Reply = friendly, more: str = "", **keys: Any) -> Any:
    """A server and a proxy in front of it."""
    with (
        Upstream(reply) as server,
        Proxy(folder, one_backend(server.url, more, **keys)) as proxy,
    ):
        yield proxy, server


class TestOut:
    def test_only_the_model_changes(self, tmp_path: Path) -> None:
        """The server gets the client's bytes with another model name in them."""
        raw = (
            b'{ "temperature": 1.0e0, "model" : "auto",\n "messages":[{"role":"user",'
            b'"content":"h\\u00e9llo \\ud83d\\udc4b"}], "unknown": {"b":1,"a":[ ]}, "n":1}\n'
        )
        with serving(tmp_path) as (proxy, server):
            reply = proxy.post("/v1/chat/completions", raw)
        assert reply.status == 200
        assert server.seen[0].body == raw.replace(b'"auto"', b'"m"')
        assert server.seen[0].target == "/v1/chat/completions"

    def test_parameters_are_stripped_and_set(self, tmp_path: Path) -> None:
        """What the file says of parameters happens, for that backend only."""
        keys = {
            "strip_tools": True,
            "strip_parameters": ["store"],
            "set_parameters": {"temperature": 0, "options": {"num_ctx": 8192}},
        }
        tools = [{"type": "function", "function": {"name": "f"}}]
        with serving(tmp_path, **keys) as (proxy, server):
            proxy.chat(tools=tools, tool_choice="auto", store=True, temperature=1.5, seed=3)
        assert server.seen[0].json == {
            "model": "m", "messages": [{"role": "user", "content": "hello there"}],
            "seed": 3, "temperature": 0, "options": {"num_ctx": 8192},
        }  # fmt: skip

    def test_headers_that_go_out(self, tmp_path: Path) -> None:
        """The backend's key and headers, the request's id and trace; never the client's key."""
        with serving(tmp_path, api_key="sk-up", headers={"X-Team": "t"}) as (proxy, server):
            headers = {
                "authorization": "Bearer sk-client", "cookie": "a=b", "x_request_id": "abc-123",
                "traceparent": "00-1-2-01", "x_session_id": "s1", "origin_x": "y",
            }  # fmt: skip
            proxy.chat(headers=headers)
        seen = server.seen[0].headers
        assert seen["authorization"] == "Bearer sk-up"
        assert (seen["x-team"], seen["x-request-id"], seen["traceparent"]) == (
            "t", "abc-123", "00-1-2-01",
        )  # fmt: skip
        assert seen["x-session-id"] == "s1"
        assert "sk-client" not in server.seen[0].raw_head.decode()
        assert {"cookie", "origin-x"}.isdisjoint(seen)

    def test_the_query_goes_along(self, tmp_path: Path) -> None:
        """A query string reaches the server."""
        with serving(tmp_path) as (proxy, server):
            proxy.post("/v1/chat/completions?api-version=1&b=%20", chat())
        assert server.seen[0].target == "/v1/chat/completions?api-version=1&b=%20"

    def test_models_by_engine(self, tmp_path: Path) -> None:
        """Each engine has its own name for a model; without one the catalog's own counts."""
        keys = {"models": {"fast_local": "small"}, "model": "large"}
        with serving(tmp_path, **keys) as (proxy, server):
            proxy.chat("rewrite this text")
            found = proxy.chat(PLAN)
        assert [seen.json["model"] for seen in server.seen] == ["small", "large"], found.body


class TestBack:
    def test_bytes_and_status(self, tmp_path: Path) -> None:
        """The answer's bytes are the server's, with its headers, and the decision's beside."""
        body = b'{"choices" : [ {"message":{"content":"x"}} ],\n "model":"real", "e":1.50}'

        async def reply(seen: Seen, out: Out) -> None:
            await out.whole(body, headers=[
                ("x-ratelimit-remaining", "9"), ("openai-processing-ms", "7"),
                ("access-control-allow-origin", "*"), ("set-cookie", "a=b"),
                ("x-request-id", "theirs"), ("x-modelrouter-engine", "forged"),
                ("connection", "keep-alive, x-hop"), ("x-hop", "1"), ("server", "S"),
            ])  # fmt: skip

        with serving(tmp_path, reply) as (proxy, _):
            found = proxy.chat("rewrite this text", headers={"x_request_id": "mine-1"})
        assert (found.status, found.body) == (200, body)
        headers = found.headers
        assert headers["x-ratelimit-remaining"] == "9"
        assert headers["openai-processing-ms"] == "7"
        assert headers["x-upstream-request-id"] == "theirs"
        assert headers["content-length"] == str(len(body))
        gone = {"access-control-allow-origin", "set-cookie", "x-hop", "server"}
        assert gone.isdisjoint(headers)
        expected = {
            "x-modelrouter-engine": "fast_local", "x-routed-engine": "fast_local",
            "x-modelrouter-backend": "a", "x-routed-backend": "a", "x-modelrouter-model": "m",
            "x-modelrouter-mode": "decision", "x-modelrouter-decision-layer": "on",
            "x-modelrouter-profile": "balanced", "x-modelrouter-route-api": "chat_completions",
            "x-modelrouter-route": "simple", "x-modelrouter-fallback": "false",
            "x-request-id": "mine-1", "x-modelrouter-request-id": "mine-1",
        }  # fmt: skip
        assert {name: headers[name] for name in expected} == expected

    @pytest.mark.parametrize("given", ["", "a b", "x" * 129, "é", "a,b"])
    def test_odd_request_ids_are_replaced(self, tmp_path: Path, given: str) -> None:
        """An id that could confuse a log is not taken."""
        with serving(tmp_path) as (proxy, _):
            found = proxy.chat(headers={"x_request_id": given.encode("latin-1")})
        assert len(found.headers["x-request-id"]) == 32

    @pytest.mark.parametrize(
        ("status", "body", "message"),
        [
            (400, {"error": {"message": "bad", "type": "t", "code": 400}}, "bad"),
            (400, {"error": "only text"}, "only text"),
            (422, {"detail": "what fastapi says"}, "what fastapi says"),
            (400, "plain words", "plain words"),
        ],
    )
    def test_the_clients_errors_are_its_own(
        self, tmp_path: Path, status: int, body: Any, message: str
    ) -> None:
        """A 4xx that is about the request comes back with its status, in the usual form."""
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()

        async def reply(seen: Seen, out: Out) -> None:
            await out.whole(raw, status, "text/plain" if isinstance(body, str) else "a/json")

        with serving(tmp_path, reply) as (proxy, server):
            found = proxy.chat()
        assert found.status == status
        assert found.json["error"]["message"] == message
        assert len(server.seen) == 1
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            assert found.body == raw

    def test_the_requested_name_on_request(self, tmp_path: Path) -> None:
        """With response_model requested, answers carry the client's name for the model."""
        more = "proxy: {response_model: requested}\n"
        with serving(tmp_path, more=more) as (proxy, _):
            assert proxy.chat().json["model"] == "auto"
            text = b"".join(proxy.stream()).decode()
        events = [json.loads(row[6:]) for row in text.split("\n\n") if row.startswith("data: {")]
        assert {event["model"] for event in events} == {"auto"}
        assert text.endswith("data: [DONE]\n\n")

    def test_a_very_long_answer(self, tmp_path: Path) -> None:
        """12 MB come back whole, though only a part of them is held."""
        body = b'{"choices":[],"x":"' + b"y" * 12_000_000 + b'"}'

        async def reply(seen: Seen, out: Out) -> None:
            await out.whole(body)

        with serving(tmp_path, reply) as (proxy, _):
            assert proxy.chat().body == body

    def test_trace_on_request(self, tmp_path: Path) -> None:
        """A client that asks gets the chain, what was tried and how long deciding took."""
        with serving(tmp_path) as (proxy, _):
            found = proxy.chat("rewrite this", headers={"x_model_router_trace": "true"})
            assert "x-modelrouter-trace" not in proxy.chat("rewrite this").headers
        trace = json.loads(found.headers["x-modelrouter-trace"])
        assert trace["engine"] == "fast_local"
        assert trace["tried"] == [["a", "m", "ok"]]
        assert trace["chain"][0] == ["fast_local", "a", "m"]


AWKWARD = {
    "crlf": [b'data: {"choices":[{"delta":{"content":"a"}}]}\r\n\r\n', b"data: [DONE]\r\n\r\n"],
    "comments": [b": hi\n\n", b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', b": bye\n\n"],
    "no done": [b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'],
    "no end": [b'data: {"choices":[{"delta":{"content":"a"}}]}'],
    "multi": [b'event: x\nid: 1\ndata: {"choices":\ndata: [{"delta":{"content":"a"}}]}\n\n'],
    "big": [b'data: {"choices":[{"delta":{"content":"' + b"x" * 1_000_000 + b'"}}]}\n\n'],
    "utf-8": [bytes([b]) for b in 'data: {"choices":[{"delta":{"content":"é👋"}}]}\n\n'.encode()],
    "usage": [
        b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
        b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n',
    ],
    "not json": [b"data: hello\n\n"],
}


class TestStreams:
    @pytest.mark.parametrize("name", AWKWARD)
    def test_awkward_streams_pass_unchanged(self, tmp_path: Path, name: str) -> None:
        """Whatever the events look like and however they are cut, the same bytes arrive."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.events(*AWKWARD[name], done=False)

        with serving(tmp_path, reply) as (proxy, _):
            assert b"".join(proxy.stream()) == b"".join(AWKWARD[name])

    def test_http_1_0_streams(self, tmp_path: Path) -> None:
        """A stream that ends with its connection passes too."""
        raw = b'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n'

        async def reply(seen: Seen, out: Out) -> None:
            await out.raw(b"HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + raw)
            out.keep = False

        with serving(tmp_path, reply) as (proxy, _):
            assert b"".join(proxy.stream()) == raw

    def test_headers_of_a_stream(self, tmp_path: Path) -> None:
        """No proxy in front buffers it, and it says who answers."""
        with serving(tmp_path) as (proxy, _):
            found = proxy.chat(stream=True)
        assert found.headers["x-accel-buffering"] == "no"
        assert found.headers["content-type"] == "text/event-stream"
        assert found.headers["x-modelrouter-engine"] == "fast_local"
        assert "content-length" not in found.headers

    def test_events_arrive_as_they_are_made(self, tmp_path: Path) -> None:
        """The client has the first words before the last ones exist."""
        read = asyncio.Event()

        async def reply(seen: Seen, out: Out) -> None:
            await out.stream_head()
            for event in deltas("one"):
                await out.chunk(b"data: %b\n\n" % json.dumps(event).encode())
            while not read.is_set():
                await asyncio.sleep(0.005)
            await out.chunk(b"data: [DONE]\n\n")
            await out.end()

        with serving(tmp_path, reply) as (proxy, _):
            pieces = proxy.stream()
            assert b"one" in next(pieces)
            read.set()
            assert b"".join(pieces).endswith(b"data: [DONE]\n\n")

    def test_a_slow_client_stops_the_server(self, tmp_path: Path) -> None:
        """Backpressure reaches the server: the proxy holds a bounded part."""
        sent = 0

        async def reply(seen: Seen, out: Out) -> None:
            nonlocal sent
            await out.stream_head()
            event = b'data: {"choices":[{"delta":{"content":"' + b"x" * 65536 + b'"}}]}\n\n'
            for _ in range(800):
                await out.chunk(event)
                sent += len(event)
            await out.end()

        with serving(tmp_path, reply) as (proxy, _), socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.connect(("127.0.0.1", proxy.port))
            body = json.dumps(chat(stream=True)).encode()
            head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
            client.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            client.recv(1000)
            time.sleep(0.8)
            held = sent
            time.sleep(0.3)
            assert sent == held < 40 * 1024 * 1024
        assert until(lambda: proxy.live.service.backends["a"].gate.inside == 0)

    def test_cut_in_the_middle(self, tmp_path: Path) -> None:
        """An error event on a line of its own, no [DONE], a clean end."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.stream_head()
            await out.chunk(b'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: {"cho')
            await asyncio.sleep(0.05)
            out.hang_up()

        with serving(tmp_path, reply) as (proxy, _):
            raw = b"".join(proxy.stream())
        assert b"[DONE]" not in raw
        last = raw.strip().rpartition(b"\n\ndata: ")[2]
        error = json.loads(last)["error"]
        assert error["code"] == "stream_interrupted"
        assert error["type"] == "upstream_error"

    def test_silence_in_the_middle(self, tmp_path: Path) -> None:
        """A stream that stalls longer than its limit ends with an error event."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.stream_head()
            await out.chunk(b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
            await asyncio.sleep(5)

        with serving(tmp_path, reply, timeouts={"idle": 0.2}) as (proxy, server):
            raw = b"".join(proxy.stream())
            assert b'"error"' in raw
            assert until(lambda: server.aborted == 1)

    def test_heartbeats(self, tmp_path: Path) -> None:
        """While the model is silent comments arrive; the answer follows as it is."""

        async def reply(seen: Seen, out: Out) -> None:
            await asyncio.sleep(0.5)
            await friendly(seen, out)

        more = "proxy: {heartbeat_seconds: 0.1}\n"
        with serving(tmp_path, reply, more) as (proxy, _):
            raw = b"".join(proxy.stream())
            assert proxy.chat().json["choices"]
        assert raw.startswith(b": ping\n\n: ping\n\n")
        assert raw.endswith(b"data: [DONE]\n\n")

    def test_errors_after_a_heartbeat_are_events(self, tmp_path: Path) -> None:
        """The status was sent, so what goes wrong is told in the stream."""

        async def reply(seen: Seen, out: Out) -> None:
            await asyncio.sleep(0.3)
            await out.json({"error": {"message": "no", "type": "t", "code": None}}, 400)

        more = "proxy: {heartbeat_seconds: 0.1}\n"
        with serving(tmp_path, reply, more) as (proxy, _):
            raw = b"".join(proxy.stream())
        assert raw.startswith(b": ping\n\n")
        assert b'data: {"error":' in raw

    def test_a_plain_answer_after_a_heartbeat(self, tmp_path: Path) -> None:
        """A server that does not stream after all: its answer is an event, renamed as asked for."""

        async def reply(seen: Seen, out: Out) -> None:
            await asyncio.sleep(0.3)
            await out.whole(json.dumps(completion(), indent=1).encode())

        more = "proxy: {heartbeat_seconds: 0.1, response_model: requested}\n"
        with serving(tmp_path, reply, more) as (proxy, _):
            raw = b"".join(proxy.stream())
        event = json.loads(raw.rpartition(b"data: ")[2])
        assert event["model"] == "auto"
        assert event["choices"] == completion()["choices"]


class TestLeaving:
    @pytest.mark.parametrize("streams", [True, False])
    @pytest.mark.parametrize("begun", [True, False])
    def test_a_client_that_leaves_frees_the_server(
        self, tmp_path: Path, streams: bool, begun: bool
    ) -> None:
        """Streamed or not, before the first byte or after: the server sees it within moments."""

        async def reply(seen: Seen, out: Out) -> None:
            if begun and streams:
                await out.stream_head()
                await out.chunk(b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n')
            elif begun:
                await out.head(200, ("content-type", "a/json"), ("content-length", "100"))
                await out.raw(b'{"choices"')
            await asyncio.sleep(20)

        with serving(tmp_path, reply) as (proxy, server):
            connection = proxy.connect()
            connection.request("POST", "/v1/chat/completions", json.dumps(chat(stream=streams)))
            assert until(lambda: server.seen)
            time.sleep(0.05)
            assert connection.sock is not None
            connection.sock.close()
            connection.close()
            left = time.monotonic()
            assert until(lambda: server.aborted == 1)
            assert time.monotonic() - left < 1.0
            assert until(lambda: proxy.live.service.backends["a"].gate.inside == 0)
            assert proxy.live.metrics.left.values

    def test_leaving_in_mid_body(self, tmp_path: Path) -> None:
        """A client that goes away while it sends its request leaves nothing behind."""
        with serving(tmp_path) as (proxy, server):
            with socket.create_connection(("127.0.0.1", proxy.port)) as client:
                head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"
                client.sendall(head + b"content-length: 1000\r\n\r\n{")
            assert until(lambda: proxy.live.metrics.left.values)
            assert server.seen == []
            assert proxy.chat().status == 200


class TestFallback:
    @pytest.mark.parametrize(
        "how",
        ["refused", "500", "503", "429", "404", "hang up", "half", "empty", "empty stream",
         "role only", "error event", "error body", "overflow", "late", "redirect"],
    )  # fmt: skip
    @pytest.mark.parametrize("streams", [True, False])
    def test_the_next_engine_answers(self, tmp_path: Path, how: str, streams: bool) -> None:
        """Whatever goes wrong before the first content, the plan's next engine takes over."""

        async def failing(seen: Seen, out: Out) -> None:
            if how.isdigit():
                await out.json({"error": {"message": "x"}}, int(how))
            elif how == "hang up":
                out.hang_up()
            elif how == "half":
                await out.head(200, ("content-type", "a/json"), ("content-length", "50"))
                await out.raw(b'{"choices":')
                await asyncio.sleep(0.02)
                out.hang_up()
            elif how == "empty":
                await out.whole(b"")
            elif how == "empty stream":
                await out.events(done=False)
            elif how == "role only":
                await out.events(deltas()[0])
            elif how == "error event":
                await out.events({"error": {"message": "cannot", "code": 500}})
            elif how == "error body":
                await out.json({"error": {"message": "cannot"}})
            elif how == "overflow":
                error = {"message": "too long", "code": "context_length_exceeded"}
                await out.json({"error": error}, 400)
            elif how == "redirect":
                await out.head(302, ("location", "http://elsewhere"), ("content-length", "0"))
            else:
                await asyncio.sleep(5)

        with Upstream(failing) as bad, Upstream(friendly) as good:
            if how == "refused":
                bad.stop()
            text = several(fast_local=bad.url, balanced_local=good.url)
            text = text.replace('"model": "fast_local-m"', '"timeouts": {"first_byte": 0.3}', 1)
            with Proxy(tmp_path, text) as proxy:
                found = proxy.chat("rewrite this text", stream=streams)
        assert found.status == 200, found.body
        assert found.headers["x-modelrouter-engine"] == "balanced_local"
        assert found.headers["x-modelrouter-fallback"] == "true"
        assert good.seen[0].json["model"] == "balanced_local-m"
        assert b"hel" in found.body

    def test_a_clients_mistake_is_not_tried_elsewhere(self, tmp_path: Path) -> None:
        """A 400 about the request itself is the answer."""

        async def refusing(seen: Seen, out: Out) -> None:
            await out.json({"error": {"message": "temperature must be <= 2"}}, 400)

        with Upstream(refusing) as bad, Upstream(friendly) as good:
            text = several(fast_local=bad.url, balanced_local=good.url)
            with Proxy(tmp_path, text) as proxy:
                assert proxy.chat("rewrite this text").status == 400
        assert good.seen == []

    def test_backends_that_stand_in(self, tmp_path: Path) -> None:
        """fallback_backends are asked before the plan's next engine, with their own model."""

        async def down(seen: Seen, out: Out) -> None:
            await out.json({}, 500)

        with Upstream(down) as bad, Upstream(friendly) as spare, Upstream(friendly) as other:
            text = several(fast_local=bad.url, balanced_local=other.url, spare=spare.url)
            text = text.replace(', "spare": "spare"', "")
            with Proxy(tmp_path, text + "fallback_backends: {fast_local: [spare]}\n") as proxy:
                found = proxy.chat("rewrite this text")
        assert found.headers["x-modelrouter-backend"] == "spare"
        assert found.headers["x-modelrouter-engine"] == "fast_local"
        assert other.seen == []

    def test_attempts_are_limited(self, tmp_path: Path) -> None:
        """max_attempts backends are asked, no more."""

        async def down(seen: Seen, out: Out) -> None:
            await out.json({"error": {"message": "down"}}, 500)

        with Upstream(down) as one, Upstream(down) as two, Upstream(friendly) as three:
            text = several("proxy: {max_attempts: 2}\n", fast_local=one.url,
                           balanced_local=two.url, reasoning_local=three.url)  # fmt: skip
            with Proxy(tmp_path, text) as proxy:
                found = proxy.chat("rewrite this text")
        assert found.status == 500
        assert found.json["error"]["message"] == "down"
        assert three.seen == []


class TestNobodyAnswers:
    @pytest.mark.parametrize(
        ("how", "status", "code"),
        [
            ("refused", 502, "upstream_unreachable"),
            ("late", 504, "first_byte_timeout"),
            ("hang up", 502, "upstream_request_failed"),
            ("empty", 502, "empty_answer"),
            ("rubbish", 502, "upstream_request_failed"),
        ],
    )
    def test_what_the_client_is_told(
        self, tmp_path: Path, how: str, status: int, code: str
    ) -> None:
        """Each failure has its status, in the usual form, with the backend's name."""

        async def reply(seen: Seen, out: Out) -> None:
            if how == "late":
                await asyncio.sleep(5)
            elif how == "empty":
                await out.events(done=False)
            elif how == "rubbish":
                await out.raw(b"what?\r\n\r\n")
                await asyncio.sleep(0.05)
            out.hang_up()

        with serving(tmp_path, reply, timeouts={"first_byte": 0.2}) as (proxy, server):
            if how == "refused":
                server.stop()
            found = proxy.chat(stream=how == "empty")
        assert (found.status, found.error["code"]) == (status, code)
        assert "backend a" in found.error["message"]
        assert found.headers["x-modelrouter-engine"] == "fast_local"

    def test_rate_limits_reach_the_client(self, tmp_path: Path) -> None:
        """A 429 with a long Retry-After comes back with it, and the backend rests until then."""

        async def reply(seen: Seen, out: Out) -> None:
            await out.json({"error": {"message": "slow down"}}, 429, retry_after="30")

        with serving(tmp_path, reply) as (proxy, server):
            found = proxy.chat()
            assert (found.status, found.headers["retry-after"]) == (429, "30")
            again = proxy.chat()
        assert again.status == 503
        assert 25 <= int(again.headers["retry-after"]) <= 30
        assert len(server.seen) == 1

    def test_a_short_pause_is_waited_for(self, tmp_path: Path) -> None:
        """A server that asks for a moment is asked once more when nobody else is left."""

        async def reply(seen: Seen, out: Out) -> None:
            if len(server.seen) == 1:
                await out.json({"error": {"message": "busy"}}, 503, retry_after="0.1")
            else:
                await friendly(seen, out)

        with serving(tmp_path, reply) as (proxy, server):
            assert proxy.chat().status == 200
        assert len(server.seen) == 2

    def test_a_server_that_comes_up_in_time(self, tmp_path: Path) -> None:
        """The one backend there is is tried again when it cannot be reached at first."""
        with Upstream(friendly) as first:
            port = first.port
        text = one_backend(f"http://127.0.0.1:{port}/v1", retries=4)
        with Proxy(tmp_path, text) as proxy:
            import threading

            late = Upstream(friendly, port=port)
            timer = threading.Timer(0.15, late.__enter__)
            timer.start()
            assert proxy.chat().status == 200
            timer.join()
            late.stop()


class TestVisionQuirk:
    IMAGE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"

    def test_an_image_that_cannot_be_read_is_no_illness(self, tmp_path: Path) -> None:
        """A 500 about an image does not open the breaker."""

        async def reply(seen: Seen, out: Out) -> None:
            if "image_url" in seen.body.decode():
                await out.json({"error": {"message": "image input is not supported"}}, 500)
            else:
                await friendly(seen, out)

        content = [
            {"type": "text", "text": "what is this?"},
            {"type": "image_url", "image_url": {"url": self.IMAGE}},
        ]
        body = {"model": "auto", "messages": [{"role": "user", "content": content}]}
        with serving(tmp_path, reply, breaker_failures=1) as (proxy, _):
            assert proxy.post("/v1/chat/completions", body).status == 500
            assert proxy.live.service.backends["a"].state() == "closed"
            assert proxy.chat().status == 200


def test_completion_is_what_servers_send() -> None:
    """The scripted answers have the form that clients read."""
    assert completion()["choices"][0]["message"]["content"] == "hello"


class TestAnotherServer:
    @pytest.mark.parametrize("trace", ["true", "false"])
    def test_the_same_answer_under_another_server(self, tmp_path: Path, trace: str) -> None:
        """Where the server has no extensions the application answers in plain ASGI, the same."""
        body = chat("hello there")
        headers = {"x-model-router-trace": trace, "x-request-id": "one", "host": "127.0.0.1"}

        async def ask(app: App) -> httpx.Response:
            transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.post(
                    "http://127.0.0.1/v1/chat/completions", json=body, headers=headers
                )

        with serving(tmp_path) as (proxy, _):
            own = proxy.post("/v1/chat/completions", body, **headers)
            other = proxy.soon(ask(App(proxy.live)))
        assert own.status == other.status_code == 200
        assert own.body == other.content
        del own.headers["date"]
        for found in (own.headers, other.headers):
            found["x-modelrouter-trace"] = str(len(found.get("x-modelrouter-trace", "")) > 9)
        assert own.headers == dict(other.headers)
        assert other.headers["x-modelrouter-trace"] == str(trace == "true")
