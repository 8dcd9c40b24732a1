"""GGUF and safetensors files written by hand, byte by byte, as the formats say."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
_FORMS = {
    U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?", U64: "Q",
    I64: "q", F64: "d",
}  # fmt: skip
BLOCKS = {0: (1, 4), 1: (1, 2), 8: (32, 34), 12: (256, 144), 39: (32, 17)}
F16_TENSOR, Q8_0_TENSOR, Q4_K_TENSOR = 1, 8, 12


class Typed(NamedTuple):
    """A value of a certain type."""

    kind: int
    value: Any


class Tensor(NamedTuple):
    """A tensor's row."""

    name: str
    dims: tuple[int, ...]
    kind: int = F16_TENSOR


def gguf(
    values: Mapping[str, Any],
    tensors: Sequence[Tensor] = (),
    *,
    version: int = 3,
    order: str = "<",
    data: bytes = b"\0",
) -> bytes:
    """A whole file. The tensors' bytes repeat `data`; b"" leaves them out."""
    body = [b"GGUF", struct.pack(order + "IQQ", version, len(tensors), len(values))]
    for key, value in values.items():
        typed = value if isinstance(value, Typed) else _typed(value)
        body += [_text(key, order), struct.pack(order + "I", typed.kind), _value(typed, order)]
    offset = 0
    for tensor in tensors:
        rank = len(tensor.dims)
        row = struct.pack(f"{order}I{rank}QIQ", rank, *tensor.dims, tensor.kind, offset)
        body += [_text(tensor.name, order), row]
        offset += -(-tensor_bytes(tensor) // 32) * 32
    head = b"".join(body)
    if not tensors:
        return head
    head += b"\0" * (-len(head) % 32)
    size = offset - (-(-tensor_bytes(tensors[-1]) // 32) * 32) + tensor_bytes(tensors[-1])
    return head + (data * (size // max(len(data), 1) + 1))[:size] if data else head


def tensor_bytes(tensor: Tensor) -> int:
    """Bytes of a tensor."""
    weights, size = BLOCKS[tensor.kind]
    return prod(tensor.dims) // weights * size


def _typed(value: Any) -> Typed:
    if isinstance(value, bool):
        return Typed(BOOL, value)
    if isinstance(value, int):
        return Typed(U32 if 0 <= value < 2**32 else I64, value)
    if isinstance(value, float):
        return Typed(F32, value)
    return Typed(STRING, value) if isinstance(value, str) else Typed(ARRAY, value)


def _value(typed: Typed, order: str) -> bytes:
    if typed.kind == STRING:
        return _text(typed.value, order)
    if typed.kind != ARRAY:
        return struct.pack(order + _FORMS[typed.kind], typed.value)
    items = [item if isinstance(item, Typed) else _typed(item) for item in typed.value]
    kind = items[0].kind if items else U32
    packed = b"".join(_value(item, order) for item in items)
    return struct.pack(order + "IQ", kind, len(items)) + packed


def _text(text: str, order: str) -> bytes:
    body = text.encode()
    return struct.pack(order + "Q", len(body)) + body


def chat_gguf(
    name: str = "Test 4B",
    *,
    arch: str = "qwen3",
    layers: int = 2,
    tokens: int = 8,
    template: str | None = "{% if tools %}{{ tools }}{% endif %}",
    file_type: int = 15,
    weights: int = 4096,
    data: bytes = b"\x07",
    **values: Any,
) -> bytes:
    """A small file that says of itself what a chat model says. `values` are keys of its arch."""
    keys: dict[str, Any] = {
        "general.architecture": arch,
        "general.type": "model",
        "general.name": name,
        "general.file_type": file_type,
        f"{arch}.block_count": layers,
        f"{arch}.context_length": 40960,
        f"{arch}.embedding_length": 64,
        f"{arch}.attention.head_count": 4,
        f"{arch}.attention.head_count_kv": 2,
        f"{arch}.attention.key_length": 16,
        f"{arch}.attention.value_length": 16,
    }
    keys |= {f"{arch}.{key}": value for key, value in values.items()}
    keys["tokenizer.ggml.tokens"] = [f"t{number}" for number in range(tokens)]
    if template is not None:
        keys["tokenizer.chat_template"] = template
    return gguf(keys, [Tensor("token_embd.weight", (weights,))], data=data)


def projector_gguf(width: int = 64, *, audio: bool = False) -> bytes:
    """An mmproj file for models whose tokens have `width` numbers."""
    return gguf(
        {
            "general.architecture": "clip",
            "general.type": "mmproj",
            "general.file_type": 1,
            "clip.has_vision_encoder": True,
            "clip.has_audio_encoder": audio,
            "clip.vision.projection_dim": width,
        },
        [Tensor("mm.0.weight", (64,))],
    )


def split_gguf(count: int, **options: Any) -> list[bytes]:
    """A chat model in `count` shards: the first has all keys, the others only their numbers."""
    whole = {
        "general.architecture": "qwen3",
        "general.name": "Split",
        "qwen3.block_count": 2,
        "qwen3.context_length": 32768,
        "split.count": Typed(U16, count),
    }
    shards = []
    for number in range(count):
        keys = {**(whole if number == 0 else {}), "split.no": Typed(U16, number)}
        shards.append(gguf(keys, [Tensor(f"blk.{number}.weight", (1024,))], **options))
    return shards


def safetensors(
    shapes: Mapping[str, Sequence[int]], *, dtype: str = "BF16", width: int = 2, seed: bytes = b"\1"
) -> bytes:
    """A whole safetensors file with tensors of these shapes."""
    rows: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, shape in shapes.items():
        end = offset + prod(shape) * width
        rows[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    head = json.dumps(rows).encode()
    return struct.pack("<Q", len(head)) + head + (seed * (offset // len(seed) + 1))[:offset]
