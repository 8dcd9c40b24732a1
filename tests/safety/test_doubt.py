"""Doubt: where rules leave an order open, weights may ask for a person, and nowhere else.

The weights here take everything for an order that they are asked about, so that what they are
asked about shows.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from model_router.catalog import catalog_from_mapping
from model_router.router import ModelRouter
from model_router.safety import orders as safety
from model_router.safety.orders import CODING_LEVELS, Order, doubtful, most_judged, weighable
from model_router.signals.lexicon import LONG
from model_router.types import HUMAN, SafetyPolicy, WeightsPolicy
from model_router.weights import LARGEST, START
from tests.support import texts
from tests.support.safety import rows
from tests.support.weights import content, packaged_catalog, without_weights, written

OPEN = {
    "money transfer to my mom": "purchase",
    "flight booking for two to Rome": "schedule",
    "we send an email to everyone": "send",
}
"""Actions that are named such that rules find no order and no reason against one."""

CLOSED = (
    "how do I transfer money to my mom",  # asked how
    "can I transfer money to my mom?",
    "what is a money transfer to my mom",
    "why did we send an email to everyone",
    "don't transfer money to my mom",  # forbidden
    "never send an email to everyone",
    "no money transfer to my mom",
    'the note says "money transfer to my mom"',  # quoted
    'translate "we send an email to everyone" into French',
    "Translate this:\nwe send an email to everyone",
    "he wants to transfer money to my mom",  # told
    "they send an email to everyone",
    "the script will send an email to everyone",
    "write about how we send an email to everyone",  # written about
    "explain a money transfer to my mom",
    "make a list of those to whom we send an email",
    "teach me how we send an email to everyone",
    "the plan: we send an email to everyone",
)
"""Actions that are asked about, forbidden, told, quoted, or wanted in words."""

OTHER_FORMS = (
    "Geld überweisen wäre gut",
    "quizá transferir dinero a mi madre",
    "как удалить файлы бэкапа",
    "以后删除文件的问题",
    "ファイル削除について",
    "the d e l e t e of files",
)
"""Actions in other languages, or in letters that stand apart: rules alone judge them."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A weights file that takes all it is asked about for an order."""
    return written(tmp_path_factory.mktemp("weights"), content(caution={START: LARGEST}))


def asked(path: str, caution: bool = True, **safety: object) -> ModelRouter:
    """A router with that file, and other safety settings."""
    catalog = replace(
        packaged_catalog(),
        weights=WeightsPolicy(file=path, caution=caution),
        safety=SafetyPolicy(**safety),  # type: ignore[arg-type]
    )
    return ModelRouter.from_config_object(catalog, validate_availability=False)


def confirmed(router: ModelRouter, text: str) -> bool:
    """Whether a person is asked, at every depth."""
    decision, plan = router.route(text), router.plan(text)
    assert decision.requires_confirmation is plan.confirm
    assert decision.selected_engine == plan.engine == router.route_fast(text)
    assert (decision.selected_engine == HUMAN) is plan.confirm
    return plan.confirm


def found(router: ModelRouter, text: str) -> list[Order]:
    """The orders found in a text, whoever found them."""
    return router._assessor.weigh(text, every=True).found


def open_signals(text: str, **safety: object) -> list[str]:
    """The signals whose actions may be weighed in a text."""
    assessor = without_weights()._assessor
    _, _, named, readings = assessor.lexicon.scan(text)
    policy = SafetyPolicy(**safety)  # type: ignore[arg-type]
    hits = weighable(list(named), readings, assessor.actions, policy, sift=assessor.sifters.weighed)
    return [assessor.lexicon.signals[hit[0]].id for hit in hits]


def named_signals(text: str) -> list[str]:
    """The signals whose actions a text names."""
    lexicon = without_weights()._assessor.lexicon
    return [lexicon.signals[hit[0]].id for hit in lexicon.scan(text)[2]]


