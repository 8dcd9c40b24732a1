"""Choices as selections: ports, contexts, and the commands that come first."""

from __future__ import annotations

from dataclasses import replace

from model_router.setup.choices import Choice
from model_router.setup.placement import placed, selection, selections, start_command, steps

URL = "http://127.0.0.1:8080/v1"
A = Choice("disk", "llamacpp", URL, "a", files=("/m/a one.gguf",))
B = Choice("disk", "llamacpp", URL, "b", files=("/m/b.gguf",))
SERVED = Choice("server", "ollama", "http://127.0.0.1:11434/v1", "c")


def test_each_model_of_its_own_server_gets_a_port() -> None:
    """Two models have two, one model for two routes has one, and taken ones are passed over."""
    found = placed({"simple": A, "balanced": B, "reasoning": A, "vision": None}, {8080, 8082})
    urls = [one.base_url if one else None for one in found.values()]
    assert urls == ["http://127.0.0.1:8081/v1", "http://127.0.0.1:8083/v1",
                    "http://127.0.0.1:8081/v1", None]  # fmt: skip


def test_servers_with_many_models_stay_where_they_are() -> None:
    """Ollama and LM Studio have one address, and so has everything that runs."""
    running = replace(A, source="server")
    assert placed({"simple": SERVED, "balanced": running}, {8080}) == {
        "simple": SERVED, "balanced": running,
    }  # fmt: skip


def test_the_command_serves_what_the_catalog_names() -> None:
    """Its file, its name, its port and the context that the catalog counts on."""
    one = replace(A, context=8192, projector="/m/eyes.gguf")
    assert start_command(one) == (
        "llama-server -m '/m/a one.gguf' --mmproj /m/eyes.gguf --alias a --port 8080 -c 8192"
        " --jinja"
    )
    assert selection("simple", one).context == 8192
    assert start_command(replace(SERVED, source="disk")) == (
        "OLLAMA_CONTEXT_LENGTH=32768 ollama serve"
    )


def test_contexts_are_what_is_usually_loaded() -> None:
    """A model made for a million tokens is not counted on for them."""
    assert selection("simple", replace(SERVED, context=1_000_000)).context == 32_768
    assert selection("simple", replace(SERVED, context=None)).context == 32_768


def test_a_download_waits_for_its_files() -> None:
    """Its paths are required, the command that fetches it comes first, each command once."""
    one = replace(A, source="download", fetch="fetch it")
    assert selection("simple", one).needs_paths == ("/m/a one.gguf",)
    assert selection("simple", A).needs_paths == ()
    assert steps({"simple": one, "balanced": one})[0] == "fetch it"
    assert len(steps({"simple": one, "balanced": one})) == 2


def test_where_nothing_is_here_nothing_waits() -> None:
    """Waiting leaves work to something else; without that every prompt would go to a person."""
    one = replace(A, source="download", fetch="fetch it")
    assert [row.needs_paths for row in selections({"simple": one, "balanced": one})] == [(), ()]
    beside = selections({"simple": one, "balanced": B})
    assert [row.needs_paths for row in beside] == [("/m/a one.gguf",), ()]


def test_hosted_engines_do_not_call_themselves_local() -> None:
    """The names tell where a text goes."""
    far = Choice("hosted", "anthropic", "https://api.anthropic.com/v1", "m", needs_env=("K",))
    rows = selections({"simple": far, "coding": far, "vision": None, "balanced": SERVED})
    assert [(row.engine, row.local) for row in rows] == [
        ("fast_hosted", False), ("code_agent", False), ("balanced_local", True),
    ]  # fmt: skip
    assert steps({"simple": far}) == ("export K=...",)
