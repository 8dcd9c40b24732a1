"""Run the tests of our C built with AddressSanitizer and UndefinedBehaviorSanitizer.

    python scripts/check_sanitized.py [PYTEST_ARGUMENT ...]

Copies the package to a folder that is removed again, builds its modules there with gcc or clang,
and runs the tests that hold C and Python together. Prints the compiler and what pytest says; the
exit code is pytest's. Takes five minutes. Linux only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = (
    "tests/test_verdict.py",
    "tests/test_hotpath.py",
    "tests/text/test_slots.py",
    "tests/text/test_spelling.py",
    "tests/text/test_tokens.py::TestInC",
    "tests/signals/test_automaton.py",
    "tests/signals/test_collecting.py",
    "tests/signals/test_shapes.py",
    "tests/safety/test_candidates.py",
    "tests/safety/test_clause.py",
    "tests/proxy/test_body_in_c.py",
    "tests/proxy/test_event_form.py",
    "tests/proxy/test_http1_heads.py",
    "tests/proxy/test_usage.py",
)
FLAGS = (
    *("-O1", "-g", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"),
)


def build(package: Path, compiler: str) -> list[Path]:
    """Builds every module in C of a copy of the package, beside its source."""
    suffix, include = sysconfig.get_config_var("EXT_SUFFIX"), sysconfig.get_path("include")
    made = []
    for source in sorted(package.rglob("*.c")):
        target = source.with_suffix(suffix)
        subprocess.run([compiler, *FLAGS, f"-I{include}", source, "-o", target], check=True)
        made.append(target)
    return made


def environment(folder: Path, compiler: str) -> dict[str, str]:
    """What Python needs to load such modules: the sanitizers first, and every block by malloc."""
    names = ("libasan.so", "libubsan.so")
    found = [
        subprocess.run(
            [compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in names
    ]
    return {
        **os.environ,
        "LD_PRELOAD": ":".join(found),
        "ASAN_OPTIONS": "detect_leaks=0",  # the interpreter keeps much to its end
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(folder),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Builds, runs the tests, and returns what pytest returns."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None or sys.platform != "linux":
        print("needs Linux, and gcc or clang", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("model_router", "tests", "scripts"):
            ignored = shutil.ignore_patterns("*.so", "__pycache__")
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)
        made = build(folder / "model_router", compiler)
        print(f"{compiler}: {', '.join(path.stem.split('.')[0] for path in made)}", flush=True)
        command = [sys.executable, "-m", "pytest", "-x", *TESTS]
        arguments = sys.argv[1:] if argv is None else argv
        run = [*command, *arguments]
        return subprocess.run(
            run, cwd=folder, env=environment(folder, compiler), check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
