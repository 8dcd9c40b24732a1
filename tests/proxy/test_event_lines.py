"""Lines in the quick way: each is the one that its event's own JSON is."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.proxy import event_lines, events
from model_router.proxy.choosing import Choice
from model_router.proxy.event_lines import LONG, told
from model_router.proxy.event_log import EventLog, line_of
from model_router.proxy.events import of_exchange
from model_router.proxy.load import parse_proxy_config
from model_router.proxy.service import Service, build_service
from model_router.types import Request
from tests.support.proxies import Proxy, one_backend, until
from tests.support.upstreams import Upstream, friendly

CAPTURES = ["off", "redacted_preview", "full"]
CATALOG = """engines:
  free: {provider: ollama, model: f, max_context: 32000}
  priced: {provider: openai, model: p, max_context: 32000, price_input: 2.0, price_output: 8.5}
"""

NUMBER = st.integers(0, 9) | st.integers(0, 10**16) | st.integers(10**300, 10**308)
COUNT = NUMBER | st.none() | st.booleans() | st.just("x") | st.floats()
USAGE = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "prompt_tokens": COUNT,
        "completion_tokens": COUNT,
        "total_tokens": COUNT,
        "prompt_tokens_details": st.none() | st.fixed_dictionaries({"cached_tokens": COUNT}),
    },
) | st.fixed_dictionaries(
    {
        "prompt_tokens": st.integers(0, 10**6),
        "completion_tokens": st.integers(0, 10**6),
        "total_tokens": st.integers(0, 10**6),
    },
    optional={"prompt_tokens_details": st.fixed_dictionaries({"cached_tokens": st.integers(0, 9)})},
)  # fmt: skip
NAME = st.sampled_from(["", "a", "100%s", "%(route)s", 'q"\\', "é\ud800", "{}"])
ENGINE = NAME | st.sampled_from(["free", "priced"])
TRIED = st.lists(
    st.tuples(NAME, st.none() | NAME, st.sampled_from(["ok", "interrupted", "503"])), max_size=3
)
SECONDS = st.floats(0, 1e6)
CHOICES = st.builds(
    Choice,
    candidates=st.just(()),
    engine=ENGINE,
    route=NAME,
    tier=NAME,
    egress=NAME,
    profile=NAME,
    request=st.builds(
        Request,
        text=st.text(max_size=40) | st.just("mail bob@acme-works.com 100%\ud800"),
        context_tokens=st.integers(0, 99),
    ),
    decided=st.booleans(),
    complexity=st.integers(0, 1000).map(lambda tenths: tenths / 10) | st.just(0),
    risk=st.integers(0, 100),
)
EXCHANGES = st.builds(
    SimpleNamespace,
    incoming=st.builds(
        SimpleNamespace, caller=NAME, id=st.from_regex(rb"\A[A-Za-z0-9._:-]{1,9}\Z")
    ),
    choice=CHOICES,
    status=st.sampled_from([0, 200, 404, 503]),
    engine=ENGINE,
    backend=NAME,
    model=st.none() | NAME,
    tried=TRIED,
    usage=USAGE,
    decided_in=SECONDS,
)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> list[Service]:
    """One for each way of keeping prompts."""
    catalog = tmp_path_factory.mktemp("lines") / "catalog.yaml"
    catalog.write_text(CATALOG)
    file = "backends: {a: {base_url: 'http://127.0.0.1:1/v1'}}\n"
    file += f"router_config: {catalog}\nobservability: {{prompt_capture: %s}}\n"
    return [build_service(parse_proxy_config(file % f"'{capture}'"), {}) for capture in CAPTURES]


def exchange(service: Service, **changes: Any) -> Any:
    """An ordinary exchange that is over."""
    choice = Choice((), "e", "r", "t", "", "balanced", Request(text="hi"), True, 1.5, 1)
    row: dict[str, Any] = {
        "service": service, "incoming": SimpleNamespace(caller="me", id=b"id"), "choice": choice,
        "status": 200, "engine": "e", "backend": "b", "model": "m", "tried": [("b", "m", "ok")],
        "usage": None, "decided_in": 0.1,
    }  # fmt: skip
    return SimpleNamespace(**row | changes)


def assert_told(x: Any, gone: bool, took: float) -> None:
    """What is told is the line of the event that tells the same, or makes it."""
    at = 1_795_000_000_123
    clock = {"time_ns": lambda: at * 1_000_000}
    with patch.multiple(event_lines, **clock), patch.multiple(events, **clock):
        found = told(x, gone, took)
        line = found if isinstance(found, bytes) else line_of(found())  # type: ignore[operator]
        assert line == line_of(of_exchange(x, gone, took).event())


@settings(max_examples=400)
@given(data=st.data(), gone=st.booleans(), took=SECONDS)
def test_a_line_says_what_the_event_says(
    services: list[Service], data: st.DataObject, gone: bool, took: float
) -> None:
    """Of the first that has its form, and of those after it."""
    x = data.draw(EXCHANGES)
    x.service = data.draw(st.sampled_from(services))
    assert_told(x, gone, took)
    request = Request(text=data.draw(st.text(max_size=9)))
    x.choice = x.choice._replace(request=request, risk=7)
    assert_told(x, gone, took + 1)


@pytest.mark.parametrize("cached", [None, {}, {"cached_tokens": 4}])
@pytest.mark.parametrize("engine", ["free", "priced", "unknown"])
def test_ordinary_usages_are_filled_in(
    services: list[Service], engine: str, cached: dict[str, int] | None
) -> None:
    """The second of a kind has its line by a form, whatever the tokens cost."""
    usage = {"prompt_tokens": 50, "completion_tokens": 7, "total_tokens": 57}
    more = {} if cached is None else {"prompt_tokens_details": cached}
    for factor in (1, 2):
        used = {key: value * factor for key, value in usage.items()} | more
        x = exchange(services[0], engine=engine, usage=used)
        found = told(x, False, 0.2)
        assert isinstance(found, bytes) or cached == {}
        assert_told(x, False, 0.2)


def test_forms_are_bounded(services: list[Service], monkeypatch: pytest.MonkeyPatch) -> None:
    """However many differ, no more than that are remembered, and the rest are still written."""
    monkeypatch.setattr(event_lines, "_MOST_FORMS", 0)
    before = len(services[0].event_forms)
    assert_told(exchange(services[0], engine="of no form"), False, 0.2)
    assert len(services[0].event_forms) == before


def test_forms_go_with_their_service() -> None:
    """After a reload nothing is said by what was true before it."""
    file = "backends: {a: {base_url: 'http://127.0.0.1:1/v1'}}\n"
    file += "proxy: {default_backend: a, routing_mode: %s}\n"
    for mode in ("decision", "passthrough"):
        service = build_service(parse_proxy_config(file % mode), {})
        for _ in range(2):
            line = told(exchange(service), False, 0.2)
            assert isinstance(line, bytes)
            assert json.loads(line)["routing_mode"] == mode


@pytest.mark.parametrize("capture", CAPTURES)
@pytest.mark.parametrize("length", [LONG, LONG + 1])
@pytest.mark.parametrize("aloud", [True, False])
def test_what_the_log_gets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, aloud: bool, capture: str
) -> None:
    """A line; the event where it is also said; what makes it, where a short prompt is kept."""
    put: list[Any] = []
    monkeypatch.setattr(EventLog, "put", lambda self, event: put.append(event))
    text = ("story " * length)[:length]
    more = f"observability: {{enabled: true, log_path: e.jsonl, prompt_capture: '{capture}'}}\n"
    with (
        Upstream(friendly) as server,
        Proxy(tmp_path, one_backend(server.url, more)) as proxy,
    ):
        proxy.live.log_decisions = aloud
        assert proxy.chat(text).status == 200
        assert until(lambda: put)
    waits = capture != "off" and length <= LONG
    assert isinstance(put[0], dict) is aloud
    assert callable(put[0]) is (waits and not aloud)
    event = put[0]() if callable(put[0]) else put[0]
    event = json.loads(event) if isinstance(event, bytes) else event
    kept = {"off": None, "redacted_preview": text[:180], "full": text}[capture]
    assert (event.get("prompt") or event.get("prompt_preview")) == kept
    assert (event["prompt_length"], event["status"]) == (length, "forwarded")