class TestWhatIsWeighed:
    @pytest.mark.parametrize(("text", "action"), OPEN.items())
    def test_an_action_that_rules_leave_open(self, path: str, text: str, action: str) -> None:
        """Weights that speak for an order ask for a person, and only they do."""
        router = asked(path)
        assert confirmed(router, text)
        assert not confirmed(without_weights(), text)
        decision = router.route(text)
        assert decision.action_class == action
        assert decision.actions == (action,)

    @pytest.mark.parametrize("text", OPEN)
    def test_the_order_says_who_found_it(self, path: str, text: str) -> None:
        """The order is marked as weighed, and the receipt's reason says by what."""
        router = asked(path)
        (order,) = found(router, text)
        assert order.weighed
        (reason,) = [
            reason
            for reason in router.route(text).explained
            if reason.code == f"safety.{order.action}"
        ]
        assert "by the weight of its words" in reason.text
        assert reason.span is not None
        assert 0 <= reason.span[0] < reason.span[1] <= len(text)

    def test_orders_that_rules_find_are_not_weighed(self, path: str) -> None:
        """An order by the rules is told as before."""
        router = asked(path)
        assert not any(order.weighed for order in found(router, "drop the production database"))
        texts_ = [reason.text for reason in router.route("delete all backups").explained]
        assert not any("weight of its words" in text for text in texts_)

    @pytest.mark.parametrize("text", CLOSED)
    def test_what_rules_have_decided_is_not_weighed(self, path: str, text: str) -> None:
        """Questions, negations, quotes, tales and what is to be written stay with the rules."""
        assert open_signals(text) == []
        assert not confirmed(asked(path), text)

    @pytest.mark.parametrize("text", OTHER_FORMS)
    def test_other_languages_and_scripts_are_not_weighed(self, path: str, text: str) -> None:
        """Their forms of action are judged by rules alone."""
        assert named_signals(text)
        assert open_signals(text) == []
        assert found(asked(path), text) == found(without_weights(), text)

    @pytest.mark.parametrize(
        "text", ["", "hello", "rewrite this text", "money", "a story about a lake"]
    )
    def test_a_text_that_names_no_action(self, path: str, text: str) -> None:
        """Nothing is asked about a text in which no action is named."""
        assert not confirmed(asked(path), text)

    @pytest.mark.parametrize("text", OPEN)
    def test_long_texts_are_never_weighed(self, path: str, text: str) -> None:
        """Up to LONG characters weights may ask; from there on rules alone do."""
        router = asked(path)
        room = LONG - len(text) - 2
        filler = texts.prose(room)
        assert confirmed(router, f"{filler}. {text}")
        longer = f"{filler}x. {text}"
        assert len(longer) == LONG + 1
        assert not confirmed(router, longer)
        assert not confirmed(router, f"{text}. {texts.prose(5_000)}")

    def test_our_own_questions_and_quotes(self, path: str) -> None:
        """Of the texts that only mention an action, most are not even looked at."""
        mentions = [row["text"] for row in rows("mentions")]
        looked_at = [text for text in mentions if open_signals(text)]
        assert len(looked_at) < len(mentions) / 10
        assert sum(confirmed(asked(path), text) for text in mentions) <= len(looked_at) + 1


