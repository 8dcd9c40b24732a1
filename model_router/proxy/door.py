"""Who may call: keys, the Host that was asked for, and the pages of a browser.

A browser lets any page send requests to this machine. The Host check stops names that were bent
to point here (DNS rebinding), the Origin check stops pages; CORS is only granted to listed ones.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256

from model_router.addresses import is_loopback
from model_router.catalog.report import refuse
from model_router.proxy.config import Access, ProxyConfig
from model_router.proxy.problems import AUTH, PERMISSION, Problem, Refused
from model_router.proxy.upstream import Header

ANYBODY = "local"
"""The caller's name where no key is asked for."""

_EVERYWHERE = ("0.0.0.0", "::", "")
_NO_KEY = Refused(
    Problem(
        401,
        "a key is required: send it as `Authorization: Bearer KEY`",
        AUTH,
        "invalid_api_key",
        headers=((b"www-authenticate", b"Bearer"),),
    )
)


def check_bind(config: ProxyConfig) -> None:
    """Raises RouterConfigError when others could reach the proxy without a key."""
    if not config.uds and not is_loopback(config.host) and not config.access.keys:
        message = f"{config.host} can be reached by others, and no key is asked for"
        hint = "add access.keys to the proxy file, or listen on 127.0.0.1"
        raise refuse(config.source, message, hint, checker="validate-proxy-config")


class Door:
    """Checks callers. `admin_key` is what approvals and reloads take; None: nobody may."""

    def __init__(self, access: Access, host: str, admin_key: str | None, by_socket: bool) -> None:
        self.open = not access.keys
        self._keys = [(key.name, _digest(key.secret.encode())) for key in access.keys]
        admin = access.admin_key or admin_key
        self._admin = None if admin is None else _digest(admin.encode())
        self._hosts = frozenset(access.allowed_hosts) | {host.lower()}
        # With a key, and asked for under whatever name, a wildcard address is reached as meant.
        self._any_host = by_socket or (
            host in _EVERYWHERE and not access.allowed_hosts and not self.open
        )
        self._origins = frozenset(access.allowed_origins)
        self._known_hosts: set[bytes] = set()

    def caller(self, headers: Mapping[bytes, bytes]) -> str:
        """The name of the key that was sent. Raises Refused. Every key is compared whole."""
        if self.open:
            return ANYBODY
        given = _digest(_sent_key(headers))
        found = None
        for name, digest in self._keys:
            if hmac.compare_digest(given, digest):
                found = name
        if found is None:
            raise _NO_KEY
        return found

    def check_admin(self, headers: Mapping[bytes, bytes]) -> None:
        """Raises Refused unless the admin key was sent."""
        if self._admin is None:
            raise Refused(Problem(403, "no admin key is set: see access.admin_key_env", PERMISSION))
        if not hmac.compare_digest(_digest(_sent_key(headers)), self._admin):
            raise Refused(Problem(401, "this takes the admin key", AUTH, "invalid_api_key"))

    def check_page(self, headers: Mapping[bytes, bytes]) -> None:
        """Raises Refused for a Host that is not ours, and for a page that may not call."""
        host = headers.get(b"host", b"")
        if host not in self._known_hosts:
            if not self._any_host and not self._is_ours(host):
                message = "this host name is not served here; see access.allowed_hosts"
                raise Refused(Problem(403, message, PERMISSION, "host_not_allowed"))
            if len(self._known_hosts) < 64:
                self._known_hosts.add(host)
        if b"origin" in headers:
            self._check_origin(headers[b"origin"], host)

    def _check_origin(self, origin: bytes, host: bytes) -> None:
        if self._allows(origin) or origin in (b"http://" + host, b"https://" + host):
            return
        message = "pages of this origin may not call; see access.allowed_origins"
        raise Refused(Problem(403, message, PERMISSION, "origin_not_allowed"))

    def cors(self, headers: Mapping[bytes, bytes]) -> tuple[Header, ...]:
        """The headers that let a listed page read an answer; none for anybody else."""
        origin = headers.get(b"origin")
        if origin is None or not self._allows(origin):
            return ()
        return (
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", b"*"),
            (b"vary", b"Origin"),
        )

    def _allows(self, origin: bytes) -> bool:
        return origin.decode("latin-1").lower() in self._origins

    def _is_ours(self, host: bytes) -> bool:
        name = _host_name(host.decode("latin-1").lower())
        return name in self._hosts or (bool(name) and is_loopback(name))


def _host_name(host: str) -> str:
    """A Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def _digest(secret: bytes) -> bytes:
    return sha256(secret).digest()


def _sent_key(headers: Mapping[bytes, bytes]) -> bytes:
    given = headers.get(b"authorization", b"")
    scheme, _, key = given.partition(b" ")
    if scheme.lower() == b"bearer":
        return key.strip()
    return headers.get(b"x-api-key", b"")
