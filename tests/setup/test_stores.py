"""Every store's layout, byte for byte: found, named, sized, and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import scan_cache_dir

from model_router.setup.found import StoreReport
from model_router.setup.stores import STORES, scan_stores
from model_router.setup.stores.huggingface import cache_root
from model_router.setup.stores.llamacpp import root as llamacpp_root
from model_router.setup.stores.look import Look
from tests.support.fake_home import COMMIT, OLDER, FakeHome, put, sha256
from tests.support.gguf_files import chat_gguf, projector_gguf, safetensors, split_gguf

MODEL = chat_gguf()
CONFIG = json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}).encode()


def names(report: StoreReport) -> list[str]:
    return [model.name for model in report.models]


def missing(report: StoreReport) -> list[tuple[str, ...]]:
    return [model.incomplete for model in report.models]


@pytest.mark.parametrize(("links", "shared"), [(True, False), (True, True), (False, False)])
def test_the_hub_cache(fake: FakeHome, look: Any, links: bool, shared: bool) -> None:
    """Links into blobs, a store shared by repositories, and plain files are one layout to us."""
    fake.huggingface(
        "acme/Fix-8B-GGUF", {"Fix-8B-Q4_K_M.gguf": MODEL, "README.md": b"hi"},
        links=links, shared=shared,
    )  # fmt: skip
    report = look("huggingface")
    [model] = report.models
    assert model.name == model.served_as == "acme/Fix-8B-GGUF:Q4_K_M"
    assert (model.format, model.size_bytes, model.incomplete) == ("gguf", len(MODEL), ())
    assert model.content == (f"sha256:{sha256(MODEL)}" if links else None)
    assert os.path.basename(model.files[0]) == "Fix-8B-Q4_K_M.gguf"
    assert report.problems == ()


def test_a_repository_without_an_owner_and_other_kinds(fake: FakeHome, look: Any) -> None:
    """Old names have no owner; datasets and spaces are no models."""
    fake.huggingface("gpt2", {"config.json": CONFIG, "model.safetensors": safetensors({"a": [4]})})
    put(fake.hub / "datasets--acme--d" / "snapshots" / COMMIT / "x.gguf", MODEL)
    put(fake.hub / "version.txt", "1")
    assert names(look("huggingface")) == ["gpt2"]


def test_sharded_safetensors(fake: FakeHome, look: Any) -> None:
    """All shards of the index count; those that are not there are told."""
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    files = {"config.json": CONFIG, "model.safetensors.index.json": json.dumps(index).encode()}
    part = safetensors({"a": [8, 8]})
    fake.huggingface("acme/whole", files | dict.fromkeys(index["weight_map"].values(), part))
    fake.huggingface("acme/half", files | {"model-1.safetensors": part})
    half, whole = look("huggingface").models
    assert (whole.format, whole.size_bytes, whole.incomplete) == ("safetensors", 2 * len(part), ())
    assert half.incomplete == ("1 of 2 shards missing",)
    assert whole.folder is not None
    assert whole.folder.endswith(COMMIT)


def test_pickles_and_configs_alone_are_no_models(fake: FakeHome, look: Any) -> None:
    """A repository of which only the tokenizer was fetched cannot serve anything."""
    fake.huggingface("acme/tokens", {"config.json": CONFIG, "tokenizer.json": b"{}"})
    fake.huggingface("acme/old", {"config.json": CONFIG, "pytorch_model.bin": b"x" * 99})
    assert names(look("huggingface")) == []


def test_diffusers(fake: FakeHome, look: Any) -> None:
    """A pipeline is one model, whatever lies in its folders."""
    part = safetensors({"w": [4, 4]})
    fake.huggingface(
        "acme/paint",
        {"model_index.json": b"{}", "unet/config.json": CONFIG,
         "unet/diffusion_pytorch_model.safetensors": part, "vae/model.safetensors": part,
         "vae/config.json": CONFIG},
    )  # fmt: skip
    [model] = look("huggingface").models
    assert (model.name, model.format, model.size_bytes) == (
        "acme/paint",
        "diffusers",
        2 * len(part),
    )


def test_older_revisions(fake: FakeHome, look: Any) -> None:
    """The revision of refs/main comes first; an older one is told only if it is other files."""
    fake.huggingface("acme/m", {"m-Q8_0.gguf": MODEL})
    fake.huggingface("acme/m", {"m-Q8_0.gguf": chat_gguf("old")}, commit=OLDER, current=False)
    fake.huggingface("acme/same", {"m-Q8_0.gguf": MODEL})
    fake.huggingface("acme/same", {"m-Q8_0.gguf": MODEL}, commit=OLDER, current=False)
    assert names(look("huggingface")) == [
        "acme/m:Q8_0", f"acme/m@{OLDER[:7]}:Q8_0", "acme/same:Q8_0",
    ]  # fmt: skip


def test_broken_links_and_unfinished_downloads(fake: FakeHome, look: Any) -> None:
    """A link whose blob is gone is an incomplete model; what was cut off is told with its size."""
    folder = fake.huggingface("acme/gone", {"m-Q8_0.gguf": MODEL})
    (folder / "m-Q8_0.gguf").resolve().unlink()
    cut = fake.unfinished("acme/cut", 1234)
    report = look("huggingface")
    assert missing(report) == [("1 of 1 files lead nowhere",)]
    assert report.unfinished == ((str(cut), 1234),)


def test_several_quantisations_are_several_models(fake: FakeHome, look: Any) -> None:
    """Each by its label; where labels repeat, by its path."""
    fake.huggingface("acme/m", {"m-Q4_0.gguf": MODEL, "m-Q8_0.gguf": chat_gguf("b")})
    fake.huggingface("acme/n", {"a/n-Q8_0.gguf": MODEL, "b/n-Q8_0.gguf": chat_gguf("b")})
    assert names(look("huggingface")) == [
        "acme/m:Q4_0", "acme/m:Q8_0", "acme/n:a/n-Q8_0", "acme/n:b/n-Q8_0",
    ]  # fmt: skip


def test_shards_of_a_gguf(fake: FakeHome, look: Any) -> None:
    """One model of all shards; one that is absent is said."""
    first, second = split_gguf(2)
    pair = {"m-Q8_0-00001-of-00002.gguf": first, "m-Q8_0-00002-of-00002.gguf": second}
    fake.huggingface("acme/pair", pair)
    fake.huggingface("acme/first", {"m-Q8_0-00001-of-00002.gguf": first})
    one, two = look("huggingface").models
    assert (two.name, len(two.files)) == ("acme/pair:Q8_0", 2)
    assert one.incomplete == ("1 of 2 shards missing",)


@pytest.mark.parametrize(
    ("environ", "root"),
    [
        ({"HF_HUB_CACHE": "~/a", "HF_HOME": "/b"}, "HOME/a"),
        ({"HUGGINGFACE_HUB_CACHE": "/c"}, "/c"),
        ({"HF_HOME": "/b", "XDG_CACHE_HOME": "/x"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"HF_HOME": "  "}, "HOME/.cache/huggingface/hub"),
    ],
)
def test_where_the_hub_cache_is(environ: dict[str, str], root: str) -> None:
    """The first variable that is set decides."""
    assert cache_root(Look("/home/x", environ)) == root.replace("HOME", "/home/x")


def test_what_huggingface_hub_says_of_the_cache(fake: FakeHome, look: Any) -> None:
    """Its own scan finds the same repositories, files and sizes."""
    fake.huggingface("acme/a", {"a-Q8_0.gguf": MODEL, "a-Q4_0.gguf": chat_gguf("four")})
    fake.huggingface(
        "acme/b", {"config.json": CONFIG, "model.safetensors": safetensors({"a": [9]})}
    )
    theirs = scan_cache_dir(fake.hub)
    assert not theirs.warnings
    expected = {
        (repo.repo_id, str(file.file_path), file.size_on_disk)
        for repo in theirs.repos for revision in repo.revisions for file in revision.files
        if file.file_name.endswith((".gguf", ".safetensors"))
    }  # fmt: skip
    found = look("huggingface").models
    assert expected == {
        (model.name.partition(":")[0], path, os.path.getsize(path))
        for model in found for path in model.files
    }  # fmt: skip


def test_lm_studio(fake: FakeHome, look: Any) -> None:
    """PUBLISHER/REPO/file, named as its server would: a guess until the server says."""
    fake.lmstudio("acme/Fix-GGUF", {"Fix-Q8_0.gguf": MODEL})
    fake.lmstudio("acme/two", {"a-Q4_0.gguf": MODEL, "a-Q8_0.gguf": chat_gguf("b"),
                               "mmproj-F16.gguf": projector_gguf()})  # fmt: skip
    put(fake.home / ".lmstudio" / "models" / "stray.gguf", MODEL)
    put(fake.home / ".lmstudio" / "models" / "a" / "b" / "c" / "deep.gguf", MODEL)
    put(fake.home / ".lmstudio" / "models" / "acme" / "cut" / "x.gguf.part", b"123")
    report = look("lmstudio")
    assert [(m.name, m.served_as) for m in report.models] == [
        ("acme/Fix-GGUF/Fix-Q8_0", "acme/fix-gguf"),
        ("acme/two/a-Q4_0", "acme/two@q4_0"),
        ("acme/two/a-Q8_0", "acme/two@q8_0"),
        ("acme/two/mmproj-F16", "acme/two@f16"),
    ]
    assert {m.name_source for m in report.models} == {"guess"}
    assert [size for _, size in report.unfinished] == [3]


def test_where_lm_studio_keeps_models(fake: FakeHome, look: Any) -> None:
    """Its pointer file, its older folder, and the folder that its settings name."""
    older = fake.home / ".cache" / "lm-studio"
    fake.lmstudio("a/older", {"a.gguf": MODEL}, root=older / "models")
    assert names(look("lmstudio")) == ["a/older/a"]
    elsewhere = fake.home / "elsewhere"
    fake.lmstudio("a/pointed", {"a.gguf": MODEL}, root=elsewhere / "models")
    put(fake.home / ".lmstudio-home-pointer", str(elsewhere))
    assert names(look("lmstudio")) == ["a/pointed/a"]
    fake.lmstudio("a/set", {"a.gguf": MODEL}, root=fake.home / "big")
    put(elsewhere / "settings.json", json.dumps({"downloadsFolder": "~/big"}))
    assert names(look("lmstudio")) == ["a/set/a"]
    put(elsewhere / "settings.json", "{broken")
    assert names(look("lmstudio")) == ["a/pointed/a"]


def test_mlx_in_lm_studio(fake: FakeHome, look: Any) -> None:
    """A folder with config.json and weights is one model."""
    files = {"config.json": CONFIG, "model.safetensors": safetensors({"a": [4]})}
    fake.lmstudio("mlx-community/Q-4bit", files)
    assert names(look("lmstudio")) == ["mlx-community/Q-4bit"]


def test_ollama(fake: FakeHome, look: Any) -> None:
    """Names as Ollama shows them, sizes and digests of the manifest, and the projector."""
    fake.ollama("qwen3:8b", MODEL, config={"model_family": "qwen3", "model_type": "8.2B",
                                           "file_type": "Q4_K_M"})  # fmt: skip
    fake.ollama("someone/tuned:latest", chat_gguf("t"), projector=projector_gguf())
    fake.ollama("hf.co/acme/m-GGUF:Q8_0", chat_gguf("h"))
    report = look("ollama")
    assert names(report) == ["hf.co/acme/m-GGUF:Q8_0", "qwen3:8b", "someone/tuned:latest"]
    _, plain, seeing = report.models
    assert plain.content == f"sha256:{sha256(MODEL)}"
    assert (plain.size_bytes, plain.served_as, plain.name_source) == (
        len(MODEL), "qwen3:8b", "manifest",
    )  # fmt: skip
    assert (plain.facts.family, plain.facts.parameters) == ("qwen3", 8_200_000_000)
    assert seeing.projector is not None
    assert Path(seeing.projector).read_bytes() == projector_gguf()


def test_cloud_models_of_ollama(fake: FakeHome, look: Any) -> None:
    """They are listed, but are not here."""
    fake.ollama("big:cloud", None, config={"remote_host": "https://x", "remote_model": "big"})
    [model] = look("ollama").models
    assert (model.local, model.size_bytes, model.files) == (False, 0, ())


def test_older_blobs_of_ollama(fake: FakeHome, look: Any) -> None:
    """Old installations kept the colon in the names of blobs."""
    fake.ollama("old:7b", MODEL, separator=":")
    [model] = look("ollama").models
    assert (model.incomplete, len(model.files)) == ((), 1)
    assert Path(model.files[0]).is_file()


def test_ollama_elsewhere(fake: FakeHome, look: Any) -> None:
    """OLLAMA_MODELS names the folder; else the service's own folder is looked into, too."""
    fake.ollama("mine:1b", MODEL, root=fake.home / "o")
    environ = {"OLLAMA_MODELS": str(fake.home / "o")}
    assert names(look("ollama", environ=environ)) == ["mine:1b"]
    service = fake.root / "usr" / "share" / "ollama" / ".ollama" / "models"
    fake.ollama("served:1b", MODEL, root=service)
    assert names(look("ollama")) == ["served:1b"]


