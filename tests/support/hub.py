"""A server shaped like the Hugging Face hub, on loopback, that serves real bytes.

with Hub({"acme/model": Repo({"a.gguf": b"..."})}) as hub:
    hub.url, hub.seen, hub.cut_at = 1000
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee0123456789c0ffee0123456789c0ffee01"


@dataclass
class Repo:
    """What a repository holds at its only commit. `small` files are no LFS files."""

    files: dict[str, bytes]
    commit: str = COMMIT
    gated: bool = False
    small: frozenset[str] = frozenset()


@dataclass
class Hub:
    """The server and what it has seen. Faults are set while it runs."""

    repos: dict[str, Repo]
    seen: list[tuple[str, str]] = field(default_factory=list)
    cut_at: int | None = None
    """After that many bytes of a file's body the connection breaks."""
    cuts: int = 10**9
    """How often that happens."""
    ranges: bool = True
    corrupt: bool = False
    """Bodies hold other bytes of the same number."""
    hold_at: int | None = None
    """After that many bytes nothing more comes until `release` is set."""
    holding: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Hub:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{port}"
        # Another host name, as with the real hub: its client does not follow that on HEAD.
        self.cdn = f"http://localhost:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def bodies(self) -> list[str]:
        """The paths of files whose bodies were asked for."""
        return [path for method, path in self.seen if method == "GET" and "/cdn/" in path]


def sha256(content: bytes) -> str:
    """What the hub names a large file by."""
    return hashlib.sha256(content).hexdigest()


def git_name(content: bytes) -> str:
    """What the hub names a small file by."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.seen.append((self.command, path))
            if path.startswith("/api/models/"):
                self._info(path.removeprefix("/api/models/"))
            elif path.startswith("/cdn/"):
                repo, _, name = path.removeprefix("/cdn/").partition("//")
                self._body(hub.repos[repo].files[name])
            else:
                self._resolve(path)

        def _info(self, rest: str) -> None:
            name, _, revision = rest.partition("/revision/")
            repo = hub.repos.get(name)
            if repo is None:
                return self._refuse(404, "RepoNotFound")
            if revision not in ("", "main", repo.commit):
                return self._refuse(404, "RevisionNotFound")
            rows = [_row(path, content, path in repo.small) for path, content in repo.files.items()]
            return self._json({"id": name, "modelId": name, "sha": repo.commit, "siblings": rows,
                               "private": False, "gated": repo.gated, "tags": []})  # fmt: skip

        def _resolve(self, path: str) -> None:
            name, _, rest = path.lstrip("/").partition("/resolve/")
            revision, _, file = rest.partition("/")
            repo = hub.repos.get(name)
            if repo is None:
                return self._refuse(404, "RepoNotFound")
            if repo.gated:
                return self._refuse(401, "GatedRepo")
            if revision not in ("main", repo.commit):
                return self._refuse(404, "RevisionNotFound")
            if file not in repo.files:
                return self._refuse(404, "EntryNotFound", repo.commit)
            content = repo.files[file]
            etag = git_name(content) if file in repo.small else sha256(content)
            self.send_response(302)
            self.send_header("Location", f"{hub.cdn}/cdn/{name}//{file}")
            self.send_header("X-Repo-Commit", repo.commit)
            self.send_header("X-Linked-Size", str(len(content)))
            self.send_header("X-Linked-Etag", f'"{etag}"')
            self.send_header("ETag", f'"{etag}"')
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None

        def _body(self, content: bytes) -> None:
            asked = self.headers.get("Range", "")
            start = int(asked.removeprefix("bytes=").split("-")[0]) if asked and hub.ranges else 0
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            if start:
                span = f"bytes {start}-{len(content) - 1}/{len(content)}"
                self.send_header("Content-Range", span)
            self.send_header("ETag", f'"{sha256(content)}"')
            self.end_headers()
            if self.command == "GET":
                self._send(content[::-1] if hub.corrupt else content, start)

        def _send(self, content: bytes, start: int) -> None:
            if hub.cut_at is not None and start <= hub.cut_at < len(content) and hub.cuts > 0:
                hub.cuts -= 1
                self.wfile.write(content[start : hub.cut_at])
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
                return
            if hub.hold_at is not None:
                self.wfile.write(content[start : hub.hold_at])
                self.wfile.flush()
                hub.holding.set()
                hub.release.wait(60)
                start = hub.hold_at
            try:
                self.wfile.write(content[start:])
            except OSError:
                self.close_connection = True

        def _json(self, data: Any) -> None:
            body = json.dumps(data).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _refuse(self, status: int, code: str, commit: str | None = None) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("X-Error-Message", code)
            if commit:
                self.send_header("X-Repo-Commit", commit)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler


def _row(path: str, content: bytes, small: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": git_name(content)}
    if not small:
        row["lfs"] = {"sha256": sha256(content), "size": len(content), "pointerSize": 134}
    return row
