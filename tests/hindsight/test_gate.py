"""Bounds on figures."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.errors import RequestError
from model_router.hindsight.gate import HIGHER, LOWER, Bound, check_engine, judged, parse_bound
from model_router.hindsight.labels import Names

REPORT: dict[str, Any] = {
    "figures": {
        "router": {"strict": 0.8, "lenient": None, "false_confirm_chat": 0.1},
        "length": {"strict": 0.1},
    },
    "latency": {"p50_us": 12.0},
    "classes": [{"engine": "code_agent", "f1": 0.5}],
}


class TestForms:
    """How a bound is written."""

    @pytest.mark.parametrize(
        ("text", "bound"),
        [
            ("0.8", Bound("strict", True, 0.8)),
            ("strict=0.8", Bound("strict", True, 0.8)),
            ("accuracy=1", Bound("strict", True, 1.0)),
            (" macro_f1 = .5 ", Bound("macro_f1", True, 0.5)),
            ("f1.coding=0", Bound("f1.coding", True, 0.0)),
        ],
    )
    def test_least(self, text: str, bound: Bound) -> None:
        """A metric and a share, or a share alone."""
        assert parse_bound(text, least=True) == bound

    def test_most(self) -> None:
        """Rates and durations have an upper bound; durations may be any number."""
        assert parse_bound("cpt50=.4", least=False) == Bound("cpt50", False, 0.4)
        assert parse_bound("p99_us=900", least=False) == Bound("p99_us", False, 900.0)

    @pytest.mark.parametrize("metric", [*HIGHER, "accuracy", "f1.coding"])
    def test_upper_bound_on_what_should_be_high_is_refused(self, metric: str) -> None:
        """The other option is named."""
        with pytest.raises(RequestError) as caught:
            parse_bound(f"{metric}=0.5", least=False)
        assert caught.value.hint == "use --fail-under"

    @pytest.mark.parametrize("metric", LOWER)
    def test_lower_bound_on_what_should_be_low_is_refused(self, metric: str) -> None:
        """The other option is named."""
        with pytest.raises(RequestError) as caught:
            parse_bound(f"{metric}=0.5", least=True)
        assert caught.value.hint == "use --fail-over"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("strict=80", "strict cannot be 80"),
            ("strict=-1", "strict cannot be -1"),
            ("strict=nan", "strict cannot be nan"),
            ("strict=", "'' is not a number"),
            ("strict=80%", "'80%' is not a number"),
            ("", "'' is not a number"),
            ("stritc=0.8", "'stritc' is no figure"),
            ("f1.=0.8", "'f1.' is no figure"),
            ("=0.8", "'' is no figure"),
        ],
    )
    def test_wrong_bounds_are_refused(self, text: str, said: str) -> None:
        """Each mistake is named with what to write."""
        with pytest.raises(RequestError) as caught:
            parse_bound(text, least=True)
        assert said in str(caught.value)
        assert caught.value.hint

    @pytest.mark.parametrize("value", ["inf", "-1", "nan"])
    def test_durations_are_finite(self, value: str) -> None:
        """A bound that could never fail, or always would, is a mistake."""
        with pytest.raises(RequestError):
            parse_bound(f"p50_us={value}", least=False)

    @given(st.text(), st.booleans())
    def test_any_text_is_a_bound_or_an_error(self, text: str, least: bool) -> None:
        """Nothing else is raised."""
        try:
            bound = parse_bound(text, least=least)
        except RequestError:
            return
        assert bound.value >= 0

    def test_engine_must_exist(self, names: Names) -> None:
        """f1 of an engine that is not there is an error before anything is measured."""
        check_engine(Bound("f1.coding", True, 0.5), names)
        check_engine(Bound("strict", True, 0.5), names)
        with pytest.raises(RequestError, match="codng"):
            check_engine(Bound("f1.codng", True, 0.5), names)


class TestVerdicts:
    """Whether a bound is met."""

    @pytest.mark.parametrize(
        ("bound", "measured", "met"),
        [
            (Bound("strict", True, 0.8), 0.8, True),
            (Bound("strict", True, 0.81), 0.8, False),
            (Bound("false_confirm_chat", False, 0.1), 0.1, True),
            (Bound("false_confirm_chat", False, 0.09), 0.1, False),
            (Bound("p50_us", False, 12.0), 12.0, True),
            (Bound("p50_us", False, 11.0), 12.0, False),
            (Bound("f1.coding", True, 0.5), 0.5, True),
            (Bound("f1.code_agent", True, 0.6), 0.5, False),
            (Bound("lenient", True, 0.0), None, False),
            (Bound("f1.research", True, 0.0), None, False),
        ],
    )
    def test_verdict(self, names: Names, bound: Bound, measured: float | None, met: bool) -> None:
        """The bound itself still passes; a figure that no row measures never does."""
        verdict = judged(bound, REPORT, names)
        assert (verdict.measured, verdict.met) == (measured, met)

    def test_rounding_of_a_mean_does_not_fail(self, names: Names) -> None:
        """A mean of thirds that should be one is one."""
        report = {**REPORT, "figures": {"router": {"strict": 1 - 1e-15}}}
        assert judged(Bound("strict", True, 1.0), report, names).met

    def test_as_data(self, names: Names) -> None:
        """The key says which way the bound goes."""
        low = judged(Bound("strict", True, 0.9), REPORT, names).to_dict()
        assert low == {"metric": "strict", "at_least": 0.9, "measured": 0.8, "met": False}
        high = judged(Bound("p50_us", False, 20), REPORT, names).to_dict()
        assert high == {"metric": "p50_us", "at_most": 20, "measured": 12.0, "met": True}
