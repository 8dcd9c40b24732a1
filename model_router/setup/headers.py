"""What each model file's header says, read once: a cache on disk remembers it.

An entry holds as long as the file's path, size and time of change do. A cache that is broken, or of
another version, is as good as none. Only what headers say is kept: sizes, names, shapes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from model_router.setup.found import Attention, ModelFacts
from model_router.setup.gguf import GgufError, read_gguf
from model_router.setup.gguf_facts import gguf_facts
from model_router.setup.safetensors import SafetensorsError, config_facts, read_safetensors
from model_router.setup.values import whole

VERSION = 1
FILE = f"headers-{VERSION}.json"
MOST_ENTRIES = 5_000
MOST_CACHE = 64_000_000
_SAMPLE = 65_536

UNREADABLE = (ValueError, OSError)
"""What reading a header can raise: GgufError, SafetensorsError, and for a path that is none."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file's header, in short. For safetensors only the counts are set."""

    facts: ModelFacts
    print: str
    """The same for the same bytes: size, and a digest of samples from begin, middle and end."""
    parameters: int = 0
    expert_parameters: int = 0
    least_size: int = 0
    """Bytes the file must have to be whole."""
    size: int = 0
    experts: int = 0
    experts_used: int = 0
    error: str | None = None


class Headers:
    """Facts by path, out of the cache where it has them. `save` keeps what was read."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._rows: dict[str, Any] = _load(path) if path else {}
        self._changed = False

    def of(self, path: str) -> FileFacts:
        """What the header of the file at `path` says. Raises one of UNREADABLE."""
        status = os.stat(path)
        stamp = [status.st_size, status.st_mtime_ns]
        found = _from_row(self._rows.get(path), stamp)
        if found is None:
            found = _read(path, status.st_size)
            self._rows.pop(path, None)
            self._rows[path] = {"stamp": stamp, "file": asdict(found)}
            self._changed = True
        if found.error is not None:
            raise GgufError(found.error)
        return found

    def folder(self, path: str) -> ModelFacts:
        """What the files of a safetensors model say. Raises one of UNREADABLE."""
        config = os.path.join(path, "config.json")
        status = os.stat(config)
        stamp = [status.st_size, status.st_mtime_ns]
        found = _from_row(self._rows.get(config), stamp)
        if found is None:
            found = FileFacts(config_facts(path), "", size=status.st_size)
            self._rows[config] = {"stamp": stamp, "file": asdict(found)}
            self._changed = True
        return found.facts

    def save(self) -> None:
        """Write the cache where something is new; what cannot be written is read again later."""
        if self._path and self._changed:
            rows = dict(list(self._rows.items())[-MOST_ENTRIES:])
            with contextlib.suppress(OSError):
                _write(self._path, json.dumps({"version": VERSION, "files": rows}))


def cache_path(home: str, environ: Mapping[str, str], system: str) -> str:
    """Where the cache lies, for a home folder."""
    named = environ.get("XDG_CACHE_HOME", "").strip()
    if named and os.path.isabs(named):
        return os.path.join(named, "model-router", FILE)
    if system == "darwin":
        return os.path.join(home, "Library", "Caches", "model-router", FILE)
    local = environ.get("LOCALAPPDATA", "").strip()
    if system == "windows" and local:
        return os.path.join(local, "model-router", "Cache", FILE)
    return os.path.join(home, ".cache", "model-router", FILE)


def _read(path: str, size: int) -> FileFacts:
    """The header of a file, by what its first bytes say it is. Raises OSError alone."""
    with open(path, "rb") as file:
        begin = file.read(4)
    try:
        if begin != b"GGUF" and path.endswith(".safetensors"):
            tensors = read_safetensors(path)
            return FileFacts(ModelFacts(), _print(path, size), *tensors, size=size)
        header = read_gguf(path)
    except (GgufError, SafetensorsError) as error:
        return FileFacts(ModelFacts(), "", error=str(error))
    facts = gguf_facts(header)
    key = facts.architecture
    return FileFacts(
        facts,
        _print(path, size),
        header.parameters,
        header.expert_parameters,
        header.least_size,
        size,
        whole(header.values.get(f"{key}.expert_count")) or 0,
        whole(header.values.get(f"{key}.expert_used_count")) or 0,
    )


def _print(path: str, size: int) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with open(path, "rb") as file:
        for place in (0, max(size // 2, 0), max(size - _SAMPLE, 0)):
            file.seek(place)
            digest.update(file.read(_SAMPLE))
    return f"{size}-{digest.hexdigest()}"


def _from_row(row: Any, stamp: list[Any]) -> FileFacts | None:
    """The facts of a cache's row; None when it is of another file, or is not as we write it."""
    try:
        if row["stamp"] != stamp:
            return None
        return FileFacts(**{**row["file"], "facts": facts_from(row["file"]["facts"])})
    except (KeyError, TypeError, ValueError):
        return None


_FACTS = {field.name for field in fields(ModelFacts)}


def facts_from(row: Mapping[str, Any]) -> ModelFacts:
    """ModelFacts out of what `asdict` made of them, after JSON. Raises what is wrong with it."""
    given = {key: value for key, value in row.items() if key in _FACTS}
    if given.get("attention") is not None:
        inner = dict(given["attention"])
        inner["kv_heads"] = tuple(int(count) for count in inner["kv_heads"])
        inner["windowed"] = tuple(bool(slides) for slides in inner["windowed"])
        given["attention"] = Attention(**inner)
    return ModelFacts(**given)


def _load(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            value = json.loads(file.read(MOST_CACHE))
        rows = value["files"] if value["version"] == VERSION else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return rows if isinstance(rows, dict) else {}


def _write(path: str, text: str) -> None:
    """Put `text` in the place of what is at `path`: readers see the old or the new whole."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    fresh = f"{path}.{secrets.token_hex(4)}.tmp"
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        os.replace(fresh, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(fresh)
        raise
