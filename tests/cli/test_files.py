"""Writing a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from model_router.cli.files import replace_file
from model_router.cli.output import CommandError


def test_new_file_is_written(tmp_path: Path) -> None:
    """The text arrives as UTF-8 and nothing else is left behind."""
    replace_file(str(tmp_path / "a.yaml"), "ö\n", force=False)
    assert (tmp_path / "a.yaml").read_bytes() == "ö\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


def test_mode_of_the_old_file_is_kept(tmp_path: Path) -> None:
    """A file that only its owner may read stays so."""
    path = tmp_path / "a.yaml"
    path.write_text("old")
    path.chmod(0o600)
    replace_file(str(path), "new", force=True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a.yaml.bak").read_text() == "old"


def test_second_backup_replaces_the_first(tmp_path: Path) -> None:
    """.bak always holds the text before the last."""
    path = tmp_path / "a.yaml"
    for text in ("one", "two", "three"):
        replace_file(str(path), text, force=True)
    assert (path.read_text(), (tmp_path / "a.yaml.bak").read_text()) == ("three", "two")


def test_copy_is_not_kept_when_not_wanted(tmp_path: Path) -> None:
    """What a program wrote itself is replaced without a .bak."""
    path = tmp_path / "report.html"
    for text in ("one", "two"):
        replace_file(str(path), text, force=True, keep=False)
    assert path.read_text() == "two"
    assert list(tmp_path.iterdir()) == [path]


def test_link_is_followed(tmp_path: Path) -> None:
    """A link to a catalog stays a link; the file behind it is replaced."""
    (tmp_path / "real.yaml").write_text("old")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    replace_file(str(tmp_path / "link.yaml"), "new", force=True)
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == "new"


@pytest.mark.parametrize("where", ["folder", "absent/a.yaml"])
def test_impossible_places_are_errors(tmp_path: Path, where: str) -> None:
    """A folder, and a file in a folder that is not there, are named."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(CommandError, match=where) as caught:
        replace_file(str(tmp_path / where), "x", force=True)
    assert caught.value.exit_code == 2


def test_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last step fails the old file is whole and no other is left but the copy."""
    path = tmp_path / "a.yaml"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(CommandError, match="No space left"):
        replace_file(str(path), "new", force=True)
    assert path.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.yaml", "a.yaml.bak"]
