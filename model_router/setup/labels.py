"""What names say of models: quantisation, shards, and the kind of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

FILE_TYPES: dict[int, str] = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
    17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
    23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M",
    30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE", 39: "NVFP4",
    40: "Q1_0",
}  # fmt: skip
"""Quantisations by `general.file_type`."""

GUESSED = 1024
"""The bit of `general.file_type` that says its writer guessed."""

_QUANT = re.compile(
    r"(?<![A-Za-z0-9])((?:UD-)?(?:I?Q\d_[A-Z0-9]+(?:_[A-Z]+)*|TQ\d_\d|MXFP4(?:_MOE)?|NVFP4|"
    r"BF16|F16|FP16|F32|FP32))(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_BITS = re.compile(r"(?<![A-Za-z0-9])(\d)-?bit(?![A-Za-z0-9])", re.IGNORECASE)
_SHARD = re.compile(r"^(?P<stem>.+)-(?P<number>\d{5})-of-(?P<total>\d{5})\.gguf$", re.IGNORECASE)
_SIZE = re.compile(
    r"(?<![A-Za-z0-9.])(?:(\d{1,3})x)?(\d{1,4}(?:\.\d{1,3})?)([BM])(?![A-Za-z0-9])", re.IGNORECASE
)
_ACTIVE = re.compile(r"(?<![A-Za-z0-9.])A(\d{1,3}(?:\.\d{1,3})?)B(?![A-Za-z0-9])", re.IGNORECASE)

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("projector", re.compile(r"mmproj", re.IGNORECASE)),
    ("other", re.compile(r"imatrix|whisper|(?<![a-z])tts(?![a-z])|vocoder", re.IGNORECASE)),
    ("draft", re.compile(r"(?:^|/|-)(?:mtp|eagle3|dflash|dspark)-", re.IGNORECASE)),
    ("reranker", re.compile(r"rerank", re.IGNORECASE)),
    ("embedding", re.compile(
        r"embed|(?<![a-z])(?:bge|gte|e5|minilm|mpnet)(?![a-z])", re.IGNORECASE)),
)  # fmt: skip


def quantisation_of(name: str) -> str | None:
    """The quantisation that a file's or a folder's name ends with, None when it names none."""
    found = _QUANT.findall(name)
    if found:
        label = str(found[-1]).upper()
        return {"FP16": "F16", "FP32": "F32"}.get(label, label)
    bits = _BITS.findall(name)
    return f"{bits[-1]}bit" if bits else None


def file_type_label(number: int) -> str | None:
    """The quantisation that `general.file_type` stands for; None for a number that is new."""
    return FILE_TYPES.get(number & ~GUESSED)


def parameters_of(label: str) -> int | None:
    """Parameters that a name or a size label gives: 8.2B, 350M, 8x7B. None when it gives none."""
    found = _SIZE.search(label)
    if found is None:
        return None
    unit = 10**9 if found[3] in "bB" else 10**6
    return round(int(found[1] or 1) * float(found[2]) * unit)


def active_of(label: str) -> int | None:
    """Active parameters that a name gives: A3B in Qwen3-30B-A3B."""
    found = _ACTIVE.search(label)
    return round(float(found[1]) * 10**9) if found else None


def kind_of(name: str) -> str | None:
    """The kind of a model that its name gives away, None when it looks like any other."""
    return next((kind for kind, pattern in _KINDS if pattern.search(name)), None)


class Weights(NamedTuple):
    """The files of one model."""

    stem: str
    """The name without the number of the shard and without .gguf."""
    files: tuple[str, ...]
    missing: tuple[str, ...] = ()
    """In words: the shards that are not there."""


def grouped(names: Iterable[str]) -> list[Weights]:
    """GGUF file names or paths by model: shards of one model together, in order."""
    whole: list[Weights] = []
    split: dict[tuple[str, int], dict[int, str]] = {}
    for name in sorted(names):
        found = _SHARD.match(name)
        if found is None:
            whole.append(Weights(name[: -len(".gguf")], (name,)))
        else:
            shards = split.setdefault((found["stem"], int(found["total"])), {})
            shards.setdefault(int(found["number"]), name)
    for (stem, total), shards in split.items():
        files = tuple(shards[number] for number in sorted(shards))
        whole.append(Weights(stem, files, _missing(shards, total)))
    return sorted(whole)


def _missing(shards: dict[int, str], total: int) -> tuple[str, ...]:
    absent = total - sum(1 <= number <= total for number in shards)
    return (f"{absent} of {total} shards missing",) if absent > 0 else ()
