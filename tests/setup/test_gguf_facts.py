"""What is made of a header: kinds, attention layer by layer, active parameters."""

from __future__ import annotations

import io
from typing import Any

import pytest

from model_router.setup.config_attention import attention as config_attention
from model_router.setup.found import Attention, ModelFacts
from model_router.setup.gguf import read_header
from model_router.setup.gguf_attention import attention
from model_router.setup.gguf_facts import gguf_facts
from tests.support.gguf_files import Tensor, chat_gguf, gguf, projector_gguf


def facts(data: bytes) -> ModelFacts:
    return gguf_facts(read_header(io.BytesIO(data), len(data)))


def arch_values(arch: str, **keys: Any) -> dict[str, Any]:
    named = {f"{arch}.{key.replace('__', '.')}": value for key, value in keys.items()}
    return {"general.architecture": arch, **named}


def per_token(found: Attention | None) -> int:
    """Bytes that a token adds in layers that see everything, with 16-bit numbers."""
    assert found is not None
    slides = found.windowed or (False,) * len(found.kv_heads)
    length = found.key_length + found.value_length
    full = (n for n, slid in zip(found.kv_heads, slides, strict=True) if not slid)
    return sum(full) * length * 2


def plain(arch: str, layers: int, heads: Any, length: int, **keys: Any) -> dict[str, Any]:
    return arch_values(
        arch, block_count=layers, attention__head_count=16, attention__head_count_kv=heads,
        attention__key_length=length, attention__value_length=length, **keys,
    )  # fmt: skip


NEMOTRON = tuple(2 if layer in (5, 12, 19, 26, 33, 42) else 0 for layer in range(52))

TABLE: list[tuple[str, dict[str, Any], int]] = [
    ("Qwen3-4B", plain("qwen3", 36, 8, 128), 147456),
    ("Qwen3-30B-A3B", plain("qwen3moe", 48, 4, 128), 98304),
    ("Qwen3.5-9B", plain("qwen35", 32, 4, 256, full_attention_interval=4), 32768),
    ("Qwen3.6-27B", plain("qwen35", 64, 4, 256, full_attention_interval=4), 65536),
    ("Qwen3.6-35B-A3B", plain("qwen35moe", 40, 2, 256), 20480),
    ("gpt-oss-20b", plain("gpt-oss", 24, 8, 64, attention__sliding_window=128), 24576),
    ("gpt-oss-120b", plain("gpt-oss", 36, 8, 64, attention__sliding_window=128), 36864),
    ("gemma-3-12b", plain("gemma3", 48, 8, 256, attention__sliding_window=1024), 65536),
    ("gemma-3-27b", plain("gemma3", 62, 16, 128, attention__sliding_window=1024), 81920),
    ("Ministral-3-8B", plain("mistral3", 34, 8, 128), 139264),
    ("Nemotron-3-Nano", plain("nemotron_h_moe", 52, NEMOTRON, 128), 6144),
    ("GLM-4.7-Flash", arch_values(
        "deepseek2", block_count=47, attention__head_count=20, attention__head_count_kv=1,
        attention__kv_lora_rank=512, attention__key_length=576, attention__value_length=512,
        attention__key_length_mla=256, rope__dimension_count=64), 54144),
]  # fmt: skip


@pytest.mark.parametrize(("values", "expected"), [row[1:] for row in TABLE], ids=[
    row[0] for row in TABLE])  # fmt: skip
def test_bytes_of_a_token(values: dict[str, Any], expected: int) -> None:
    """The published figures of twelve models follow from what their headers say."""
    assert per_token(attention(values)) == expected


def test_recurrent_state() -> None:
    """Qwen3.6-27B keeps 48 recurrent layers: 598.5 MiB for four sequences, as was measured."""
    values = plain(
        "qwen35", 64, 4, 256, full_attention_interval=4, ssm__conv_kernel=4, ssm__state_size=128,
        ssm__group_count=16, ssm__inner_size=6144, ssm__time_step_rank=48,
    )  # fmt: skip
    found = attention(values)
    assert found is not None
    assert round(found.state_bytes * 4 / 2**20, 1) == 598.5


