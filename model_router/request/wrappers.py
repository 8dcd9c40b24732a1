"""What agents and editors put around a prompt, told apart from the user's own words.

Three rules keep this safe. A block counts only where an agent would write it, at the start of a
line, and only when it is closed. Text outside blocks always stays. What looks like a wrapper and
is not in the tables stays too.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from model_router.text.lazy import deferred

_MACHINE = """
    environment_context user_instructions INSTRUCTIONS turn_aborted user_shell_command
    recommended_plugins collaboration_mode personality_spec model_switch goal_context
    subagent_notification codex_internal_context skills_instructions apps_instructions skill
    system-reminder system_reminder command-name command-message local-command-stdout
    local-command-stderr local-command-caveat bash-input bash-stdout bash-stderr
    task-notification user-prompt-submit-hook ide_opened_file ide_selection ide_diagnostics
    new-diagnostics teammate-message available-deferred-tools
    environment_details file_content folder_content url_content workspace_diagnostics
    git_working_state git_commit terminal_output explicit_instructions
    additional_data open_and_recently_viewed_files recently_viewed_files attached_files
    manually_attached_skills agent_transcripts user_info project_layout git_status linter_errors
    current_file edit_history cursor_rules_context always_applied_workspace_rules rules timestamp
    attachments attachment editorContext editor_context editor_state reminderInstructions
    environment_info workspace_info userMemory sessionMemory repoMemory
    EXTRA_INFO RUNTIME_INFORMATION REPOSITORY_INFO REPOSITORY_INSTRUCTIONS uploaded_files
    info-msg chat_history context files file
"""
_SPOKEN = """
    user_query task feedback user_message question prompt query userRequest user_request
    user_input answer command-args
"""

MACHINE_BLOCKS: frozenset[str] = frozenset(_MACHINE.split())
"""Blocks written by a program. Their text is context."""

SPOKEN_BLOCKS: frozenset[str] = frozenset(_SPOKEN.split())
"""Blocks that hold what the user typed. Only the tags are dropped."""


@cache
def _opening() -> re.Pattern[str]:
    # Compiling takes some 10 ms, which an import should not cost.
    names = _by_first_letter(MACHINE_BLOCKS | SPOKEN_BLOCKS)
    return re.compile(rf"<({names})(?:\s[^<>]{{0,400}})?>")


def _by_first_letter(names: frozenset[str]) -> str:
    # One branch a letter: a foreign tag costs one comparison instead of a hundred.
    letters = sorted({name[0] for name in names})
    branches = []
    for letter in letters:
        tails = sorted((re.escape(n[1:]) for n in names if n[0] == letter), reverse=True)
        branches.append(f"{letter}(?:{'|'.join(tails)})")
    return "|".join(branches)


_MAX_BLOCKS = 1000  # what comes after stays text
_MAX_INDENT = 40
_MAX_ANGLES = 40_000  # more "<" than that is no agent's prompt, and looking at each costs time

# Codex puts this line above the block. A path with a space might be a sentence: it stays.
_HEADING = deferred(r"(?:\A|(?<=\n))# AGENTS\.md instructions(?: for \S{1,300})?\s{1,4}\Z")
_LONG_HEADING = 340

_DATA_URI = deferred(
    r"data:([a-zA-Z]{2,20}/[a-zA-Z0-9.+-]{1,80})(?:;[a-z-]{1,20}=[^;,\s]{1,60})?;base64,"
    r"([A-Za-z0-9+/]*={0,2})"
)
# A short run of letters after "base64," might be a word, so it must start as a file does.
_LONG_DATA = 64
_FILE_STARTS = (
    *("iVBOR", "/9j/", "R0lGOD", "UklGR", "AAAA", "SUkq", "TU0A"),  # images
    *("PHN2Z", "PD94b", "JVBER"),  # SVG, XML, PDF
)

_QUOTES = {'"': '"', "'": "'", "“": "”", "«": "»", "„": "“", "「": "」"}  # fmt: skip


class Unwrapped(NamedTuple):
    """A text without its wrappers: `own` is the user's, `wrapped` what the blocks held."""

    own: str
    wrapped: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Detached(NamedTuple):
    """A text without inline files: `types` are their MIME types in order, `size` their length."""

    text: str
    types: tuple[str, ...] = ()
    size: int = 0


