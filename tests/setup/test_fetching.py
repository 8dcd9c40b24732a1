"""Carrying out a plan against a hub on loopback: what arrives, what breaks, what is left behind."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_router.setup.downloads import Item, Plan, Wanted, present
from model_router.setup.fetching import Fetched, execute
from model_router.setup.hub import HubError, Listing, asker, fetcher, pinned
from tests.support.hub import COMMIT, Hub, Repo, sha256

library = pytest.importorskip("huggingface_hub")
RESUMES = int(library.__version__.split(".")[0]) >= 2
"""Older versions give up at the first cut, keep an .incomplete file and go on from it next time."""

NAME = "acme/fix-GGUF"


@pytest.fixture
def hub(body: bytes) -> Iterator[Hub]:
    """One repository with two quantisations and a small file."""
    files = {"fix-Q4_K_M.gguf": body, "fix-Q8_0.gguf": body * 2, "README.md": b"hello"}
    with Hub({NAME: Repo(files, small=frozenset(["README.md"]))}) as server:
        yield server


@pytest.fixture
def cache(tmp_path: Path) -> str:
    """A cache that is not there yet."""
    return str(tmp_path / "home" / ".cache" / "huggingface" / "hub")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's client waits longer and longer between its tries."""
    monkeypatch.setattr("time.sleep", lambda _: None)


def plan_of(body: bytes, **changes: object) -> Plan:
    """A pinned plan for one file."""
    wanted = {"path": "fix-Q4_K_M.gguf", "size": len(body), "sha256": sha256(body), **changes}
    return Plan((Item(NAME, COMMIT, (Wanted(**wanted),)),))  # type: ignore[arg-type]


def run(plan: Plan, cache: str, hub: Hub) -> list[Fetched]:
    """Carry the plan out."""
    return list(execute(plan, cache, fetcher(cache, {"HF_ENDPOINT": hub.url}, bars=False)))


def left(cache: str) -> list[str]:
    """Files of the cache that look like models, or are parts that nobody would go on with."""
    found = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(cache)
        for name in names
        if not {".locks", ".no_exist"} & set(folder.split(os.sep)) and name != "CACHEDIR.TAG"
    ]
    return sorted(path for path in found if RESUMES or not path.endswith(".incomplete"))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's client waits longer and longer between its tries."""
    monkeypatch.setattr("time.sleep", lambda _: None)


def test_a_plan_is_carried_out(hub: Hub, cache: str, body: bytes) -> None:
    """The file is there, with the right bytes, where the plan says."""
    (one,) = run(plan_of(body), cache, hub)
    assert Path(one.place).read_bytes() == body
    assert not one.was_here
    assert present(plan_of(body), cache)


def test_a_second_run_finds_everything(hub: Hub, cache: str, body: bytes) -> None:
    """Nothing is asked of the hub."""
    run(plan_of(body), cache, hub)
    hub.seen.clear()
    (one,) = run(plan_of(body), cache, hub)
    assert one.was_here
    assert hub.seen == []


def test_only_the_cache_is_touched(hub: Hub, cache: str, body: bytes, tmp_path: Path) -> None:
    """Nothing else appears in the home folder, and the hub is asked for nothing else."""
    run(plan_of(body), cache, hub)
    files = [p for p in (tmp_path / "home").rglob("*") if p.is_file() or p.is_symlink()]
    assert all(str(path).startswith(cache) for path in files)
    assert {path.split("/")[1] for _, path in hub.seen} == {"acme", "cdn"}


def test_a_wrong_checksum_leaves_nothing(hub: Hub, cache: str, body: bytes) -> None:
    """A mirror that gives other bytes of the same number is found out."""
    hub.corrupt = True
    with pytest.raises(HubError, match="not the file it should be") as error:
        run(plan_of(body), cache, hub)
    assert error.value.code == "checksum"
    assert left(cache) == []
    hub.corrupt = False
    run(plan_of(body), cache, hub)
    assert present(plan_of(body), cache)


def test_a_file_that_went_bad_is_fetched_anew(hub: Hub, cache: str, body: bytes) -> None:
    """The second run reads what is here, byte for byte."""
    (one,) = run(plan_of(body), cache, hub)
    Path(os.path.realpath(one.place)).write_bytes(b"x" * len(body))
    (again,) = run(plan_of(body), cache, hub)
    assert not again.was_here
    assert Path(again.place).read_bytes() == body


def test_a_plan_with_a_wrong_sum_deletes_no_good_file(hub: Hub, cache: str, body: bytes) -> None:
    """What the hub serves under that name stays: another commit may use the same blob."""
    (one,) = run(plan_of(body), cache, hub)
    blob = os.path.realpath(one.place)
    with pytest.raises(HubError):
        run(plan_of(body, sha256="0" * 64), cache, hub)
    assert Path(blob).read_bytes() == body
    assert not present(plan_of(body), cache)


