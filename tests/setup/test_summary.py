"""What choices come to: who answers, who waits for what, and what is left to do."""

from __future__ import annotations

from model_router.catalog import parse_catalog
from model_router.setup.choices import Choice
from model_router.setup.placement import selections
from model_router.setup.summary import PERSON, READY, WAITING, notes, rows, to_do
from model_router.setup.writer import catalog_text

SERVED = Choice("server", "ollama", "http://127.0.0.1:11434/v1", "small")
ON_DISK = Choice("disk", "lmstudio", "http://127.0.0.1:1234/v1", "big")
FETCHED = Choice("download", "llamacpp", "http://127.0.0.1:8080/v1", "eyes", files=("/m/e.gguf",),
                 vision=True, fetch="fetch eyes")  # fmt: skip
HOSTED = Choice("hosted", "anthropic", "https://api.anthropic.com/v1", "far", needs_env=("KEY",))
CHOSEN = {
    "simple": SERVED, "balanced": None, "reasoning": HOSTED, "coding": ON_DISK, "vision": FETCHED,
    "image_generation": None,
}  # fmt: skip
CATALOG = parse_catalog(catalog_text(selections(CHOSEN)))
OFF = {
    "multimodal_vision": ("path /m/e.gguf does not exist",),
    "reasoning_hosted": ("environment variable KEY is not set",),
}


def test_each_route_says_who_answers_and_how_it_stands() -> None:
    """Ready, waiting for something that is named, lent by a neighbour, or a person."""
    found = {row.route: row for row in rows(CHOSEN, CATALOG, OFF)}
    assert [(found[route].state, found[route].note) for route in CHOSEN] == [
        (READY, "ollama, running"),
        (WAITING, "reasoning_hosted stands in; KEY is not set"),
        (WAITING, "KEY is not set"),
        (WAITING, "start lmstudio"),
        (WAITING, "to be downloaded"),
        (PERSON, "a person is asked: no model was chosen"),
    ]
    assert found["balanced"].model == "far"


def test_what_is_left_to_do() -> None:
    """Keys, servers and downloads, in the order of the routes; nothing for what runs."""
    assert to_do(CHOSEN, OFF) == [
        "export KEY=...",
        "lms server start",
        "fetch eyes",
        "llama-server -m /m/e.gguf --alias eyes --port 8080 -c 32768 --jinja",
    ]


def test_what_is_done_is_no_longer_named() -> None:
    """Once the key is set and the files are here only servers are left to start."""
    assert to_do(CHOSEN, {}) == [
        "lms server start",
        "llama-server -m /m/e.gguf --alias eyes --port 8080 -c 32768 --jinja",
    ]
    found = {row.route: row.note for row in rows(CHOSEN, CATALOG, {})}
    assert found["vision"] == "downloaded; start its server"
    assert found["reasoning"] == "anthropic, https://api.anthropic.com/v1"


def test_ollama_s_short_context_is_told() -> None:
    """Only where Ollama serves something."""
    assert "OLLAMA_CONTEXT_LENGTH=32768" in notes(CHOSEN)[0]
    assert notes({"simple": ON_DISK, "balanced": None}) == []
