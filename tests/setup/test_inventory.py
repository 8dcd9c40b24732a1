"""Every model once: by content, with copies, eyes, roles, and what could be freed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_router.setup.found import FoundModel, ModelFacts
from model_router.setup.inventory import Inventory, merged, take_inventory
from model_router.setup.roles import ROLES, roles_of
from model_router.setup.running import Running
from tests.support.alone import run_alone
from tests.support.fake_home import FakeHome, put
from tests.support.gguf_files import chat_gguf, projector_gguf, safetensors, split_gguf

MODEL = chat_gguf()
Take = Callable[..., Inventory]


def names(inventory: Inventory) -> list[str]:
    return [model.name for model in inventory.models]


def test_one_content_is_one_model(fake: FakeHome, inventory: Take) -> None:
    """A digest, the very file, or samples of it: copies in four stores are one model."""
    fake.huggingface("acme/m-GGUF", {"m-Q4_K_M.gguf": MODEL})
    fake.lmstudio("acme/m-GGUF", {"m-Q4_K_M.gguf": MODEL})
    fake.ollama("m:4b", MODEL)
    link = fake.home / "models" / "linked.gguf"
    link.parent.mkdir()
    os.link(fake.home / ".lmstudio/models/acme/m-GGUF/m-Q4_K_M.gguf", link)
    found = inventory()
    [model] = found.models
    assert (model.name, model.served_as) == ("m:4b", "m:4b")
    assert [copy.store for copy in model.copies] == ["lmstudio", "huggingface", "folder"]
    assert model.content is not None
    # Three files of their own: the hard link takes no room.
    assert model.reclaimable_bytes == found.reclaimable_bytes == 2 * len(MODEL)


def test_links_take_no_room(fake: FakeHome, inventory: Take) -> None:
    """A symbolic link to another store's file is the same file."""
    fake.lmstudio("acme/m", {"m-Q4_K_M.gguf": MODEL})
    link = fake.home / "models" / "m.gguf"
    link.parent.mkdir()
    link.symlink_to(fake.home / ".lmstudio/models/acme/m/m-Q4_K_M.gguf")
    [model] = inventory().models
    assert (len(model.copies), model.reclaimable_bytes) == (1, 0)


def test_like_is_not_the_same(fake: FakeHome, inventory: Take) -> None:
    """Two files of one size and header whose weights differ are two models."""
    fake.lmstudio("acme/m", {"m-Q4_K_M.gguf": MODEL})
    fake.gpt4all("m.gguf", chat_gguf(data=b"\x08"))
    assert len(inventory().models) == 2


def test_unfinished_downloads_can_be_freed(fake: FakeHome, inventory: Take) -> None:
    """Their bytes count, once, though two stores may look into one folder."""
    fake.unfinished("acme/cut", 5000)
    fake.environ["LLAMA_CACHE"] = str(fake.hub)
    assert inventory().reclaimable_bytes == 5000


def test_a_file_that_was_cut_is_not_whole(fake: FakeHome, inventory: Take) -> None:
    """Its header says how long it must be; it can serve nothing."""
    fake.gpt4all("m.gguf", MODEL[:-100])
    [model] = inventory().models
    assert model.incomplete == (f"the file ends at byte {len(MODEL) - 100} of {len(MODEL)}",)
    assert model.roles == ()


def test_whole_copies_come_first(fake: FakeHome, inventory: Take) -> None:
    """A copy without its last shard does not hide the whole one."""
    parts = split_gguf(2)
    shards = {f"m-0000{n + 1}-of-00002.gguf": part for n, part in enumerate(parts)}
    fake.lmstudio("acme/m", {"m-00001-of-00002.gguf": parts[0]})
    fake.huggingface("acme/m", shards)
    found = inventory()
    assert sorted(bool(model.incomplete) for model in found.models) == [False, True]
    whole = next(model for model in found.models if not model.incomplete)
    assert whole.facts.parameters == 2048


def test_projectors_go_to_models_that_they_fit(fake: FakeHome, inventory: Take) -> None:
    """The best of the folder, by the width that both name; F16 wins over others."""
    fake.huggingface("acme/see", {"see-Q4_K_M.gguf": MODEL, "mmproj-F16.gguf": projector_gguf(64)})
    fake.gpt4all("a.gguf", chat_gguf("a"))
    fake.gpt4all("mmproj-other.gguf", projector_gguf(999))
    blind, seeing = inventory().models
    assert (blind.name, blind.projector, blind.facts.vision) == ("a", None, False)
    assert (seeing.projector or "").endswith("mmproj-F16.gguf")
    assert "multimodal_vision" in seeing.roles


