"""Options of the setup commands that say which machine is meant, and the machine they mean."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from model_router.cli.options import Name, with_options
from model_router.cli.output import CommandError
from model_router.cli.session import Session

if TYPE_CHECKING:
    from model_router.setup.machine import Machine
    from model_router.setup.model_catalog import ModelCatalog

PROFILE_NAMES = ("lightweight", "balanced", "quality")

_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(g|gb|gib|m|mb|mib)?", re.IGNORECASE)
_UNITS = {"": 1 << 30, "g": 1 << 30, "gib": 1 << 30, "gb": 10**9, "m": 1 << 20, "mib": 1 << 20,
          "mb": 10**6}  # fmt: skip

Command = TypeVar("Command", bound=Callable[..., Any])


class Size(click.ParamType[int]):
    """A memory size: 16, 16GiB, 512MiB, 24GB. A bare number is GiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{str(value)[:40]!r} is no size; write 16, 16GiB or 24GB", param, ctx)
        return int(float(found[1]) * _UNITS[(found[2] or "").lower()])


def machine_options(command: Command) -> Command:
    """--hardware, --ram, --vram, --profile and --model-catalog."""
    return with_options(
        click.option(
            "--hardware",
            metavar="FILE",
            help="A machine as `setup scan --json` printed it, in place of this one.",
        ),
        click.option("--ram", type=Size(), help="As if it had that much memory: 16 or 16GiB."),
        click.option("--vram", type=Size(), help="As if its GPU had that much; 0 for none."),
        click.option(
            "--profile",
            type=Name(PROFILE_NAMES),
            default="balanced",
            show_default=True,
            help="How much of the memory to use, and how slow is too slow.",
        ),
        click.option("--model-catalog", metavar="FILE", help="Another list of models."),
    )(command)


def machine_of(
    session: Session, hardware: str | None, ram: int | None, vram: int | None
) -> Machine:
    """The machine that the options mean. CommandError for a file that describes none."""
    from model_router.setup.budget import with_memory

    machine = _read(hardware) if hardware else _this(session)
    return with_memory(machine, ram, vram)


def _read(path: str) -> Machine:
    from model_router.setup.machine_file import MachineFileError, read_machine_file

    try:
        return read_machine_file(path)
    except MachineFileError as error:
        raise CommandError(str(error), error.hint, code="file") from None


def _this(session: Session) -> Machine:
    from model_router.setup.hardware import read_machine

    return read_machine(os.environ, cache_of(session))


def cache_of(session: Session) -> str:
    """The folder of the Hugging Face cache, whether it is there or not."""
    from model_router.setup.stores.huggingface import cache_root
    from model_router.setup.stores.look import Look

    return cache_root(Look(session.home(), os.environ))


def catalog_of(path: str | None) -> ModelCatalog:
    """The packaged list of models, or the one that was named."""
    from model_router.setup.catalog_file import load_model_catalog

    return load_model_catalog(path)
