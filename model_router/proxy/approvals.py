"""A person's yes to one request: it holds for that body, those hints and that caller, once.

A request that needs a person leaves a decision id. Who holds the admin key approves the id. Then
the same request, sent again, passes once: by itself, or wherever it goes with the token that the
approval gave. Nothing is learned from it, and no text of a request is kept.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from model_router.proxy.state import State

_PENDING, _YES, _USED = "pending", "yes", "used"
TOKEN_PREFIX = "mra_"


class Pending(NamedTuple):
    """A request that waits for a person. `mark` stands for body, hints and caller."""

    id: str
    mark: str
    caller: str
    action: str | None
    expires: float


class Approvals:
    """Approvals that hold for `seconds`. `secret` is shared by the processes that share `state`."""

    def __init__(self, secret: bytes, state: State, seconds: float) -> None:
        self._secret = secret
        self._state = state
        self.seconds = seconds

    def mark(self, caller: str, endpoint: str, hints: Mapping[str, Any], body: bytes) -> str:
        """What stands for a request: another one has another mark, and nobody can make one up."""
        code = hmac.new(self._secret, digestmod=sha256)
        head = json.dumps([caller, endpoint, sorted(hints.items())], default=str)
        code.update(b"%d:%b" % (len(head.encode()), head.encode()))
        code.update(body)
        return code.hexdigest()

    def ask(self, mark: str, caller: str, action: str | None, now: float) -> Pending:
        """Note that a request waits. Asked again while it waits, it keeps its id."""
        key = mark[:64]
        known = self._state.get("asked", key, now)
        found = self.pending(known, now) if known else None
        if found is not None:
            return found
        row = Pending(secrets.token_hex(8), mark, caller, action, now + self.seconds)
        self._state.put(_PENDING, row.id, json.dumps(row), row.expires)
        self._state.put("asked", key, row.id, row.expires)
        return row

    def pending(self, decision_id: str, now: float) -> Pending | None:
        """The request that waits under an id, or None."""
        value = self._state.get(_PENDING, decision_id, now)
        return None if value is None else Pending(*json.loads(value))

    def approve(self, decision_id: str, now: float) -> tuple[Pending, str] | None:
        """A person's yes: the request and a token for it; None for an id that nobody waits under.

        It holds for `seconds` from now.
        """
        value = self._state.take(_PENDING, decision_id, now)
        if value is None:
            return None
        row = Pending(*json.loads(value))._replace(expires=now + self.seconds)
        self._state.take("asked", row.mark[:64], now)
        self._state.put(_YES, row.mark, row.id, row.expires)
        return row, self._token(row)

    def redeem(self, mark: str, token: str | None, now: float) -> bool:
        """Whether a request may pass, by its token or by itself. It may only once."""
        if token is not None:
            return self._by_token(mark, token, now)
        decision_id = self._state.take(_YES, mark, now)
        return decision_id is not None and self._claim(decision_id, now)

    def sweep(self, now: float) -> None:
        """Forget what is over."""
        self._state.sweep(now)

    def _by_token(self, mark: str, token: str, now: float) -> bool:
        decision_id, _, rest = token.removeprefix(TOKEN_PREFIX).partition(".")
        until = rest.partition(".")[0]
        if not until.isdigit() or len(until) > 12 or float(until) <= now:
            return False
        row = Pending(decision_id, mark, "", None, float(until))
        if not hmac.compare_digest(token.encode(), self._token(row).encode()):
            return False
        # The yes has to be there still: a claim that was forgotten must not open the way again.
        if self._state.get(_YES, mark, now) != decision_id:
            return False
        return self._state.take(_YES, mark, now) == decision_id and self._claim(decision_id, now)

    def _claim(self, decision_id: str, now: float) -> bool:
        return self._state.add(_USED, decision_id, now + 2 * self.seconds + 60, now)

    def _token(self, row: Pending) -> str:
        until = int(row.expires)
        text = f"approval {row.id} {until} {row.mark}".encode()
        code = hmac.new(self._secret, text, sha256).hexdigest()
        return f"{TOKEN_PREFIX}{row.id}.{until}.{code}"