def test_a_projector_above_the_model(fake: FakeHome, inventory: Take) -> None:
    """Repositories keep shards of each quantisation in a folder of its own."""
    fake.huggingface("acme/s", {"Q4/s-Q4_K_M.gguf": MODEL, "mmproj-F16.gguf": projector_gguf(64)})
    [model] = inventory().models
    assert model.projector is not None


def test_facts_of_a_safetensors_model(fake: FakeHome, inventory: Take) -> None:
    """config.json, the template and the shapes of the weights."""
    config = {
        "model_type": "qwen3_vl", "architectures": ["Qwen3VLForConditionalGeneration"],
        "vision_config": {}, "torch_dtype": "bfloat16",
        "text_config": {"num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 16,
                        "num_key_value_heads": 2, "max_position_embeddings": 65536,
                        "num_experts": 8, "num_experts_per_tok": 2},
    }  # fmt: skip
    tensors = {"model.layers.0.mlp.experts.0.w": [40, 40], "embed": [10, 10]}
    fake.huggingface(
        "acme/seeing",
        {"config.json": json.dumps(config).encode(), "model.safetensors": safetensors(tensors),
         "tokenizer_config.json": json.dumps({"chat_template": "{{ tools }}"}).encode()},
    )  # fmt: skip
    [model] = inventory().models
    facts = model.facts
    assert (model.format, facts.kind, facts.vision, facts.tools) == (
        "safetensors", "chat", True, True,
    )  # fmt: skip
    assert (facts.parameters, facts.active_parameters) == (1700, 100 + 400)
    assert (facts.context, facts.quantisation) == (65536, "BF16")
    assert facts.attention is not None
    assert facts.attention.kv_heads == (2, 2)


def test_packed_weights_are_not_counted(fake: FakeHome, inventory: Take) -> None:
    """Of a quantised model the name tells the parameters, and config.json that it is for MLX."""
    config = {"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"],
              "quantization": {"bits": 4, "group_size": 64}}  # fmt: skip
    files = {"config.json": json.dumps(config).encode(),
             "model.safetensors": safetensors({"a": [8]}, dtype="U32", width=4)}  # fmt: skip
    fake.huggingface("acme/Qwen3-30B-A3B-4bit", files)
    [model] = inventory().models
    assert (model.format, model.facts.quantisation) == ("mlx", "4bit")
    assert model.facts.parameters == 30 * 10**9
    assert model.facts.active_parameters == 3 * 10**9


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"config.json": b'{"architectures": ["BertModel"]}'}, "embedding"),
        ({"config.json": b'{"architectures": ["X"]}', "modules.json": b"[]"}, "embedding"),
        ({"config.json": b'{"architectures": ["XForSequenceClassification"]}'}, "reranker"),
        ({"config.json": b'{"architectures": ["WhisperForConditionalGeneration"]}'}, "other"),
        ({"config.json": b"{}"}, "chat"),
    ],
)
def test_kinds_of_safetensors(
    fake: FakeHome, inventory: Take, files: dict[str, bytes], kind: str
) -> None:
    """What is not for chat serves no engine."""
    fake.huggingface("acme/m", files | {"model.safetensors": safetensors({"a": [4]})})
    [model] = inventory().models
    assert model.facts.kind == kind
    assert bool(model.roles) == (kind == "chat")


def test_junk_is_a_problem_not_a_model(fake: FakeHome, inventory: Take) -> None:
    """A line with the reason and the path; the rest is there."""
    put(fake.home / "models" / "junk.gguf", b"junk")
    put(fake.home / "models" / "short" / "model.safetensors", b"123")
    put(fake.home / "models" / "short" / "config.json", b"{}")
    put(fake.home / "models" / "odd" / "model.safetensors", safetensors({"a": [1]}))
    put(fake.home / "models" / "odd" / "config.json", b"[")
    put(fake.home / "models" / "good.gguf", MODEL)
    found = inventory()
    assert names(found) == ["good"]
    [report] = [report for report in found.stores if report.store == "folder"]
    assert len(report.problems) == 3
    assert all(line.startswith("unreadable (") for line in report.problems)