def test_damaged_manifests(fake: FakeHome, look: Any) -> None:
    """Each is one line; a digest that leads out of the store is none; blobs may be gone."""
    fake.ollama("good:1b", MODEL)
    gone = fake.ollama("gone:1b", chat_gguf("gone"))
    digest = json.loads(gone.read_text())["layers"][0]["digest"].replace(":", "-")
    (fake.ollama_root / "blobs" / digest).unlink()
    folder = gone.parents[1] / "bad"
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../../x"}
    for tag, text in (("json", "{"), ("list", "[]"), ("out", json.dumps({"layers": [layer]}))):
        put(folder / tag, text)
    put(fake.ollama_root / "blobs" / f"sha256-{'0' * 64}-partial", b"1234")
    report = look("ollama")
    assert missing(report) == [("1 blobs missing",), ()]
    assert len(report.problems) == 3
    assert [size for _, size in report.unfinished] == [4]


def test_llama_cpp(fake: FakeHome, look: Any) -> None:
    """The flat folder of older versions; notes and unfinished files beside models are none."""
    path = fake.llamacpp("acme", "m-GGUF", "m-Q8_0.gguf", MODEL)
    put(path.with_name("x.gguf.downloadInProgress"), b"12")
    report = look("llamacpp")
    assert names(report) == ["acme_m-GGUF_m-Q8_0"]
    assert [size for _, size in report.unfinished] == [2]


