"""Whether a text is source code: the optional category `code`."""

from __future__ import annotations

import re

from model_router.privacy.finding import CODE, Finding
from model_router.text.lazy import deferred

WINDOW = 20_000
"""How much of the text is read, from its start and for fences."""

_FENCE = deferred(r"^[ ]{0,3}(?:```|~~~)", re.MULTILINE)
_LINES = deferred(
    r"^[ \t]*+(?:def \w+\(|class \w+[(:{ ]|import [\w.{*]+|from [\w.]+ import |#include ?[<\"]"
    r"|(?:public|private|protected|static|export|async)\s+\w+|function\s*\w*\(|fn \w+|func \w+"
    r"|(?:const|let|var|int|float|void|auto|val)\s+\w+\s*[=(;:]|return\b[^.]*[;)\]]?$"
    r"|(?:if|for|while|elif|else if)\s*\(?.*[:{]\s*$|SELECT\s.+\sFROM\s|@\w+(?:\(|$)"
    r"|[)\]}]+[;,]?\s*$"
    r"|[\w.\[\]]+\s*[-+*/]?=\s*\S|.*;\s*$|.*\{\s*$)",
    re.MULTILINE,
)


def scan(text: str) -> Finding | None:
    """One finding over the fenced part or, when half of the lines are code, over the whole text."""
    head = text[:WINDOW]
    fences = [m.start() for m in _FENCE.finditer(head)]
    if fences:
        return Finding(fences[0], len(text), CODE, "code.fence")
    lines = sum(1 for line in head.splitlines() if line.strip())
    coded = len(_LINES.findall(head))
    if coded >= 2 and coded * 2 >= lines:
        return Finding(0, len(text), CODE, "code.lines")
    return None
