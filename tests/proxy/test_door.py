"""Who may call: keys, hosts, pages; and that nothing tells a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_router.errors import RouterConfigError
from model_router.proxy.config import Access, NamedKey
from model_router.proxy.door import Door, check_bind
from model_router.proxy.live import Live, Settings
from model_router.proxy.load import parse_proxy_config
from model_router.proxy.problems import Refused
from model_router.proxy.state import MemoryState
from tests.support.proxies import Proxy, one_backend
from tests.support.upstreams import Out, Seen, Upstream, friendly

KEYS = "access: {keys: [{name: ann, env: ANN}, {name: bob, env: BOB}]%s}\n"


@pytest.fixture
def server() -> Any:
    """A server that answers everything."""
    with Upstream(friendly) as found:
        yield found


@pytest.fixture
def keyed(tmp_path: Path, server: Upstream) -> Any:
    """A proxy that asks for a key."""
    text = one_backend(server.url, KEYS % "", api_key="sk-upstream-1")
    with Proxy(tmp_path, text, ANN="ann-key-1", BOB="bob-key-2") as found:
        yield found


class TestKeys:
    @pytest.mark.parametrize(
        "headers",
        [
            {"authorization": "Bearer ann-key-1"},
            {"authorization": "bearer bob-key-2"},
            {"authorization": "BEARER  ann-key-1 "},
            {"x_api_key": "ann-key-1"},
        ],
    )
    def test_a_key_opens(self, keyed: Proxy, headers: dict[str, str]) -> None:
        """Each named key does, as bearer in any case or as x-api-key."""
        assert keyed.chat(headers=headers).status == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {}, {"authorization": "Bearer "}, {"authorization": "Bearer ann-key-"},
            {"authorization": "Bearer ann-key-11"}, {"authorization": "ann-key-1"},
            {"authorization": "Basic ann-key-1"}, {"x_api_key": ""},
            {"authorization": "Bearer \u00ff".encode("latin-1").decode("latin-1")},
        ],
    )  # fmt: skip
    def test_nothing_else_does(self, keyed: Proxy, headers: dict[str, str]) -> None:
        """401 in the usual form, whatever is wrong with the key, and nothing goes upstream."""
        found = keyed.chat(headers=headers)
        assert found.status == 401
        assert found.error["type"] == "authentication_error"
        assert found.headers["www-authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v1/models"), ("GET", "/v1/models/auto"), ("GET", "/v1/status"),
            ("GET", "/metrics"), ("POST", "/v1/route"), ("POST", "/classify"),
            ("POST", "/v1/anything"), ("GET", "/"),
        ],
    )  # fmt: skip
    def test_every_path_asks(self, keyed: Proxy, method: str, path: str) -> None:
        """There is no way around, known path or not."""
        assert keyed.ask(method, path).status == 401

    @pytest.mark.parametrize("path", ["/health", "/healthz"])
    def test_health_is_open_and_tells_little(self, keyed: Proxy, path: str) -> None:
        """Anybody may ask whether it runs; no address, path, key or model is in the answer."""
        found = keyed.get(path)
        assert found.status == 200
        assert set(found.json) == {"status", "version", "backends"}
        assert b"127.0.0.1" not in found.body
        assert keyed.ask("HEAD", path).body == b""

    def test_admin_paths_take_their_own_key(self, keyed: Proxy) -> None:
        """A caller's key reloads nothing."""
        ann = {"authorization": "Bearer ann-key-1"}
        assert keyed.post("/admin/reload", {}, **ann).status == 401
        assert keyed.post("/admin/reload", {}).status == 401

    def test_keys_are_never_told(self, keyed: Proxy, server: Upstream) -> None:
        """No key, a caller's or the backend's, is in answers, status, metrics or words."""
        ann = {"authorization": "Bearer ann-key-1"}
        server.stop()
        texts = [
            keyed.chat(headers=ann).body, keyed.get("/v1/status", **ann).body,
            keyed.get("/metrics", **ann).body, keyed.chat(headers={"x_api_key": "oops-3"}).body,
            "\n".join(keyed.said).encode(), repr(keyed.live.service.config).encode(),
        ]  # fmt: skip
        for text in texts:
            for secret in (b"ann-key-1", b"bob-key-2", b"sk-upstream-1", b"admin-key", b"oops-3"):
                assert secret not in text


@pytest.mark.parametrize("status", [400, 401, 403, 500, 200])
@pytest.mark.parametrize("stream", [False, True])
def test_a_backend_that_quotes_its_key(tmp_path: Path, status: int, stream: bool) -> None:
    """Its errors reach the client, in whatever way they come, without the key."""
    key = "sk-upstream-1234567890"

    async def quoting(seen: Seen, out: Out) -> None:
        error = {"error": {"message": f"wrong key: {seen.headers['authorization']}", "code": key}}
        if status == 200 and stream:
            await out.events(error)
        else:
            await out.json(error, status)

    with Upstream(quoting) as server:
        text = one_backend(server.url, "observability: {enabled: true, log_path: e.jsonl}\n",
                           api_key_env="K")  # fmt: skip
        with Proxy(tmp_path, text, K=key) as proxy:
            found = proxy.chat(stream=stream)
            assert found.status >= 400
            assert b"wrong key" in found.body
            told = [found.body, str(found.headers).encode(), proxy.get("/v1/status").body,
                    proxy.get("/metrics").body, "\n".join(proxy.said).encode()]  # fmt: skip
        told.append((tmp_path / "e.jsonl").read_bytes())
    assert key.encode() not in b"".join(told)