class TestSettings:
    @pytest.mark.parametrize(("text", "action"), OPEN.items())
    def test_an_override_frees_its_class(self, path: str, text: str, action: str) -> None:
        """What a catalog allows is asked by neither rules nor weights; other classes still are."""
        assert not confirmed(asked(path, freed=frozenset({action})), text)
        assert confirmed(asked(path, freed=frozenset({"destructive"})), text)

    def test_a_freed_action_hides_no_other(self, path: str) -> None:
        """Of several actions those count that no override frees, wherever they stand."""
        for text in (
            "money transfer to my mom, flight booking to Rome",
            "flight booking to Rome, money transfer to my mom",
        ):
            (order,) = found(asked(path, freed=frozenset({"purchase"})), text)
            assert order.action == "schedule"
            (order,) = found(asked(path, freed=frozenset({"schedule"})), text)
            assert order.action == "purchase"

    def test_a_freed_order_does_not_stop_the_look(self, path: str) -> None:
        """Where rules find only what is freed, weights still look at the rest."""
        text = "delete all backups. flight booking for two to Rome"
        router = asked(path, freed=frozenset({"destructive"}))
        assert [(o.action, o.weighed) for o in found(router, text)] == [
            ("destructive", False),
            ("schedule", True),
        ]
        assert confirmed(router, text)

    @pytest.mark.parametrize("level", CODING_LEVELS)
    def test_coding_actions(self, level: str) -> None:
        """Git work is weighed only where the catalog has it confirmed."""
        kinds = {
            "local": ("git commit time", "action.git_local"),
            "remote": ("git push origin time", "action.git_remote"),
            "history": ("git reset --hard time", "action.git_history"),
        }
        for kind, (text, signal) in kinds.items():
            confirmable = kind in CODING_LEVELS[level]
            assert (signal in open_signals(text, coding_actions=level)) is confirmable

    @pytest.mark.parametrize("text", ["git commit time", "git push origin time"])
    def test_coding_actions_that_are_not_confirmed(self, path: str, text: str) -> None:
        """With `coding_actions: none` no weight brings git work back to a person."""
        assert not confirmed(asked(path, coding_actions="none"), text)

    @pytest.mark.parametrize("text", OPEN)
    def test_caution_can_be_switched_off(self, path: str, text: str) -> None:
        """With `caution: false` weights speak for routes alone."""
        assert not confirmed(asked(path, caution=False), text)

    def test_caution_is_a_key_of_the_catalog(self, path: str) -> None:
        """`weights.caution: false` in a catalog does the same."""
        engines = {
            "small": {"provider": "ollama", "model": "qwen3:4b", "max_context": 9_000},
            "large": {
                "provider": "openai",
                "model": "big",
                "max_context": 128_000,
                "supports_tools": True,
            },
        }
        for caution in (True, False):
            catalog = catalog_from_mapping(
                {"engines": engines, "weights": {"file": path, "caution": caution}}
            )
            router = ModelRouter.from_config_object(catalog, validate_availability=False)
            assert router.route("money transfer to my mom").requires_confirmation is caution

    @pytest.mark.parametrize("text", OPEN)
    def test_a_gate_that_is_switched_off(self, path: str, text: str) -> None:
        """Without confirmation nobody is asked, whatever weights say."""
        router = asked(path, require_human_confirmation=False)
        assert not router.route(text).requires_confirmation
        assert router.route_fast(text) != HUMAN

    @pytest.mark.parametrize("text", OPEN)
    def test_where_no_tool_can_run(self, path: str, text: str) -> None:
        """A request that brings no tools cannot act, so nobody is asked."""
        router = asked(path)
        assert not router.route(text, {"tools": []}).requires_confirmation
        assert router.route(text, {"tools": ["shell"]}).requires_confirmation

    def test_the_look_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A text that names more than anyone writes is weighed no more often than judged."""
        text = ("money transfer " * 60)[:LONG]
        looked_at: list[object] = []
        monkeypatch.setattr(safety, "undecided", lambda *given: not looked_at.append(given))
        assert open_signals(text)
        assert len(looked_at) <= most_judged(len(text))


class TestDoubtful:
    def test_without_weights_there_is_no_doubt(self) -> None:
        """Signals that were compiled without weights never doubt."""
        assessor = without_weights()._assessor
        for text in OPEN:
            _, _, named, readings = assessor.lexicon.scan(text)
            judged = (readings, assessor.lexicon, assessor.actions, SafetyPolicy())
            assert doubtful(list(named), *judged, sift=assessor.sifters.weighed) == []

    def test_a_file_that_says_nothing_never_asks(self, tmp_path: Path) -> None:
        """A file without caution leaves confirmation to the rules."""
        router = asked(written(tmp_path, content()))
        for text in OPEN:
            assert not confirmed(router, text)

    @pytest.mark.parametrize(("least", "person"), [(-3, False), (-2, False), (-1, True), (9, True)])
    def test_more_than_nothing_asks(self, tmp_path: Path, least: int, person: bool) -> None:
        """The sum of what a text has must be above 0."""
        caution = {START: least, "signal:action.transfer": 1, "money transfer": 1, "absent": 4_000}
        router = asked(written(tmp_path, content(caution=caution)))
        assert confirmed(router, "money transfer to my mom") is person

    @pytest.mark.parametrize("text", ["delete all backups", "drop the production database"])
    def test_weights_spare_nobody(self, tmp_path: Path, text: str) -> None:
        """The heaviest weights against an order take nothing back that a rule found."""
        caution = dict.fromkeys((START, "delete", "drop", "first:delete"), -LARGEST)
        assert confirmed(asked(written(tmp_path, content(caution=caution))), text)
