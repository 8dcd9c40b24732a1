"""Looking through folders within bounds."""

from __future__ import annotations

from pathlib import Path

from model_router.setup.walk import MOST_PROBLEMS, Walk, size_of
from tests.support.fake_home import put


def test_files_by_name_down_to_a_depth(tmp_path: Path) -> None:
    """Hidden ones are left out."""
    for name in ("b", "a/x", "a/c/y", "a/c/d/z", ".hidden/h", ".dot"):
        put(tmp_path / name, b"")
    found = [Path(path).relative_to(tmp_path).as_posix() for path in Walk().files(str(tmp_path), 2)]
    assert found == ["b", "a/x", "a/c/y"]


def test_linked_folders_are_followed_only_when_asked(tmp_path: Path) -> None:
    """And then each of them once, whatever leads to it."""
    put(tmp_path / "far" / "x", b"")
    root = tmp_path / "root"
    root.mkdir()
    for name in ("one", "two"):
        (root / name).symlink_to(tmp_path / "far")
    assert list(Walk().files(str(root), 3)) == []
    assert len(list(Walk().files(str(root), 3, links=True))) == 1


def test_the_budget_is_for_the_whole_walk(tmp_path: Path) -> None:
    """When it is used up, one line for each folder says so."""
    for number in range(10):
        put(tmp_path / str(number), b"")
    walk = Walk(4)
    assert len(walk.entries(str(tmp_path))) == 4
    assert walk.entries(str(tmp_path)) == []
    assert walk.problems == [f"stopped_at_limit: {tmp_path}"]


def test_problems_are_few(tmp_path: Path) -> None:
    """The same one is told once, and there is a bound."""
    walk = Walk()
    for number in range(100):
        walk.problem("odd", str(number // 2))
    assert len(walk.problems) == MOST_PROBLEMS


def test_sizes(tmp_path: Path) -> None:
    """What is not there has none, nor has a name that no file can have."""
    assert size_of(str(put(tmp_path / "a", b"123"))) == 3
    assert size_of(str(tmp_path / "b")) is None
    assert size_of("a\0b") is None
