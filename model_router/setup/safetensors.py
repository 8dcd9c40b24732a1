"""Models kept as safetensors: what their headers and their config.json say.

Nothing of a weight is read. A file that is not what its name says raises SafetensorsError.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

from model_router.errors import ModelRouterError
from model_router.setup.config_attention import attention
from model_router.setup.found import ModelFacts
from model_router.setup.gguf_facts import active_parameters, thinks
from model_router.setup.values import mapping, positive, text

MOST_HEADER = 32_000_000
MOST_CONFIG = 4_000_000
MOST_INDEX = 32_000_000
MOST_WEIGHTS = 2**48

EMBEDDERS = ("modules.json", "config_sentence_transformers.json")
"""Files that only models for embeddings have."""


class SafetensorsError(ModelRouterError, ValueError):
    """A file of a safetensors model cannot be read. The message says what is wrong."""


class Tensors(NamedTuple):
    """What one file holds."""

    parameters: int
    expert_parameters: int
    least_size: int
    """Bytes that the file must have to be whole."""


def read_safetensors(path: str) -> Tensors:
    """Count one file's weights by its header. Raises SafetensorsError and OSError."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise SafetensorsError(f"truncated at byte {size}")
        if length > MOST_HEADER:
            raise SafetensorsError(f"a header of {length} bytes: at most {MOST_HEADER} make sense")
        rows = _json(file.read(length))
    return _counted(rows, 8 + length)


def _counted(rows: Mapping[str, Any], start: int) -> Tensors:
    total = experts = end = 0
    for name, row in rows.items():
        if name == "__metadata__" or not isinstance(row, Mapping):
            continue
        weights = _weights(row.get("shape"))
        total += weights
        if ".experts." in name or "switch_mlp" in name:
            experts += weights
        offsets = row.get("data_offsets")
        if isinstance(offsets, list) and len(offsets) == 2:
            end = max(end, positive(offsets[1], 2**60) or 0)
    return Tensors(total, experts, start + end)


def _weights(shape: Any) -> int:
    if not isinstance(shape, list) or len(shape) > 16:
        raise SafetensorsError("a tensor without a shape")
    sizes = [side if isinstance(side, int) and 0 <= side <= MOST_WEIGHTS else -1 for side in shape]
    weights = prod(sizes)
    if -1 in sizes or weights > MOST_WEIGHTS:
        raise SafetensorsError("a tensor whose shape makes no sense")
    return weights


def _json(data: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError, MemoryError):
        raise SafetensorsError("its JSON cannot be read") from None
    if not isinstance(value, Mapping):
        raise SafetensorsError("its JSON is no object")
    return value


def read_json(path: str, most: int = MOST_CONFIG) -> Mapping[str, Any]:
    """The object in a JSON file. Raises SafetensorsError and OSError."""
    try:
        with open(path, "rb") as file:
            data = file.read(most + 1)
    except ValueError:
        raise SafetensorsError(f"{path!a} is no path") from None
    if len(data) > most:
        raise SafetensorsError(f"{os.path.basename(path)} is longer than {most} bytes")
    return _json(data)


def shards_of(folder: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The weight files that the index of `folder` names, and what of them is missing, in words."""
    index = read_json(os.path.join(folder, "model.safetensors.index.json"), MOST_INDEX)
    names = {name for name in mapping(index.get("weight_map")).values() if isinstance(name, str)}
    paths = [os.path.join(folder, name) for name in sorted(names) if name == os.path.basename(name)]
    there = tuple(path for path in paths if os.path.exists(path))
    absent = len(names) - len(there)
    return there, (f"{absent} of {len(names)} shards missing",) if absent else ()


def is_mlx(config: Mapping[str, Any], name: str) -> bool:
    """Whether a model is made for MLX."""
    return "bits" in mapping(config.get("quantization")) or "mlx" in name.lower()


def quantised(config: Mapping[str, Any]) -> str | None:
    """The quantisation that config.json names; None for a model in 16 or 32 bits."""
    for key in ("quantization", "quantization_config"):
        row = mapping(config.get(key))
        bits = positive(row.get("bits"), 16)
        method = text(row.get("quant_method"), 40)
        if bits or method:
            return f"{bits}bit" if bits and not method else f"{method}" + (
                f"-{bits}bit" if bits else "")  # fmt: skip
    return None


def config_facts(folder: str) -> ModelFacts:
    """What the files beside the weights say of the model in `folder`; its parameters not.

    Raises SafetensorsError and OSError when config.json cannot be read.
    """
    config = read_json(os.path.join(folder, "config.json"))
    inner = mapping(config.get("text_config")) or mapping(config.get("llm_config")) or config
    template = _template(folder)
    return ModelFacts(
        kind=_kind(config, folder),
        architecture=text(config.get("model_type")) or text(inner.get("model_type")),
        family=text(config.get("model_type")),
        quantisation=quantised(config) or _dtype(config, inner),
        context=positive(inner.get("max_position_embeddings")),
        embedding=positive(inner.get("hidden_size")),
        vocabulary=positive(inner.get("vocab_size")),
        attention=attention(inner),
        tools=None if template is None else "tools" in template,
        thinking=None if template is None else thinks(template),
        vision="vision_config" in config or "vision_tower" in config,
        audio="audio_config" in config,
    )


def with_tensors(facts: ModelFacts, tensors: Tensors, config: Mapping[str, Any]) -> ModelFacts:
    """`facts` with the parameters that were counted, unless the weights are packed."""
    if quantised(config) is not None or not tensors.parameters:
        return facts
    from dataclasses import replace

    return replace(
        facts, parameters=tensors.parameters, active_parameters=_active(facts, tensors, config)
    )


def _active(facts: ModelFacts, tensors: Tensors, config: Mapping[str, Any]) -> int | None:
    inner = mapping(config.get("text_config")) or config
    counts = (positive(inner.get(key)) for key in ("num_experts", "num_local_experts",
              "n_routed_experts"))  # fmt: skip
    count = next((number for number in counts if number), None)
    used = positive(inner.get("num_experts_per_tok"))
    if not count or not used or used >= count or not tensors.expert_parameters:
        return facts.active_parameters
    return active_parameters(tensors.parameters, tensors.expert_parameters, used, count)


_DTYPES = {"bfloat16": "BF16", "float16": "F16", "float32": "F32"}


def _dtype(config: Mapping[str, Any], inner: Mapping[str, Any]) -> str | None:
    given = config.get("torch_dtype") or config.get("dtype") or inner.get("torch_dtype")
    return _DTYPES.get(str(given))


def _kind(config: Mapping[str, Any], folder: str) -> str:
    names = config.get("architectures")
    made = " ".join(map(str, names)) if isinstance(names, list) else ""
    if "SequenceClassification" in made:
        return "reranker"
    if any(os.path.exists(os.path.join(folder, file)) for file in EMBEDDERS):
        return "embedding"
    if "Whisper" in made or "Wav2Vec" in made or "TTS" in made:
        return "other"
    chats = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
    return "chat" if not made or any(word in made for word in chats) else "embedding"


def _template(folder: str) -> str | None:
    """The chat template, of the two places where it can be; None when there is none."""
    try:
        with open(os.path.join(folder, "chat_template.jinja"), "rb") as file:
            return file.read(MOST_CONFIG).decode("utf-8", "replace")
    except OSError:
        pass
    try:
        given = read_json(os.path.join(folder, "tokenizer_config.json")).get("chat_template")
    except (OSError, SafetensorsError):
        return None
    return json.dumps(given) if isinstance(given, str | list) else None
