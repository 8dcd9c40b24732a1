"""What a GGUF header says of attention: which layers keep keys and values, and how many.

The keys are llama.cpp's. Where a header leaves the pattern of sliding windows out, llama.cpp knows
it by the architecture, and so do we; for an architecture we do not know every layer counts as full,
which asks for more memory, never for less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_router.setup.found import Attention
from model_router.setup.values import each, positive, whole

MOST_LAYERS = 4096
MOST_HEADS = 65_536

WINDOW_EVERY: dict[str, int] = {
    "gemma2": 2, "gemma3": 6, "gemma3n": 5, "gemma-embedding": 6, "gpt-oss": 2, "gpt_oss": 2,
    "openai_moe": 2, "cohere2": 4, "exaone4": 4, "llama4": 4, "olmo2": 4, "olmo3": 4,
    "afmoe": 4, "smallthinker": 4,
}  # fmt: skip
"""Architectures of which every n-th layer sees everything and all others slide."""

HYBRID_EVERY: dict[str, int] = {"qwen3next": 4, "qwen35": 4, "qwen35moe": 4}
"""Architectures of which every n-th layer attends and all others are recurrent."""

ALL_RECURRENT = ("falcon-h1", "hymba")
"""Architectures whose every layer attends and is recurrent at once."""


def attention(values: Mapping[str, Any]) -> Attention | None:
    """What the key-value cache is computed from; None when the header does not say enough."""
    arch = values.get("general.architecture")
    if not isinstance(arch, str):
        return None
    keys = {name[len(arch) + 1 :]: value for name, value in values.items()
            if name.startswith(arch + ".")}  # fmt: skip
    layers = _layers(keys)
    heads = _kv_heads(arch, keys, layers)
    lengths = _lengths(keys)
    if not layers or heads is None or lengths is None:
        return None
    key_length, value_length, latent = lengths
    recurrent = _recurrent(arch, keys, heads)
    if latent:
        heads = tuple(1 if count else 0 for count in heads)
    window, windowed = _window(arch, keys, layers)
    return Attention(
        kv_heads=heads,
        key_length=key_length,
        value_length=value_length,
        window=window,
        windowed=windowed,
        state_bytes=recurrent * _state_bytes(keys),
        windowed_key_length=positive(keys.get("attention.key_length_swa")) if windowed else None,
        windowed_value_length=(
            positive(keys.get("attention.value_length_swa")) if windowed else None
        ),
    )


def _layers(keys: Mapping[str, Any]) -> int:
    """Layers that take part; those that only predict further tokens do not."""
    blocks = positive(keys.get("block_count"), MOST_LAYERS) or 0
    return max(blocks - (whole(keys.get("nextn_predict_layers"), MOST_LAYERS) or 0), 0)


def _kv_heads(arch: str, keys: Mapping[str, Any], layers: int) -> tuple[int, ...] | None:
    given = keys.get("attention.head_count_kv", keys.get("attention.head_count"))
    heads = each(given, layers, MOST_HEADS)
    if heads is None:
        return None
    every = positive(keys.get("full_attention_interval")) or HYBRID_EVERY.get(arch)
    if every and not isinstance(given, tuple):
        heads = tuple(n if (place + 1) % every == 0 else 0 for place, n in enumerate(heads))
    shared = min(whole(keys.get("attention.shared_kv_layers"), MOST_LAYERS) or 0, layers)
    return heads[: layers - shared] + (0,) * shared


def _lengths(keys: Mapping[str, Any]) -> tuple[int, int, bool] | None:
    """Numbers of a key, of a value, and whether one latent key stands for both (MLA)."""
    rank = positive(keys.get("attention.kv_lora_rank"))
    if rank and keys.get("attention.key_length_mla") is not None:
        return rank + (whole(keys.get("rope.dimension_count"), MOST_HEADS) or 0), 0, True
    usual = _usual_length(keys)
    key = positive(keys.get("attention.key_length"), MOST_HEADS) or usual
    value = positive(keys.get("attention.value_length"), MOST_HEADS) or usual
    return (key, value, False) if key and value else None


def _usual_length(keys: Mapping[str, Any]) -> int | None:
    width = positive(keys.get("embedding_length"))
    heads = keys.get("attention.head_count")
    count = max((whole(n, MOST_HEADS) or 0 for n in heads), default=0) if isinstance(
        heads, tuple) else positive(heads, MOST_HEADS)  # fmt: skip
    return width // count if width and count else None


def _window(arch: str, keys: Mapping[str, Any], layers: int) -> tuple[int | None, tuple[bool, ...]]:
    window = positive(keys.get("attention.sliding_window"))
    if window is None:
        return None, ()
    pattern = keys.get("attention.sliding_window_pattern")
    if isinstance(pattern, tuple):
        windowed = (tuple(map(bool, pattern)) + (False,) * layers)[:layers]
        return (window, windowed) if any(windowed) else (None, ())
    every = positive(pattern, MOST_LAYERS) or WINDOW_EVERY.get(arch)
    if not every or every == 1:
        return None, ()
    return window, tuple((place + 1) % every != 0 for place in range(layers))


def _recurrent(arch: str, keys: Mapping[str, Any], heads: tuple[int, ...]) -> int:
    """How many layers keep a recurrent state."""
    if _state_bytes(keys) == 0:
        return 0
    if arch in ALL_RECURRENT:
        return len(heads)
    forward = keys.get("feed_forward_length")
    # In models such as Nemotron-H a layer without attention is recurrent or only feeds forward.
    plain = each(forward, len(heads)) if isinstance(forward, tuple) and arch.startswith(
        "nemotron_h") else None  # fmt: skip
    plain = plain or (0,) * len(heads)
    return sum(count == 0 and width == 0 for count, width in zip(heads, plain, strict=True))


def _state_bytes(keys: Mapping[str, Any]) -> int:
    """Bytes of one recurrent layer's state for one sequence, in 32-bit numbers."""
    cached = positive(keys.get("shortconv.l_cache"), MOST_HEADS)
    if cached:
        return 4 * (cached - 1) * (positive(keys.get("embedding_length"), 2**24) or 0)
    conv, state, inner = (
        positive(keys.get(f"ssm.{name}"), 2**24) for name in ("conv_kernel", "state_size",
        "inner_size"))  # fmt: skip
    if not conv or not state or not inner:
        return 0
    groups = whole(keys.get("ssm.group_count"), 2**16) or 0
    return 4 * ((conv - 1) * (inner + 2 * groups * state) + state * inner)
