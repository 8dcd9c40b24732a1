"""The servers we know, by the name that a backend's `kind` gives: where they listen, what differs.

A kind only fills in what a backend does not say itself.
"""

from __future__ import annotations

from typing import NamedTuple


class BackendKind(NamedTuple):
    """What is true of a kind of server."""

    about: str
    base_url: str | None = None
    api_key_env: str | None = None
    loads_by_name: bool = False
    """It would fetch or load whatever model it is asked for, so only configured names are sent."""
    loaded_path: str | None = None
    """Where it says which models are in memory, from the server's root."""


KINDS: dict[str, BackendKind] = {
    "openai-compatible": BackendKind("Any server that speaks the OpenAI wire."),
    "lmstudio": BackendKind("LM Studio.", "http://127.0.0.1:1234/v1", None, True, "/api/v0/models"),
    "ollama": BackendKind("Ollama.", "http://127.0.0.1:11434/v1", loaded_path="/api/ps"),
    "llamacpp": BackendKind(
        "llama-server of llama.cpp.", "http://127.0.0.1:8080/v1", loaded_path="/models"
    ),
    "localai": BackendKind("LocalAI.", "http://127.0.0.1:8080/v1", None, True),
    "vllm": BackendKind("vLLM.", "http://127.0.0.1:8000/v1"),
    "mlx": BackendKind("mlx_lm.server.", "http://127.0.0.1:8080/v1", None, True),
    "openrouter": BackendKind("OpenRouter.", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "hosted-openai-compatible": BackendKind(
        "OpenAI, or a hosted service like it.", "https://api.openai.com/v1", "OPENAI_API_KEY"
    ),
    "anthropic": BackendKind(
        "Anthropic through its OpenAI layer.", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"
    ),
    "gemini": BackendKind(
        "Gemini through its OpenAI layer.",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
    ),
}