def test_llama_cpp_with_the_hubs_layout(fake: FakeHome, look: Any) -> None:
    """LLAMA_CACHE may name a folder of either layout; the hub's own cache is not told twice."""
    own = fake.home / "own"
    fake.huggingface("acme/m", {"m-Q8_0.gguf": MODEL}, hub=own)
    assert names(look("llamacpp", environ={"LLAMA_CACHE": str(own)})) == ["acme/m:Q8_0"]
    fake.huggingface("acme/n", {"m-Q8_0.gguf": MODEL})
    assert names(look("llamacpp", environ={"LLAMA_CACHE": str(fake.hub)})) == []


@pytest.mark.parametrize(
    ("system", "root"),
    [
        ("linux", "/home/x/.cache/llama.cpp"),
        ("darwin", "/home/x/Library/Caches/llama.cpp"),
        ("windows", "/local/llama.cpp"),
    ],
)
def test_where_llama_cpp_keeps_models(system: str, root: str) -> None:
    """Each system has its own place."""
    assert llamacpp_root(Look("/home/x", {"LOCALAPPDATA": "/local"}, system)) == root


def test_jan(fake: FakeHome, look: Any) -> None:
    """model.yml names the file and its eyes; a file that is gone is said."""
    fake.jan("janhq/Jan-v1-4B", MODEL, projector=projector_gguf())
    fake.jan("gone", MODEL).unlink()
    put(fake.home / ".local/share/Jan/data/llamacpp/models/empty/model.yml", "name: x\n")
    report = look("jan")
    gone, model = report.models
    assert (model.name, model.served_as) == ("janhq/Jan-v1-4B", "janhq/Jan-v1-4B")
    assert model.projector is not None
    assert Path(model.projector).is_file()
    assert gone.incomplete == ("the model's file is missing",)
    assert len(report.problems) == 1


