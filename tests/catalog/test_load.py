"""Where a catalog comes from, what is available, and what loading costs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model_router.catalog import (
    availability_report,
    catalog_from_mapping,
    catalog_sources,
    check_availability,
    find_catalog,
    load_catalog,
    packaged_catalog_path,
    parse_catalog,
)
from model_router.errors import RouterConfigError
from model_router.types import DEFAULT_TARGETS, Availability, Engine


class TestSources:
    def test_the_package_is_last(self, tmp_path: Path) -> None:
        """With nothing set and no file, the packaged catalog is used."""
        assert find_catalog({}, tmp_path) == (packaged_catalog_path(), "packaged")

    def test_the_users_file(self, tmp_path: Path) -> None:
        """~/.model-router/model_router.yaml wins over the package."""
        path = tmp_path / ".model-router" / "model_router.yaml"
        path.parent.mkdir()
        path.touch()
        assert find_catalog({}, tmp_path) == (str(path), "user")

    def test_the_router_home(self, tmp_path: Path) -> None:
        """MODEL_ROUTER_HOME moves the user's folder."""
        path = tmp_path / "elsewhere" / "model_router.yaml"
        path.parent.mkdir()
        path.touch()
        environ = {"MODEL_ROUTER_HOME": str(path.parent)}
        assert find_catalog(environ, tmp_path / "home") == (str(path), "user")

    def test_the_variable_wins(self, tmp_path: Path) -> None:
        """MODEL_ROUTER_CONFIG wins over the user's file, and ~ is the home given."""
        environ = {"MODEL_ROUTER_CONFIG": "~/mine.yaml"}
        found = find_catalog(environ, tmp_path)
        assert found == (str(tmp_path / "mine.yaml"), "MODEL_ROUTER_CONFIG")

    def test_a_named_file_that_is_missing_is_an_error(self, tmp_path: Path) -> None:
        """A named file is never silently replaced by another catalog."""
        environ = {"MODEL_ROUTER_CONFIG": str(tmp_path / "gone.yaml")}
        with pytest.raises(RouterConfigError, match="does not exist"):
            load_catalog(environ=environ, home=tmp_path)

    def test_an_empty_variable_is_unset(self, tmp_path: Path) -> None:
        """An empty variable names nothing."""
        assert find_catalog({"MODEL_ROUTER_CONFIG": ""}, tmp_path)[1] == "packaged"

    def test_the_working_directory_is_never_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A cloned repository can't relax the rules by carrying a catalog."""
        for name in ("model_router.yaml", ".model-router/model_router.yaml"):
            path = tmp_path / "repo" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("safety: {require_human_confirmation: false}")
        monkeypatch.chdir(tmp_path / "repo")
        assert find_catalog({}, tmp_path / "home")[1] == "packaged"

    def test_a_broken_user_file_is_not_passed_over(self, tmp_path: Path) -> None:
        """A dangling link counts as the user's file: its loss is an error, not a default."""
        link = tmp_path / ".model-router" / "model_router.yaml"
        link.parent.mkdir()
        link.symlink_to(tmp_path / "gone")
        with pytest.raises(RouterConfigError, match="does not exist"):
            load_catalog(environ={}, home=tmp_path)

    def test_all_sources(self, tmp_path: Path) -> None:
        """The list shows every place, which exist, and the one that is used."""
        rows = catalog_sources({"MODEL_ROUTER_CONFIG": "/nowhere.yaml"}, tmp_path, "flag.yaml")
        assert [row[0] for row in rows] == ["flag", "MODEL_ROUTER_CONFIG", "user", "packaged"]
        assert [row[3] for row in rows] == [True, False, False, False]
        assert rows[0][1] == os.path.abspath("flag.yaml")
        assert [row[2] for row in rows] == [False, False, False, True]

    def test_exactly_one_is_chosen(self, tmp_path: Path) -> None:
        """Whatever is set, one source is chosen, and find_catalog agrees."""
        for environ in ({}, {"MODEL_ROUTER_CONFIG": "x"}, {"MODEL_ROUTER_HOME": str(tmp_path)}):
            chosen = [row for row in catalog_sources(environ, tmp_path) if row[3]]
            assert [(row[1], row[0]) for row in chosen] == [find_catalog(environ, tmp_path)]


