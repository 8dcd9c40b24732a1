"""scripts/benchmark_proxy.py: what it reports, never how fast it was."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def load() -> Iterator[ModuleType]:
    """benchmark_load.py as a module."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        yield _module("benchmark_load")
    finally:
        sys.path.remove(str(SCRIPTS))


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """The report of one run, as short as can be."""
    command = [sys.executable, str(SCRIPTS / "benchmark_proxy.py")]
    tiny = ["--quick", "--seconds", "0.05", "--requests", "1", "--json"]
    run = subprocess.run([*command, *tiny], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


class TestReport:
    def test_it_says_what_it_depends_on(self, report: dict[str, Any]) -> None:
        """The conditions stand with the figures."""
        wanted = {"python", "machine", "cores", "load_average", "pinned", "rounds", "seconds"}
        assert wanted <= report["conditions"].keys()

    def test_every_bar_has_its_figure(self, report: dict[str, Any]) -> None:
        """The summary answers each bar by the same name, and says whether it is met."""
        assert report["bars"].keys() == report["summary"].keys() == report["met"].keys()
        assert set(report["met"].values()) <= {True, False, None}

    def test_the_proxy_stands_beside_direct(self, report: dict[str, Any]) -> None:
        """Both were measured with the same cases."""
        plain = report["plain"]
        assert plain["direct"].keys() == plain["proxy"].keys()

    def test_every_request_was_answered(self, report: dict[str, Any]) -> None:
        """No answer had another status than 200."""
        rows = [row for cases in report["plain"].values() for row in cases.values()]
        assert all(row["requests"] > 0 and row["bad"] == 0 for row in rows)
        assert all(row["bad"] == 0 for row in report["streams"].values())


class TestLoad:
    def test_the_agent_body_has_the_size_that_its_name_says(self, load: ModuleType) -> None:
        """22 messages, 20 tools, about 49 KB."""
        raw = load.requests("agent", 1, seed=1)[0].split(b"\r\n\r\n", 1)[1]
        body = json.loads(raw)
        assert (len(body["messages"]), len(body["tools"])) == (22, 20)
        assert 44_000 < len(raw) < 54_000

    def test_no_two_requests_say_the_same(self, load: ModuleType) -> None:
        """A memory of texts must not flatter the figures."""
        rows = load.requests("small", 50, seed=1)
        assert len(set(rows)) == len(rows)

    @pytest.mark.parametrize(
        ("data", "whole"),
        [
            (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab", True),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", False),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2", False),
            (b"HTTP/1.1 200 OK\r\nx: y\r\n\r\n2\r\nab\r\n0\r\n\r\n", True),
            (b"HTTP/1.1 200 OK\r\nx: y\r\n\r\n2\r\nab\r\n", False),
        ],
    )
    def test_an_answer_ends_where_it_says(self, load: ModuleType, data: bytes, whole: bool) -> None:
        """By its length, or by the last chunk."""
        assert load._whole(data) is whole