class TestPages:
    @pytest.mark.parametrize(
        "host", ["localhost", "127.0.0.1:8082", "[::1]:8082", "LOCALHOST:1", "x.localhost"]
    )
    def test_own_names(self, tmp_path: Path, server: Upstream, host: str) -> None:
        """Every name of this machine is served."""
        with Proxy(tmp_path, one_backend(server.url)) as proxy:
            assert proxy.get("/health", host=host).status == 200

    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:8082", "127.0.0.1.evil.example", "localhost.evil.x",
                 "localhost@evil.example", "", "10.0.0.9", "[::2]", "127.0.0.1:80:80"],
    )  # fmt: skip
    def test_bent_names(self, tmp_path: Path, server: Upstream, host: str) -> None:
        """A name that only points here (DNS rebinding) is refused before anything else."""
        with Proxy(tmp_path, one_backend(server.url)) as proxy:
            found = proxy.chat(headers={"host": host})
            assert found.status == 403, found.body
            assert found.error["code"] == "host_not_allowed"
        assert server.seen == []

    def test_listed_names(self, tmp_path: Path, server: Upstream) -> None:
        """allowed_hosts adds names."""
        text = one_backend(server.url, "access: {allowed_hosts: [Box.lan]}\n")
        with Proxy(tmp_path, text) as proxy:
            assert proxy.get("/health", host="box.lan:9").status == 200
            assert proxy.get("/health", host="other.lan").status == 403

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000"])
    def test_pages_may_not_call(self, tmp_path: Path, server: Upstream, origin: str) -> None:
        """A browser's page is refused, also with a request that needs no preflight (CSRF)."""
        with Proxy(tmp_path, one_backend(server.url)) as proxy:
            headers = {"origin": origin, "content_type": "text/plain"}
            found = proxy.chat(headers=headers)
            assert (found.status, found.error["code"]) == (403, "origin_not_allowed")
            assert "access-control-allow-origin" not in found.headers
            assert proxy.ask("OPTIONS", "/v1/chat/completions", None, headers).status == 403
        assert server.seen == []

    def test_listed_pages_may(self, tmp_path: Path, server: Upstream) -> None:
        """An origin of allowed_origins gets its preflight and may read the answer."""
        text = one_backend(server.url, "access: {allowed_origins: ['http://localhost:3000']}\n")
        page = {"origin": "http://localhost:3000"}
        with Proxy(tmp_path, text) as proxy:
            asked = {**page, "access-control-request-headers": "authorization"}
            before = proxy.ask("OPTIONS", "/v1/chat/completions", None, asked)
            found = proxy.chat(headers=page)
            refused = proxy.post("/v1/chat/completions", b"{", **page)
        assert before.status == 204
        assert before.headers["access-control-allow-headers"] == "authorization"
        for reply in (before, found, refused):
            assert reply.headers["access-control-allow-origin"] == "http://localhost:3000"
        assert found.status == 200

    def test_the_proxys_own_pages_may(self, tmp_path: Path, server: Upstream) -> None:
        """A page of the same origin is no foreign one."""
        with Proxy(tmp_path, one_backend(server.url)) as proxy:
            own = f"http://127.0.0.1:{proxy.port}"
            assert proxy.chat(headers={"origin": own}).status == 200


class TestBind:
    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "router.lan"])
    def test_others_may_reach_it_only_with_a_key(self, host: str) -> None:
        """Any address but loopback is refused without a key, by the file and by the flag."""
        from dataclasses import replace

        text = "backends: {a: {base_url: 'http://127.0.0.1:9/v1', model: m}}\n"
        config = parse_proxy_config(text)
        with pytest.raises(RouterConfigError, match="no key is asked for"):
            check_bind(replace(config, host=host))
        keyed = replace(config, host=host, access=Access(keys=(NamedKey("a", "b"),)))
        check_bind(keyed)
        check_bind(config)

    @pytest.mark.parametrize("new_host", ["0.0.0.0", "127.0.0.1"])
    def test_a_reload_cannot_open_it(self, tmp_path: Path, server: Upstream, new_host: str) -> None:
        """A file that no longer asks for keys is refused while others can reach the port."""
        path = tmp_path / "p.yaml"
        path.write_text(one_backend(server.url, KEYS % "" + "proxy: {host: 0.0.0.0}\n"))
        environ = {"ANN": "ann-key-1", "BOB": "bob-key-2"}
        live = Live(Settings(str(path), environ, str(tmp_path)), b"s" * 32, MemoryState())
        path.write_text(one_backend(server.url, f"proxy: {{host: {new_host}}}\n"))
        assert not live.reload()["ok"]
        assert not live.service.door.open
        path.write_text(one_backend(server.url, KEYS % "" + f"proxy: {{host: {new_host}}}\n"))
        assert live.reload()["ok"]

    def test_a_wildcard_with_a_key_serves_any_name(self) -> None:
        """The key guards it; listing hosts narrows it again."""
        keys = (NamedKey("a", "b"),)
        Door(Access(keys=keys), "0.0.0.0", None, False).check_page({b"host": b"box.lan:1"})
        door = Door(Access(keys=keys, allowed_hosts=("box.lan",)), "0.0.0.0", None, False)
        door.check_page({b"host": b"box.lan:1"})
        with pytest.raises(Refused):
            door.check_page({b"host": b"evil.example"})
