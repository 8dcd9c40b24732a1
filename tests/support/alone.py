"""Python code run in an interpreter of its own, with this checkout on its path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def run_alone(code: str, given: Any = None, **environ: str) -> Any:
    """What `code` prints as JSON. `given` reaches it as JSON on its standard input."""
    packages = os.pathsep.join([str(ROOT), *(path for path in sys.path if path)])
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": packages, "HOME": "/nonexistent", **environ},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
