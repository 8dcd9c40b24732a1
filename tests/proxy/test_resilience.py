"""Backends that fail, crowd or come back; files that change under load; and no answer lost."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.proxies import ADMIN, Proxy, chat, one_backend, several, until
from tests.support.upstreams import Out, Seen, Upstream, completion, deltas, friendly

ADMIN_KEY = {"authorization": f"Bearer {ADMIN}"}


class TestBreaker:
    def test_a_dead_backend_is_left_alone(self, tmp_path: Path) -> None:
        """After some failures it is not asked any more; the plan's next engine answers at once."""

        async def down(seen: Seen, out: Out) -> None:
            await out.json({"error": {"message": "down"}}, 500)

        with Upstream(down) as bad, Upstream(friendly) as good:
            text = several(fast_local=bad.url, balanced_local=good.url)
            with Proxy(tmp_path, text) as proxy:
                for _ in range(6):
                    assert proxy.chat("rewrite this text").status == 200
                assert len(bad.seen) == 3
                assert proxy.get("/health").json["backends"]["fast_local"] == "open"
                assert proxy.get("/health").json["status"] == "degraded"
                found = proxy.get("/metrics").body.decode()
                assert 'model_router_backend_up{backend="fast_local"} 0' in found
                assert 'outcome="open"' in found

    def test_when_all_are_open_the_client_is_told_when(self, tmp_path: Path) -> None:
        """503 with Retry-After, and no wait."""

        async def down(seen: Seen, out: Out) -> None:
            out.hang_up()

        with (
            Upstream(down) as bad,
            Proxy(tmp_path, one_backend(bad.url, breaker_failures=1)) as proxy,
        ):
            assert proxy.chat().status == 502
            found = proxy.chat()
        assert (found.status, found.error["code"]) == (503, "backend_unavailable")
        assert 1 <= int(found.headers["retry-after"]) <= 5
        assert len(bad.seen) == 1

    def test_it_comes_back(self, tmp_path: Path) -> None:
        """After the pause one request tries, and when it succeeds all may again."""

        async def ill(seen: Seen, out: Out) -> None:
            if len(server.seen) == 1:
                out.hang_up()
            else:
                await friendly(seen, out)

        keys = {"breaker_failures": 1, "breaker_seconds": 0.2}
        with Upstream(ill) as server, Proxy(tmp_path, one_backend(server.url, **keys)) as proxy:
            assert proxy.chat().status == 502
            assert proxy.chat().status == 503
            time.sleep(0.25)
            assert [proxy.chat().status for _ in range(3)] == [200] * 3

    def test_a_probe_finds_it_back_sooner(self, tmp_path: Path) -> None:
        """The background probe closes the breaker as soon as the server answers again."""
        with Upstream(friendly) as server:
            port = server.port
        text = one_backend(
            f"http://127.0.0.1:{port}/v1", breaker_failures=1, breaker_seconds=60, retries=0
        ).replace("interval_seconds: 0", "interval_seconds: 0.1")
        with Proxy(tmp_path, text) as proxy:
            assert until(lambda: proxy.live.service.backends["a"].state() == "open")
            with Upstream(friendly, port=port):
                assert until(lambda: proxy.live.service.backends["a"].state() == "closed")
                assert proxy.chat().status == 200
                assert until(lambda: proxy.live.service.backends["a"].advertised == ("m",))

    def test_a_slow_probe_proves_nothing(self, tmp_path: Path) -> None:
        """A server that computes and does not answer probes stays in use."""

        async def busy(seen: Seen, out: Out) -> None:
            if seen.method == "GET":
                await asyncio.sleep(5)
            await friendly(seen, out)

        text = one_backend(busy_url := "URL", breaker_failures=1)
        with Upstream(busy) as server:
            text = text.replace(busy_url, server.url).replace(
                "interval_seconds: 0", "interval_seconds: 0.05, backend_timeout_seconds: 0.05"
            )
            with Proxy(tmp_path, text) as proxy:
                assert until(lambda: len(server.seen) > 3)
                assert proxy.live.service.backends["a"].state() == "closed"
                assert proxy.chat().status == 200


