"""Models on this machine: what a header says of one, and where it was found.

Plain values that the stores fill, `fit` computes with and `inventory` prints. Sizes are bytes,
parameters are counted one by one, contexts are tokens. None means unknown, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Attention:
    """What a key-value cache is computed from, layer by layer."""

    kv_heads: tuple[int, ...]
    """Key-value heads of each layer; 0 for one that keeps no cache."""
    key_length: int
    value_length: int
    """Numbers of one head. 0 for a model that keeps keys alone (multi-head latent attention)."""
    window: int | None = None
    """Tokens that a sliding-window layer keeps."""
    windowed: tuple[bool, ...] = ()
    """Which layers slide; () for none."""
    state_bytes: int = 0
    """Bytes of recurrent state for one sequence (hybrid models)."""
    windowed_key_length: int | None = None
    """Numbers of one key in a sliding-window layer, where they differ from `key_length`."""
    windowed_value_length: int | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model's own header or config says."""

    kind: str = "chat"
    """chat | embedding | reranker | projector | adapter | draft | image | other"""
    architecture: str | None = None
    name: str | None = None
    family: str | None = None
    parameters: int | None = None
    active_parameters: int | None = None
    """Those read for each token; None for a dense model, whose every parameter is."""
    quantisation: str | None = None
    context: int | None = None
    embedding: int | None = None
    vocabulary: int | None = None
    attention: Attention | None = None
    tools: bool | None = None
    thinking: bool | None = None
    vision: bool | None = None
    audio: bool | None = None


@dataclass(frozen=True, slots=True)
class FoundModel:
    """One model in one store."""

    store: str
    """huggingface | lmstudio | ollama | llamacpp | jan | gpt4all | ramalama | folder"""
    name: str
    """As that store shows it."""
    format: str
    """gguf | safetensors | mlx | diffusers | unknown (only a server told of it)"""
    files: tuple[str, ...]
    """Absolute paths of its files (all shards), as the store names them: links are not followed,
    because servers find shards and projectors by their names. () for a model that is not here."""
    size_bytes: int
    served_as: str | None = None
    """The name its server serves it under."""
    name_source: str | None = None
    """server | manifest | path | guess: where `served_as` is from."""
    content: str | None = None
    """The digest of its bytes, where its store knows it: sha256:..."""
    print: str | None = None
    """The same for the same bytes: sizes, and digests of a few samples of each file."""
    projector: str | None = None
    """The file that gives it eyes, when there is one beside it."""
    facts: ModelFacts = field(default_factory=ModelFacts)
    local: bool = True
    """False for what a store lists though it runs elsewhere (cloud models)."""
    incomplete: tuple[str, ...] = ()
    """What is missing, in words: shards, an unfinished download."""
    roles: tuple[str, ...] = ()
    """Engines of the packaged catalog that it can be."""
    folder: str | None = None
    """The folder that is the model, for safetensors and diffusers."""
    server: str | None = None
    """The kind of the running server that offers it; None when none does."""
    copies: tuple[FoundModel, ...] = ()
    """The same content elsewhere."""
    reclaimable_bytes: int = 0
    """What deleting all copies but one would free; hard and symbolic links are no copies."""


@dataclass(frozen=True, slots=True)
class StoreReport:
    """What one look into one store gave. A store that fails says why and keeps what it has."""

    store: str
    roots: tuple[str, ...]
    models: tuple[FoundModel, ...] = ()
    problems: tuple[str, ...] = ()
    """One line each: permission_denied, not_a_folder, stopped_at_limit, ... and the path."""
    unfinished: tuple[tuple[str, int], ...] = ()
    """Downloads that were cut off: path and bytes."""