def test_jan_elsewhere(fake: FakeHome, look: Any) -> None:
    """Its settings name another folder."""
    fake.jan("m", MODEL)
    data = fake.home / ".local/share/Jan/data"
    data.rename(fake.home / "jandata")
    settings = json.dumps({"data_folder": str(fake.home / "jandata")})
    put(fake.home / ".local/share/Jan/settings.json", settings)
    assert names(look("jan")) == ["m"]


def test_gpt4all(fake: FakeHome, look: Any) -> None:
    """The program's folder and the Python package's."""
    fake.gpt4all("m-Q4_0.gguf", MODEL)
    put(fake.home / ".cache" / "gpt4all" / "n.gguf", MODEL)
    put(fake.home / ".cache" / "gpt4all" / "incomplete-o.gguf.part", b"1")
    report = look("gpt4all")
    assert names(report) == ["m-Q4_0", "n"]
    assert len(report.unfinished) == 1


def test_ramalama(fake: FakeHome, look: Any) -> None:
    """A tag leads to a snapshot; files from Ollama have no ending."""
    fake.ramalama("huggingface/acme/m", "latest", "m.gguf", MODEL)
    fake.ramalama("ollama/library/qwen3", "8b", "qwen3", chat_gguf("q"))
    report = look("ramalama")
    assert names(report) == ["huggingface/acme/m:latest", "ollama/library/qwen3:8b"]
    assert missing(report) == [(), ()]


