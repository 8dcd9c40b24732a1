"""Executes a pinned plan: fetches what is missing, checks every byte, keeps nothing wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from model_router.setup.downloads import Item, Plan, Wanted, room_needed
from model_router.setup.hub import Fetch, HubError
from model_router.setup.hub_cache import discard, free_bytes, snapshot_path, there, verified


@dataclass(frozen=True, slots=True)
class Fetched:
    """One file of the plan: where it stands, and whether it was here before."""

    repo: str
    path: str
    place: str
    size: int
    was_here: bool


Said = Callable[[str], None]


def execute(plan: Plan, cache: str, fetch: Fetch, say: Said = lambda _: None) -> Iterator[Fetched]:
    """Fetch every file of a pinned plan, in order, and yield each when it is here and verified.

    A file that is here already is checked, too, and fetched anew when it is not the right one.
    Raises HubError, and then the files yielded so far are complete and the next is not there.
    ValueError for a plan that is not pinned.
    """
    if not plan.pinned:
        raise ValueError("a plan must be pinned before it is executed")
    _check_room(plan, cache)
    for item in plan.items:
        for wanted in item.files:
            yield _file(item, wanted, cache, fetch, say)


def _file(item: Item, wanted: Wanted, cache: str, fetch: Fetch, say: Said) -> Fetched:
    place = snapshot_path(cache, item.repo, item.revision or "", wanted.path)
    if there(place, wanted.size):
        say(f"checking {wanted.path} of {item.repo}, which is here")
    if verified(place, wanted.size, wanted.sha256):
        return Fetched(item.repo, wanted.path, place, wanted.size or 0, True)
    if os.path.lexists(place):
        discard(cache, place)
    say(f"fetching {wanted.path} of {item.repo}")
    fetch(item.repo, wanted.path, item.revision or "")
    if not verified(place, wanted.size, wanted.sha256):
        discard(cache, place)
        raise HubError(
            f"{wanted.path} of {item.repo} is not the file it should be: size or sha256 differ",
            "nothing of it was kept; try again, and if it happens again do not trust the mirror",
            code="checksum",
        )
    return Fetched(item.repo, wanted.path, place, wanted.size or 0, False)


def _check_room(plan: Plan, cache: str) -> None:
    needed, free = room_needed(plan, cache), free_bytes(cache)
    if needed is not None and free is not None and needed > free:
        raise HubError(
            f"{needed} bytes are needed in {cache}, {free} are free",
            "make room, or point HF_HUB_CACHE at another disk",
            code="disk_full",
        )
