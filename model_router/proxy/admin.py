"""What takes the admin key: approving a request, and reading the files again."""

from __future__ import annotations

from model_router.proxy.incoming import Incoming
from model_router.proxy.live import Live
from model_router.proxy.problems import NOT_FOUND, Problem, Refused
from model_router.proxy.state import uptime


async def approve(live: Live, incoming: Incoming) -> None:
    """Answer POST /v1/approvals/{id}: the request that waits under the id may pass once."""
    live.service.door.check_admin(incoming.headers)
    row_id = incoming.path.removeprefix("/v1/approvals/")
    found = live.approvals.approve(row_id, uptime())
    if found is None:
        message = "no request waits under this id: it was approved, is over, or never was"
        raise Refused(Problem(404, message, NOT_FOUND, "unknown_decision"))
    row, token = found
    live.metrics.approvals.add("given")
    await incoming.answer_json(
        {
            "object": "model_router.approval",
            "id": row.id,
            "action_class": row.action,
            "caller": row.caller,
            "expires_in": round(live.approvals.seconds),
            "token": token,
            "how": "send the same request again; it passes once",
        }
    )


async def pending(live: Live, incoming: Incoming) -> None:
    """Answer GET /v1/approvals/{id}: what waits under the id. Never the request's text."""
    live.service.door.check_admin(incoming.headers)
    row = live.approvals.pending(incoming.path.removeprefix("/v1/approvals/"), uptime())
    if row is None:
        raise Refused(Problem(404, "no request waits under this id", NOT_FOUND, "unknown_decision"))
    found = {"id": row.id, "action_class": row.action, "caller": row.caller}
    left = max(0, round(row.expires - uptime()))
    await incoming.answer_json({"object": "model_router.confirmation", **found, "expires_in": left})


async def reload(live: Live, incoming: Incoming) -> None:
    """Answer POST /admin/reload: 200 when the files were taken, 422 when the old ones stay."""
    live.service.door.check_admin(incoming.headers)
    found = live.reload()
    await incoming.answer_json(found, 200 if found["ok"] else 422)
