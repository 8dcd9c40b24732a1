"""Lines in the quick way: each is the one that its event's own JSON is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_router.proxy import event_lines
from model_router.proxy.chat import LONG
from model_router.proxy.event_lines import line
from model_router.proxy.event_log import EventLog, line_of
from model_router.proxy.events import Ended
from model_router.proxy.load import parse_proxy_config
from model_router.proxy.service import Service, build_service
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
ENDED = st.builds(
    Ended,
    service=st.none(),
    caller=NAME,
    gone=st.booleans(),
    status=st.sampled_from([0, 200, 404, 503]),
    engine=ENGINE,
    backend=NAME,
    model=st.none() | NAME,
    chosen=ENGINE,
    route=NAME,
    tier=NAME,
    profile=NAME,
    decided=st.booleans(),
    tried=TRIED,
    at=st.integers(0, 4 * 10**12),
    request_id=st.from_regex(rb"\A[A-Za-z0-9._:-]{1,9}\Z"),
    text=st.text(max_size=40) | st.just("mail bob@acme-works.com 100%\ud800"),
    context_tokens=st.integers(0, 99),
    complexity=st.integers(0, 1000).map(lambda tenths: tenths / 10) | st.just(0),
    risk=st.integers(0, 100),
    usage=USAGE,
    decided_in=SECONDS,
    took=SECONDS,
)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> list[Service]:
    """One for each way of keeping prompts."""
    catalog = tmp_path_factory.mktemp("lines") / "catalog.yaml"
    catalog.write_text(CATALOG)
    file = "backends: {a: {base_url: 'http://127.0.0.1:1/v1'}}\n"
    file += f"router_config: {catalog}\nobservability: {{prompt_capture: %s}}\n"
    return [build_service(parse_proxy_config(file % f"'{capture}'"), {}) for capture in CAPTURES]


def ended(service: Service, **changes: Any) -> Ended:
    """An ordinary request that is over."""
    plain = Ended(
        service, "me", False, 200, "e", "b", "m", "e", "r", "t", "balanced", True,
        [("b", "m", "ok")], 1_795_000_000_123, b"id", "hi", 0, 1.5, 1, None, 0.1, 0.2,
    )  # fmt: skip
    return plain._replace(**changes)


@settings(max_examples=400)
@given(st.data())
def test_a_line_says_what_the_event_says(services: list[Service], data: st.DataObject) -> None:
    """Of the first that has its form, and of those after it."""
    one = data.draw(ENDED)._replace(service=data.draw(st.sampled_from(services)))
    other = one._replace(text=data.draw(st.text(max_size=9)), risk=7, took=one.took + 1)
    for x in (one, other):
        assert line(x) == line_of(x.event())


@pytest.mark.parametrize("cached", [None, {}, {"cached_tokens": 4}])
@pytest.mark.parametrize("engine", ["free", "priced", "unknown"])
def test_ordinary_usages(
    services: list[Service], engine: str, cached: dict[str, int] | None
) -> None:
    """Whatever the tokens cost, and whether some of them were cached."""
    usage = {"prompt_tokens": 50, "completion_tokens": 7, "total_tokens": 57}
    more = {} if cached is None else {"prompt_tokens_details": cached}
    for factor in (1, 2):
        used = {key: value * factor for key, value in usage.items()} | more
        x = ended(services[0], engine=engine, usage=used)
        assert line(x) == line_of(x.event())


def test_the_second_of_a_kind_is_filled_in(services: list[Service]) -> None:
    """No event is made for it."""
    first = line(ended(services[0], engine="filled", text="one"))
    with patch.object(Ended, "event", side_effect=AssertionError):
        second = line(ended(services[0], engine="filled", text="two"))
    assert first != second
    assert json.loads(second)["selected_engine"] == "filled"


@pytest.mark.parametrize("at", [1, 2])
def test_nothing_is_learnt_where_prompts_are_kept(services: list[Service], at: int) -> None:
    """They would be in the form."""
    before = len(services[at].event_forms)
    line(ended(services[at], engine="kept"))
    assert len(services[at].event_forms) == before


def test_forms_are_bounded(services: list[Service], monkeypatch: pytest.MonkeyPatch) -> None:
    """However many differ, no more than that are remembered, and the rest are still written."""
    monkeypatch.setattr(event_lines, "_MOST_FORMS", 0)
    before = len(services[0].event_forms)
    x = ended(services[0], engine="of no form")
    assert line(x) == line_of(x.event())
    assert len(services[0].event_forms) == before


def test_forms_go_with_their_service() -> None:
    """After a reload nothing is said by what was true before it."""
    file = "backends: {a: {base_url: 'http://127.0.0.1:1/v1'}}\n"
    file += "proxy: {default_backend: a, routing_mode: %s}\n"
    for mode in ("decision", "passthrough"):
        service = build_service(parse_proxy_config(file % mode), {})
        for _ in range(2):
            assert json.loads(line(ended(service)))["routing_mode"] == mode


@pytest.mark.parametrize("event", [{"a": 1, "b": None}, b'{"a":1}\n'])
def test_what_is_an_event_or_a_line_already(event: Any) -> None:
    """It is that line."""
    assert line(event) == b'{"a":1}\n'


@pytest.mark.parametrize("capture", CAPTURES)
@pytest.mark.parametrize("length", [LONG, LONG + 1])
@pytest.mark.parametrize("aloud", [True, False])
def test_what_the_log_gets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, aloud: bool, capture: str
) -> None:
    """What its event is made of, for its thread; no long prompt is kept for that."""
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
    assert type(put[0]) is (dict if aloud else Ended if length <= LONG else bytes)
    event = json.loads(line(put[0]))
    kept = {"off": None, "redacted_preview": text[:180], "full": text}[capture]
    assert (event.get("prompt") or event.get("prompt_preview")) == kept
    assert (event["prompt_length"], event["status"]) == (length, "forwarded")
