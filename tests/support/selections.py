"""Selections to draw: any server, any name, any of the routes left out."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from model_router.backend_kinds import KINDS
from model_router.setup.selections import CHOSEN_ROUTES, Selection, engine_name

NAMES = st.one_of(
    st.sampled_from(["qwen3:4b", "a/b-GGUF:Q4_K_M", "null", "yes", "0x1f", "- x", "a: b # c", "'"]),
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40),
)
PATHS = st.sampled_from(["/nowhere/a.gguf", "~/.cache/huggingface/hub/x/y z.gguf", "/tmp/'\"\\"])
URLS = st.sampled_from(
    ["http://127.0.0.1:11434/v1", "http://127.0.0.1:8080/v1", "http://10.0.0.4:8000/v1",
     "https://api.example.com/v1", "http://[::1]:1234/v1"]
)  # fmt: skip


@st.composite
def selections(draw: Any) -> list[Selection]:
    """Some routes, each with one selection."""
    routes = draw(st.lists(st.sampled_from(CHOSEN_ROUTES), unique=True))
    return [draw(_selection(route)) for route in CHOSEN_ROUTES if route in routes]


@st.composite
def _selection(draw: Any, route: str) -> Selection:
    local = draw(st.booleans())
    return Selection(
        route=route,
        engine=engine_name(route, local),
        model=draw(NAMES),
        kind=draw(st.sampled_from(tuple(KINDS))),
        base_url=draw(URLS),
        context=draw(st.integers(1, 1_000_000_000)),
        tools=draw(st.booleans()),
        vision=draw(st.booleans()),
        local=local,
        needs_env=tuple(draw(st.lists(st.sampled_from(["A_KEY", "B_KEY"]), max_size=2))),
        needs_paths=tuple(draw(st.lists(PATHS, max_size=3))),
        remarks=tuple(draw(st.lists(st.text(max_size=30), max_size=2))),
    )
