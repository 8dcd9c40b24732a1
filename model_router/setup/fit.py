"""How much memory a model needs. Whole bytes, computed from its header or its catalog row.

    need = weights + kv + recurrent + compute + margin

Sources and checks of each term stand in docs/setup.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from model_router.setup.found import Attention, ModelFacts
from model_router.setup.model_catalog import CatalogModel

MIB = 1 << 20
GIB = 1 << 30
UBATCH = 512
"""Tokens that a server works on at once; its compute buffers grow with it."""
LEAST_COMPUTE = 256 * MIB
CONTEXT_STEPS = tuple(1024 * thousands for thousands in (4, 8, 16, 32, 64, 128, 256))

CACHE_TYPES = {"f16": (2, 1), "q8_0": (34, 32), "q4_0": (18, 32)}
"""Bytes of so many numbers in the key-value cache; quantised ones carry a scale per 32."""

BITS = {
    "F32": 32_000, "F16": 16_000, "BF16": 16_000, "Q8_0": 8_500, "Q6_K": 6_600, "Q5_K_M": 5_700,
    "Q4_K_M": 4_900, "Q3_K_M": 3_900, "Q2_K": 3_000, "MXFP4": 4_500, "MLX 4-bit": 4_500,
    "MLX 8-bit": 8_500,
}  # fmt: skip
"""Thousandths of a bit for each weight, averages over real files."""

UNKNOWN_KV = 163_840
"""Bytes a token where nothing says: the most of the known models under 30 billion parameters."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a model's memory depends on. `basis`: header | catalog | default."""

    weights: int
    compute: int
    kv_per_token: int = 0
    kv_fixed: int = 0
    """Bytes of the cache that do not grow with the context."""
    recurrent: int = 0
    context: int | None = None
    """The most tokens the model takes."""
    basis: str = "header"
    attention: Attention | None = None
    """When known, the cache is computed layer by layer instead of by `kv_per_token`."""


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes by purpose, at one context."""

    context: int
    weights: int
    kv: int
    recurrent: int
    compute: int
    margin: int = 0
    """Kept free beside the model; 0 where the budget has set it aside already."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv + self.recurrent + self.compute + self.margin


def cached(numbers: int, cache: str = "f16") -> int:
    """The bytes of so many numbers of a cache type, rounded up. KeyError for an unknown type."""
    size, per = CACHE_TYPES[cache]
    return -(-numbers * size // per)


def kv_bytes(
    attention: Attention, context: int, cache: str = "f16", sequences: int = 1, ubatch: int = UBATCH
) -> int:
    """The bytes of the key-value cache at `context` tokens, shared by `sequences` conversations."""
    kept = context
    if attention.window is not None:
        kept = min(context, _padded(attention.window * sequences + ubatch))
    full, sliding = _numbers(attention)
    return cached(full * context + sliding * kept, cache)


def kv_bytes_per_token(attention: Attention, cache: str = "f16") -> int:
    """The bytes that one more token of context costs: sliding layers are full and add nothing."""
    full, sliding = _numbers(attention)
    return cached(full + (sliding if attention.window is None else 0), cache)


def _numbers(attention: Attention) -> tuple[int, int]:
    """Numbers that the full layers and the sliding ones keep for one token."""
    slides = attention.windowed or (False,) * len(attention.kv_heads)
    pairs = list(zip(attention.kv_heads, slides, strict=True))
    key, value = attention.windowed_key_length, attention.windowed_value_length
    short = (attention.key_length if key is None else key) + (
        attention.value_length if value is None else value
    )
    full = sum(heads for heads, sliding in pairs if not sliding)
    sliding = sum(heads for heads, sliding in pairs if sliding)
    return full * (attention.key_length + attention.value_length), sliding * short


def recurrent_bytes(
    layers: int, conv: int, inner: int, groups: int, state: int, sequences: int = 1
) -> int:
    """The bytes of the state that recurrent layers keep, whatever the context."""
    one = (conv - 1) * (inner + 2 * groups * state) + state * inner
    return layers * sequences * 4 * one


def compute_bytes(vocabulary: int, embedding: int, ubatch: int = UBATCH) -> int:
    """The bytes of the buffers a server computes in, with flash attention."""
    return max(LEAST_COMPUTE, ubatch * (vocabulary + 2 * embedding) * 4)


def weight_bytes(parameters: int, quantisation: str) -> int:
    """The bytes of so many parameters, when no file says. KeyError for an unknown name."""
    return parameters * BITS[quantisation] // 8_000


def header_footprint(facts: ModelFacts, size: int) -> Footprint:
    """The footprint of files of `size` bytes that say `facts`; gaps are filled carefully."""
    attention = facts.attention
    known = facts.vocabulary is not None and facts.embedding is not None
    compute = (
        compute_bytes(facts.vocabulary or 0, facts.embedding or 0) if known else _guessed(size)
    )
    return Footprint(
        weights=size,
        compute=compute,
        kv_per_token=UNKNOWN_KV if attention is None else kv_bytes_per_token(attention),
        recurrent=0 if attention is None else attention.state_bytes,
        context=facts.context,
        basis="default" if attention is None else "header",
        attention=attention,
    )


def catalog_footprint(model: CatalogModel, *, vision: bool = False) -> Footprint | None:
    """The footprint of a catalog row; None when the size of its files is not known."""
    size = model.size(vision=vision)
    if model.memory is not None:
        return Footprint(model.memory, 0, context=None, basis="editorial")
    if size is None:
        return None
    known = model.kv_bytes_per_token is not None
    return Footprint(
        weights=size,
        compute=_guessed(size),
        kv_per_token=model.kv_bytes_per_token if known else UNKNOWN_KV,  # type: ignore[arg-type]
        context=model.context,
        basis="catalog" if known else "default",
    )


def need(footprint: Footprint, context: int, cache: str = "f16", margin: int = 0) -> Need:
    """What the model needs at `context` tokens."""
    if footprint.attention is not None:
        kv = kv_bytes(footprint.attention, context, cache)
    else:
        kv = cached((footprint.kv_per_token * context + footprint.kv_fixed) // 2, cache)
    return Need(context, footprint.weights, kv, footprint.recurrent, footprint.compute, margin)


def level(total: int, budget: int, beside: int = 0) -> str:
    """fits (a sixth of the budget is left) | tight | partial (with `beside` bytes of RAM) | no."""
    if total * 6 <= budget * 5:
        return "fits"
    if total <= budget:
        return "tight"
    return "partial" if total <= budget + beside and budget > 0 else "no"


def usable_context(footprint: Footprint, budget: int, cache: str = "f16") -> int:
    """The largest step of CONTEXT_STEPS that fits the budget and the model; 0 when none does."""
    most = footprint.context or CONTEXT_STEPS[0]
    steps = [step for step in CONTEXT_STEPS if step <= most] or [most]
    fitting = [step for step in steps if need(footprint, step, cache).total <= budget]
    return fitting[-1] if fitting else 0


def _padded(cells: int) -> int:
    return -(-cells // 256) * 256


def _guessed(weights: int) -> int:
    return max(LEAST_COMPUTE, weights // 20)
