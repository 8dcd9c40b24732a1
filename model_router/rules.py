"""A user's ordered rules: the first whose conditions all hold decides the route or the engine."""

from __future__ import annotations

from collections.abc import Sequence

from model_router.errors import Problem, RouterConfigError
from model_router.names import close_match
from model_router.signals.lexicon import Lexicon
from model_router.text.language import detect_language
from model_router.types import ROUTES, Rule


class RuleTable:
    """Rules with their signal ids resolved. Raises RouterConfigError for an unknown signal."""

    def __init__(self, rules: Sequence[Rule], lexicon: Lexicon) -> None:
        self._rules = rules
        self._signals = [
            (_resolve(rule, rule.signals, lexicon), _resolve(rule, rule.any_signals, lexicon))
            for rule in rules
        ]

    def first(self, fired: int, needs: int, complexity: float, text: str) -> int | None:
        """The index of the first rule that holds, or None."""
        for i, (rule, (every, some)) in enumerate(zip(self._rules, self._signals, strict=True)):
            if fired & every != every or (rule.any_signals and not fired & some):
                continue
            if _holds(rule, needs, complexity, text):
                return i
        return None

    def route(self, index: int, route: int) -> int:
        """The route that rule `index` takes, `route` when it names an engine instead."""
        named = self._rules[index].route
        return ROUTES.index(named) if named else route


def _resolve(rule: Rule, names: Sequence[str], lexicon: Lexicon) -> int:
    problems = [
        Problem(f"rules.{rule.name}.when", f"unknown signal {name!r}", hint=_hint(name, lexicon))
        for name in names
        if name not in lexicon.index
    ]
    if problems:
        listed = "".join(f"\n  {problem}" for problem in problems)
        raise RouterConfigError(f"rules cannot be used:{listed}", problems)
    return sum(1 << lexicon.index[name] for name in set(names))


def _hint(name: str, lexicon: Lexicon) -> str:
    match = close_match(name, lexicon.index)
    return f"did you mean {match!r}?" if match else "docs/signals.md lists them"


def _holds(rule: Rule, needs: int, complexity: float, text: str) -> bool:
    if rule.needs & ~needs:
        return False
    if not _between(len(text), rule.min_chars, rule.max_chars):
        return False
    if not _between(complexity, rule.min_complexity, rule.max_complexity):
        return False
    return not rule.languages or detect_language(text) in rule.languages


def _between(value: float, least: int | None, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)