def test_layers_that_only_feed_forward_keep_no_state() -> None:
    """In Nemotron-H a layer without attention is recurrent only when it does not feed forward."""
    sizes = {"ssm__conv_kernel": 4, "ssm__state_size": 16, "ssm__inner_size": 32}
    one = 4 * (3 * 32 + 16 * 32)
    values = plain("nemotron_h", 4, (2, 0, 0, 0), 128, feed_forward_length=(0, 9, 0, 9), **sizes)
    assert attention(values) == Attention((2, 0, 0, 0), 128, 128, state_bytes=one)
    assert attention(plain("jamba", 4, (2, 0, 0, 0), 128, **sizes)) == Attention(
        (2, 0, 0, 0), 128, 128, state_bytes=3 * one
    )


def test_short_convolutions() -> None:
    """LFM2 keeps a few tokens' numbers for each layer without attention."""
    values = plain("lfm2", 3, (0, 8, 0), 64, shortconv__l_cache=3, embedding_length=2048)
    found = attention(values)
    assert found is not None
    assert found.state_bytes == 2 * 4 * 2 * 2048


def test_windows_by_layer() -> None:
    """A pattern per layer is taken as it is, with lengths of its own for layers that slide."""
    values = plain(
        "gemma4", 4, (8, 8, 8, 2), 512, attention__sliding_window=1024,
        attention__sliding_window_pattern=(True, True, True, False),
        attention__key_length_swa=256, attention__value_length_swa=256,
    )  # fmt: skip
    assert attention(values) == Attention(
        (8, 8, 8, 2), 512, 512, 1024, (True, True, True, False),
        windowed_key_length=256, windowed_value_length=256,
    )  # fmt: skip


def test_an_unknown_architecture_counts_in_full() -> None:
    """Without a known pattern a window saves nothing: too much memory is asked for, never less."""
    found = attention(plain("newarch", 4, 2, 64, attention__sliding_window=512))
    assert found == Attention((2, 2, 2, 2), 64, 64)


def test_shared_layers_keep_nothing() -> None:
    """The last layers of Gemma's small models use those before them."""
    found = attention(plain("gemma3n", 5, 2, 256, attention__shared_kv_layers=2))
    assert found is not None
    assert found.kv_heads == (2, 2, 2, 0, 0)


def test_layers_that_predict_ahead_are_left_out() -> None:
    """They are blocks of the file, but not of the cache."""
    found = attention(plain("glm4moe", 5, 2, 128, nextn_predict_layers=1))
    assert found is not None
    assert len(found.kv_heads) == 4


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"general.architecture": 7},
        arch_values("x", block_count=4),
        plain("x", 0, 2, 64),
        plain("x", 10**9, 2, 64),
        plain("x", 4, (2, 2), 64),
        plain("x", 4, "two", 64),
        plain("x", 4, -1, 64),
    ],
)
def test_headers_that_do_not_say_enough(values: dict[str, Any]) -> None:
    """No attention rather than a wrong one."""
    assert attention(values) is None


def test_lengths_follow_from_the_width() -> None:
    """Where no length is given, it is the width divided by the heads."""
    values = arch_values("llama", block_count=2, attention__head_count=32,
                         attention__head_count_kv=8, embedding_length=4096)  # fmt: skip
    assert attention(values) == Attention((8, 8), 128, 128)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"general.architecture": "llama"}, "chat"),
        ({"general.architecture": "clip"}, "projector"),
        ({"general.architecture": "llama", "general.type": "adapter"}, "adapter"),
        ({"general.architecture": "llama", "adapter.type": "lora"}, "adapter"),
        ({"general.architecture": "llama", "general.type": "imatrix"}, "other"),
        ({"general.architecture": "bert"}, "embedding"),
        ({"general.architecture": "qwen3", "qwen3.pooling_type": 3}, "embedding"),
        ({"general.architecture": "qwen3", "qwen3.pooling_type": 4}, "reranker"),
        ({"general.architecture": "qwen3", "general.name": "Qwen3 Embedding 0.6B"}, "embedding"),
        ({"general.architecture": "flux"}, "image"),
        ({"general.architecture": "qwen_image"}, "image"),
        ({"general.architecture": "whisper"}, "other"),
        ({}, "chat"),
    ],
)
def test_kinds(values: dict[str, Any], kind: str) -> None:
    """What is no chat model is told from its header."""
    assert facts(gguf(values)).kind == kind


