"""Run what the README says, word for word, and fail where it does not hold.

    python scripts/check_readme.py [--fresh] [--python PYTHON]

Every line of every `sh` block runs in a copy of the project, every `python` block in one
interpreter, and each row of the table of prompts is asked for on the command line and in Python.
With --fresh the set-up commands run too, in a new clone and a new virtual environment, and then
the test command. Without it PYTHON stands for the environment that they would make.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| ([^|]+) \| `(\w+)` \|$", re.MULTILINE)
SET_UP = ("python3 -m venv", ".venv/bin/pip", "sh scripts/test")
"""How the lines begin that are run only with --fresh."""
EXAMPLE = re.compile(r"^(?P<code>\S.*?)  # (?P<value>'.*')$", re.MULTILINE)


def blocks(readme: str, language: str) -> list[str]:
    """The code blocks of one language."""
    return [body for name, body in BLOCK.findall(readme) if name == language]


def run(command: str, folder: Path, path: str) -> str:
    """Run a shell line in `folder` with `path` first on PATH; its output. Exits when it fails."""
    environ = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
    environ.pop("MODEL_ROUTER_CONFIG", None)
    environ["MODEL_ROUTER_HOME"] = str(folder / "no-home")
    print(f"$ {command}", flush=True)
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environ, text=True, capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(f"README: {command!r} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def python_example(code: str) -> str:
    """A block as a script that also holds the values its comments promise."""
    checks = EXAMPLE.sub(r"assert \g<code> == \g<value>, \g<code>", code)
    return checks + "\nprint('ok')\n"


def check(folder: Path, path: str, *, fresh: bool) -> None:
    """Everything in the README of `folder`; `path` holds the environment's programs."""
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for block in blocks(readme, "sh"):
        for line in block.strip().splitlines():
            if fresh or not line.startswith(SET_UP):
                run(line, folder, path)
    for block in blocks(readme, "python"):
        script = folder / "readme_example.py"
        script.write_text(python_example(block), encoding="utf-8")
        run("python readme_example.py", folder, path)
    rows = ROW.findall(readme)
    if len(rows) < 8:
        sys.exit(f"README: the table of prompts has {len(rows)} rows")
    for prompt, engine in rows:
        said = run(f'model-router decide --quiet "{prompt}"', folder, path).strip()
        if said != engine:
            sys.exit(f"README: {prompt!r} goes to {said}, not {engine}")


def copy_of_project(target: Path) -> Path:
    """The files git tracks, and those it would, in a folder of their own."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fresh", action="store_true", help="run the set-up commands as well")
    parser.add_argument("--python", default=sys.executable, help="the environment to use")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = copy_of_project(Path(name))
        programs = folder / ".venv" / "bin"
        if not arguments.fresh:
            programs.parent.symlink_to(Path(arguments.python).absolute().parent.parent)
        check(folder, str(programs), fresh=arguments.fresh)
    print("the README holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
