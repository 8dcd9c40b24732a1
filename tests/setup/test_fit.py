"""Memory: the published figures are reproduced, and every term does what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.setup.fit import (
    CONTEXT_STEPS,
    GIB,
    MIB,
    Footprint,
    cached,
    compute_bytes,
    header_footprint,
    kv_bytes,
    kv_bytes_per_token,
    level,
    need,
    recurrent_bytes,
    usable_context,
    weight_bytes,
)
from model_router.setup.found import Attention, ModelFacts


def layers(keeping: int, of: int, heads: int, length: int) -> Attention:
    """`keeping` of `of` layers keep a cache, as hybrid models do."""
    counts = tuple(heads if place < keeping else 0 for place in range(of))
    return Attention(counts, length, length)


def sliding(keeping: int, of: int, heads: int, length: int, window: int) -> Attention:
    """`keeping` of `of` layers see everything, the rest slide."""
    slides = tuple(place >= keeping for place in range(of))
    return Attention((heads,) * of, length, length, window, slides)


PUBLISHED = {
    "Qwen3-4B": (layers(36, 36, 8, 128), 147_456),
    "Qwen3-30B-A3B": (layers(48, 48, 4, 128), 98_304),
    "Qwen3.5-9B": (layers(8, 32, 4, 256), 32_768),
    "Qwen3.6-27B": (layers(16, 64, 4, 256), 65_536),
    "Qwen3.6-35B-A3B": (layers(10, 40, 2, 256), 20_480),
    "gpt-oss-20b": (sliding(12, 24, 8, 64, 128), 24_576),
    "gpt-oss-120b": (sliding(18, 36, 8, 64, 128), 36_864),
    "gemma-3-12b": (sliding(8, 48, 8, 256, 1024), 65_536),
    "gemma-3-27b": (sliding(10, 62, 16, 128, 1024), 81_920),
    "Ministral-3-3B": (layers(26, 26, 8, 128), 106_496),
    "Ministral-3-8B": (layers(34, 34, 8, 128), 139_264),
    "Ministral-3-14B": (layers(40, 40, 8, 128), 163_840),
    "Devstral-Small-2-24B": (layers(40, 40, 8, 128), 163_840),
    "Nemotron-3-Nano-30B-A3B": (layers(6, 52, 2, 128), 6_144),
    "GLM-4.7-Flash": (Attention((1,) * 47, 576, 0), 54_144),
}
"""Model: its attention and the bytes a token that the llama.cpp organisation's app publishes."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_bytes_per_token_are_the_published_ones(name: str) -> None:
    """Full, hybrid, sliding-window and latent attention give the published figure exactly."""
    attention, published = PUBLISHED[name]
    assert kv_bytes_per_token(attention) == published


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_cache_grows_by_the_bytes_per_token(name: str) -> None:
    """Once windows are full, a thousand tokens more cost a thousand times one."""
    attention, published = PUBLISHED[name]
    grown = kv_bytes(attention, 66_560) - kv_bytes(attention, 65_536)
    assert grown == 1024 * published


def test_measured_cache_of_a_hybrid() -> None:
    """Qwen3.6-27B was measured at 262,144 tokens: 16,384 MiB, and 4 GiB at 64k, not 16."""
    attention, _ = PUBLISHED["Qwen3.6-27B"]
    assert kv_bytes(attention, 262_144) == 16_384 * MIB
    assert kv_bytes(attention, 65_536) == 4 * GIB


def test_measured_state_of_a_hybrid() -> None:
    """Qwen3.6-27B's 48 recurrent layers were measured with four slots: 598.5 MiB."""
    one = recurrent_bytes(48, conv=4, inner=6144, groups=16, state=128)
    assert one == 156_893_184
    assert recurrent_bytes(48, 4, 6144, 16, 128, sequences=4) / MIB == 598.5


def test_compute_buffers_are_the_logged_ones() -> None:
    """A vocabulary of 151,936 and an embedding of 2,048 were logged with 304.75 MiB."""
    assert compute_bytes(151_936, 2048) / MIB == 304.75
    assert compute_bytes(1000, 64) == 256 * MIB
    assert 520 <= compute_bytes(262_144, 3840) / MIB <= 540