def test_active_parameters() -> None:
    """Of the experts only those in use count, all other weights always do."""
    keys = {"general.architecture": "qwen3moe", "qwen3moe.expert_count": 8,
            "qwen3moe.expert_used_count": 2}  # fmt: skip
    tensors = [Tensor("blk.0.ffn_up_exps.weight", (32, 8)), Tensor("a", (64,))]
    assert facts(gguf(keys, tensors)).active_parameters == 64 + 64
    assert facts(chat_gguf()).active_parameters is None


def test_templates_hint_at_tools_and_thinking() -> None:
    """Without a template nothing is claimed."""
    assert facts(chat_gguf(template=None)).tools is None
    assert facts(chat_gguf(template="plain")).tools is False
    assert facts(chat_gguf(template="{{ tools }}")).tools is True
    assert facts(chat_gguf(template="{% if enable_thinking %}")).thinking is True


def test_a_projector_tells_what_it_senses() -> None:
    """Seeing and hearing are told apart."""
    found = facts(projector_gguf(audio=True))
    assert (found.vision, found.audio, found.embedding) == (True, True, 64)


def test_file_types() -> None:
    """A guessed type counts; one that is new is not named."""
    assert facts(chat_gguf(file_type=15 + 1024)).quantisation == "Q4_K_M"
    assert facts(chat_gguf(file_type=900)).quantisation is None


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8,
          "head_dim": 128}, Attention((8,) * 36, 128, 128)),
        ({"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 64},
         Attention((4, 4), 16, 16)),
        ({"num_hidden_layers": 4, "num_attention_heads": 8, "num_key_value_heads": 2,
          "head_dim": 64, "sliding_window": 128,
          "layer_types": ["sliding_attention", "full_attention"] * 2},
         Attention((2, 2, 2, 2), 64, 64, 128, (True, False, True, False))),
        ({"num_hidden_layers": 4, "num_attention_heads": 8, "num_key_value_heads": 2,
          "head_dim": 64, "sliding_window": 128, "sliding_window_pattern": 4},
         Attention((2, 2, 2, 2), 64, 64, 128, (True, True, True, False))),
        ({"num_hidden_layers": 4, "num_attention_heads": 8, "num_key_value_heads": 2,
          "head_dim": 64, "full_attention_interval": 4, "linear_conv_kernel_dim": 4,
          "linear_key_head_dim": 8, "linear_num_key_heads": 2, "linear_value_head_dim": 8,
          "linear_num_value_heads": 4},
         Attention((0, 0, 0, 2), 64, 64, state_bytes=3 * 4 * (3 * (32 + 32) + 8 * 32))),
        ({"num_hidden_layers": 3, "num_attention_heads": 20, "kv_lora_rank": 512,
          "qk_rope_head_dim": 64}, Attention((1, 1, 1), 576, 0)),
        ({"num_hidden_layers": 3, "num_attention_heads": 4, "head_dim": 8,
          "num_kv_shared_layers": 1}, Attention((4, 4, 0), 8, 8)),
        ({"num_hidden_layers": "many"}, None),
        ({"num_hidden_layers": 3}, None),
    ],
)  # fmt: skip
def test_attention_of_a_config(config: dict[str, Any], expected: Attention | None) -> None:
    """config.json says the same in other words."""
    assert config_attention(config) == expected