class TestCrowds:
    @staticmethod
    async def slow(seen: Seen, out: Out) -> None:
        """A server that takes its time."""
        await asyncio.sleep(0.15)
        await out.json(completion())

    def test_so_many_at_a_time(self, tmp_path: Path) -> None:
        """max_concurrent is what the server ever sees at once; all get their answer."""
        most = now = 0

        async def counting(seen: Seen, out: Out) -> None:
            nonlocal most, now
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.02)
            now -= 1
            await out.json(completion())

        text = "URL"
        with Upstream(counting) as server:
            text = one_backend(server.url, max_concurrent=2)
            with Proxy(tmp_path, text) as proxy, ThreadPoolExecutor(12) as pool:
                found = list(pool.map(lambda _: proxy.chat().status, range(12)))
        assert found == [200] * 12
        assert most == 2

    def test_a_full_queue_and_a_long_wait(self, tmp_path: Path) -> None:
        """The queue is bounded (429) and so is the wait (503), both with Retry-After."""
        keys = {"max_concurrent": 1, "queue_size": 1, "queue_seconds": 0.05}
        with (
            Upstream(self.slow) as server,
            Proxy(tmp_path, one_backend(server.url, **keys)) as proxy,
            ThreadPoolExecutor(8) as pool,
        ):
            found = list(pool.map(lambda _: proxy.chat(), range(8)))
        counts = Counter(row.status for row in found)
        assert set(counts) == {200, 429, 503}
        for row in found:
            if row.status != 200:
                assert row.headers["retry-after"] == "2"
                assert row.error["code"] in ("queue_full", "queue_timeout")

    def test_a_client_that_leaves_the_queue(self, tmp_path: Path) -> None:
        """Its place goes to the next one, and the server never hears of it."""
        with (
            Upstream(self.slow) as server,
            Proxy(tmp_path, one_backend(server.url, max_concurrent=1)) as proxy,
            ThreadPoolExecutor(2) as pool,
        ):
            first = pool.submit(proxy.chat)
            assert until(lambda: server.seen)
            waiting = proxy.connect()
            waiting.request("POST", "/v1/chat/completions", json.dumps(chat()))
            gate = proxy.live.service.backends["a"].gate
            assert until(lambda: gate.waiting == 1)
            waiting.close()
            assert until(lambda: gate.waiting == 0)
            assert first.result().status == 200
            assert until(lambda: gate.inside == 0)
        assert len(server.seen) == 1