def test_sliding_layers_keep_a_window() -> None:
    """They keep the window and a batch, in steps of 256, and never more than the context."""
    one = sliding(0, 1, 1, 1, 1000)
    assert kv_bytes(one, 100_000) == 1536 * 2 * 2
    assert kv_bytes(one, 100_000, sequences=2) == 2560 * 2 * 2
    assert kv_bytes(one, 700) == 700 * 2 * 2


def test_sliding_layers_with_heads_of_their_own() -> None:
    """Where a window's keys and values have other lengths, those count."""
    one = Attention((1, 1), 512, 512, 1024, (True, False), windowed_key_length=256,
                    windowed_value_length=128)  # fmt: skip
    assert kv_bytes(one, 1024) == (1024 * 1024 + 1024 * 384) * 2
    assert kv_bytes_per_token(one) == 2048


@pytest.mark.parametrize(("cache", "size"), [("f16", 2048), ("q8_0", 1088), ("q4_0", 576)])
def test_quantised_caches_carry_their_scales(cache: str, size: int) -> None:
    """32 numbers take 64, 34 and 18 bytes."""
    assert cached(1024, cache) == size


@pytest.mark.parametrize(
    ("parameters", "name", "size"),
    [(8_960_000_000, "Q4_K_M", 5_680_522_464), (26_900_000_000, "Q8_0", 28_595_763_424)],
)
def test_weights_from_a_count_are_near_real_files(parameters: int, name: str, size: int) -> None:
    """Within 5 % of published files."""
    assert abs(weight_bytes(parameters, name) - size) < size / 20


def test_a_header_is_believed() -> None:
    """What a header says is computed with; the basis says so."""
    attention, _ = PUBLISHED["Qwen3.6-27B"]
    facts = ModelFacts(attention=attention, vocabulary=248_320, embedding=5120, context=262_144)
    made = header_footprint(facts, 16 * GIB)
    assert (made.basis, made.weights, made.context) == ("header", 16 * GIB, 262_144)
    assert made.compute == 512 * (248_320 + 2 * 5120) * 4
    assert need(made, 65_536).kv == 4 * GIB


def test_a_header_that_says_little_is_filled_carefully() -> None:
    """Compute is a twentieth of the weights, the cache that of a large model; the basis says so."""
    made = header_footprint(ModelFacts(), 20 * GIB)
    assert (made.basis, made.compute) == ("default", GIB)
    assert need(made, 1024).kv == 1024 * 163_840


def test_need_is_the_sum_of_its_parts() -> None:
    """Margin included, when the budget has not set it aside."""
    one = need(Footprint(100, 20, 4, kv_fixed=8, recurrent=5), 10, margin=7)
    assert (one.weights, one.kv, one.recurrent, one.compute, one.margin) == (100, 48, 5, 20, 7)
    assert one.total == 180


@pytest.mark.parametrize(
    ("total", "beside", "said"),
    [(833, 0, "fits"), (834, 0, "tight"), (1000, 0, "tight"), (1001, 0, "no"),
     (1001, 1, "partial"), (1002, 1, "no")],
)  # fmt: skip
def test_levels(total: int, beside: int, said: str) -> None:
    """A sixth of the budget free is a fit; what spills into RAM is never one."""
    assert level(total, 1000, beside) == said


def test_partial_needs_a_gpu_to_be_part_of() -> None:
    """Without a budget on the device everything lies in RAM, which is not `partial`."""
    assert level(10, 0, 100) == "no"


def test_usable_context_is_the_largest_step_that_fits() -> None:
    """Steps from 4k to 256k; the model's own limit ends them, however small."""
    one = Footprint(0, 0, 1, context=40_000)
    assert usable_context(one, 10**9) == 32_768
    assert usable_context(one, 16_384) == 16_384
    assert usable_context(one, 100) == 0
    assert usable_context(Footprint(0, 0, 1, context=2048), 10**9) == 2048


@given(st.integers(0, 10**7), st.integers(0, 10**12), st.sampled_from(["f16", "q8_0", "q4_0"]))
def test_more_context_never_needs_less(per_token: int, weights: int, cache: str) -> None:
    """Need grows with the context, in whole bytes."""
    one = Footprint(weights, 0, per_token)
    needs = [need(one, step, cache).total for step in CONTEXT_STEPS]
    assert needs == sorted(needs)
    assert all(isinstance(total, int) for total in needs)
