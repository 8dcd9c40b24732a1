"""What names say of models."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.setup.labels import (
    Weights,
    active_of,
    grouped,
    kind_of,
    parameters_of,
    quantisation_of,
)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Qwen3-8B-Q4_K_M", "Q4_K_M"), ("Qwen3.8-27B-UD-Q4_K_XL", "UD-Q4_K_XL"),
        ("gpt-oss-20b-mxfp4", "MXFP4"), ("x-IQ3_XXS", "IQ3_XXS"), ("m-bf16", "BF16"),
        ("m-fp16", "F16"), ("Qwen3-4B-4bit", "4bit"), ("m-8-bit", "8bit"), ("plain", None),
        ("mmproj-F16", "F16"), ("a-Q8_0-then-Q4_0", "Q4_0"), ("Faq4_0", None),
    ],
)  # fmt: skip
def test_quantisations(name: str, label: str | None) -> None:
    """The last one that a name gives."""
    assert quantisation_of(name) == label


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("Qwen3-8B", 8 * 10**9), ("qwen2.5:0.5b", 5 * 10**8), ("SmolLM-350M", 35 * 10**7),
        ("Mixtral-8x7B", 56 * 10**9), ("gpt-oss:20b", 20 * 10**9), ("Qwen3-30B-A3B", 30 * 10**9),
        ("4bit", None), ("v1.5-beta", None), ("8.2B", 8_200_000_000), ("70B", 70 * 10**9),
    ],
)  # fmt: skip
def test_sizes(name: str, count: int | None) -> None:
    """As numbers, so 7B is never found in 70B."""
    assert parameters_of(name) == count


def test_active_sizes() -> None:
    """The part after the A."""
    assert active_of("Qwen3-30B-A3B-Instruct") == 3 * 10**9
    assert active_of("LFM2.5-8B-A1.5B") == 1_500_000_000
    assert active_of("Qwen3-8B") is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("mmproj-model-f16", "projector"), ("model.imatrix", "other"), ("mtp-head", "draft"),
        ("bge-m3", "embedding"), ("nomic-embed-text", "embedding"), ("bge-reranker", "reranker"),
        ("Qwen3-8B", None), ("e5-large", "embedding"), ("kokoro-tts", "other"),
        ("attspring", None),
    ],
)  # fmt: skip
def test_kinds(name: str, kind: str | None) -> None:
    """Only whole words give a kind away."""
    assert kind_of(name) == kind


def test_shards_belong_together() -> None:
    """Whatever their order; single files stay single."""
    names = ["b-00002-of-00002.gguf", "a.gguf", "b-00001-of-00002.gguf"]
    assert grouped(names) == [
        Weights("a", ("a.gguf",)),
        Weights("b", ("b-00001-of-00002.gguf", "b-00002-of-00002.gguf")),
    ]


def test_missing_shards_are_counted() -> None:
    """Also when a number is out of range."""
    assert grouped(["b-00002-of-00003.gguf"])[0].missing == ("2 of 3 shards missing",)
    assert grouped(["b-00009-of-00001.gguf"])[0].missing == ("1 of 1 shards missing",)


@given(st.lists(st.from_regex(r"[ab]{1,2}(-0000[0-3]-of-0000[0-3])?\.gguf", fullmatch=True)))
def test_every_file_is_in_one_group(names: list[str]) -> None:
    """No file is lost, none is in two models."""
    files = [file for group in grouped(set(names)) for file in group.files]
    assert sorted(files) == sorted(set(names))
