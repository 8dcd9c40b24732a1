"""What a GGUF header says of a model, in the terms that setup works with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_router.setup.found import ModelFacts
from model_router.setup.gguf import GgufHeader
from model_router.setup.gguf_attention import attention
from model_router.setup.labels import active_of, file_type_label, kind_of
from model_router.setup.values import positive, text, whole

IMAGES = frozenset(
    ("flux", "sd1", "sd2", "sd3", "sdxl", "qwen_image", "lumina2", "wan", "hidream", "aura",
     "ltxv", "hyvid", "cosmos", "z_image", "pixart")
)  # fmt: skip
EMBEDDINGS = frozenset(
    ("bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "jina-bert-v3", "modern-bert",
     "neo-bert", "eurobert", "gemma-embedding", "t5encoder", "llama-embed")
)  # fmt: skip
OTHERS = frozenset(("whisper", "wavtokenizer-dec", "t5", "imatrix"))
RANKING = 4
"""The pooling type of rerankers."""

_TYPES = {"mmproj": "projector", "adapter": "adapter", "imatrix": "other", "vocab": "other"}


def gguf_facts(header: GgufHeader) -> ModelFacts:
    """What a header says of a model. A kind that only names tell is left at `chat`."""
    values = header.values
    arch = text(values.get("general.architecture"))
    kind = _kind(values, arch or "")
    total = header.parameters or None
    template = _template(values)
    file_type = whole(values.get("general.file_type"))
    return ModelFacts(
        kind=kind,
        architecture=arch,
        name=text(values.get("general.name")),
        family=text(values.get("general.basename")) or arch,
        parameters=total,
        active_parameters=_active(header, arch or ""),
        quantisation=None if file_type is None else file_type_label(file_type),
        context=positive(values.get(f"{arch}.context_length")),
        embedding=_width(values, arch or ""),
        vocabulary=_vocabulary(header, arch or ""),
        attention=attention(values),
        tools=None if template is None else "tools" in template,
        thinking=None if template is None else thinks(template),
        vision=_flag(values, "clip.has_vision_encoder"),
        audio=_flag(values, "clip.has_audio_encoder"),
    )


def thinks(template: str) -> bool:
    """Whether a chat template knows of thinking."""
    marks = ("<think", "enable_thinking", "reasoning_effort", "reasoning_content", "[THINK]")
    return any(mark in template for mark in marks)


def kind_of_architecture(arch: str) -> str | None:
    """The kind that an architecture can only be; None for those that chat."""
    if arch in IMAGES:
        return "image"
    if arch in EMBEDDINGS:
        return "embedding"
    return {"clip": "projector", **dict.fromkeys(OTHERS, "other")}.get(arch)


def _kind(values: Mapping[str, Any], arch: str) -> str:
    given = _TYPES.get(str(values.get("general.type", "")))
    if given is None and "adapter.type" in values:
        given = "adapter"
    pooling = whole(values.get(f"{arch}.pooling_type"))
    if given is None and pooling:
        given = "reranker" if pooling == RANKING else "embedding"
    named = kind_of(str(values.get("general.name", "")))
    return given or kind_of_architecture(arch) or named or "chat"


def _active(header: GgufHeader, arch: str) -> int | None:
    """Parameters that one token reads, for a model of many experts."""
    values = header.values
    count = positive(values.get(f"{arch}.expert_count"))
    used = positive(values.get(f"{arch}.expert_used_count"))
    if not count or not used or used >= count:
        return None
    if header.expert_parameters:
        return active_parameters(header.parameters, header.expert_parameters, used, count)
    return active_of(str(values.get("general.size_label", "")))


def active_parameters(total: int, experts: int, used: int, count: int) -> int:
    """Of `total` parameters those that are read when `used` of `count` experts are."""
    return total - experts + experts * used // count


def _width(values: Mapping[str, Any], arch: str) -> int | None:
    """Numbers that stand for one token. A projector's are those of the model it was made for."""
    if arch == "clip":
        return positive(values.get("clip.vision.projection_dim"))
    return positive(values.get(f"{arch}.embedding_length"))


def _vocabulary(header: GgufHeader, arch: str) -> int | None:
    tokens = header.lengths.get("tokenizer.ggml.tokens")
    return positive(tokens) or positive(header.values.get(f"{arch}.vocab_size"))


def _template(values: Mapping[str, Any]) -> str | None:
    """All chat templates in one text, None when there is none."""
    found = [str(value) for key, value in values.items() if key.startswith(
        "tokenizer.chat_template")]  # fmt: skip
    return "\n".join(found) if found else None


def _flag(values: Mapping[str, Any], key: str) -> bool | None:
    value = values.get(key)
    return bool(value) if isinstance(value, bool | int) else None
