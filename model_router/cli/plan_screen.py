"""A download plan for people and as JSON: what, how much, where to, and what comes next."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from model_router.cli.layout import home_as_tilde, labelled, wrapped
from model_router.cli.terminal import Terminal

if TYPE_CHECKING:
    from model_router.setup.downloads import Item, Plan, Wanted


def size(count: int | None, exact: bool = True) -> str:
    """Bytes as people read them; an inexact one says so."""
    if count is None:
        return "size not known"
    shown = f"{count / (1 << 30):.1f} GiB" if count >= 1 << 28 else f"{count / (1 << 20):.1f} MiB"
    return shown if exact else f"about {shown}"


def plan_json(plan: Plan, cache: str, server: str, *, executed: bool) -> dict[str, Any]:
    """The plan as data: `--plan` reads it back. What this machine has stands beside it."""
    from model_router.setup.downloads import missing_bytes, plan_data, present, room_needed
    from model_router.setup.hub import endpoint
    from model_router.setup.hub_cache import free_bytes
    from model_router.setup.next_steps import next_step, via

    data = plan_data(plan)
    for row, item in zip(data["items"], plan.items, strict=True):
        row["via"] = via(item, server)
        row["next"] = next_step(item, server, cache)
    free, room = free_bytes(cache), room_needed(plan, cache)
    data["here"] = {
        "cache": cache, "endpoint": endpoint(os.environ), "server": server,
        "missing_bytes": missing_bytes(plan, cache), "room_needed": room, "free_bytes": free,
        "enough": None if free is None or room is None else free >= room,
        "present": executed or present(plan, cache, check_sums=False), "verified": executed,
    }  # fmt: skip
    return data


def plan_screen(
    plan: Plan, cache: str, server: str, home: str, terminal: Terminal, advise: bool
) -> list[str]:
    """The plan as lines. `advise` adds what to type next."""
    from model_router.setup.downloads import plan_hash

    lines: list[str] = []
    for item in plan.items:
        lines += [*_item(item, cache, server, home, terminal), ""]
    lines += wrapped(_sums(plan, cache, home), terminal.width)
    lines.append(f"Plan {plan_hash(plan)[:16]}{'' if plan.pinned else ', not pinned'}.")
    if advise:
        how = "--execute" if plan.pinned else "--pin, and --execute"
        lines += wrapped(f"Nothing was fetched. Next: the same command with {how}.", terminal.width)
    return lines


def _item(item: Item, cache: str, server: str, home: str, terminal: Terminal) -> list[str]:
    from model_router.setup.downloads import equivalent, missing
    from model_router.setup.next_steps import next_step

    gone = set(missing(item, cache))
    safe = terminal.safe
    head = f"{item.repo} at {item.revision[:12] if item.revision else 'a commit to be asked for'}"
    rows = [(_mark(one, gone), f"{one.path}  {size(one.size, one.exact)}") for one in item.files]
    if item.routes:
        rows.append(("for", ", ".join(item.routes)))
    rows.append(("license", item.license or "not known; read it at the repository"))
    rows += [("note", remark) for remark in item.remarks]
    shown = labelled([(label, safe(text)) for label, text in rows], terminal.width)
    # Commands are not wrapped: they are there to be copied.
    then = _short(next_step(item, server, cache), home)
    commands = [f"  same as  {safe(equivalent(item))}", f"  then     {safe(then)}"]
    return [terminal.paint(safe(head), "bold"), *shown, *commands]


def _mark(one: Wanted, gone: set[Wanted]) -> str:
    return "match" if one.pattern else "fetch" if one in gone else "here"


def _short(command: str, home: str) -> str:
    return command.replace(home.rstrip("/") + "/", "~/") if home.strip("/") else command


def _sums(plan: Plan, cache: str, home: str) -> str:
    from model_router.setup.downloads import missing_bytes, room_needed
    from model_router.setup.hub_cache import free_bytes

    todo, room, free = missing_bytes(plan, cache), room_needed(plan, cache), free_bytes(cache)
    where = home_as_tilde(cache, home)
    if todo is None:
        return f"How much is to be fetched is not known yet; {size(free)} are free in {where}."
    if free is None or room is None:
        return f"{size(todo)} to fetch into {where}; how much is free there is not known."
    verdict = "enough" if free >= room else "NOT ENOUGH"
    return f"{size(todo)} to fetch into {where}, {size(free)} free there: {verdict}."
