"""Who answers: virtual models, modes, hints by header and body, and what they can never do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_router.proxy.choosing import HINT_HEADERS
from tests.support.proxies import QUIET, Proxy, chat, one_backend, several
from tests.support.upstreams import Upstream, friendly

DANGER = "drop the production database"
PRIVATE = "rewrite this text for bob.smith@acme-works.com"
KEEP_LOCAL = "router_config: catalog.yaml\n"


@pytest.fixture
def server() -> Any:
    """A server that answers everything."""
    with Upstream(friendly) as found:
        yield found


def text_of(server: Upstream, more: str = "", **keys: Any) -> str:
    """A proxy file with three engines, each on its own backend at one server."""
    urls = dict.fromkeys(("fast_local", "balanced_local", "reasoning_local"), server.url)
    return several(more, **urls)


def catalog(folder: Path, change: str = "") -> None:
    """A catalog beside the proxy file: three local engines, privacy that keeps text here."""
    row = "{provider: ollama, model: x, max_context: 32000, supports_tools: true"
    (folder / "catalog.yaml").write_text(
        "engines:\n"
        f"  fast_local: {row}, fallback: balanced_local}}\n"
        f"  balanced_local: {row}, fallback: reasoning_local}}\n"
        f"  reasoning_local: {row}}}\n"
        "privacy: {mode: local_only}\n" + change
    )


class TestVirtualModels:
    @pytest.mark.parametrize(
        ("model", "engine"),
        [
            ("auto", "fast_local"), ("route-auto", "fast_local"), ("model-router", "fast_local"),
            ("mine", "fast_local"), ("route-reasoning", "reasoning_local"),
            ("balanced_local", "balanced_local"), ("gpt-4o", "fast_local"), (None, "fast_local"),
        ],
    )  # fmt: skip
    def test_names(self, tmp_path: Path, server: Upstream, model: Any, engine: str) -> None:
        """Names for a decision, for a route, for an engine, and names that mean nothing here."""
        with Proxy(tmp_path, text_of(server, "proxy: {model_ids: [mine]}\n")) as proxy:
            body = chat("rewrite this text")
            body["model"] = model
            if model is None:
                del body["model"]
            found = proxy.post("/v1/chat/completions", body)
        assert found.status == 200
        assert found.headers["x-modelrouter-engine"] == engine
        assert server.seen[0].json["model"] == f"{engine}-m"

    def test_unknown_names_can_be_refused(self, tmp_path: Path, server: Upstream) -> None:
        """With reject_404 a name that means nothing is told so."""
        more = "proxy: {unknown_model_behavior: reject_404}\n"
        with Proxy(tmp_path, text_of(server, more)) as proxy:
            found = proxy.chat(model="gpt-9")
        assert (found.status, found.error["code"]) == (404, "model_not_found")
        assert server.seen == []

    def test_names_that_a_backend_has(self, tmp_path: Path, server: Upstream) -> None:
        """With respect_client_model a backend's own name, or a mapped one, goes there."""
        more = (
            "proxy: {respect_client_model: true, "
            "model_map: {gpt-4o: {backend: balanced_local, model: big}}}\n"
        )
        with Proxy(tmp_path, text_of(server, more)) as proxy:
            first = proxy.chat(model="reasoning_local-m")
            second = proxy.chat(model="gpt-4o")
        assert first.headers["x-modelrouter-backend"] == "reasoning_local"
        assert first.headers["x-modelrouter-decision-layer"] == "off"
        assert second.headers["x-modelrouter-backend"] == "balanced_local"
        assert [seen.json["model"] for seen in server.seen] == ["reasoning_local-m", "big"]

    def test_every_name_is_listed(self, tmp_path: Path, server: Upstream) -> None:
        """GET /v1/models has each of them, alone too, and nothing that nobody serves."""
        with Proxy(tmp_path, text_of(server)) as proxy:
            rows = proxy.get("/v1/models").json["data"]
            names = [row["id"] for row in rows]
            assert proxy.get("/v1/models/route-coding").json["id"] == "route-coding"
            missing = proxy.get("/v1/models/nothing/at-all")
        assert {"auto", "route-auto", "model-router", "route-simple", "fast_local"} <= set(names)
        assert "code_agent" not in names
        assert "route-confirmation" not in names
        assert len(names) == len(set(names))
        assert missing.status == 404
        assert missing.error["code"] == "model_not_found"


