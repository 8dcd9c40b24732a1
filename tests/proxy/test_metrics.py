"""Metrics: exchanges counted together count as each by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_router.proxy.metrics import AT_A_TIME, BUCKETS, MOST_SERIES, Histogram, Metrics, Over
from model_router.proxy.usage import KINDS, tokens

SECONDS = st.sampled_from((*BUCKETS, 0.0, 1e9)) | st.floats(0, 400)
USAGES = st.none() | st.dictionaries(
    st.sampled_from(("prompt_tokens", "completion_tokens", "other")),
    st.none() | st.integers(-3, 10**13) | st.booleans() | st.text(max_size=2),
)
EXCHANGES = st.tuples(
    st.sampled_from(("small", "large")),
    st.sampled_from(("", "a", "b")),
    st.sampled_from(("200", "502", "client_left")),
    st.sampled_from(("decision", "manual")),
    SECONDS,
    SECONDS,
    USAGES,
)


def one_by_one(exchanges: list[Over]) -> Metrics:
    """What counting each exchange when it is over gives."""
    metrics = Metrics()
    for engine, backend, status, mode, deciding, whole, usage in exchanges:
        metrics.requests.add(engine, backend, status)
        metrics.duration.see(engine, whole)
        metrics.decision.see(mode, deciding)
        for kind, key in KINDS.items():
            if used := tokens([usage], key):
                metrics.tokens.add(backend, kind, by=used)
    return metrics


def samples(metrics: Metrics) -> dict[str, float]:
    """The samples of the text form, sums to nine digits."""
    rows = metrics.text().decode().splitlines()
    pairs = (row.rpartition(" ") for row in rows if not row.startswith("#"))
    return {name: float(f"{float(value):.6g}") for name, _, value in pairs}


@given(st.lists(EXCHANGES, max_size=3 * AT_A_TIME))
def test_counting_together_is_counting_each(exchanges: list[Over]) -> None:
    """However many there are, and whatever their usage holds."""
    metrics = Metrics()
    for exchange in exchanges:
        metrics.over(exchange)
    assert samples(metrics) == samples(one_by_one(exchanges))


def test_who_looks_sees_the_last_exchange() -> None:
    """What waits to be counted is counted when somebody asks, and once."""
    metrics = Metrics()
    metrics.over(("small", "a", "200", "decision", 0.001, 0.2, {"prompt_tokens": 7}))
    for _ in range(2):
        text = metrics.text().decode()
        assert 'model_router_requests_total{engine="small",backend="a",status="200"} 1\n' in text
        assert 'model_router_tokens_total{backend="a",type="prompt"} 7\n' in text
        assert 'model_router_request_duration_seconds_count{engine="small"} 1\n' in text
        assert 'model_router_decision_duration_seconds_count{mode="decision"} 1\n' in text


def test_no_more_wait_than_are_counted_together() -> None:
    """Memory stays the same however long nobody looks."""
    metrics = Metrics()
    for _ in range(10 * AT_A_TIME):
        metrics.over(("small", "a", "200", "decision", 0.001, 0.2, None))
    assert metrics.requests.values == {("small", "a", "200"): 10 * AT_A_TIME}
    assert not metrics._late


@given(st.lists(SECONDS, min_size=1), st.integers(0, 2))
def test_several_values_are_seen_as_each(values: list[float], others: int) -> None:
    """Also where a label has no series of its own."""
    one, other = (Histogram("h", "about", "label", BUCKETS) for _ in range(2))
    for histogram in (one, other):
        for number in range(MOST_SERIES - others):
            histogram.see(str(number), 1.0)
    for value in values:
        one.see("x", value)
    other.see_all("x", values)
    for row, same in zip(one.values.values(), other.values.values(), strict=True):
        assert row[1:] == same[1:]
        assert abs(row[0] - same[0]) <= 1e-9 * max(1.0, row[0])