def test_plain_folders(fake: FakeHome, look: Any, tmp_path: Path) -> None:
    """Usual folders are looked into; named ones, too, and one that is not there is a problem."""
    put(fake.home / "models" / "a" / "m.gguf", MODEL)
    put(fake.home / "models" / ".hidden" / "h.gguf", MODEL)
    put(tmp_path / "named" / "n.gguf", chat_gguf("n"))
    put(tmp_path / "named" / "hf" / "config.json", CONFIG)
    put(tmp_path / "named" / "hf" / "model.safetensors", safetensors({"a": [2]}))
    report = look("folder", models_dirs=(str(tmp_path / "named"), str(tmp_path / "nowhere")))
    assert names(report) == ["hf", "n", "a/m"]
    assert report.problems == (f"not_there: {tmp_path / 'nowhere'}",)


def test_a_store_that_fails_stands_alone(fake: FakeHome, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a store raises becomes its own problem; all others are told."""
    from model_router.setup.stores import ollama

    def broken(look: Look) -> StoreReport:
        raise RuntimeError("out of order")

    monkeypatch.setattr(ollama, "scan", broken)
    fake.gpt4all("m.gguf", MODEL)
    reports = scan_stores(Look(str(fake.home), {}, "linux", (), str(fake.root)))
    assert [report.store for report in reports] == list(STORES)
    assert reports[0].problems == ("failed: RuntimeError: out of order",)
    assert sum(len(report.models) for report in reports) == 1


ROOTS = {
    "huggingface": ".cache/huggingface/hub", "lmstudio": ".lmstudio/models",
    "ollama": ".ollama/models/manifests", "llamacpp": ".cache/llama.cpp",
    "jan": ".local/share/Jan/data/llamacpp/models", "gpt4all": ".local/share/nomic.ai/GPT4All",
    "ramalama": ".local/share/ramalama/store", "folder": "models",
}  # fmt: skip


@pytest.mark.parametrize("store", STORES)
def test_a_store_that_is_a_file(fake: FakeHome, look: Any, store: str) -> None:
    """One line says so."""
    put(fake.home / ROOTS[store], b"not a folder")
    report = look(store)
    assert report.models == ()
    assert [line.partition(":")[0] for line in report.problems] == ["not_a_folder"]


@pytest.mark.parametrize("store", STORES)
def test_a_store_full_of_circles(fake: FakeHome, look: Any, store: str) -> None:
    """Links that lead up or to themselves are walked once at most."""
    root = fake.home / ROOTS[store]
    (root / "models--a--b" / "snapshots" / "c" / "d").mkdir(parents=True)
    for folder in [root, *(path for path in root.rglob("*") if path.is_dir())]:
        (folder / "up").symlink_to(root)
        (folder / "self").symlink_to(folder / "self")
        (folder / "m.gguf").symlink_to(folder / "m.gguf")
    report = look(store)
    assert all(model.incomplete for model in report.models)


@pytest.mark.parametrize("store", STORES)
def test_an_unreadable_store(
    fake: FakeHome, look: Any, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """permission_denied and the folder: nothing is tried to get around it."""
    root = fake.home / ROOTS[store]
    root.mkdir(parents=True)
    real = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).startswith(str(root)):  # tests may run as a user whom no right stops
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert look(store).problems == (f"permission_denied: {root}",)
