"""Write the text of each command's --help into its page under docs/cli.

python scripts/build_cli_docs.py            write the pages
python scripts/build_cli_docs.py --check    exit 1 when a page is not what the commands say

A page holds `<!-- help: NAME -->` and `<!-- /help -->`; what stands between them is generated.
NAME is a command such as `config show`, or `model-router` for the root.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "cli"
WIDTH = 80
BLOCK = re.compile(r"<!-- help: (?P<name>[a-z -]+) -->\n.*?<!-- /help -->", re.DOTALL)
PROGRAM = "model-router"


def help_texts() -> dict[str, str]:
    """The help of the root, under the program's name, and of every command under its own."""
    sys.path.insert(0, str(ROOT))
    from model_router.cli.root import root

    return dict(_texts(root, None, PROGRAM))


def _texts(command: object, parent: object, name: str) -> Iterator[tuple[str, str]]:
    import click

    assert isinstance(command, click.Command)
    assert parent is None or isinstance(parent, click.Context)
    context = command.context_class(
        command, parent=parent, info_name=name, terminal_width=WIDTH, **command.context_settings
    )
    yield context.command_path.removeprefix(f"{PROGRAM} "), command.get_help(context)
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            yield from _texts(found, context, child)


def filled(page: str, texts: dict[str, str]) -> str:
    """A page with every help block as it should be. KeyError names a command there is not."""

    def block(match: re.Match[str]) -> str:
        name = match["name"]
        body = "\n".join(line.rstrip() for line in texts[name].splitlines())
        return f"<!-- help: {name} -->\n```text\n{body}\n```\n<!-- /help -->"

    return BLOCK.sub(block, page)


def missing(pages: list[str], texts: dict[str, str]) -> list[str]:
    """The commands that no page shows."""
    shown = {match["name"] for page in pages for match in BLOCK.finditer(page)}
    return sorted(texts.keys() - shown)


def main(argv: list[str] | None = None) -> int:
    """Write or check; 0 when every page is right and every command has its place."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="only compare, write nothing")
    check = parser.parse_args(argv).check
    texts = help_texts()
    wrong = []
    for path in sorted(PAGES.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        if filled(page, texts) == page:
            continue
        if check:
            wrong.append(f"{path.name} is out of date: run python scripts/build_cli_docs.py")
        else:
            path.write_text(filled(page, texts), encoding="utf-8")
    pages = [path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.md"))]
    wrong += [f"no page shows the help of {name}" for name in missing(pages, texts)]
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
