"""The wizard's questions as an ordered table.

A question is a function of what is known and of the answers so far, so going back is asking
again. Nothing here reads, prints or writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from model_router.backend_kinds import KINDS
from model_router.setup.choices import MODES, SOURCES, Choice, Surroundings, choices, usual
from model_router.setup.naming import SKIP, wrong_name
from model_router.setup.presets import HOSTED
from model_router.setup.selections import CHOSEN_ROUTES

Answers = Mapping[str, str]
"""By question. A route's answer is a choice's key, or SKIP."""

YES, NO = "yes", "no"
MOST_SHOWN = 9

WORK = {
    "simple": "rewriting, extraction, formatting",
    "balanced": "summaries, general questions, writing",
    "reasoning": "architecture, planning, long texts",
    "coding": "code changes, repositories, tests; calls tools",
    "research": "web search with the tools of your client",
    "vision": "screenshots, charts, text in images",
    "image_generation": "drawing images",
}


class Option(NamedTuple):
    """One numbered answer."""

    value: str
    label: str
    note: str = ""
    group: str = ""


class Line(NamedTuple):
    """A line to show, and how: plain, head, good, warn, added, removed, dim or command."""

    text: str
    style: str = "plain"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it stands now."""

    title: str
    lines: tuple[Line, ...] = ()
    options: tuple[Option, ...] = ()
    hidden: tuple[Option, ...] = ()
    """Further answers, shown when asked for."""
    usual: str = SKIP
    """What Enter means."""
    skips_to: str | None = SKIP
    """What skipping means."""
    free: Callable[[str], str | None] | None = None
    """Says what is wrong with an answer that is typed in full; None where none may be."""


@dataclass(frozen=True, slots=True)
class Known:
    """What does not change while questions are asked."""

    around: Surroundings
    extra: str = ""
    """The command that installs what downloads need; "" when it is installed."""
    review: Callable[[Answers], Sequence[Line]] = lambda answers: ()
    """What would be written, as lines."""
    replaces: Callable[[Answers], bool] = lambda answers: False
    """Whether a file stands there that says something else."""
    force: bool = False


class Question(NamedTuple):
    """A name for the answer, the flag that gives it, what is asked, and whether at all."""

    name: str
    flag: str
    asked: Callable[[Known, Answers], Asked]
    applies: Callable[[Known], bool] = lambda known: True


# ------------------------------------------------------------------ the questions


def _extra(known: Known, answers: Answers) -> Asked:
    lines = (
        Line("huggingface-hub is not installed, so this program cannot download models.", "warn"),
        Line("Everything else works without. This command adds it:"),
        Line(f"  {known.extra}", "command"),
    )
    rows = (Option(NO, "go on without it"), Option(YES, "run that command now"))
    return Asked("Downloads", lines, rows, usual=NO, skips_to=NO)


def _mode(known: Known, answers: Answers) -> Asked:
    rows = tuple(Option(name, name, about) for name, about in MODES.items())
    first = usual_mode(known.around)
    set_ = [kind for kind in HOSTED if KINDS[kind].api_key_env in known.around.keys]
    lines = (Line(f"Keys are set for {', '.join(set_)}.", "dim"),) if set_ else ()
    return Asked("Which models may answer?", lines, rows, usual=first, skips_to=first)


def usual_mode(around: Surroundings) -> str:
    """hosted where a key is set and nothing of this machine could answer, else local."""
    offered = (choices(route, "local", around) for route in CHOSEN_ROUTES)
    return "hosted" if around.keys and not any(offered) else "local"


def _route(route: str) -> Callable[[Known, Answers], Asked]:
    def asked(known: Known, answers: Answers) -> Asked:
        mode = answers.get("mode", "local")
        return _about(route, choices(route, mode, known.around), mode, known)

    return asked


def _about(route: str, offered: tuple[Choice, ...], mode: str, known: Known) -> Asked:
    here = [one for one in offered if one.source != "download"] or list(offered)
    shown = here[:MOST_SHOWN]
    rest = [one for one in offered if one not in shown]
    first = usual(route, offered)
    lines = [Line(WORK[route], "dim")]
    if not offered:
        lines.append(Line("Nothing here can do it, and no download is known that fits.", "warn"))
    return Asked(
        f"Which model for {route}?",
        tuple(lines),
        tuple(_option(one, known.around) for one in shown),
        tuple(_option(one, known.around) for one in rest),
        usual=first.key if first is not None else SKIP,
        free=partial(wrong_name, mode=mode, around=known.around),
    )


def _option(one: Choice, around: Surroundings) -> Option:
    return Option(one.key, one.model, described(one, around.keys), SOURCES[one.source])


def described(one: Choice, keys: Iterable[str] = ()) -> str:
    """Where a choice is served and what is known of it, in a few words."""
    bytes_ = one.size_bytes or 0
    size = f"{bytes_ / 1e9:.1f} GB" if bytes_ >= 5e7 else ""
    context = f"{round(one.context / 1024)}k" if one.context and one.source != "hosted" else ""
    unset = [name for name in one.needs_env if name not in keys]
    words = [
        one.kind,
        one.quantisation or "",
        size,
        f"{context} context" if context else "",
        "no tools" if one.tools is False else "",
        "sees" if one.vision else "",
        "too large for this machine" if one.too_large else "",
        "name is a guess" if one.guessed else "",
        *(f"{name} is not set" for name in unset),
        one.why or "",
    ]
    return ", ".join(word for word in words if word)


def _write(known: Known, answers: Answers) -> Asked:
    lines = tuple(known.review(answers))
    if not known.force and known.replaces(answers):
        rows = (Option(NO, "write nothing"), Option(YES, "replace, and keep a copy as .bak"))
        return Asked("Replace the files?", lines, rows, usual=NO, skips_to=NO)
    rows = (Option(YES, "write"), Option(NO, "write nothing"))
    return Asked("Write both files?", lines, rows, usual=YES, skips_to=NO)


QUESTIONS: tuple[Question, ...] = (
    Question(
        "extra", "--install-extra / --no-install-extra", _extra, lambda known: bool(known.extra)
    ),
    Question("mode", "--mode", _mode),
    *(Question(route, f"--use {route}=KIND:MODEL", _route(route)) for route in CHOSEN_ROUTES),
    Question("write", "--yes", _write),
)


def fetch(names: tuple[str, ...], size: int) -> Question:
    """Whether the chosen downloads are fetched now; `size` is bytes."""
    lines = (Line(f"{', '.join(names)}: {size / 1e9:.1f} GB into the Hugging Face cache."),)
    rows = (Option(NO, "later"), Option(YES, "fetch now"))
    asked = Asked("Fetch what was chosen?", lines, rows, usual=NO, skips_to=NO)
    return Question("download", "--download / --no-download", lambda known, answers: asked)


def smoke(places: str, costs: bool) -> Question:
    """Whether one short request is sent for each route; `places` says to whom."""
    price = " Hosted services charge for them." if costs else ""
    lines = (Line(f"A few tokens for each route, by {places}.{price}"),)
    rows = (Option(NO, "no"), Option(YES, "send them"))
    asked = Asked(
        "Try it with one short request for each route?", lines, rows, usual=NO, skips_to=NO
    )
    return Question("smoke", "--smoke / --no-smoke", lambda known, answers: asked)
