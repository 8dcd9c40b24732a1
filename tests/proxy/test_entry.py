"""`model-router-proxy`: what it says before it serves, and how it ends."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from model_router import __version__
from model_router.proxy import main, missing
from tests.support.processes import Process
from tests.support.proxies import chat, one_backend, until
from tests.support.upstreams import Upstream, friendly


def run_main(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The command's exit code, in this process."""
    monkeypatch.setattr("sys.argv", ["model-router-proxy", *words])
    try:
        return main()
    except SystemExit as stop:
        return int(stop.code or 0)


def test_it_knows_its_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--version` prints the package's version and exits with 0."""
    assert run_main(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"model-router-proxy {__version__}\n"


def test_without_the_extra_it_names_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing library is named, with the one command that adds it, and the exit code is 1."""
    monkeypatch.setattr("model_router.proxy.NEEDED", ("uvicorn", "no_such_library"))
    assert missing() == ["no_such_library"]
    assert run_main(monkeypatch) == 1
    said = capsys.readouterr().err
    assert "no_such_library, which is not installed" in said
    assert 'pip install "model-router[proxy]"' in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "x"], "must be a number from 0 to 65535"),
        (["--port", "70000"], "must be a number"),
        (["--workers", "0"], "must be a number from 1 to 256"),
        (["--nonsense"], "unrecognized arguments"),
        (["--config", "/nowhere/p.yaml"], "does not exist"),
    ],
)
def test_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """Exit code 2, the reason and a hint on stderr, nothing on stdout."""
    assert run_main(monkeypatch, *words) == 2
    out, err = capsys.readouterr()
    assert not out
    assert said in err
    assert "hint:" in err


def test_files_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Every problem of the proxy file or its catalog, exit code 2, no traceback."""
    path = tmp_path / "p.yaml"
    path.write_text("backend: {}\nport: 1\n")
    assert run_main(monkeypatch, "--config", str(path)) == 2
    err = capsys.readouterr().err
    assert "did you mean backends?" in err
    assert "validate-proxy-config" in err
    path.write_text(one_backend("http://127.0.0.1:9/v1", "router_config: no.yaml\n"))
    assert run_main(monkeypatch, "--config", str(path)) == 2
    assert "no.yaml" in capsys.readouterr().err
    path.write_text(one_backend("http://127.0.0.1:9/v1"))
    assert run_main(monkeypatch, "--config", str(path), "--host", "0.0.0.0") == 2
    assert "no key is asked for" in capsys.readouterr().err


def test_it_serves_and_ends_clean(tmp_path: Path) -> None:
    """It says where it listens and what next, logs decisions, and a SIGTERM ends it with 0."""
    with (
        Upstream(friendly) as server,
        Process(tmp_path, one_backend(server.url), "--port", "0", "--log-decisions") as proxy,
    ):
        assert proxy.chat(text="rewrite this xylophonequux")["model"] == "m"
        proxy.process.send_signal(signal.SIGTERM)
        assert proxy.process.wait(15) == 0
        said = proxy.said
    assert f"model-router-proxy {__version__} is ready on http://127.0.0.1:" in said
    assert "point a client at" in said
    assert '"selected_engine":"fast_local"' in said
    assert "xylophonequux" not in said
    assert "Traceback" not in said
    key = proxy.home / "admin.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_text().strip() not in said


def test_a_unix_socket(tmp_path: Path) -> None:
    """With --uds it listens there, and takes requests."""
    import http.client
    import socket

    with Upstream(friendly) as server:
        path = str(tmp_path / "p.sock")
        with Process(tmp_path, one_backend(server.url), "--uds", path):
            connection = http.client.HTTPConnection("localhost")
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(path)
            connection.request("POST", "/v1/chat/completions", json.dumps(chat()))
            assert connection.getresponse().status == 200
            connection.close()


def test_a_port_in_use(tmp_path: Path) -> None:
    """The exit code is 3 and the reason is said."""
    with (
        Upstream(friendly) as server,
        Process(tmp_path, one_backend(server.url), "--port", "0") as first,
    ):
        port = first.url.rpartition(":")[2]
        folder = tmp_path / "second"
        folder.mkdir()
        second = Process(folder, one_backend(server.url), "--port", port)
        assert second.process.wait(20) == 3
        assert "in use" in second.said


def test_sigterm_lets_answers_end(tmp_path: Path) -> None:
    """A stream that is under way is finished before the process ends."""
    import http.client

    from tests.support.upstreams import Out, Seen, deltas

    async def slow(seen: Seen, out: Out) -> None:
        await out.events(*deltas(*"abcdefgh"), pause=0.15)

    with (
        Upstream(slow) as server,
        Process(tmp_path, one_backend(server.url), "--port", "0") as proxy,
    ):
        host, _, port = proxy.url.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.request("POST", "/v1/chat/completions", json.dumps(chat(stream=True)))
        found = connection.getresponse()
        first = found.read1(10_000)
        proxy.process.send_signal(signal.SIGTERM)
        rest = found.read()
        connection.close()
        assert (first + rest).endswith(b"data: [DONE]\n\n")
        assert proxy.process.wait(15) == 0


def test_draining_has_an_end(tmp_path: Path) -> None:
    """An answer that goes on longer than drain_seconds does not keep the process."""
    import http.client

    from tests.support.upstreams import Out, Seen, deltas

    async def endless(seen: Seen, out: Out) -> None:
        await out.events(*deltas(*"a" * 500), pause=0.1)

    text = "proxy: {drain_seconds: 1}\n"
    with (
        Upstream(endless) as server,
        Process(tmp_path, one_backend(server.url, text), "--port", "0") as proxy,
    ):
        host, _, port = proxy.url.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.request("POST", "/v1/chat/completions", json.dumps(chat(stream=True)))
        assert connection.getresponse().read1(100)
        proxy.process.send_signal(signal.SIGTERM)
        assert proxy.process.wait(10) == 0
        connection.close()
        assert until(lambda: server.aborted == 1)


def test_sighup_reloads(tmp_path: Path) -> None:
    """After a SIGHUP the file's new settings count, without a restart."""
    with (
        Upstream(friendly) as server,
        Process(tmp_path, one_backend(server.url, "proxy: {watch_seconds: 0}\n"),
                "--port", "0") as proxy,
    ):  # fmt: skip
        assert proxy.chat()["model"] == "m"
        proxy.path.write_text(one_backend(server.url, model="other"))
        proxy.process.send_signal(signal.SIGHUP)
        assert until(lambda: "reloaded" in proxy.said)
        assert proxy.chat()["model"] == "other"


def test_several_processes(tmp_path: Path) -> None:
    """Workers share the port and approvals; a SIGTERM ends them all."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    text = one_backend("http://127.0.0.1:9/v1")
    with Upstream(friendly) as server:
        text = one_backend(server.url)
        proxy = Process(tmp_path, text, "--port", str(port), "--workers", "2")
        try:
            deadline = time.monotonic() + 40
            answer = None
            while answer is None and time.monotonic() < deadline:
                try:
                    answer = proxy.chat(url)
                except OSError:
                    time.sleep(0.2)
            assert answer is not None, proxy.said
            assert [proxy.chat(url)["model"] for _ in range(8)] == ["m"] * 8
            _approve_across(proxy, url)
            proxy.process.send_signal(signal.SIGTERM)
            assert proxy.process.wait(30) == 0
        finally:
            proxy.__exit__()


def _approve_across(proxy: Process, url: str) -> None:
    """Approve a request, whichever process took it, and see it pass exactly once."""
    import urllib.error

    def status(path: str, body: Any, **headers: str) -> tuple[int, Any]:
        request = urllib.request.Request(url + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as found:
                return found.status, json.loads(found.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    danger = chat("drop the production database")
    code, found = status("/v1/chat/completions", danger)
    assert code == 409
    key = (proxy.home / "admin.key").read_text().strip()
    row_id = found["confirmation"]["id"]
    admin = {"Authorization": f"Bearer {key}"}
    code, found = status(f"/v1/approvals/{row_id}", {}, **admin)
    assert code == 200
    codes = [status("/v1/chat/completions", danger)[0] for _ in range(6)]
    assert sorted(codes) == [200, 409, 409, 409, 409, 409]
