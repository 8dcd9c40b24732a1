"""The packaged catalog, loaded without YAML."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from model_router.catalog import load_catalog, packaged_catalog_path
from model_router.catalog.load import load_catalog as load_strictly
from model_router.catalog.packaged import FILE_NAME, packaged_catalog, stamp

NOBODY = {"environ": {}, "home": "/nonexistent"}


def copied(folder: Path) -> str:
    """The packaged catalog and its judged form, in a folder that may be changed."""
    source = Path(packaged_catalog_path())
    for name in (source.name, FILE_NAME):
        shutil.copy(source.with_name(name), folder / name)
    return str(folder / source.name)


def test_it_is_the_catalog_that_the_yaml_says() -> None:
    """The judged form gives the same catalog as reading the YAML strictly."""
    path = packaged_catalog_path()
    assert packaged_catalog(path) == load_strictly(path)


def test_it_is_what_loading_without_a_path_gives() -> None:
    """With no file of the user's, the packaged catalog is loaded, from its judged form."""
    assert load_catalog(**NOBODY) == load_strictly(packaged_catalog_path())


def test_the_users_file_wins(tmp_path: Path) -> None:
    """A catalog in the user's folder is read instead, as YAML."""
    home = tmp_path / ".model-router"
    home.mkdir()
    shutil.copy(packaged_catalog_path(), home / "model_router.yaml")
    assert load_catalog(environ={}, home=tmp_path).source == str(home / "model_router.yaml")


def test_an_edited_file_is_read_as_yaml(tmp_path: Path) -> None:
    """A changed catalog.yaml is never answered from its old judged form."""
    path = copied(tmp_path)
    assert packaged_catalog(path) is not None
    with open(path, "a", encoding="utf-8") as file:
        file.write("# a remark\n")
    assert packaged_catalog(path) is None


@pytest.mark.parametrize("broken", ["", "{", "[]", "null"])
def test_a_broken_judged_form_is_passed_over(tmp_path: Path, broken: str) -> None:
    """When catalog.json cannot be read, the YAML is."""
    path = copied(tmp_path)
    (tmp_path / FILE_NAME).write_text(broken, encoding="utf-8")
    assert packaged_catalog(path) is None


def test_a_missing_judged_form_is_passed_over(tmp_path: Path) -> None:
    """When catalog.json is not there, the YAML is read."""
    path = copied(tmp_path)
    os.remove(tmp_path / FILE_NAME)
    assert packaged_catalog(path) is None


def test_the_stamp_belongs_to_the_yaml() -> None:
    """catalog.json carries the size and checksum of the catalog.yaml beside it."""
    source = Path(packaged_catalog_path())
    judged = json.loads(source.with_name(FILE_NAME).read_text(encoding="utf-8"))
    assert judged["stamp"] == stamp(source.read_bytes())


def test_it_needs_neither_yaml_nor_the_validator() -> None:
    """A router of the packaged catalog is built without importing yaml or pydantic."""
    code = (
        "import sys; from model_router import ModelRouter; ModelRouter.from_config();"
        "print([m for m in ('yaml', 'pydantic', 'pydantic_core') if m in sys.modules])"
    )
    environ = {**os.environ, "HOME": "/nonexistent", "MODEL_ROUTER_HOME": "/nonexistent"}
    environ.pop("MODEL_ROUTER_CONFIG", None)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True
    )
    assert done.stdout.strip() == "[]"