def test_much_junk_is_few_lines(fake: FakeHome, inventory: Take) -> None:
    """No store fills the screen."""
    for number in range(60):
        put(fake.home / "models" / f"{number}.gguf", b"junk")
    [report] = [report for report in inventory().stores if report.store == "folder"]
    assert (len(report.problems), report.problems[-1]) == (21, "and 40 more")


def test_a_folder_with_more_entries_than_the_limit(fake: FakeHome, inventory: Take) -> None:
    """It is left after 20,000, and every other store is told."""
    root = fake.home / "models"
    root.mkdir()
    for number in range(44):
        folder = root / f"d{number}"
        folder.mkdir()
        for inner in range(500):
            os.close(os.open(folder / str(inner), os.O_CREAT | os.O_WRONLY))
    fake.gpt4all("m.gguf", MODEL)
    found = inventory()
    [report] = [report for report in found.stores if report.store == "folder"]
    assert {line.partition(":")[0] for line in report.problems} == {"stopped_at_limit"}
    assert len(report.problems) <= 20
    assert names(found) == ["m"]


def test_the_order_is_the_same_every_time(fake: FakeHome, inventory: Take) -> None:
    """By name, whatever order the file system has."""
    for name in ("zeta", "Alpha", "mid"):
        fake.gpt4all(f"{name}.gguf", chat_gguf(name))
    first = inventory()
    assert names(first) == ["Alpha", "mid", "zeta"]
    assert inventory() == first


def test_only_the_cache_is_written(fake: FakeHome, inventory: Take) -> None:
    """A scan changes nothing of what it looks at."""
    fake.huggingface("acme/m", {"m-Q4_K_M.gguf": MODEL})
    fake.ollama("m:4b", MODEL)

    def tree() -> set[tuple[str, int]]:
        return {(str(p), p.lstat().st_mtime_ns) for p in fake.home.rglob("*")
                if "model-router" not in p.parts and p.name != ".cache"}  # fmt: skip

    before = tree()
    inventory(cache=False)
    assert not list(fake.home.rglob("headers-*"))
    inventory()
    assert len(list(fake.home.rglob("headers-*.json"))) == 1
    assert tree() == before


def server(kind: str, *models: str, offers: tuple[FoundModel, ...] = ()) -> Any:
    row = Running(kind, "http://127.0.0.1:1/v1", True, models, None, offers)
    return lambda: lambda: (row,)


def test_a_server_tells_the_name(fake: FakeHome, inventory: Take) -> None:
    """What it serves a model under replaces the guess, and such models come first."""
    fake.lmstudio("acme/Fix-8B-GGUF", {"Fix-8B-Q4_K_M.gguf": MODEL})
    fake.ollama("fix:8b", MODEL)
    [model] = inventory(ask=server("lmstudio", "fix-8b")).models
    assert (model.store, model.served_as) == ("lmstudio", "fix-8b")
    assert (model.name_source, model.server) == ("server", "lmstudio")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("llamacpp", "Fix-8B-Q4_K_M.gguf"),
        ("llamacpp", "acme/Fix-8B-GGUF:Q4_K_M"),
        ("llamacpp", "PATH"),
    ],
)
def test_names_of_llama_cpp(fake: FakeHome, inventory: Take, kind: str, name: str) -> None:
    """It serves a model as its path, its file, or its repository."""
    folder = fake.huggingface("acme/Fix-8B-GGUF", {"Fix-8B-Q4_K_M.gguf": MODEL})
    served = name.replace("PATH", str(folder / "Fix-8B-Q4_K_M.gguf"))
    [model] = inventory(ask=server(kind, served)).models
    assert (model.served_as, model.server) == (served, kind)


def test_a_part_of_a_name_matches_nothing(fake: FakeHome, inventory: Take) -> None:
    """A model that only the server knows is a model of its own."""
    fake.ollama("qwen3:8b", MODEL)
    found = inventory(ask=server("ollama", "qwen3", "qwen3:8b-fast"))
    assert names(found) == ["qwen3", "qwen3:8b", "qwen3:8b-fast"]
    assert [model.server for model in found.models] == ["ollama", None, "ollama"]


def test_two_that_fit_stay_guesses(fake: FakeHome, inventory: Take) -> None:
    """Which of two quantisations a server means is not guessed."""
    fake.lmstudio("acme/m", {"m-Q4_0.gguf": MODEL, "m-Q8_0.gguf": chat_gguf("b")})
    found = inventory(ask=server("lmstudio", "m"))
    assert len(found.models) == 3
    assert {m.name_source for m in found.models if m.files} == {"guess"}


