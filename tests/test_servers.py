"""What running model servers say of themselves, however oddly they say it."""

from __future__ import annotations

import pytest

from model_router.servers import advertised, ask
from tests.support.upstreams import Out, Seen, Upstream, friendly


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
