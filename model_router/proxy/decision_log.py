"""One line for each request, as JSON: what was decided and how it went. Never the prompt."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

from model_router.proxy.exchange import Exchange


def decision_line(x: Exchange, gone: bool) -> str:
    """The line for an exchange that is over. Times are milliseconds."""
    now = datetime.now(UTC)
    return json.dumps(
        {
            "at": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z",
            "request_id": x.incoming.id.decode(),
            "caller": x.incoming.caller,
            "engine": x.engine,
            "route": x.choice.route,
            "backend": x.backend or None,
            "model": x.model,
            "status": "client_left" if gone else x.status,
            "tried": [[backend, outcome] for backend, _, outcome in x.tried],
            "decided_in_ms": round(x.decided_in * 1e3, 3),
            "total_ms": round((time.monotonic() - x.began) * 1e3, 1),
        },
        separators=(",", ":"),
    )
