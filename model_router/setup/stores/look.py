"""What a store is told: whose home, which environment, which system."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple


class Look(NamedTuple):
    """Where to look."""

    home: str
    environ: Mapping[str, str]
    system: str = "linux"
    """linux | darwin | windows"""
    models_dirs: tuple[str, ...] = ()
    """Folders that the user named."""
    root: str = "/"
    """What system-wide folders begin with."""

    def variable(self, name: str) -> str | None:
        """A path from the environment, ~ expanded; None when it is not set."""
        value = self.environ.get(name, "").strip()
        return self.expanded(value) if value else None

    def expanded(self, path: str) -> str:
        """`path` with ~ for this home, absolute."""
        if path == "~" or path.startswith(("~/", "~\\")):
            path = self.home + path[1:]
        return os.path.abspath(path)

    def at_home(self, *parts: str) -> str:
        """A path under the home folder."""
        return os.path.join(self.home, *parts)

    def system_wide(self, *parts: str) -> str:
        """A path that is the same for all users."""
        return os.path.join(self.root, *parts)

    def cache_home(self) -> str:
        """XDG_CACHE_HOME or ~/.cache."""
        return self.variable("XDG_CACHE_HOME") or self.at_home(".cache")

    def data_home(self, *parts: str) -> str:
        """Where programs of this system keep data: a folder below it."""
        if self.system == "darwin":
            return self.at_home("Library", "Application Support", *parts)
        if self.system == "windows":
            base = self.variable("APPDATA") or self.at_home("AppData", "Roaming")
            return os.path.join(base, *parts)
        base = self.variable("XDG_DATA_HOME") or self.at_home(".local", "share")
        return os.path.join(base, *parts)

    def local_data(self, *parts: str) -> str:
        """As `data_home`, but on Windows the part that stays on this machine."""
        if self.system == "windows":
            base = self.variable("LOCALAPPDATA") or self.at_home("AppData", "Local")
            return os.path.join(base, *parts)
        return self.data_home(*parts)
