"""`model-router completion`: the script that teaches a shell our names."""

from __future__ import annotations

import click

from model_router.cli import PROGRAM
from model_router.cli.help import Command
from model_router.cli.options import Name, common_options, pass_session, with_options
from model_router.cli.output import CommandError
from model_router.cli.session import Session

SCHEMA = "model-router/completion/1"

PLACES: dict[str, str] = {
    "bash": f'add to ~/.bashrc: eval "$({PROGRAM} completion bash)"',
    "zsh": f'add to ~/.zshrc, after compinit: eval "$({PROGRAM} completion zsh)"',
    "fish": f"save as ~/.config/fish/completions/{PROGRAM}.fish",
    "powershell": f"add to $PROFILE: {PROGRAM} completion powershell | Out-String | "
    "Invoke-Expression",
}

EPILOG = """\b
Examples:
  eval "$(model-router completion bash)"
  model-router completion fish > ~/.config/fish/completions/model-router.fish

Commands, options and the names of engines and providers in your catalog are completed.
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("shell", type=Name(tuple(PLACES)), help="The shell the script is for.")
@with_options(common_options)
@pass_session
def completion(session: Session, /, shell: str) -> None:
    """Print a shell's completion script, and on stderr where to put it."""
    script = completion_script(shell)
    output = session.output
    if output.json:
        data = {"place": PLACES[shell], "schema": SCHEMA, "script": script, "shell": shell}
        output.print_json(data)
        return
    output.out.write(script.rstrip("\n") + "\n")
    # Not when a shell's start-up file evaluates the script: it would be said at every start.
    if output.out.is_tty or not output.err.is_tty:
        output.note(PLACES[shell])


def completion_script(shell: str) -> str:
    """The script of one of PLACES."""
    from click.shell_completion import ShellComplete, get_completion_class

    from model_router.cli.root import COMPLETE_VARIABLE, root

    found = get_completion_class(shell)
    if found is None:
        raise CommandError(
            f"this version of click has no completion for {shell}",
            "upgrade it: pip install --upgrade click",
            exit_code=1,
        )
    # Not found.source(): for bash it would start a shell to ask for its version.
    return ShellComplete.source(found(root, {}, PROGRAM, COMPLETE_VARIABLE))