class TestReload:
    def test_a_hundred_times_under_load(self, tmp_path: Path) -> None:
        """No request fails or is lost while the files are swapped again and again."""
        stop = threading.Event()
        statuses: Counter[int] = Counter()

        def load() -> None:
            while not stop.is_set():
                statuses[proxy.chat().status] += 1

        with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
            with ThreadPoolExecutor(4) as pool:
                work = [pool.submit(load) for _ in range(4)]
                for turn in range(100):
                    # Every second turn the backend's settings change, so its client is replaced.
                    text = one_backend(server.url, retries=turn % 2)
                    proxy.path.write_text(text)
                    assert proxy.post("/admin/reload", {}, **ADMIN_KEY).status == 200
                stop.set()
                for one in work:
                    one.result()
            count = len([seen for seen in server.seen if seen.method == "POST"])
        assert set(statuses) == {200}
        assert count == sum(statuses.values())

    def test_a_bad_file_changes_nothing(self, tmp_path: Path) -> None:
        """The old settings stay, and what is wrong is told."""
        with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
            proxy.path.write_text("backend: {}\n")
            found = proxy.post("/admin/reload", {}, **ADMIN_KEY)
            assert found.status == 422
            assert "did you mean backends?" in found.json["message"]
            assert proxy.chat().status == 200
            assert proxy.get("/v1/status").json["last_reload"]["ok"] is False

    def test_a_changed_file_is_noticed(self, tmp_path: Path) -> None:
        """Proxy file and catalog are watched."""
        more = "proxy: {watch_seconds: 0.05}\nrouter_config: c.yaml\n"
        row = "{provider: ollama, model: %s, max_context: 32000}"
        catalog = tmp_path / "c.yaml"
        catalog.write_text(f"engines: {{fast_local: {row % 'one'}}}\n")
        with Upstream(friendly) as server:
            url = {"a": {"base_url": server.url}}
            text = f"backends: {json.dumps(url)}\nhealth: {{interval_seconds: 0}}\n{more}"
            with Proxy(tmp_path, text) as proxy:
                assert proxy.chat().json["model"] == "one"
                catalog.write_text(f"engines: {{fast_local: {row % 'two'}}}\n")
                assert until(lambda: proxy.chat().json["model"] == "two")
                proxy.path.write_text(text.replace('"base_url"', '"model": "three", "base_url"'))
                assert until(lambda: proxy.chat().json["model"] == "three")

    def test_state_of_what_did_not_change_stays(self, tmp_path: Path) -> None:
        """A backend with the same settings keeps its connections and its breaker."""
        with Upstream(friendly) as server:
            text = several(fast_local=server.url, balanced_local=server.url)
            with Proxy(tmp_path, text) as proxy:
                before = dict(proxy.live.service.backends)
                proxy.path.write_text(text.replace("balanced_local-m", "other-m"))
                assert proxy.post("/admin/reload", {}, **ADMIN_KEY).status == 200
                after = proxy.live.service.backends
        assert after["fast_local"] is before["fast_local"]
        assert after["balanced_local"] is not before["balanced_local"]

    def test_what_needs_a_restart_is_told(self, tmp_path: Path) -> None:
        """A new port cannot be taken while running, and that is said."""
        with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
            proxy.path.write_text(one_backend(server.url, "proxy: {workers: 3}\n"))
            found = proxy.post("/admin/reload", {}, **ADMIN_KEY)
        assert found.json["needs_restart"] == ["workers"]

    def test_streams_go_on_with_the_old_settings(self, tmp_path: Path) -> None:
        """An answer under way ends as it began, though its backend is gone from the file."""

        async def slow(seen: Seen, out: Out) -> None:
            await out.events(*deltas(*"abcdef"), pause=0.05)

        with (
            Upstream(slow) as server,
            Upstream(friendly) as other,
            Proxy(tmp_path, one_backend(server.url)) as proxy,
        ):
            pieces = proxy.stream()
            first = next(pieces)
            proxy.path.write_text(one_backend(other.url))
            assert proxy.post("/admin/reload", {}, **ADMIN_KEY).status == 200
            assert proxy.chat().json["model"] == "m"
            assert (first + b"".join(pieces)).endswith(b"data: [DONE]\n\n")


class TestLimits:
    def test_a_body_that_is_too_large(self, tmp_path: Path) -> None:
        """413 in the usual form, by its length or as it arrives, and nothing goes upstream."""
        more = "proxy: {max_body_bytes: 1000}\n"
        with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url, more)) as proxy:
            found = proxy.chat("x" * 2000)
            assert (found.status, found.error["code"]) == (413, "request_too_large")
            body = (b"x" * 600 for _ in range(3))
            connection = proxy.connect()
            connection.request("POST", "/v1/chat/completions", body, encode_chunked=True,
                               headers={"transfer-encoding": "chunked"})  # fmt: skip
            assert connection.getresponse().status == 413
            connection.close()
            assert proxy.chat().status == 200
        assert len(server.seen) == 1

    def test_a_compressed_body(self, tmp_path: Path) -> None:
        """415: it is not taken for JSON."""
        with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
            assert proxy.chat(headers={"content_encoding": "zstd"}).status == 415
            assert proxy.chat(headers={"content_encoding": "identity"}).status == 200

    def test_a_hundred_streams_at_once(self, tmp_path: Path) -> None:
        """All arrive whole."""

        async def slow(seen: Seen, out: Out) -> None:
            await out.events(*deltas(*"abcde"), pause=0.02)

        with (
            Upstream(slow) as server,
            Proxy(tmp_path, one_backend(server.url)) as proxy,
            ThreadPoolExecutor(50) as pool,
        ):
            found = list(pool.map(lambda _: b"".join(proxy.stream()), range(100)))
        assert len(set(found)) == 1
        assert found[0].endswith(b"data: [DONE]\n\n")

    def test_draining(self, tmp_path: Path) -> None:
        """While it drains, health says so."""
        with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url)) as proxy:
            proxy.live.draining = True
            found = proxy.get("/health")
        assert (found.status, found.json["status"]) == (503, "draining")