@pytest.mark.skipif(not RESUMES, reason="this huggingface_hub gives up at once")
@pytest.mark.parametrize("tenth", range(10))
def test_a_cut_is_resumed(hub: Hub, cache: str, body: bytes, tenth: int) -> None:
    """A connection broken once at any tenth of the file: the rest is asked for, all is right."""
    hub.cut_at, hub.cuts = len(body) * tenth // 10, 1
    (one,) = run(plan_of(body), cache, hub)
    assert Path(one.place).read_bytes() == body
    assert len(hub.bodies()) == 2


@pytest.mark.skipif(not RESUMES, reason="this huggingface_hub gives up at once")
@pytest.mark.parametrize("tenth", range(0, 10, 3))
def test_a_cut_without_ranges_starts_anew(hub: Hub, cache: str, body: bytes, tenth: int) -> None:
    """A server that knows no ranges sends everything again, and it is not appended."""
    hub.cut_at, hub.cuts, hub.ranges = len(body) * tenth // 10, 1, False
    (one,) = run(plan_of(body), cache, hub)
    assert Path(one.place).read_bytes() == body


@pytest.mark.parametrize("tenth", range(10))
def test_a_connection_that_stays_broken(hub: Hub, cache: str, body: bytes, tenth: int) -> None:
    """It ends in one error, and nothing is left that looks like a model; the next run succeeds."""
    hub.cut_at, hub.ranges = len(body) * tenth // 10, False
    with pytest.raises(HubError) as error:
        run(plan_of(body), cache, hub)
    assert error.value.code == "connection"
    assert left(cache) == []
    hub.cut_at = None
    run(plan_of(body), cache, hub)
    assert present(plan_of(body), cache)


def test_whole_files_are_kept_when_a_later_one_breaks(hub: Hub, cache: str, body: bytes) -> None:
    """The next run fetches only what is missing, and until then the plan is not present."""
    files = (
        Wanted("fix-Q4_K_M.gguf", len(body), sha256(body)),
        Wanted("fix-Q8_0.gguf", 2 * len(body), sha256(body * 2)),
    )
    plan = Plan((Item(NAME, COMMIT, files),))
    hub.cut_at, hub.ranges = len(body) + 10, False
    with pytest.raises(HubError):
        run(plan, cache, hub)
    assert not present(plan, cache)
    hub.cut_at = None
    assert [one.was_here for one in run(plan, cache, hub)] == [True, False]


def test_a_gated_repository(hub: Hub, cache: str, body: bytes) -> None:
    """Where to accept the licence is said."""
    hub.repos[NAME].gated = True
    with pytest.raises(HubError, match="gated") as error:
        run(plan_of(body), cache, hub)
    assert error.value.code == "gated"
    assert f"https://huggingface.co/{NAME}" in str(error.value.hint)
    assert "hf auth login" in str(error.value.hint)


@pytest.mark.parametrize("change", ["repo", "revision", "path"])
def test_what_does_not_exist(hub: Hub, cache: str, body: bytes, change: str) -> None:
    """A repository, a commit or a file that is gone is named."""
    good = plan_of(body).items[0]
    bad = {
        "repo": Item("acme/gone", COMMIT, good.files),
        "revision": Item(NAME, "1" * 40, good.files),
        "path": plan_of(body, path="gone.gguf").items[0],
    }[change]
    with pytest.raises(HubError) as error:
        run(Plan((bad,)), cache, hub)
    assert error.value.code == "not_found"
    assert left(cache) == []


def test_no_hub_at_all(cache: str, body: bytes) -> None:
    """What to check is said."""
    fetch = fetcher(cache, {"HF_ENDPOINT": "http://127.0.0.1:9"}, bars=False)
    with pytest.raises(HubError) as error:
        list(execute(plan_of(body), cache, fetch))
    assert error.value.code == "offline"


