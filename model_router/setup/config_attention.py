"""What a config.json says of attention: which layers keep keys and values, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_router.setup.found import Attention
from model_router.setup.values import positive, whole

MOST_LAYERS = 4096
MOST_HEADS = 65_536


def attention(config: Mapping[str, Any]) -> Attention | None:
    """What the key-value cache is computed from; None when the config does not say enough."""
    layers = positive(config.get("num_hidden_layers"), MOST_LAYERS)
    if not layers:
        return None
    kinds = _kinds(config, layers)
    keeps = [kind in ("full", "sliding") for kind in kinds]
    rank = positive(config.get("kv_lora_rank"))
    if rank:
        length = rank + (whole(config.get("qk_rope_head_dim"), MOST_HEADS) or 0)
        return Attention(tuple(map(int, keeps)), length, 0)
    heads = positive(config.get("num_attention_heads"), MOST_HEADS)
    pairs = positive(config.get("num_key_value_heads"), MOST_HEADS) or heads
    head = positive(config.get("head_dim"), MOST_HEADS) or _head(config, heads)
    if not pairs or not head:
        return None
    window = positive(config.get("sliding_window"))
    slides = window is not None and "sliding" in kinds
    shared = min(whole(config.get("num_kv_shared_layers"), MOST_LAYERS) or 0, layers)
    own = [keep and place < layers - shared for place, keep in enumerate(keeps)]
    return Attention(
        kv_heads=tuple(pairs if keep else 0 for keep in own),
        key_length=head,
        value_length=head,
        window=window if slides else None,
        windowed=tuple(kind == "sliding" for kind in kinds) if slides else (),
        state_bytes=kinds.count("linear") * _state_bytes(config),
    )


def _head(config: Mapping[str, Any], heads: int | None) -> int | None:
    width = positive(config.get("hidden_size"))
    return width // heads if width and heads else None


def _kinds(config: Mapping[str, Any], layers: int) -> list[str]:
    """Of each layer: full, sliding, linear or none."""
    given = config.get("layer_types")
    if isinstance(given, list) and len(given) >= layers:
        return [_kind(str(kind)) for kind in given[:layers]]
    every = positive(config.get("full_attention_interval"), MOST_LAYERS)
    if every:
        return ["full" if (place + 1) % every == 0 else "linear" for place in range(layers)]
    every = positive(config.get("sliding_window_pattern"), MOST_LAYERS)
    if every and every > 1:
        return ["full" if (place + 1) % every == 0 else "sliding" for place in range(layers)]
    return ["full"] * layers


def _kind(name: str) -> str:
    if "sliding" in name or "chunked" in name or "local" in name:
        return "sliding"
    if "linear" in name or "mamba" in name or "recurrent" in name:
        return "linear"
    return "full" if "attention" in name else "none"


def _state_bytes(config: Mapping[str, Any]) -> int:
    """Bytes of one linear layer's state for one sequence, in 32-bit numbers."""
    names = (
        "linear_conv_kernel_dim", "linear_key_head_dim", "linear_num_key_heads",
        "linear_value_head_dim", "linear_num_value_heads",
    )  # fmt: skip
    conv, key, groups, value, heads = (positive(config.get(name), 2**20) or 0 for name in names)
    if not all((conv, key, groups, value, heads)):
        return 0
    inner = value * heads
    return 4 * ((conv - 1) * (inner + 2 * groups * key) + key * inner)