class TestPackaged:
    def test_it_loads_without_a_remark(self) -> None:
        """The packaged catalog has no problem and nothing odd."""
        assert load_catalog(packaged_catalog_path()).warnings == ()

    def test_the_eight_routes(self) -> None:
        """Every route goes to the engine of its default, which is switched on."""
        found = load_catalog(packaged_catalog_path())
        assert dict(found.targets) == DEFAULT_TARGETS
        assert all(found.engines[name].enabled for name in found.targets.values())

    def test_hosted_engines_are_off(self) -> None:
        """Nothing leaves the machine before somebody switches it on."""
        engines = load_catalog(packaged_catalog_path()).engines
        hosted = {name for name, one in engines.items() if one.location == "hosted"}
        assert hosted == {"claude_code", "codex", "openai_api", "anthropic_api"}
        assert not any(engines[name].enabled for name in hosted)
        assert all(engines[name].price_output > 0 for name in hosted)

    def test_it_is_small(self) -> None:
        """It is read at every start, so it stays under 6 KB."""
        assert os.path.getsize(packaged_catalog_path()) < 6_000


class TestAvailability:
    ENGINE = Engine("e", "p", "m", "a", (), 1, "free", "low")

    def reasons(self, environ: dict[str, str] | None = None, **needs: object) -> tuple[str, ...]:
        engine = Engine(
            "e", "p", "m", "a", (), 1, "free", "low",
            availability=Availability(**needs),  # type: ignore[arg-type]
        )  # fmt: skip
        return check_availability(
            engine,
            environ=environ or {},
            which=lambda name: "/bin/" + name if name == "here" else None,
            exists=lambda path: path in ("/models/a", "/home/me/b"),
        )

    def test_nothing_required(self) -> None:
        """An engine that requires nothing is usable."""
        assert self.reasons() == ()

    def test_marked_unavailable(self) -> None:
        """unavailable decides alone."""
        assert self.reasons(status="unavailable", required_commands=("here",)) == (
            "marked unavailable in the catalog",
        )

    def test_marked_available_still_needs_what_it_needs(self) -> None:
        """available does not make a missing variable appear."""
        assert len(self.reasons(status="available", required_env=("KEY",))) == 1

    @pytest.mark.parametrize("value", ["", "  "])
    def test_variables_must_hold_something(self, value: str) -> None:
        """A variable that is set to nothing is not set."""
        assert self.reasons({"KEY": value}, required_env=("KEY",)) == (
            "environment variable KEY is not set",
        )
        assert self.reasons({"KEY": "x"}, required_env=("KEY",)) == ()

    def test_commands(self) -> None:
        """Commands are looked up with the function given."""
        assert self.reasons(required_commands=("here", "gone")) == ("command gone is not on PATH",)

    def test_paths(self) -> None:
        """Paths must exist; ~ is the home that the environment names."""
        needs = ("/models/a", "~/b", "~/c")
        assert self.reasons({"HOME": "/home/me"}, required_paths=needs) == (
            "path ~/c does not exist",
        )

    def test_every_reason_is_given(self) -> None:
        """All that is missing is listed, not only the first."""
        assert len(self.reasons(required_env=("A", "B"), required_commands=("c",))) == 3

    def test_names_that_cannot_be_asked_about(self) -> None:
        """A path or command with a NUL in it does not exist, and nothing fails."""
        engine = Engine(
            "e", "p", "m", "a", (), 1, "free", "low",
            availability=Availability("auto", (), ("a\0b",), ("a\0b",)),
        )  # fmt: skip
        found = check_availability(engine, environ={}, which=os.path.realpath, exists=os.stat)  # type: ignore[arg-type]
        assert len(found) == 2

    def test_the_report(self, small: str) -> None:
        """The report holds enabled engines that can't be used, and no others."""
        text = small.replace(
            "model: big-one", "model: big-one\n    availability: {required_env: [KEY]}"
        )
        catalog = parse_catalog(text)
        assert availability_report(catalog, environ={}) == {
            "large": ("environment variable KEY is not set",)
        }
        assert availability_report(catalog, environ={"KEY": "x"}) == {}
        off = parse_catalog(text.replace("model: big-one", "model: big-one\n    enabled: false"))
        assert availability_report(off, environ={}) == {}

    def test_paths_are_relative_to_the_catalog(
        self, tmp_path: Path, small: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A required path is found from any working directory."""
        text = small.replace(
            "8192", "8192\n    availability: {required_paths: [models/a, ~/x, /abs, ../up]}"
        )
        folder = tmp_path / "catalog"
        (folder / "models" / "a").mkdir(parents=True)
        (folder / "model_router.yaml").write_text(text)
        monkeypatch.chdir(folder)
        loaded = load_catalog("model_router.yaml")
        assert loaded.engines["small"].availability.required_paths == (
            str(folder / "models" / "a"),
            "~/x",
            "/abs",
            str(tmp_path / "up"),
        )

    def test_text_has_no_folder(self, small: str) -> None:
        """Paths in a catalog that came from no file stay as they are."""
        text = small.replace("8192", "8192\n    availability: {required_paths: [models/a]}")
        assert parse_catalog(text).engines["small"].availability.required_paths == ("models/a",)


class TestMappings:
    def test_the_same_as_yaml(self, small: str) -> None:
        """A mapping and the same text give the same catalog, but for lines and source."""
        import yaml

        found = catalog_from_mapping(yaml.safe_load(small))
        assert found.engines == parse_catalog(small).engines
        assert found.source == "<mapping>"

    def test_tuples_are_lists(self) -> None:
        """Code may write tuples where YAML has lists."""
        row = {"provider": "local", "model": "m", "max_context": 1, "strengths": ("a",)}
        assert catalog_from_mapping({"engines": {"e": row}}).engines["e"].strengths == ("a",)

    def test_the_callers_mapping_is_left_alone(self) -> None:
        """Nothing the caller gave is changed."""
        row = {"provider": "local", "model": "m", "max_context": 1, "notes": "n"}
        data = {"engines": {"e": row}, "description": "d"}
        catalog_from_mapping(data)
        assert data == {"engines": {"e": row}, "description": "d"}
        assert row["notes"] == "n"

    def test_a_mapping_that_contains_itself(self) -> None:
        """A circle is refused, not followed."""
        data: dict[str, object] = {}
        data["engines"] = data
        with pytest.raises(RouterConfigError, match="contains itself"):
            catalog_from_mapping(data)

    @pytest.mark.parametrize(
        "data", [None, [], "text", 3, {1: 2}, {"engines": {None: {}}}, {b"e": 1}]
    )
    def test_no_mapping_at_all(self, data: object) -> None:
        """Anything else is one RouterConfigError."""
        with pytest.raises(RouterConfigError):
            catalog_from_mapping(data)  # type: ignore[arg-type]


class TestCost:
    def test_importing_is_light(self) -> None:
        """Importing the package loads neither YAML nor the validator."""
        code = (
            "import sys, model_router.catalog as c\n"
            "heavy = {'yaml', 'pydantic', 'pydantic_core', 'shutil'} & set(sys.modules)\n"
            "assert not heavy, heavy\n"
            "c.load_catalog(c.packaged_catalog_path())\n"
            "assert 'pydantic' not in sys.modules, 'the validator alone is enough'\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])

    def test_loading_is_quick(self) -> None:
        """Reading and judging the packaged catalog takes well under 40 ms, imports apart."""
        best = 1.0
        for _ in range(5):
            began = time.perf_counter()
            load_catalog(packaged_catalog_path())
            best = min(best, time.perf_counter() - began)
        assert best < 0.04