def test_no_hub_to_ask() -> None:
    """Pinning says so, and an address that is none is named."""
    loose = Plan((Item(NAME, None, (Wanted("*.gguf", None, None, pattern=True),)),))
    with pytest.raises(HubError, match="cannot be reached") as error:
        pinned(loose, asker({"HF_ENDPOINT": "http://127.0.0.1:9"}))
    assert error.value.code == "offline"
    with pytest.raises(HubError, match="HF_ENDPOINT is no address: hub"):
        asker({"HF_ENDPOINT": "hub"})


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk(
    hub: Hub, cache: str, body: bytes, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing fails in the middle: one error, nothing left, the cause named."""
    import huggingface_hub.file_download as client

    real = client.http_get

    def failing(url: str, temp_file: object, **options: object) -> None:
        temp_file.write(body[:1000])  # type: ignore[attr-defined]
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(client, "http_get", failing)
    with pytest.raises(HubError, match="disk is full") as error:
        run(plan_of(body), cache, hub)
    assert error.value.code == "disk_full"
    assert left(cache) == []
    monkeypatch.setattr(client, "http_get", real)
    run(plan_of(body), cache, hub)
    assert present(plan_of(body), cache)


def test_no_room_is_said_before_anything_is_fetched(hub: Hub, cache: str) -> None:
    """A file larger than the disk is not begun."""
    plan = Plan((Item(NAME, COMMIT, (Wanted("fix-Q8_0.gguf", 10**17, None),)),))
    with pytest.raises(HubError) as error:
        run(plan, cache, hub)
    assert error.value.code == "disk_full"
    assert hub.seen == []


def test_a_plan_that_is_not_pinned_is_not_carried_out(cache: str) -> None:
    """That is a mistake of the caller."""
    with pytest.raises(ValueError, match="pinned"):
        list(execute(Plan((Item(NAME, None, ()),)), cache, lambda *_: ""))


def test_pinning_asks_for_commit_sizes_and_sums(hub: Hub, body: bytes) -> None:
    """A pattern becomes a path; the sums of the listing are taken."""
    loose = Plan((Item(NAME, None, (Wanted("*Q4_K_M.gguf", None, None, pattern=True),)),))
    fixed = pinned(loose, asker({"HF_ENDPOINT": hub.url}))
    assert fixed.pinned
    assert fixed.items[0].revision == COMMIT
    assert fixed.items[0].files == (Wanted("fix-Q4_K_M.gguf", len(body), sha256(body)),)


def test_pinning_leaves_alone_what_is_pinned(hub: Hub, body: bytes) -> None:
    """Nobody is asked."""
    assert pinned(plan_of(body), asker({"HF_ENDPOINT": hub.url})) == plan_of(body)
    assert hub.seen == []


def test_a_file_that_is_not_the_catalogs_is_refused(hub: Hub) -> None:
    """The repository was changed since the catalog was made."""
    plan = Plan((Item(NAME, None, (Wanted("fix-Q4_K_M.gguf", None, "0" * 64),)),))
    with pytest.raises(HubError) as error:
        pinned(plan, asker({"HF_ENDPOINT": hub.url}))
    assert error.value.code == "changed"


def test_a_size_that_is_not_the_catalogs_is_said(hub: Hub) -> None:
    """It is the hub's that counts from there on, and the plan tells of the difference."""
    plan = Plan((Item(NAME, None, (Wanted("fix-Q4_K_M.gguf", 7, None),)),))
    fixed = pinned(plan, asker({"HF_ENDPOINT": hub.url}))
    assert any("7 bytes" in remark for remark in fixed.items[0].remarks)


def test_several_quantisations_are_not_taken_together(hub: Hub) -> None:
    """The person says which."""
    plan = Plan((Item(NAME, None, (Wanted("*.gguf", None, None, pattern=True),)),))
    with pytest.raises(HubError, match=r"fix-Q4_K_M\.gguf, fix-Q8_0\.gguf") as error:
        pinned(plan, asker({"HF_ENDPOINT": hub.url}))
    assert error.value.code == "ambiguous"


def test_all_shards_of_one_model_are_taken(hub: Hub, body: bytes) -> None:
    """They are one model in several files."""
    names = [f"big-Q4_K_M-{n:05d}-of-00003.gguf" for n in (1, 2, 3)]
    hub.repos["acme/big"] = Repo(dict.fromkeys(names, body))
    plan = Plan((Item("acme/big", None, (Wanted("*Q4_K_M*.gguf", None, None, pattern=True),)),))
    fixed = pinned(plan, asker({"HF_ENDPOINT": hub.url}))
    assert [one.path for one in fixed.items[0].files] == names


@pytest.mark.parametrize("gone", ["acme/gone", NAME])
def test_pinning_what_is_not_there(hub: Hub, gone: str) -> None:
    """A repository, or a file of one; what there is instead is listed."""
    plan = Plan((Item(gone, None, (Wanted("other.gguf", None, None),)),))
    with pytest.raises(HubError) as error:
        pinned(plan, asker({"HF_ENDPOINT": hub.url}))
    assert error.value.code == "not_found"


def test_a_mirror_cannot_lead_out_of_the_cache() -> None:
    """A commit that is none, and paths that step up, are not taken from a listing."""
    loose = Plan((Item(NAME, None, (Wanted("*.gguf", None, None, pattern=True),)),))
    files = {"a.gguf": (1, None), "../b.gguf": (1, None), "/c.gguf": (1, None)}
    fixed = pinned(loose, lambda repo, revision: Listing(COMMIT, files))
    assert [one.path for one in fixed.items[0].files] == ["a.gguf"]
    with pytest.raises(HubError, match="no size"):
        pinned(loose, lambda repo, revision: Listing(COMMIT, {"a.gguf": (None, None)}))
    for commit in ("../../../../etc", "main", "", "C" * 40):
        with pytest.raises(HubError, match="names no commit"):
            pinned(loose, lambda repo, revision, said=commit: Listing(said, files))


def test_pickles_are_never_pinned(hub: Hub) -> None:
    """A pattern that would match them finds nothing."""
    hub.repos["acme/old"] = Repo({"pytorch_model.bin": b"x", "model.safetensors": b"y"})
    item = Item("acme/old", None, (Wanted("*", None, None, pattern=True),), format="safetensors")
    fixed = pinned(Plan((item,)), asker({"HF_ENDPOINT": hub.url}))
    assert [one.path for one in fixed.items[0].files] == ["model.safetensors"]
