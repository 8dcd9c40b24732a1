"""What a scan found, for people: the machine, its servers, its models, what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from model_router.cli.layout import home_as_tilde, labelled, wrapped
from model_router.cli.terminal import Terminal

if TYPE_CHECKING:
    from model_router.setup.found import FoundModel
    from model_router.setup.inventory import Inventory
    from model_router.setup.machine import Accelerator, Machine

GIB = 2**30
MOST_LEFTOVERS = 20
KINDS = {
    "embedding": "for embeddings", "reranker": "for ranking", "adapter": "an adapter",
    "draft": "a draft model", "other": "not for chat",
}  # fmt: skip


def inventory_screen(
    machine: Machine, inventory: Inventory, home: str, terminal: Terminal
) -> list[str]:
    """The lines that `setup scan` prints."""
    sections = [
        ("machine", _rows(machine_rows(machine), terminal)),
        ("servers", _rows(_servers(inventory), terminal)),
        (_heading(inventory), _models(inventory, terminal)),
        ("to clean up", _rows(_leftovers(inventory, home), terminal)),
        ("problems", _texts(_problems(inventory, home), terminal)),
    ]
    lines: list[str] = []
    for title, rows in sections:
        if rows:
            lines += [*([""] if lines else []), terminal.paint(title, "bold"), *rows]
    return lines


def size(count: int) -> str:
    """Bytes as people read them, in binary units."""
    for unit, factor in (("TiB", 2**40), ("GiB", GIB), ("MiB", 2**20)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{-(-count // 1024)} KiB"


def _rows(rows: Iterable[tuple[str, str]], terminal: Terminal) -> list[str]:
    return labelled([(label, terminal.safe(text)) for label, text in rows], terminal.width)


def _texts(texts: Iterable[str], terminal: Terminal) -> list[str]:
    return [line for text in texts for line in labelled(
        [("", terminal.safe(text))], terminal.width, indent=0)]  # fmt: skip


def machine_rows(machine: Machine) -> Iterator[tuple[str, str]]:
    """Label and text for each fact about the machine."""
    yield "system", f"{machine.system} {machine.architecture}" + (", in WSL" if machine.wsl else "")
    yield "memory", _memory(machine)
    yield "processor", _processor(machine)
    for row in machine.accelerators:
        yield "gpu", _gpu(row)
    if not machine.accelerators:
        yield "gpu", "none found"
    if machine.wired_limit and machine.wired_limit.value:
        yield "gpu limit", f"{size(machine.wired_limit.value)} ({machine.wired_limit.source})"
    if machine.disk_free and machine.disk_free.value is not None:
        yield "disk", f"{size(machine.disk_free.value)} free where models are kept"
    for line in machine.problems:
        yield "not known", line


def _memory(machine: Machine) -> str:
    total, free, limit = machine.ram_total, machine.ram_available, machine.ram_limit
    if total.value is None:
        return f"unknown: {total.error}"
    text = size(total.value)
    if free.value is not None:
        text += f", {size(free.value)} available"
    if limit.value is not None:
        text += f", limited to {size(limit.value)} ({limit.source})"
    return text


def _processor(machine: Machine) -> str:
    parts = [machine.cpu_name.value or "unknown"]
    if machine.cpu_cores.value:
        parts.append(f"{machine.cpu_cores.value} cores")
    if machine.cpu_flags.value:
        parts.append(" ".join(machine.cpu_flags.value))
    return ", ".join(parts)


def _gpu(row: Accelerator) -> str:
    parts = [row.name, size(row.total_bytes) if row.total_bytes else "memory unknown"]
    parts += ["shared with the processor"] if row.unified else []
    parts += [f"{size(row.free_bytes)} free"] if row.free_bytes is not None else []
    return ", ".join(parts)


def _servers(inventory: Inventory) -> Iterator[tuple[str, str]]:
    for server in inventory.servers:
        count = len(server.models)
        text = server.problem or f"{count} model{'' if count == 1 else 's'}"
        yield server.kind, f"{server.base_url}, {text}"
    if not inventory.servers:
        yield "none", "no model server answers on its usual port"


def _heading(inventory: Inventory) -> str:
    total = sum(model.size_bytes for model in inventory.models if model.files)
    return f"models: {len(inventory.models)}, {size(total)}" if inventory.models else "models"


def _models(inventory: Inventory, terminal: Terminal) -> list[str]:
    if not inventory.models:
        return ["  none found"]
    lines: list[str] = []
    for model in inventory.models:
        name = wrapped(terminal.safe(model.name), terminal.width - 2)
        lines += ["  " + terminal.paint(row, "cyan") for row in name]
        for text in (described(model), uses(model)):
            lines += ["    " + row for row in wrapped(terminal.safe(text), terminal.width - 4)]
    return lines


def described(model: FoundModel) -> str:
    """Size, place and facts of a model in one line."""
    facts = model.facts
    parts = [size(model.size_bytes)] if model.size_bytes else []
    parts.append(" + ".join(dict.fromkeys([model.store, *(copy.store for copy in model.copies)])))
    if facts.parameters:
        active = f" (A{_count(facts.active_parameters)})" if facts.active_parameters else ""
        parts.append(_count(facts.parameters) + active)
    parts += [facts.quantisation] if facts.quantisation else []
    parts += [f"{facts.context // 1024}k context"] if facts.context else []
    hints = ((facts.tools, "tools"), (facts.thinking, "thinks"), (facts.vision, "sees"),
             (facts.audio, "hears"))  # fmt: skip
    return ", ".join([*parts, *(word for able, word in hints if able)])


def _count(parameters: int) -> str:
    billions = parameters / 10**9
    return f"{billions:.1f}B" if billions >= 0.95 else f"{parameters / 10**6:.0f}M"


def uses(model: FoundModel) -> str:
    """What a model is good for, or why for nothing."""
    if not model.local:
        return "runs elsewhere: only listed here"
    if model.incomplete:
        return "not whole: " + "; ".join(model.incomplete)
    if not model.roles:
        return KINDS.get(model.facts.kind, "for no engine")
    text = "for " + ", ".join(model.roles)
    if model.server:
        return f"{text}; {model.server} serves it as {model.served_as}"
    return text


def _leftovers(inventory: Inventory, home: str) -> Iterator[tuple[str, str]]:
    if inventory.reclaimable_bytes:
        yield "in all", size(inventory.reclaimable_bytes)
    for model in inventory.models:
        if model.reclaimable_bytes:
            stores = ", ".join(copy.store for copy in (model, *model.copies))
            yield size(model.reclaimable_bytes), f"spare copies of {model.name}: {stores}"
    found = {path: count for report in inventory.stores for path, count in report.unfinished}
    for path, count in sorted(found.items())[:MOST_LEFTOVERS]:
        yield size(count), f"unfinished download {home_as_tilde(path, home)}"
    if len(found) > MOST_LEFTOVERS:
        yield "", f"and {len(found) - MOST_LEFTOVERS} more: --json lists them"


def _problems(inventory: Inventory, home: str) -> Iterator[str]:
    for report in inventory.stores:
        for line in report.problems:
            yield f"{report.store}: {line.replace(home, '~') if home else line}"
