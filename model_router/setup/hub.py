"""The hub, through huggingface_hub: what a repository holds at a commit, and one file of it.

Loaded only when a person asked for the hub. Every error ends as a HubError that says what to do.
"""

from __future__ import annotations

import errno
import fnmatch
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from model_router.errors import MissingExtraError, ModelRouterError
from model_router.setup.downloads import COMMIT, SHA256, Item, Plan, Wanted
from model_router.setup.model_catalog import safe_path

EXTRA = 'pip install "model-router[download]"'
DEFAULT_ENDPOINT = "https://huggingface.co"


class HubError(ModelRouterError):
    """The hub did not give what was asked. `code`: gated, not_found, offline, disk_full, ..."""

    def __init__(self, message: str, hint: str | None = None, *, code: str = "hub") -> None:
        super().__init__(message, hint)
        self.code = code


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds at a commit: size and sha256 (None for small text files) by path."""

    commit: str
    files: Mapping[str, tuple[int | None, str | None]]


Ask = Callable[[str, str | None], Listing]
"""The listing of a repository at a revision; None for its newest commit. Raises HubError."""

Fetch = Callable[[str, str, str], str]
"""Fetch a path of a repository at a commit into the cache and return its place. Raises HubError."""


def installed() -> bool:
    """Whether huggingface_hub is there. It is not loaded for that."""
    from importlib.util import find_spec

    return find_spec("huggingface_hub") is not None


def asker(environ: Mapping[str, str]) -> Ask:
    """Asks the hub that HF_ENDPOINT names. MissingExtraError without huggingface_hub."""
    hub, address = _library(), _address(environ)
    api = hub.HfApi(endpoint=address)

    def ask(repo: str, revision: str | None) -> Listing:
        try:
            info = api.model_info(repo, revision=revision, files_metadata=True)
        except Exception as error:
            raise hub_error(error, repo, revision) from error
        rows = {one.rfilename: (one.size, _sha256(one)) for one in info.siblings or ()}
        return Listing(str(info.sha), rows)

    return ask


def fetcher(cache: str, environ: Mapping[str, str], *, bars: bool) -> Fetch:
    """Fetches into `cache`, with progress bars on stderr if wanted.

    One file after another in this thread, so that an interrupt ends it at once and leaves nothing.
    """
    hub, address = _library(), _address(environ)
    (hub.utils.enable_progress_bars if bars else hub.utils.disable_progress_bars)()

    def fetch(repo: str, path: str, revision: str) -> str:
        try:
            return str(
                hub.hf_hub_download(
                    repo, path, revision=revision, cache_dir=cache, endpoint=address
                )
            )
        except Exception as error:
            raise hub_error(error, repo, revision, path) from error

    return fetch


def endpoint(environ: Mapping[str, str]) -> str:
    """The address of the hub, or of a mirror that HF_ENDPOINT names."""
    return (environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


def _address(environ: Mapping[str, str]) -> str:
    address = endpoint(environ)
    if not address.startswith(("https://", "http://")):
        raise HubError(f"HF_ENDPOINT is no address: {address[:80]}", "write https://...")
    return address


def pinned(plan: Plan, ask: Ask) -> Plan:
    """The plan with commit, paths, sizes and sums of everything; what has them is not asked again.

    HubError when a file is not there, or is another than the catalog's sha256 says.
    """
    return replace(
        plan, items=tuple(one if one.pinned else _pinned(one, ask) for one in plan.items)
    )


def _pinned(item: Item, ask: Ask) -> Item:
    listing = ask(item.repo, item.revision)
    if not COMMIT.fullmatch(listing.commit):
        raise HubError(f"the hub's answer for {item.repo} names no commit", "check HF_ENDPOINT")
    files: list[Wanted] = []
    remarks = list(item.remarks)
    for wanted in item.files:
        found = _matching(wanted, listing, item)
        said = sum(one.size or 0 for one in found)
        if wanted.exact and wanted.size is not None and said != wanted.size:
            remarks.append(f"the catalog knows {wanted.size} bytes of {wanted.path}")
        if wanted.sha256 is not None and len(found) == 1 and found[0].sha256 != wanted.sha256:
            raise HubError(
                f"{item.repo} now holds another {found[0].path} than the catalog was made for",
                "wait for a newer catalog; or look at it yourself, and name it with --repo-id and "
                "--include",
                code="changed",
            )
        files += found
    return replace(item, revision=listing.commit, files=tuple(files), remarks=tuple(remarks))


def _matching(wanted: Wanted, listing: Listing, item: Item) -> list[Wanted]:
    """The files of a listing that are meant. Of several quantisations none is taken."""
    if wanted.pattern:
        names = sorted(n for n in listing.files if fnmatch.fnmatchcase(n, wanted.path))
    else:
        names = [wanted.path] if wanted.path in listing.files else []
    names = [name for name in names if safe_path(name)]
    if not names:
        shown = ", ".join(sorted(filter(safe_path, listing.files))[:12])
        raise HubError(
            f"{item.repo} has no {wanted.path} at {listing.commit[:12]}",
            f"it holds: {shown}" if shown else "it holds nothing that is fetched",
            code="not_found",
        )
    if len(names) > 1 and item.format == "gguf" and not _shards(names):
        raise HubError(
            f"{wanted.path} stands for several models of {item.repo}: {', '.join(names[:12])}",
            "say which, for example --include '*Q4_K_M.gguf'",
            code="ambiguous",
        )
    found = [Wanted(name, *listing.files[name]) for name in names]
    for one in found:
        if one.size is None:
            raise HubError(f"the hub tells no size of {one.path} of {item.repo}", "try again later")
    return found


def _shards(names: list[str]) -> bool:
    """Whether the names are the parts of one file: ...-00001-of-00003.gguf."""
    last = f"-of-{len(names):05d}.gguf"
    stems = {name[: -len(last) - 6] for name in names}
    return len(stems) == 1 and all(name.endswith(last) for name in names)


def _sha256(one: Any) -> str | None:
    lfs = getattr(one, "lfs", None)
    found = lfs.get("sha256") if isinstance(lfs, Mapping) else getattr(lfs, "sha256", None)
    return found if isinstance(found, str) and SHA256.fullmatch(found) else None


def _library() -> Any:
    # Else it looks for the program that called it, and asks the hub for a list of such programs.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import huggingface_hub
        import huggingface_hub.utils
    except ImportError as error:
        raise MissingExtraError("huggingface_hub is not installed", EXTRA) from error
    return huggingface_hub


def hub_error(
    error: BaseException, repo: str, revision: str | None, path: str | None = None
) -> HubError:
    """What an error of huggingface_hub, of its client or of the system means, and what to do."""
    names = {kind.__name__ for kind in type(error).__mro__}
    what = f"{path} of {repo}" if path else repo
    for name, code, message, hint in _MEANINGS:
        if name in names:
            return HubError(message.format(what=what, repo=repo, revision=revision),
                            hint.format(repo=repo), code=code)  # fmt: skip
    if isinstance(error, OSError) and error.errno in _FULL:
        message, hint = f"the disk is full: {what} was not kept", _MAKE_ROOM
        return HubError(message, hint, code="disk_full")
    if names & _CLIENT or isinstance(error, (TimeoutError, ConnectionError)):
        if path is None or names & {"ConnectError", "ConnectTimeout", "ConnectionRefusedError"}:
            return HubError(f"the hub cannot be reached: {error}", _UNREACHED, code="offline")
        message = f"the connection broke while asking for {what}: {error}"
        return HubError(message, _AGAIN, code="connection")
    said = " ".join(str(error).split())[:300]
    return HubError(f"{what} could not be fetched: {said}", "run it again with --debug")


_MEANINGS = (
    ("GatedRepoError", "gated", "{repo} is gated: its licence must be accepted first",
     "accept it at https://huggingface.co/{repo}, then `hf auth login`"),
    ("RevisionNotFoundError", "not_found", "{repo} has no commit {revision}",
     "it was rewritten; use --pin for today's, and look at what changed"),
    ("LocalEntryNotFoundError", "offline", "{what} is not here, and the hub cannot be reached",
     "check the connection, HF_ENDPOINT and HF_HUB_OFFLINE, then run it again"),
    ("OfflineModeIsEnabled", "offline", "HF_HUB_OFFLINE forbids asking the hub",
     "unset HF_HUB_OFFLINE"),
    ("EntryNotFoundError", "not_found", "{what} is not there at commit {revision}",
     "use --pin for today's files"),
    ("RepositoryNotFoundError", "not_found", "{repo} does not exist, or is private",
     "check the name; for a private one run `hf auth login`"),
)  # fmt: skip
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MAKE_ROOM = "make room, or point HF_HUB_CACHE at another disk"
_UNREACHED = "check the connection, HF_ENDPOINT and HF_HUB_OFFLINE, then run it again"
_AGAIN = "run the same command again: whole files are kept, the one that was cut off begins anew"
_CLIENT = {"HTTPError", "TransportError", "RequestException", "ConnectError", "TimeoutException"}