def test_models_that_only_a_server_tells_of(fake: FakeHome, inventory: Take) -> None:
    """Where the folder may not be read, the server's own words are all there is."""
    facts = ModelFacts(parameters=8 * 10**9, tools=True)
    offer = FoundModel("ollama", "far:8b", "unknown", (), 123, "far:8b", "server", facts=facts,
                       server="ollama")  # fmt: skip
    [model] = inventory(ask=server("ollama", "far:8b", offers=(offer,))).models
    assert (model.files, model.facts, model.server) == ((), facts, "ollama")
    assert "balanced_local" in model.roles


def test_names_that_lm_studios_tool_told(fake: FakeHome, inventory: Take) -> None:
    """By the path below its models."""
    fake.lmstudio("acme/m", {"m-Q4_0.gguf": MODEL})
    [model] = inventory(told={"acme/m/m-Q4_0.gguf": "acme/m-key"}).models
    assert (model.served_as, model.name_source) == ("acme/m-key", "server")


B = 10**9
CASES: list[tuple[str, ModelFacts, set[str]]] = [
    ("small", ModelFacts(parameters=B), {"fast_local"}),
    ("4B", ModelFacts(parameters=4 * B, context=262144, tools=True, thinking=True),
     {"fast_local", "balanced_local", "reasoning_local", "code_agent", "web_research"}),
    ("dense 27B", ModelFacts(parameters=27 * B, context=262144, tools=True),
     {"balanced_local", "reasoning_local", "code_agent", "web_research"}),
    ("30B-A3B", ModelFacts(parameters=30 * B, active_parameters=3 * B, context=262144),
     {"fast_local", "balanced_local", "reasoning_local", "code_agent"}),
    ("short context", ModelFacts(parameters=30 * B, context=8192, tools=True), {"balanced_local"}),
    ("qwen2.5-coder:1.5b", ModelFacts(parameters=1500 * 10**6, context=32768, tools=False),
     {"fast_local", "code_agent"}),
    ("seeing", ModelFacts(parameters=2 * B, vision=True), {"fast_local", "multimodal_vision"}),
    ("paint", ModelFacts(kind="image"), {"image_generation"}),
    ("embed", ModelFacts(kind="embedding", parameters=B), set()),
    ("draft", ModelFacts(kind="draft", parameters=B), set()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "facts", "roles"), CASES, ids=[case[0] for case in CASES])
def test_roles(name: str, facts: ModelFacts, roles: set[str]) -> None:
    """What a model could be used for, by its facts."""
    model = FoundModel("folder", name, "gguf", ("/x",), 1, facts=facts)
    assert set(roles_of(model)) == roles
    assert roles_of(replace(model, incomplete=("x",))) == ()
    assert roles_of(replace(model, local=False)) == ()


def test_roles_are_engines_of_the_packaged_catalog() -> None:
    """No role is named that the catalog does not have."""
    from model_router.catalog import load_catalog, packaged_catalog_path

    engines = load_catalog(packaged_catalog_path()).engines
    assert {*ROLES, "image_generation"} <= set(engines)


def test_groups_that_meet_later_become_one() -> None:
    """A third model that shares something with two joins them."""
    a = FoundModel("ollama", "a", "gguf", (), 1, content="sha256:x")
    b = FoundModel("lmstudio", "b", "gguf", (), 1, print="print:y")
    c = FoundModel("folder", "c", "gguf", (), 1, content="sha256:x", print="print:y")
    [one] = merged([a, b, c])
    assert {one.name, *(copy.name for copy in one.copies)} == {"a", "b", "c"}


def test_nothing_heavy_is_loaded(fake: FakeHome) -> None:
    """An inventory needs neither the hub's library, nor a validator, nor YAML."""
    code = (
        "import json, sys\nfrom model_router.setup.inventory import take_inventory\n"
        "take_inventory(json.load(sys.stdin), {}, ask=None)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = set(run_alone(code, str(fake.home)))
    heavy = {"huggingface_hub", "httpx", "pydantic", "psutil", "yaml", "numpy", "gguf", "click"}
    assert not heavy & loaded


def test_a_home_that_is_not_there(tmp_path: Path) -> None:
    """Nothing, and no error."""
    found = take_inventory(str(tmp_path / "nobody"), {}, root=str(tmp_path), ask=None, cache=False)
    assert found.models == ()
    assert not any(report.problems for report in found.stores)
