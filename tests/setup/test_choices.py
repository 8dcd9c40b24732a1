"""What is offered for a route: from where, in which order, and what is left out."""

from __future__ import annotations

import pytest

from model_router.setup.choices import Choice, Surroundings, choices, named, usual
from model_router.setup.found import FoundModel, ModelFacts
from model_router.setup.running import Running
from model_router.setup.selections import CHOSEN_ROUTES

OLLAMA = "http://127.0.0.1:11434/v1"
NAMES = ("qwen3:14b", "qwen3:0.6b", "nomic-embed-text", "qwen3:4b", "qwen2.5-coder:7b",
         "qwen2.5vl:7b")  # fmt: skip
SERVED = Surroundings(servers=(Running("ollama", OLLAMA, True, NAMES),))


def found(name: str, store: str = "huggingface", **keys: object) -> FoundModel:
    """A whole GGUF model on disk; facts may be given by name."""
    facts = {key: keys.pop(key) for key in list(keys) if key in ModelFacts.__slots__}
    return FoundModel(
        store=store, name=name, format=str(keys.pop("format", "gguf")), files=(f"/m/{name}.gguf",),
        size_bytes=4_000_000_000, served_as=name, facts=ModelFacts(**facts),  # type: ignore[arg-type]
        **keys,  # type: ignore[arg-type]
    )  # fmt: skip


def names(route: str, around: Surroundings, mode: str = "local") -> list[str]:
    """The models offered, in order."""
    return [one.model for one in choices(route, mode, around)]


def test_a_server_s_models_find_their_routes() -> None:
    """The smallest rewrites, the largest reasons, a coder codes, who sees looks."""
    first = {route: (names(route, SERVED) or [None])[0] for route in CHOSEN_ROUTES}
    assert first == {
        "simple": "qwen3:0.6b", "balanced": "qwen3:4b", "reasoning": "qwen3:14b",
        "coding": "qwen2.5-coder:7b", "research": "qwen3:4b", "vision": "qwen2.5vl:7b",
        "image_generation": None,
    }  # fmt: skip


@pytest.mark.parametrize("route", CHOSEN_ROUTES)
def test_embedders_are_never_offered(route: str) -> None:
    """Nor anything else that does not chat, but for who draws."""
    assert "nomic-embed-text" not in names(route, SERVED)


def test_running_servers_come_first() -> None:
    """Then models on disk, then hosted ones, then downloads."""
    download = Choice("download", "llamacpp", "http://127.0.0.1:8080/v1", "fetched")
    around = Surroundings(
        servers=SERVED.servers, models=(found("disk-1b"),), downloads={"simple": (download,)}
    )
    sources = [one.source for one in choices("simple", "mix", around)]
    assert list(dict.fromkeys(sources)) == ["server", "disk", "hosted", "download"]
    assert "hosted" not in {one.source for one in choices("simple", "local", around)}
    assert {one.source for one in choices("simple", "hosted", around)} == {"hosted"}


def test_what_a_header_says_counts_for_more_than_a_name() -> None:
    """Size, context and tools are those of the file that the server serves."""
    model = found("tiny-0.5b", "ollama", server="ollama", parameters=70_000_000_000, context=8192)
    around = Surroundings(
        servers=(Running("ollama", OLLAMA, True, ("tiny-0.5b", "other-8b")),), models=(model,)
    )
    rows = {one.model: one for one in choices("reasoning", "local", around)}
    assert next(iter(rows)) == "tiny-0.5b"
    assert (rows["tiny-0.5b"].context, rows["tiny-0.5b"].source) == (8192, "server")
    assert len(rows) == 2


def test_a_model_in_two_places_is_offered_where_it_runs() -> None:
    """A copy in another store is no second choice."""
    copy = found("same", "lmstudio")
    first = found("same-8b", "ollama", server="ollama", copies=(copy,))
    around = Surroundings(servers=(Running("ollama", OLLAMA, True, ("same-8b",)),), models=(first,))
    assert [one.key for one in choices("balanced", "local", around)] == ["ollama:same-8b"]


@pytest.mark.parametrize(
    "model",
    [
        found("half-8b", incomplete=("1 of 2 shards missing",)),
        found("cloud-8b", "ollama", local=False),
        found("apple-8b", format="mlx"),
        found("eyes", kind="projector"),
        found("bert", kind="embedding"),
    ],
    ids=lambda model: model.name,
)
def test_what_cannot_be_served_here_is_not_offered(model: FoundModel) -> None:
    """Half downloads, models that run elsewhere, formats of another system, parts of models."""
    assert names("balanced", Surroundings(models=(model,))) == []


def test_tools_are_asked_of_those_who_need_them() -> None:
    """A model whose header says it has none neither codes nor searches; unknown may."""
    around = Surroundings(models=(found("plain-8b", tools=False), found("unknown-8b")))
    assert names("coding", around) == names("research", around) == ["unknown-8b"]
    assert set(names("balanced", around)) == {"plain-8b", "unknown-8b"}


def test_what_the_scan_advises_goes_first() -> None:
    """A model that the scan takes for a route's engine goes before one that it does not."""
    around = Surroundings(models=(
        found("a-1b", parameters=10**9, roles=("balanced_local",)),
        found("b-4b", parameters=4 * 10**9, roles=("fast_local", "balanced_local")),
    ))  # fmt: skip
    assert names("simple", around) == ["b-4b", "a-1b"]


def test_hosted_services_whose_key_is_set_come_first() -> None:
    """And each says which variable it needs."""
    around = Surroundings(keys=frozenset({"ANTHROPIC_API_KEY"}))
    rows = choices("reasoning", "hosted", around)
    assert rows[0].kind == "anthropic"
    assert all(one.needs_env and not one.local for one in rows)


def test_nothing_draws_unasked() -> None:
    """A painter on disk is offered and not taken; one that is served is."""
    painter = found("flux", kind="image", format="diffusers")
    on_disk = choices("image_generation", "local", Surroundings(models=(painter,),
                      kinds=frozenset({"localai"})))  # fmt: skip
    assert [one.model for one in on_disk] == ["flux"]
    assert usual("image_generation", on_disk) is None
    server = Running("localai", "http://127.0.0.1:8080/v1", True, ("flux-dev",))
    running = choices("image_generation", "local", Surroundings(servers=(server,)))
    assert usual("image_generation", running) == running[0]


def test_a_named_choice_has_the_usual_address() -> None:
    """Or the one that was given."""
    assert named("simple", "vllm", "m", Surroundings()).base_url == "http://127.0.0.1:8000/v1"
    around = Surroundings(urls={"vllm": "http://10.0.0.4:8000/v1"})
    there = named("simple", "vllm", "m", around)
    assert (there.base_url, there.local, there.source) == ("http://10.0.0.4:8000/v1", True, "named")
    assert named("simple", "anthropic", "m", Surroundings()).needs_env == ("ANTHROPIC_API_KEY",)