class TestHints:
    @pytest.mark.parametrize(
        ("headers", "engine"),
        [
            ({"x_force_engine": "reasoning_local"}, "reasoning_local"),
            ({"x_force_route": "reasoning"}, "reasoning_local"),
            ({"x_model_router_profile": "fast"}, "fast_local"),
        ],
    )
    def test_headers(
        self, tmp_path: Path, server: Upstream, headers: dict[str, str], engine: str
    ) -> None:
        """A header says which engine, which kind of work or which profile is wanted."""
        with Proxy(tmp_path, text_of(server)) as proxy:
            found = proxy.chat("rewrite this text", headers=headers)
        assert found.headers["x-modelrouter-engine"] == engine

    def test_the_body(self, tmp_path: Path, server: Upstream) -> None:
        """Hints in the body do the same, and the backend never sees them."""
        with Proxy(tmp_path, text_of(server)) as proxy:
            hints = {"force_engine": "reasoning_local", "profile": "quality"}
            found = proxy.chat("rewrite this text", model_router=hints)
            routed = proxy.chat("rewrite this text", model_router={"route": "reasoning"})
        assert found.headers["x-modelrouter-engine"] == "reasoning_local"
        assert found.headers["x-modelrouter-profile"] == "quality"
        assert routed.headers["x-modelrouter-engine"] == "reasoning_local"
        assert all("model_router" not in seen.json for seen in server.seen)

    def test_a_header_goes_before_the_body(self, tmp_path: Path, server: Upstream) -> None:
        """Where both say something, the header counts."""
        with Proxy(tmp_path, text_of(server)) as proxy:
            found = proxy.chat(
                "rewrite this text",
                model_router={"force_engine": "balanced_local"},
                headers={"x_force_engine": "reasoning_local"},
            )
        assert found.headers["x-modelrouter-engine"] == "reasoning_local"

    def test_the_files_profile(self, tmp_path: Path, server: Upstream) -> None:
        """routing_profile counts where a request names none."""
        with Proxy(tmp_path, text_of(server, "proxy: {routing_profile: quality}\n")) as proxy:
            assert proxy.chat().headers["x-modelrouter-profile"] == "quality"
            named = proxy.chat(headers={"x_model_router_profile": "balanced"})
            assert named.headers["x-modelrouter-profile"] == "balanced"

    @pytest.mark.parametrize(
        ("headers", "said"),
        [
            ({"x_force_engine": "fast_locl"}, "did you mean fast_local?"),
            ({"x_force_route": "codding"}, "did you mean coding?"),
            ({"x_model_router_profile": "qualty"}, "did you mean quality?"),
            ({"x_model_router_max_cost_tier": "cheap"}, "max_cost_tier"),
            ({"x_model_router_local_only": "maybe"}, "true or false"),
            ({"x_model_router_attachments": "image, film"}, "film"),
            ({"x_model_router_nonsense": "x"}, "unknown header"),
            ({"x_force_all": "x"}, "unknown header"),
        ],
    )
    def test_mistakes(
        self, tmp_path: Path, server: Upstream, headers: dict[str, str], said: str
    ) -> None:
        """A hint of the wrong form is a 400 that says what is allowed, and goes nowhere."""
        with Proxy(tmp_path, text_of(server)) as proxy:
            found = proxy.chat(headers=headers)
        assert found.status == 400
        assert said in found.error["message"]
        assert server.seen == []

    @pytest.mark.parametrize("hints", [7, [], {"nonsense": 1}, {"tools": []}, {"force_engine": 3}])
    def test_mistakes_in_the_body(self, tmp_path: Path, server: Upstream, hints: Any) -> None:
        """The same for the body; `tools` is no hint here, the request's own tools count."""
        with Proxy(tmp_path, text_of(server)) as proxy:
            assert proxy.chat(model_router=hints).status == 400

    def test_every_hint_does_something(self, tmp_path: Path, server: Upstream) -> None:
        """Each header changes the plan of some request, or is refused: none is ignored."""
        urls = dict.fromkeys(
            ("fast_local", "balanced_local", "reasoning_local", "multimodal_vision"), server.url
        )
        values = {
            "force_engine": "reasoning_local", "role": "reasoning", "profile": "private",
            "max_cost_tier": "none", "max_latency_tier": "low", "latency_sensitive": "true",
            "local_only": "true", "attachments": "image", "provider_allowlist": "openai",
            "provider_denylist": "local",
        }  # fmt: skip
        prompts = ("rewrite this text", "design a distributed task scheduler architecture",
                   "extract text from this screenshot")  # fmt: skip
        with Proxy(tmp_path, several(**urls)) as proxy:
            plain = [proxy.post("/v1/route", {"prompt": text}).json for text in prompts]
            for name, (hint, _) in HINT_HEADERS.items():
                with_it = [
                    proxy.post("/v1/route", {"prompt": text}, **{name.decode(): values[hint]}).json
                    for text in prompts
                ]
                keys = ("engine", "calls", "egress")
                assert [[row.get(k) for k in keys] for row in plain] != [
                    [row.get(k) for k in keys] for row in with_it
                ], name


