"""The options that become hints: what the caller knows and the prompt does not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from model_router.cli.options import Name
from model_router.cli.suggestions import complete_engine, complete_provider
from model_router.request.hints import ATTACHMENTS
from model_router.types import COST_RANK, LATENCY_RANK, PROFILES, ROUTES

HINT_OPTIONS = (
    click.option(
        "--force-engine",
        metavar="ENGINE",
        shell_complete=complete_engine,
        help="Start at this engine. It does not bypass human_confirm.",
    ),
    click.option(
        "--attachment",
        "attachments",
        multiple=True,
        type=Name(ATTACHMENTS),
        help="What comes with the prompt. Can be repeated.",
    ),
    click.option("--max-cost-tier", type=Name(tuple(COST_RANK)), help="The dearest tier allowed."),
    click.option(
        "--max-latency-tier", type=Name(tuple(LATENCY_RANK)), help="The slowest tier allowed."
    ),
    click.option("--latency-sensitive", is_flag=True, help="Prefer engines that answer fast."),
    click.option("--profile", type=Name(PROFILES), help="A set of preferences."),
    click.option(
        "--provider-allow",
        "provider_allowlist",
        metavar="PROVIDER",
        multiple=True,
        shell_complete=complete_provider,
        help="Only this provider. Can be repeated.",
    ),
    click.option(
        "--provider-deny",
        "provider_denylist",
        metavar="PROVIDER",
        multiple=True,
        shell_complete=complete_provider,
        help="Not this provider. Can be repeated.",
    ),
    click.option("--local-only", is_flag=True, help="Only engines on this machine."),
    click.option("--no-hosted", is_flag=True, help="No hosted engines."),
    click.option("--role", type=Name(ROUTES), help="Say what kind of work this is."),
    click.option(
        "--tool", "tools", metavar="NAME", multiple=True, help="A tool at hand. Can be repeated."
    ),
    click.option("--no-tools", is_flag=True, help="No tool can run, so no action is possible."),
)
"""Every hint as an option, in the order that `--help` lists them."""


def hints_from(options: Mapping[str, Any]) -> dict[str, Any]:
    """The hints that were given, as `ModelRouter.route` takes them."""
    given = {key: value for key, value in options.items() if value}
    if given.pop("no_hosted", False):
        given["hosted_allowed"] = False
    if given.pop("no_tools", False):
        if "tools" in given:
            raise click.UsageError("--tool and --no-tools contradict each other")
        given["tools"] = ()
    return given
