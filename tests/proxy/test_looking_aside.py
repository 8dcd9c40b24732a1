"""Huge bodies: the same answers from a process of its own, and nobody waits for them."""

from __future__ import annotations

import gc
import json
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import pytest

from model_router.proxy.choosing import NeedsPerson
from model_router.proxy.looking_aside import Aside
from model_router.types import Request
from tests.support.proxies import ADMIN, Proxy, chat, one_backend, until
from tests.support.upstreams import Upstream, friendly

FILLER = "The quick brown fox jumps over the lazy dog. " * 20_000  # 900 KB
LOG = "observability: {enabled: true, log_path: e.jsonl}\nrouter_config: big.yaml\n"
ENGINE = "{provider: ollama, model: x, max_context: 100000000, supports_tools: true}"


@pytest.fixture
def running(tmp_path: Path) -> Any:
    """A proxy with a log and engines that hold anything, and its server."""
    text = f"engines: {{fast_local: {ENGINE}, reasoning_local: {ENGINE}, code_agent: {ENGINE}}}\n"
    (tmp_path / "big.yaml").write_text(text)
    with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url, LOG)) as proxy:
        yield proxy, server


def test_answers_are_the_same(running: Any) -> None:
    """Bytes, engine, hints, confirmation, approval, refusal: as for a small body."""
    proxy, server = running
    raw = json.dumps({"z": 1.50, **chat(FILLER), "model_router": {"profile": "quality"}}).encode()
    found = proxy.post("/v1/chat/completions", raw, x_model_router_trace="1")
    assert found.status == 200, found.body
    assert found.headers["x-modelrouter-profile"] == "quality"
    assert json.loads(server.seen[0].body) == {"z": 1.5, **chat(FILLER), "model": "m"}
    assert b'"z": 1.5,' in server.seen[0].body

    danger = chat(f"drop the production database\n{FILLER}", stream=True)
    held = proxy.post("/v1/chat/completions", danger)
    assert held.status == 409
    assert held.json["confirmation"]["action_class"] == "destructive"
    row_id = held.json["confirmation"]["id"]
    proxy.post(f"/v1/approvals/{row_id}", {}, authorization=f"Bearer {ADMIN}")
    assert b"[DONE]" in proxy.post("/v1/chat/completions", danger).body
    assert proxy.post("/v1/chat/completions", danger).status == 409

    assert proxy.chat(FILLER, model=7).status == 400
    assert proxy.post("/v1/chat/completions", raw[:-1]).status == 400
    assert proxy.chat(FILLER, headers={"x_force_engine": "nobody"}).status == 400
    assert proxy.live._aside[1]._broken is False


def test_events_have_their_prompts_hash(running: Any, tmp_path: Path) -> None:
    """The log knows a huge prompt as it knows a small one."""
    from hashlib import sha256

    proxy, _ = running
    proxy.chat(FILLER)
    path = tmp_path / "e.jsonl"
    assert until(lambda: path.exists() and path.read_text().endswith("\n"))
    found = json.loads(path.read_text().splitlines()[0])
    assert found["prompt_hash"] == sha256(FILLER.encode()).hexdigest()


def test_a_reload_reaches_it(running: Any) -> None:
    """After a reload the new settings count for huge bodies too."""
    proxy, server = running
    proxy.chat(FILLER)
    proxy.path.write_text(one_backend(server.url, "router_config: big.yaml\n", model="other"))
    proxy.post("/admin/reload", {}, authorization=f"Bearer {ADMIN}")
    proxy.chat(FILLER)
    assert [seen.json["model"] for seen in server.seen] == ["m", "other"]


def test_without_a_process_a_thread_does_it(running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process can be started, the answer is the same."""
    proxy, _ = running

    def broken(self: Aside) -> Any:
        raise OSError("no processes here")

    monkeypatch.setattr(Aside, "_opened", broken)
    assert proxy.chat(FILLER).status == 200


def test_no_key_goes_there(running: Any) -> None:
    """The process that reads bodies gets no secret."""
    from dataclasses import replace

    from model_router.proxy.config import Access, NamedKey
    from model_router.proxy.looking_aside import _without_secrets

    config = running[0].live.service.config
    backend = replace(config.backends["a"], api_key="sk-1", headers={"X": "sk-2"})
    access = Access(keys=(NamedKey("a", "sk-3"),), admin_key="sk-4")
    told = _without_secrets(replace(config, backends={"a": backend}, access=access))
    rows = [told.access, told.backends["a"].api_key, told.backends["a"].headers]
    assert rows == [Access(), None, {}]


def test_an_innocent_request_does_not_wait(running: Any) -> None:
    """While ten megabytes are looked at, small requests are answered (a guard with wide room)."""
    proxy, _ = running
    proxy.chat(FILLER)  # starts the process
    raw = json.dumps(chat("rm -rf bob@example.com please " * 330_000)).encode()
    done = threading.Event()

    def attack() -> None:
        proxy.post("/v1/chat/completions", raw)
        done.set()

    threading.Thread(target=attack).start()
    times = []
    while not done.is_set() and len(times) < 5000:
        began = time.perf_counter()
        assert proxy.chat().status == 200
        times.append(time.perf_counter() - began)
    assert done.wait(60)
    assert sorted(times)[len(times) // 2] < 0.5


def test_an_answer_that_asks_for_a_person_is_gone_once_it_was_given() -> None:
    """Nothing holds what was raised, and with it the body, until the collector comes."""
    from model_router.proxy.looking_aside import _Seen, _understood

    given: Any = (("send", (), "fast", Request("x")), {})
    nobody: Any = None
    gc.disable()
    try:
        try:
            _understood(nobody, b"", _Seen({}, {}, needed=given))
        except NeedsPerson as needed:
            held = weakref.ref(needed)
        assert held() is None
    finally:
        gc.enable()
