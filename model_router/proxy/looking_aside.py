"""Looking at huge bodies in a process of its own.

Parsing and scanning ten megabytes takes tenths of a second, most of it in single calls that let no
other thread run. In another process they delay nobody. It is started by the first such body, and
where it cannot be, a thread does the work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pickle import PicklingError
from typing import TYPE_CHECKING, Any, NamedTuple

from model_router.proxy.backends import open_backends
from model_router.proxy.body import Body, Span
from model_router.proxy.choosing import Choice, NeedsPerson
from model_router.proxy.config import ProxyConfig
from model_router.proxy.looking import Looked, look
from model_router.proxy.problems import Problem, Refused
from model_router.proxy.served import Served
from model_router.proxy.service import Candidate, Service
from model_router.types import Request

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Told = Mapping[str, tuple[tuple[str, ...] | None, frozenset[str] | None]]
"""What each backend said of its models: those that it has, and those in memory."""


class _Seen(NamedTuple):
    """What comes back: everything about a body but the body."""

    members: dict[str, Span]
    said: dict[str, Any]  # `model` and `stream`
    choice: Choice | None = None  # without candidates
    ways: tuple[tuple[str, str, str | None], ...] = ()
    needed: tuple[tuple[Any, ...], Mapping[str, Any]] | None = None  # its arguments, the hints
    problem: Problem | None = None


class Aside:
    """The process that looks at huge bodies for one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._pool: ProcessPoolExecutor | None = None
        self._broken = False

    async def look(
        self, headers: Mapping[bytes, bytes], raw: bytes, approved: bool, with_text: bool
    ) -> Looked:
        """What `looking.look` gives and raises. The request's text is there if `with_text`."""
        service = self._service
        told = {name: (row.advertised, row.loaded) for name, row in service.backends.items()}
        if not self._broken:
            try:
                loop = asyncio.get_running_loop()
                seen = await loop.run_in_executor(
                    self._opened(), _looked_at, dict(headers), raw, approved, with_text, told
                )
                return _understood(service, raw, seen)
            except (BrokenExecutor, OSError, PicklingError, TypeError, AttributeError):
                self._broken = True
                self.close()
        return await asyncio.to_thread(look, service, headers, raw, approved)

    def close(self) -> None:
        """End the process when its work is done."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False)

    def _opened(self) -> ProcessPoolExecutor:
        if self._pool is None:
            import multiprocessing  # several milliseconds that few need
            from concurrent.futures import ProcessPoolExecutor

            service = self._service
            self._pool = ProcessPoolExecutor(
                1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(_without_secrets(service.config), service.served),
            )
        return self._pool


def _without_secrets(config: ProxyConfig) -> ProxyConfig:
    """The settings that deciding needs, without a key in them."""
    backends = {
        name: replace(row, api_key=None, api_key_env=None, headers={}, proxy_url=None,
                      transport="http1", http2=False, ca_file=None)
        for name, row in config.backends.items()
    }  # fmt: skip
    return replace(config, backends=backends, access=type(config.access)())


def _understood(service: Service, raw: bytes, seen: _Seen) -> Looked:
    if seen.problem is not None:
        raise Refused(seen.problem)
    if seen.needed is not None:
        raise _needs_person(*seen.needed)
    assert seen.choice is not None
    ways = tuple(Candidate(engine, service.backends[name], model)
                 for engine, name, model in seen.ways)  # fmt: skip
    body = Body(raw, raw.decode(), seen.said, seen.members)
    return body, seen.choice._replace(candidates=ways)


def _needs_person(given: tuple[Any, ...], hints: Mapping[str, Any]) -> NeedsPerson:
    # Made where it is not raised: a frame that holds what it raises holds itself, and the body.
    needed = NeedsPerson(*given)
    needed.hints = hints
    return needed


# ------------------------------------------------------------------ in that process

_service: Service | None = None


def _begin(config: ProxyConfig, found: Served) -> None:
    global _service
    _service = Service(config, found, open_backends(config.backends, {}))


def _looked_at(
    headers: Mapping[bytes, bytes], raw: bytes, approved: bool, with_text: bool, told: Told
) -> _Seen:
    assert _service is not None
    for name, row in _service.backends.items():
        row.advertised, row.loaded = told.get(name, (None, None))
    try:
        found = look(_service, headers, raw, approved)
    except Refused as refused:
        return _Seen({}, {}, problem=refused.problem)
    except NeedsPerson as needed:
        request = _light(needed.request, with_text)
        scores = needed.complexity, needed.risk
        given = (needed.action, needed.reasons, needed.route, request, scores)
        return _Seen({}, {}, needed=(given, needed.hints))
    body, choice = found
    ways = tuple((row.engine, row.backend.name, row.model) for row in choice.candidates)
    request = _light(choice.request, with_text)
    said: dict[str, Any] = {key: body.data[key] for key in ("model", "stream") if key in body.data}
    return _Seen(body.members, said, choice._replace(candidates=(), request=request), ways)


def _light(request: Request, with_text: bool) -> Request:
    """The request without what would be slow to send back and nobody reads."""
    return replace(request, context=(), text=request.text if with_text else "")
