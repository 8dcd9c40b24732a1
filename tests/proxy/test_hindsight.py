"""The whole way round: a log, labels, replay, a fitted catalog, and the proxy that reloads it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from model_router.cli.event_files import EventFiles
from model_router.cli.output import CommandError
from model_router.cli.root import root
from tests.support.proxies import ADMIN, Proxy, one_backend, until
from tests.support.tuning import cases
from tests.support.upstreams import Upstream, friendly

PACKAGED = Path(__file__).parents[2] / "model_router" / "data" / "catalog.yaml"
NEW = "please show the ledger of the library"
ORDER = "drop the production database"
SETTINGS = (
    "router_config: mine.yaml\n"
    "observability: {enabled: true, log_path: log/e.jsonl, prompt_capture: full, max_bytes: 9000}\n"
)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    """A proxy that decides by a catalog of one's own and keeps prompts in a log that rotates."""
    (tmp_path / "mine.yaml").write_text(PACKAGED.read_text())
    with (
        Upstream(friendly) as server,
        Proxy(tmp_path, one_backend(server.url, SETTINGS)) as running,
    ):
        yield running


def command(*words: str, code: int = 0) -> dict[str, Any]:
    """What a command says in JSON."""
    result = CliRunner().invoke(root, [*words, "--json"])
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def events(folder: Path) -> list[dict[str, Any]]:
    """Every event that is on the disk, whatever is rotated meanwhile."""
    with EventFiles([str(folder / "e.jsonl")]) as files:
        return [dict(line.event) for line in files.lines() if line.event is not None]


def logged(folder: Path) -> int:
    """How many rows the log has; 0 while a file is just being moved."""
    try:
        return len(events(folder))
    except CommandError:
        return 0


def test_round(proxy: Proxy, tmp_path: Path) -> None:
    """What people said of forty requests is how the next one goes, and orders are still held."""
    log, mine = str(tmp_path / "log" / "e.jsonl"), str(tmp_path / "mine.yaml")
    for case in cases():
        proxy.chat(case.prompt, headers={"x_request_id": case.place.replace(":", "-")})
    assert proxy.chat(NEW, headers={"x_request_id": "new"}).status == 200
    assert proxy.chat(ORDER, headers={"x_request_id": "order"}).status == 409
    assert until(lambda: logged(tmp_path / "log") == len(cases()) + 2)
    assert len(os.listdir(tmp_path / "log")) > 1

    for case in cases():
        about = case.place.replace(":", "-")
        command("feedback", about, case.right[0], "--log", log, "--config", mine)
    before = command("replay", log, "--config", mine)
    assert (before["labelled_requests"], before["replay"]["flips"]) == (len(cases()), 0)
    assert before["accuracy"] < 0.5

    found = command("tune", "--log", log, "--config", mine, "--write")
    assert found["outcome"] == "proposed"
    assert found["safety"]["asked_before"] > 0
    assert found["safety"]["lost"] == 0

    after = command("replay", log, "--config", mine, "--fail-on-regression")
    assert after["replay"]["accuracy"] > 0.9
    assert after["replay"]["safety"]["lost"] == 0
    assert all(row["met"] for row in after["gate"])

    reply = proxy.post("/admin/reload", {}, authorization=f"Bearer {ADMIN}")
    assert reply.status == 200, reply.body
    proxy.chat(NEW, headers={"x_request_id": "again"})
    assert proxy.chat(ORDER).status == 409
    assert until(lambda: logged(tmp_path / "log") == 2 * len(cases()) + 4)
    engines = {row["request_id"]: row.get("chosen_engine") for row in events(tmp_path / "log")}
    assert engines["new"] != engines["again"] == "code_agent"
    assert command("stats", log)["requests"] == len(cases()) + 4


def test_the_page_names_every_key(proxy: Proxy, tmp_path: Path) -> None:
    """docs/hindsight.md says what each key of an event is, and no other key is in a log."""
    page = (PACKAGED.parents[2] / "docs" / "hindsight.md").read_text(encoding="utf-8")
    proxy.chat(NEW)
    proxy.chat(ORDER)
    for _ in proxy.stream(NEW, stream_options={"include_usage": True}):
        pass
    assert until(lambda: logged(tmp_path / "log") == 3)
    keys = {key for row in events(tmp_path / "log") for key in row}
    assert {"prompt", "chosen_engine", "action_class", "cost_usd"} <= keys
    assert not {key for key in keys if f"`{key}`" not in page}


@pytest.mark.parametrize(
    ("capture", "kept"), [("off", None), ("redacted_preview", "prompt_preview"), ("full", "prompt")]
)
def test_what_a_log_has_of_a_prompt(tmp_path: Path, capture: str, kept: str | None) -> None:
    """Nothing, a redacted beginning, or all of it; never more than was switched on."""
    secret = "rewrite this politely for jane.doe@corpmail.com"
    settings = (
        f"observability: {{enabled: true, log_path: log/e.jsonl, prompt_capture: {capture}}}\n"
    )
    with (
        Upstream(friendly) as server,
        Proxy(tmp_path, one_backend(server.url, settings)) as running,
    ):
        running.chat(secret)
    (row,) = events(tmp_path / "log")
    assert {"prompt", "prompt_preview"} & row.keys() == ({kept} if kept else set())
    assert ("corpmail" in json.dumps(row)) is (capture == "full")
    assert ("politely" in json.dumps(row)) is (capture != "off")