class TestWhatHintsCannotDo:
    HINTS: tuple[dict[str, str], ...] = (
        {"x_force_engine": "fast_local"},
        {"x_force_route": "simple"},
        {"x_model_router_profile": "fast"},
        {"x_model_router_attachments": "code"},
        {"x_model_router_approval": "mra_1234.99999999999.abc"},
    )

    @pytest.mark.parametrize("headers", HINTS, ids=str)
    @pytest.mark.parametrize("mode", ["decision", "manual", "passthrough"])
    def test_they_never_pass_the_gate(
        self, tmp_path: Path, server: Upstream, headers: dict[str, str], mode: str
    ) -> None:
        """No header, no model name and no mode lets an order through without a person."""
        more = (
            f"proxy: {{routing_mode: {mode}, default_backend: a, respect_client_model: true, "
            "safety_gate_mode: 'off'}\n"
        )
        with Proxy(tmp_path, one_backend(server.url, more)) as proxy:
            for model in ("auto", "m", "fast_local", "route-simple", "other"):
                found = proxy.chat(DANGER, model=model, headers=headers)
                assert found.status == 409, found.body
                found = proxy.chat(DANGER, model=model, model_router={"force_engine": "fast_local"})
                assert found.status == 409, found.body
        assert server.seen == []

    @pytest.mark.parametrize("mode", ["decision", "manual", "passthrough"])
    def test_they_never_pass_privacy(self, tmp_path: Path, server: Upstream, mode: str) -> None:
        """Private text reaches no hosted backend: by no hint, model name, mode or fallback."""
        catalog(tmp_path)
        more = (
            "engine_backends: {fast_local: near, balanced_local: far, reasoning_local: far}\n"
            "fallback_backends: {near: [far]}\n"
            f"proxy: {{routing_mode: {mode}, default_backend: far, default_model: n,"
            f" respect_client_model: true}}\n{KEEP_LOCAL}{QUIET}"
        )
        with Upstream(friendly) as far:
            rows = {
                "near": {"base_url": "http://127.0.0.1:1/v1", "model": "m", "retries": 0},
                "far": {"base_url": far.url, "model": "n", "location": "hosted"},
            }
            with Proxy(tmp_path, f"backends: {json.dumps(rows)}\n{more}") as proxy:
                for model in ("auto", "n", "balanced_local", "route-reasoning"):
                    for headers in ({}, {"x_force_engine": "balanced_local"}):
                        found = proxy.chat(PRIVATE, model=model, headers=headers)
                        assert found.status in (422, 502, 503), found.body
                open_text = proxy.chat("rewrite this text", model="balanced_local")
                assert open_text.status == 200
            assert all(b"acme" not in seen.body for seen in far.seen)

    def test_local_only_by_header(self, tmp_path: Path, server: Upstream) -> None:
        """A request that shall stay local goes to no hosted backend in manual mode either."""
        rows = {"far": {"base_url": server.url, "model": "n", "location": "hosted"}}
        more = f"proxy: {{routing_mode: manual, default_backend: far}}\n{QUIET}"
        with Proxy(tmp_path, f"backends: {json.dumps(rows)}\n{more}") as proxy:
            found = proxy.chat(model="n", headers={"x_model_router_local_only": "true"})
            assert (found.status, found.error["code"]) == (422, "no_engine_qualifies")
            private = {"x_model_router_profile": "private"}
            assert proxy.chat(model="n", headers=private).status == 422
            assert proxy.chat(model="n").status == 200


