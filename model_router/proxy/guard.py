"""What becomes of work on a request that does not end well: the client is told, whatever it was."""

from __future__ import annotations

from collections.abc import Awaitable

from model_router.proxy.incoming import ClientLeft, Incoming
from model_router.proxy.live import Live
from model_router.proxy.problems import INTERNAL, Problem, Refused

_INTERNAL = Problem(500, "the proxy failed; please report it", INTERNAL, "internal_error")


async def guarded(live: Live, incoming: Incoming, work: Awaitable[None]) -> None:
    """Do the work on a request, and answer what it raises."""
    try:
        await work
    except Refused as refused:
        await _refuse(live, incoming, refused.problem)
    except ClientLeft:
        live.metrics.left.add("sending")
    except Exception as error:
        if isinstance(error, ConnectionAbortedError) or incoming.begun:
            raise
        live.say(f"a request failed: {fault(error)}; please report it")
        await _refuse(live, incoming, _INTERNAL)


async def fails(error: Exception) -> None:
    """Work that raises what was raised before."""
    try:
        raise error
    finally:
        del error  # else it and this frame would hold each other


async def _refuse(live: Live, incoming: Incoming, problem: Problem) -> None:
    engine = next((v for n, v in problem.headers if n == b"x-modelrouter-engine"), b"")
    live.metrics.requests.add(engine.decode(), "", str(problem.status))
    await incoming.refuse(problem)


def fault(error: Exception) -> str:
    """The kind of an error and where it comes from. Its message may quote a prompt."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    file = trace.tb_frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
    return f"{type(error).__name__} at {file}:{trace.tb_lineno}"
