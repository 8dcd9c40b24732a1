"""approve: one request passes, once; and what is said when it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.proxies import ADMIN, Proxy, one_backend
from tests.support.upstreams import Upstream, friendly

DANGER = "drop the production database"


@pytest.fixture
def proxy(tmp_path: Path) -> Any:
    """A running proxy whose admin key lies in the user's folder."""
    (tmp_path / "router").mkdir()
    (tmp_path / "router" / "admin.key").write_text(ADMIN + "\n")
    with Upstream(friendly) as server, Proxy(tmp_path, one_backend(server.url)) as found:
        yield found


def words(proxy: Proxy, row_id: str) -> tuple[str, ...]:
    """The command for an id."""
    return ("approve", row_id, "--config", str(proxy.path), "--url", proxy.url)


def test_it_lets_the_request_pass_once(run: Any, proxy: Proxy) -> None:
    """The id of the client's answer is enough."""
    row_id = proxy.chat(DANGER).json["confirmation"]["id"]
    result = run(*words(proxy, row_id))
    assert result.exit_code == 0, result.output
    assert "approved (destructive)" in result.stdout
    assert proxy.chat(DANGER).status == 200
    assert proxy.chat(DANGER).status == 409


def test_json_has_the_token(run: Any, proxy: Proxy) -> None:
    """--json gives the token for the header."""
    row_id = proxy.chat(DANGER).json["confirmation"]["id"]
    data = json.loads(run(*words(proxy, row_id), "--json").stdout)
    assert data["schema"] == "model-router/approve/1"
    assert proxy.chat(DANGER, headers={"x_model_router_approval": data["token"]}).status == 200


def test_an_unknown_id(run: Any, proxy: Proxy) -> None:
    """Exit code 1, and how to get one that counts."""
    result = run(*words(proxy, "0" * 16))
    assert result.exit_code == 1
    assert "no request waits under this id" in result.stderr
    assert "send the request again" in result.stderr


def test_a_wrong_key(run: Any, proxy: Proxy, tmp_path: Path) -> None:
    """Exit code 1; the key is not repeated."""
    (tmp_path / "router" / "admin.key").write_text("not-the-key\n")
    result = run(*words(proxy, "0" * 16))
    assert result.exit_code == 1
    assert "admin key" in result.stderr
    assert "not-the-key" not in result.output


def test_no_key(run: Any, proxy: Proxy, tmp_path: Path) -> None:
    """Exit code 2, and where the key comes from."""
    (tmp_path / "router" / "admin.key").unlink()
    result = run(*words(proxy, "0" * 16))
    assert result.exit_code == 2
    assert "the proxy makes it" in result.stderr


def test_no_proxy(run: Any, proxy: Proxy) -> None:
    """Exit code 2 when nobody listens."""
    proxy.stop()
    result = run(*words(proxy, "0" * 16))
    assert result.exit_code == 2
    assert "cannot be reached" in result.stderr


def test_odd_ids(run: Any, proxy: Proxy) -> None:
    """What is no id is not sent."""
    assert run(*words(proxy, "../admin/reload")).exit_code == 2