class TestModes:
    def test_manual(self, tmp_path: Path, server: Upstream) -> None:
        """The model's name decides: by the map, by a backend's own names, else the default."""
        more = (
            "proxy: {routing_mode: manual, default_backend: fast_local, "
            "model_map: {gpt-4o: {backend: balanced_local, model: big}}}\n"
        )
        with Proxy(tmp_path, text_of(server, more)) as proxy:
            rows = [proxy.chat(model=name) for name in ("gpt-4o", "reasoning_local-m", "x", "auto")]
        backends = [row.headers["x-modelrouter-backend"] for row in rows]
        assert backends == ["balanced_local", "reasoning_local", "fast_local", "fast_local"]
        assert {row.headers["x-modelrouter-engine"] for row in rows} == {"manual"}
        assert {row.headers["x-modelrouter-mode"] for row in rows} == {"manual"}
        models = [seen.json["model"] for seen in server.seen]
        assert models == ["big", "reasoning_local-m", "fast_local-m", "fast_local-m"]

    def test_manual_has_a_default_model(self, tmp_path: Path, server: Upstream) -> None:
        """default_model is what the default backend is asked for."""
        more = "proxy: {routing_mode: manual, default_backend: a, default_model: d}\n"
        with Proxy(tmp_path, one_backend(server.url, more)) as proxy:
            proxy.chat(model="whatever")
        assert server.seen[0].json["model"] == "d"

    def test_manual_can_refuse(self, tmp_path: Path, server: Upstream) -> None:
        """reject_404 counts in manual mode too."""
        more = (
            "proxy: {routing_mode: manual, default_backend: a, "
            "unknown_model_behavior: reject_404}\n"
        )
        with Proxy(tmp_path, one_backend(server.url, more)) as proxy:
            assert proxy.chat(model="whatever").status == 404
            assert proxy.chat(model="m").status == 200

    def test_passthrough_leaves_the_body_alone(self, tmp_path: Path, server: Upstream) -> None:
        """The bytes go to the default backend as they came."""
        raw = b'{"model" : "anything/at-all",  "messages":[{"role":"user","content":"hi"}]}'
        more = "proxy: {routing_mode: passthrough, default_backend: a}\n"
        with Proxy(tmp_path, one_backend(server.url, more)) as proxy:
            found = proxy.post("/v1/chat/completions", raw)
        assert server.seen[0].body == raw
        assert found.headers["x-modelrouter-engine"] == "passthrough"

    def test_servers_that_fetch_models_by_name(self, tmp_path: Path, server: Upstream) -> None:
        """A server that would load whatever it is asked for only hears configured names."""
        more = "proxy: {routing_mode: passthrough, default_backend: a}\n"
        with Proxy(tmp_path, one_backend(server.url, more, kind="mlx")) as proxy:
            assert proxy.chat(model="somebody/huge-model").status == 404
            assert proxy.chat(model="m").status == 200
            assert proxy.chat(model="auto").status == 200
        assert [seen.json["model"] for seen in server.seen] == ["m", "m"]


class TestRoute:
    @pytest.mark.parametrize("path", ["/v1/route", "/classify"])
    def test_the_plan_without_a_call(self, tmp_path: Path, server: Upstream, path: str) -> None:
        """What would be called, in order, with the receipt; nothing is."""
        with Proxy(tmp_path, text_of(server)) as proxy:
            found = proxy.post(path, {"prompt": "rewrite this text"}).json
            same = proxy.post(path, chat("rewrite this text")).json
        assert found["calls"][0] == {
            "engine": "fast_local", "backend": "fast_local", "model": "fast_local-m",
        }  # fmt: skip
        assert found["engine"] == found["receipt"]["selected_engine"] == same["engine"]
        assert not found["confirm"]
        assert server.seen == []

    def test_what_a_person_must_confirm(self, tmp_path: Path, server: Upstream) -> None:
        """A dry run tells it with 200, and leaves nothing to approve."""
        with Proxy(tmp_path, text_of(server)) as proxy:
            found = proxy.post("/v1/route", {"prompt": DANGER})
            assert found.status == 200
            assert found.json["confirm"] is True
            assert found.json["action_class"] == "destructive"
            assert found.json["calls"] == []
        assert proxy.live.metrics.confirmations.values == {}

    def test_the_receipt_never_holds_the_prompt(self, tmp_path: Path, server: Upstream) -> None:
        """As everywhere."""
        with Proxy(tmp_path, text_of(server)) as proxy:
            found = proxy.post("/v1/route", {"prompt": "rewrite this xylophonequux text"})
        assert b"xylophonequux" not in found.body


def test_nobody_qualifies(tmp_path: Path, server: Upstream) -> None:
    """A request that no served engine can take is a 422 that says why, not a confirmation."""
    url = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    content = [{"type": "text", "text": "what is in this picture?"}, url]
    with Proxy(tmp_path, text_of(server)) as proxy:
        body = {"model": "auto", "messages": [{"role": "user", "content": content}]}
        found = proxy.post("/v1/chat/completions", body)
    assert (found.status, found.error["code"]) == (422, "no_engine_qualifies")
    assert found.json["selected_engine"] == "human_confirm"
    assert server.seen == []
