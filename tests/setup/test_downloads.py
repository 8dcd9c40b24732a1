"""Plans: what they hold, that they stay what they were, and what the cache has of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_router.setup.catalog_file import load_model_catalog
from model_router.setup.downloads import (
    Item,
    Plan,
    PlanError,
    Wanted,
    equivalent,
    merged,
    missing,
    missing_bytes,
    plan_data,
    plan_from,
    plan_hash,
    planned,
    present,
    room_needed,
)
from model_router.setup.hub_cache import discard, free_bytes, snapshot_path
from model_router.setup.next_steps import next_step, via
from tests.support.hub import COMMIT, sha256

CATALOG = load_model_catalog()


def item(*files: Wanted, revision: str | None = COMMIT) -> Item:
    """Files of one repository."""
    return Item("acme/fix-GGUF", revision, files)


def put(cache: Path, path: str, content: bytes, repo: str = "acme/fix-GGUF") -> str:
    """A file as the hub's client leaves it: a blob and a link to it."""
    place = Path(snapshot_path(str(cache), repo, COMMIT, path))
    blob = place.parents[2] / "blobs" / sha256(content)
    blob.parent.mkdir(parents=True, exist_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(content)
    place.symlink_to(os.path.relpath(blob, place.parent))
    return str(place)


def test_a_pinned_row_gives_a_pinned_plan() -> None:
    """Commit, paths, sizes and sums come from the catalog; the projector only for vision."""
    model = CATALOG.get("qwen3.5-4b")
    assert model is not None
    plain, seeing = planned(model, ("simple",)), planned(model, ("simple", "vision"))
    assert [one.path for one in plain[0].files] == ["Qwen3.5-4B-Q4_K_M.gguf"]
    assert [one.path for one in seeing[0].files][1] == "mmproj-F16.gguf"
    assert plain[0].pinned
    assert plain[0].bytes == 2_740_937_888


def test_a_row_without_a_commit_gives_a_plan_that_is_not_pinned() -> None:
    """Also where a path is only a pattern, or a size only about right."""
    assert not item(Wanted("a.gguf", 1, None), revision=None).pinned
    assert not item(Wanted("*.gguf", 1, None, pattern=True)).pinned
    assert not item(Wanted("a.gguf", 1, None, exact=False)).pinned
    assert not item(Wanted("a.gguf", None, None)).pinned
    assert not item().pinned


def test_a_model_of_several_repositories_takes_them_all() -> None:
    """An image model's text encoder and decoder come from other repositories."""
    model = CATALOG.get("flux.2-klein-4b")
    assert model is not None
    assert len({one.repo for one in planned(model, ("image_generation",))}) == 3


def test_the_hash_stands_for_what_is_fetched() -> None:
    """Any change of repository, commit, path, size or sum changes it; routes and notes do not."""
    base = item(Wanted("a.gguf", 5, "0" * 64))
    same = Item(base.repo, base.revision, base.files, routes=("simple",), remarks=("x",))
    others = [
        item(Wanted("b.gguf", 5, "0" * 64)),
        item(Wanted("a.gguf", 6, "0" * 64)),
        item(Wanted("a.gguf", 5, "1" * 64)),
        item(Wanted("a.gguf", 5, "0" * 64), revision="1" * 40),
        Item("acme/other", COMMIT, base.files),
    ]
    hashes = {plan_hash(Plan((one,))) for one in (base, same, *others)}
    assert plan_hash(Plan((base,))) == plan_hash(Plan((same,)))
    assert len(hashes) == 6


def test_a_plan_survives_a_file() -> None:
    """Every model of the catalog: to JSON and back gives an equal plan."""
    for model in CATALOG.models:
        plan = Plan(planned(model, ("vision", "coding")), "2026.11")
        assert plan_from(json.loads(json.dumps(plan_data(plan)))) == plan


def test_a_changed_plan_is_refused() -> None:
    """Somebody swapped the repository; the hash tells."""
    data = plan_data(Plan((item(Wanted("a.gguf", 5, None)),)))
    data["items"][0]["repo"] = "evil/fix-GGUF"
    with pytest.raises(PlanError, match="plan_hash"):
        plan_from(data)


@pytest.mark.parametrize(
    "path",
    ["pytorch_model.bin", "a.PT", "x/../../y.gguf", "/etc/passwd", "a//b.gguf", "c:\\x.gguf"],
)
def test_pickles_and_paths_that_lead_out_are_refused(path: str) -> None:
    """Even when the hash is right."""
    plan = Plan((item(Wanted(path, 5, None)),))
    with pytest.raises(PlanError, match="not fetched"):
        plan_from(plan_data(plan))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(JSON)
def test_junk_is_no_plan(value: object) -> None:
    """Whatever a file holds, it is a plan or one clear error."""
    with pytest.raises(PlanError):
        plan_from(value)


@given(st.data())
def test_a_plan_with_one_value_replaced(data: st.DataObject) -> None:
    """Whatever stands in one place of a real plan, it is a plan or one clear error."""
    good = plan_data(Plan((item(Wanted("a.gguf", 5, "0" * 64)),)))
    target = data.draw(st.sampled_from([good, good["items"][0], good["items"][0]["files"][0]]))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(JSON)
    try:
        plan_from(good)
    except PlanError:
        return


def test_the_equivalent_command() -> None:
    """Paths and commit when they are known, patterns when not."""
    assert equivalent(item(Wanted("a b.gguf", 5, None))) == (
        f"hf download acme/fix-GGUF 'a b.gguf' --revision {COMMIT}"
    )
    loose = item(Wanted("*Q4.gguf", None, None, pattern=True), revision=None)
    assert equivalent(loose) == "hf download acme/fix-GGUF --include '*Q4.gguf'"


def test_what_is_missing(tmp_path: Path) -> None:
    """A file is there in its size or it is missing; room asks for 2 % more."""
    plan = Plan((item(Wanted("a.gguf", 3, None), Wanted("b.gguf", 1000, None)),))
    assert missing_bytes(plan, str(tmp_path)) == 1003
    put(tmp_path, "a.gguf", b"abc")
    assert missing_bytes(plan, str(tmp_path)) == 1000
    assert room_needed(plan, str(tmp_path)) == 1020
    put(tmp_path, "b.gguf", b"short")
    assert [one.path for one in missing(plan.items[0], str(tmp_path))] == ["b.gguf"]


def test_unknown_sizes_are_not_summed() -> None:
    """A plan with one size unknown has no sum."""
    plan = Plan((item(Wanted("a.gguf", 3, None), Wanted("b.gguf", None, None)),))
    assert missing_bytes(plan, "/nonexistent") is None
    assert room_needed(plan, "/nonexistent") is None


def test_present_means_every_byte(tmp_path: Path) -> None:
    """Right size and wrong bytes is not present; a plan without a commit never is."""
    good = Plan((item(Wanted("a.gguf", 3, sha256(b"abc"))),))
    assert not present(good, str(tmp_path))
    place = put(tmp_path, "a.gguf", b"abc")
    assert present(good, str(tmp_path))
    Path(os.path.realpath(place)).write_bytes(b"abd")
    assert not present(good, str(tmp_path))
    assert present(good, str(tmp_path), check_sums=False)
    assert not present(Plan(()), str(tmp_path))
    assert not present(Plan((item(Wanted("a.gguf", 3, None), revision=None),)), str(tmp_path))


def test_discarding_leaves_the_rest_alone(tmp_path: Path) -> None:
    """A wrong blob goes with its link; a sound one, which others may use, stays."""
    cache = tmp_path / "cache"
    sound, wrong = put(cache, "a.gguf", b"abc"), put(cache, "b.gguf", b"xyz")
    blob = os.path.realpath(wrong)
    Path(blob).write_bytes(b"xyy")
    discard(str(cache), wrong)
    discard(str(cache), sound)
    assert not os.path.lexists(wrong)
    assert not os.path.exists(blob)
    assert not os.path.lexists(sound)
    assert sorted(p.name for p in (cache / "models--acme--fix-GGUF/blobs").iterdir()) == [
        sha256(b"abc")
    ]


def test_discarding_never_leaves_the_cache(tmp_path: Path) -> None:
    """A link that leads out of the cache is removed, its target is not."""
    cache, outside = tmp_path / "cache", tmp_path / "mine.gguf"
    outside.write_bytes(b"mine")
    place = Path(snapshot_path(str(cache), "acme/fix-GGUF", COMMIT, "a.gguf"))
    place.parent.mkdir(parents=True)
    place.symlink_to(outside)
    discard(str(cache), str(place))
    assert outside.read_bytes() == b"mine"
    assert not os.path.lexists(place)


def test_files_of_one_commit_are_asked_for_once() -> None:
    """Two models that share a repository make one item."""
    one = item(Wanted("a.gguf", 1, None))
    two = Item("acme/fix-GGUF", COMMIT, (Wanted("a.gguf", 1, None), Wanted("b.gguf", 2, None)),
               routes=("vision",))  # fmt: skip
    (both,) = merged([one, two])
    assert [file.path for file in both.files] == ["a.gguf", "b.gguf"]
    assert both.routes == ("vision",)


def test_free_bytes_of_a_cache_that_is_not_there_yet(tmp_path: Path) -> None:
    """The nearest folder above it tells."""
    assert free_bytes(str(tmp_path / "a" / "b" / "c")) is not None


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("llamacpp", "llama-server -m /c/models--acme--fix-GGUF/"),
        ("lmstudio", "lms import --symbolic-link /c/"),
        ("ollama", "ollama pull hf.co/acme/fix-GGUF:Q4_K_M"),
        ("vllm", "vllm does not serve GGUF"),
        ("mlx", "mlx does not serve GGUF"),
    ],
)
def test_what_each_server_needs_next(server: str, said: str) -> None:
    """The command, or what stands in its way."""
    one = Item("acme/fix-GGUF", COMMIT, (Wanted("a.gguf", 1, None),), quantisation="UD-Q4_K_M")
    assert next_step(one, server, "/c").startswith(said)
    assert via(one, server) == ("ollama" if server == "ollama" else "hf")


def test_a_projector_is_named_to_the_server() -> None:
    """llama.cpp needs it as a second file."""
    one = item(Wanted("a.gguf", 1, None), Wanted("mmproj-F16.gguf", 1, None))
    assert " --mmproj " in next_step(one, "llamacpp", "/c")
    assert next_step(one, "llamacpp", "/c").endswith("mmproj-F16.gguf")


def test_safetensors_go_to_servers_that_read_them() -> None:
    """vLLM by repository and commit, MLX by repository; not Ollama."""
    one = Item("acme/fix", COMMIT, (Wanted("model.safetensors", 1, None),), format="safetensors")
    assert next_step(one, "vllm", "/c") == f"vllm serve acme/fix --revision {COMMIT}"
    assert next_step(one, "mlx", "/c") == "mlx_lm.server --model acme/fix"
    assert via(one, "ollama") == "hf"