def unwrap(text: str) -> Unwrapped:
    """Split `text` into the user's words and what an agent put around them, in linear time.

    Both parts keep their order. Without a closed, known block the text comes back as it is,
    except that quotes around the whole of it are dropped.
    """
    if "</" not in text or text.count("<") > _MAX_ANGLES:
        return _unquoted(text, (), ())
    cuts, wrapped, names = _find_blocks(text)
    if not cuts:
        return _unquoted(text, (), ())
    return _unquoted(_without(text, cuts), tuple(wrapped), tuple(dict.fromkeys(names)))


def _find_blocks(text: str) -> tuple[list[tuple[int, int]], list[str], list[str]]:
    """Return the spans to cut, the text of machine blocks, and the names, in order."""
    cuts: list[tuple[int, int]] = []
    wrapped: list[str] = []
    names: list[str] = []
    closes: dict[str, int] = {}
    at = floor = 0
    opening = _opening()
    for _ in range(_MAX_BLOCKS):
        tag = opening.search(text, at)
        if tag is None:
            break
        at = tag.end()
        name = tag[1]
        close = _next_close(text, name, at, closes)
        if close < 0 or not _starts_line(text, tag.start(), floor):
            continue
        end = close + len(name) + 3
        names.append(name)
        if name in SPOKEN_BLOCKS:
            cuts += [tag.span(), (close, end)]
        else:
            wrapped.append(text[at:close].strip())
            cuts.append((_with_heading(text, name, tag.start(), floor), end))
            at = end
        floor = at
    return cuts, [body for body in wrapped if body], names


def _with_heading(text: str, name: str, start: int, floor: int) -> int:
    if name != "INSTRUCTIONS":
        return start
    first = max(floor, start - _LONG_HEADING)
    heading = _HEADING.search(text, first, start)
    return heading.start() if heading else start


def _next_close(text: str, name: str, at: int, closes: dict[str, int]) -> int:
    # Each closing tag is searched once: remembering the last find keeps many opens linear.
    known = closes.get(name)
    if known is None or 0 <= known < at:
        known = closes[name] = text.find(f"</{name}>", at)
    return known


def _starts_line(text: str, start: int, floor: int) -> bool:
    """Return whether only blanks stand between `start` and a line's start or the last tag."""
    first = max(floor, start - _MAX_INDENT)
    before = text[first:start].rstrip(" \t")
    return before.endswith("\n") or (not before and first == floor)


def _without(text: str, cuts: list[tuple[int, int]]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in sorted(cuts):
        if start > at:
            pieces.append(text[at:start])
        at = max(at, end)
    pieces.append(text[at:])
    return "\n".join(piece.strip() for piece in pieces if piece and not piece.isspace())


def _unquoted(text: str, wrapped: tuple[str, ...], names: tuple[str, ...]) -> Unwrapped:
    bare = text.strip()
    closing = _QUOTES.get(bare[:1])
    if closing is None or len(bare) < 3 or bare[-1] != closing:
        return Unwrapped(text, wrapped, names)
    inner = bare[1:-1]
    clean = inner.replace('\\"', "") if closing == '"' else inner
    if closing in clean or bare[0] in clean or not inner.strip():
        return Unwrapped(text, wrapped, names)
    if closing == '"':
        inner = inner.replace('\\"', '"')
    return Unwrapped(inner, wrapped, (*names, "quotes"))


def answers(text: str) -> tuple[str, ...]:
    """Return what the user typed into a tool's result: the text of its feedback blocks."""
    found: list[str] = []
    for name in ("feedback", "user_message", "answer"):
        opening, closing = f"<{name}>", f"</{name}>"
        start = text.find(opening)
        end = text.rfind(closing)
        if 0 <= start < end:
            found.append(text[start + len(opening) : end].strip())
    return tuple(body for body in found if body)


def without_data(text: str) -> Detached:
    """Replace each inline `data:` file by a space and return which types they had."""
    if ";base64," not in text:
        return Detached(text)
    types: list[str] = []
    size = 0

    def drop(match: re.Match[str]) -> str:
        nonlocal size
        types.append(match[1].lower())
        body = match[2]
        if len(body) >= _LONG_DATA or body.startswith(_FILE_STARTS):
            size += len(body)
            return " "
        return match[0]

    return Detached(_DATA_URI.sub(drop, text), tuple(types), size)
