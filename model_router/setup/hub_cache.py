"""The Hugging Face cache, as far as a download needs to know it: places, what is there, room.

models--OWNER--NAME/snapshots/<commit>/<path> is a link to blobs/<etag>, or a plain file where
links are not allowed. A download under way has another name in blobs/, so what stands in snapshots/
was complete when it was put there. Whether it is the right file is for `verified` to say.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil

from model_router.setup.model_catalog import safe_path

CHUNK = 1 << 20


def repo_folder(cache: str, repo: str) -> str:
    """The folder of a repository in the cache."""
    return os.path.join(cache, "models--" + repo.replace("/", "--"))


def snapshot_path(cache: str, repo: str, revision: str, path: str) -> str:
    """Where a file of a commit stands. ValueError for a path that leads out of the repository."""
    if not safe_path(path):
        raise ValueError(f"{path!r} is no path of a repository")
    return os.path.join(repo_folder(cache, repo), "snapshots", revision, *path.split("/"))


def there(place: str, size: int | None) -> bool:
    """Whether a file of that size stands there; of any size when None."""
    try:
        found = os.stat(place)
    except (OSError, ValueError):
        return False
    return os.path.isfile(place) and (size is None or found.st_size == size)


def digest(place: str) -> str | None:
    """The sha256 of a file's bytes; None when it cannot be read."""
    made = hashlib.sha256()
    try:
        with open(place, "rb") as file:
            while chunk := file.read(CHUNK):
                made.update(chunk)
    except OSError:
        return None
    return made.hexdigest()


def verified(place: str, size: int | None, sha256: str | None) -> bool:
    """Whether the file is the right one, byte for byte; by its size alone without a `sha256`."""
    return there(place, size) and (sha256 is None or digest(place) == sha256)


def sound(place: str) -> bool:
    """Whether a file is what the hub gave: its blob's name is the sha256 of its bytes."""
    return os.path.islink(place) and digest(place) == os.path.basename(os.readlink(place))


def discard(cache: str, place: str) -> None:
    """Remove a file of a snapshot. Nothing outside the cache is touched.

    The blob behind it goes, too, unless it is sound: other commits may use the same one.
    """
    inside = os.path.realpath(cache) + os.sep
    chain = [place]
    while not sound(place) and os.path.islink(chain[-1]) and len(chain) < 8:
        target = os.path.join(os.path.dirname(chain[-1]), os.readlink(chain[-1]))
        chain.append(os.path.normpath(target))
    for one in chain:
        if os.path.realpath(os.path.dirname(one)).startswith(inside):
            with contextlib.suppress(OSError):
                os.unlink(one)


def free_bytes(cache: str) -> int | None:
    """Bytes free on the file system that the cache is on, or will be; None when not known."""
    place = os.path.abspath(cache)
    while not os.path.isdir(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return None
