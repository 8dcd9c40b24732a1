"""Load on a real port: threads that ask without a pause, and what became of each request."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count

from tests.support.proxies import chat

BROKEN = 0
"""The status of a request whose connection ended without an answer."""


class Load:
    """Asks with `many` connections until it is stopped. `statuses` is by request id.

    A connection that breaks is opened anew and the request counts as BROKEN: it is not repeated,
    so a request id is sent once.
    """

    def __init__(self, port: int, many: int = 8, text: str = "rewrite this text") -> None:
        self.port = port
        self.statuses: dict[str, int] = {}
        self.when: dict[str, float] = {}  # monotonic, at the end of each answer
        self._body = json.dumps(chat(text))
        self._stop = threading.Event()
        self._numbers = count()
        self._pool = ThreadPoolExecutor(many)
        self._work: list[Future[None]] = []
        self._many = many

    def __enter__(self) -> Load:
        self._work = [self._pool.submit(self._run) for _ in range(self._many)]
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for one in self._work:
            one.result(30)
        self._pool.shutdown()

    @property
    def counts(self) -> Counter[int]:
        """How many requests had which status."""
        return Counter(self.statuses.copy().values())

    def more(self, number: int, seconds: float = 15.0) -> bool:
        """Wait for so many further answers with status 200; whether they came."""
        before = self.counts[200]
        deadline = time.monotonic() + seconds
        while self.counts[200] < before + number and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.counts[200] >= before + number

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        while not self._stop.is_set():
            name = f"load-{next(self._numbers)}"
            try:
                headers = {"x-request-id": name, "content-type": "application/json"}
                connection.request("POST", "/v1/chat/completions", self._body, headers)
                found = connection.getresponse()
                found.read()
                self.statuses[name] = found.status
                self.when[name] = time.monotonic()
            except (OSError, http.client.HTTPException):
                self.statuses[name] = BROKEN
                connection.close()
                time.sleep(0.01)
        connection.close()
