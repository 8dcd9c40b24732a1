"""The wizard in a real terminal, and the environment of somebody who runs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tests.support.fake_home import FakeHome
from tests.support.setups import MACHINE

ROOT = Path(__file__).parents[2]
PROMPT = r"\n(\x1b\[1m)?> "
"""What stands before an answer."""


def environ(home: FakeHome, **more: str) -> dict[str, str]:
    """The variables of somebody who lives in that home."""
    return {
        "HOME": str(home.home), "PATH": os.environ["PATH"], "TERM": "xterm-256color",
        "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **more,
    }  # fmt: skip


WORDS = ("-m", "model_router", "setup", "wizard", "--no-install-extra", *MACHINE)


class Terminal:
    """The wizard in a terminal of its own."""

    def __init__(self, home: FakeHome, *words: str, columns: int = 80, **variables: str) -> None:
        import pexpect

        self.child: Any = pexpect.spawn(
            sys.executable, [*WORDS, *words], env=environ(home, **variables),
            dimensions=(50, columns), encoding="utf-8", timeout=60,
        )  # fmt: skip
        self.said = ""

    def answers(self, *lines: str) -> Terminal:
        """Wait for a question before each line."""
        for line in lines:
            self.child.expect(PROMPT)
            self.said += self.child.before
            self.child.sendline(line)
        return self

    def end(self) -> tuple[int, str]:
        """The exit code, and everything that was shown."""
        import pexpect

        self.child.expect(pexpect.EOF)
        self.said += self.child.before
        self.child.close()
        return self.child.exitstatus, self.said.replace("\r", "")
