"""Addresses: a backend's URL in parts, and whether a host is this machine or this network."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit


class BaseUrl(NamedTuple):
    """A backend's URL: `path` has no slash at its end; `wrong` says why it can't be used."""

    scheme: str = ""
    host: str = ""
    port: int = 0
    path: str = ""
    wrong: str | None = None

    @property
    def authority(self) -> str:
        """The Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"


def parse_base_url(url: str) -> BaseUrl:
    """The parts of an http or https URL; where it is none, `wrong` is set."""
    if not url.isascii() or any(ord(char) <= 32 or ord(char) == 127 for char in url):
        return BaseUrl(wrong="holds characters that an address can't")
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return BaseUrl(wrong="is not a URL")
    if wrong := _fault(parts):
        return BaseUrl(wrong=wrong)
    return BaseUrl(parts.scheme, parts.hostname or "", port, parts.path.rstrip("/"))


def _fault(parts: SplitResult) -> str | None:
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "is not an http or https URL"
    if parts.username is not None or parts.password is not None:
        return "holds a user or password; write api_key_env"
    return "holds a query or fragment" if parts.query or parts.fragment else None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    if host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost"):
        return True
    address = _ip(host)
    return address is not None and address.is_loopback


def is_local(host: str) -> bool:
    """Whether `host` is this machine or a network of one's own: no text leaves by it."""
    if is_loopback(host):
        return True
    address = _ip(host)
    if address is not None:
        return address.is_private or address.is_link_local
    name = host.lower().rstrip(".")
    return "." not in name or name.endswith((".local", ".lan", ".internal", ".home.arpa"))


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
