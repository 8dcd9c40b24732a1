"""config: show, path, schema, migrate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_router.catalog import catalog_schema, load_catalog, packaged_catalog_path, parse_catalog
from model_router.cli.effective import effective

ROOT = Path(__file__).parents[2]
CATALOGS = sorted(p for p in (ROOT / "configs").rglob("*.yaml") if p.name != "proxy.yaml")
OLD = """\
# our catalog
name: team
engines:
  fast_local: # the small one
    provider: ollama
    model: qwen
    adapter: openai
    strengths: [chat]
    max_context: 8192
    cost_tier: free
    latency_tier: low
    enabled: true
    fallback: human_confirm
"""


def without_origin(catalog: Any) -> dict[str, Any]:
    """A catalog's contents, without where it came from and what was remarked."""
    names = [name for name in catalog.__slots__ if name not in ("source", "warnings")]
    return {name: getattr(catalog, name) for name in names}


class TestShow:
    """The catalog in use, complete."""

    @pytest.mark.parametrize("path", [packaged_catalog_path(), *map(str, CATALOGS)], ids=str)
    def test_what_is_shown_loads_as_the_same_catalog(self, run: Any, path: str) -> None:
        """The YAML printed for each catalog we ship is that catalog."""
        shown = run("config", "show", "--config", path)
        assert shown.exit_code == 0
        assert without_origin(parse_catalog(shown.stdout)) == without_origin(load_catalog(path))

    def test_every_key_of_the_schema_is_shown(self) -> None:
        """No key is forgotten: top level, engines and the sections that are always there."""
        schema, data = catalog_schema(), effective(load_catalog(packaged_catalog_path()))
        keys = schema["properties"]
        assert data.keys() == keys.keys()
        engine = keys["engines"]["additionalProperties"]["properties"]
        assert data["engines"]["fast_local"].keys() == engine.keys()
        for name in ("safety", "privacy", "scoring"):
            assert data[name].keys() == keys[name]["properties"].keys()
        assert {"version", *data["provider_policy"]} == set(keys["provider_policy"]["properties"])

    def test_json_has_the_catalog_and_its_sources(self, run: Any) -> None:
        """--json holds the same as the YAML, and where it came from."""
        data = json.loads(run("config", "show", "--json").stdout)
        assert data["schema"] == "model-router/config-show/1"
        assert data["catalog"] == effective(load_catalog(packaged_catalog_path()))
        assert [row["origin"] for row in data["sources"] if row["chosen"]] == ["packaged"]

    def test_sources_in_order(
        self, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The four places are listed and the one in use is marked."""
        monkeypatch.setenv("MODEL_ROUTER_CONFIG", str(tmp_path / "absent.yaml"))
        lines = run("config", "show", "--sources").stdout.splitlines()
        assert lines[0].split() == ["--config", "not", "set"]
        assert lines[1].startswith("> MODEL_ROUTER_CONFIG")
        assert lines[1].endswith("~/absent.yaml (absent)")
        assert [line for line in lines if line.startswith(">")] == [lines[1]]

    def test_invalid_catalog_is_an_error(self, run: Any) -> None:
        """A catalog that cannot be used is not shown in part."""
        path = ROOT / "tests" / "catalog" / "every_mistake.yaml"
        result = run("config", "show", "--config", str(path))
        assert (result.exit_code, result.stdout) == (1, "")
        assert "problems" in result.stderr
        error = json.loads(run("config", "show", "--json", "--config", str(path)).stdout)
        assert error["error"]["code"] == "config_invalid"


class TestPath:
    """The path alone."""

    def test_path_is_the_only_thing_on_stdout(self, run: Any) -> None:
        """A script can use what is printed as it is."""
        result = run("config", "path")
        assert result.stdout == packaged_catalog_path() + "\n"

    def test_absent_file_is_warned_of(self, run: Any) -> None:
        """The path is printed all the same, with a warning."""
        result = run("config", "path", "--config", "/nowhere/x.yaml")
        assert (result.exit_code, result.stdout) == (0, "/nowhere/x.yaml\n")
        assert "does not exist" in result.stderr

    def test_json(self, run: Any) -> None:
        """--json adds where it came from."""
        data = json.loads(run("config", "path", "--json").stdout)
        assert (data["origin"], data["exists"]) == ("packaged", True)


def test_schema_is_the_shipped_one(run: Any) -> None:
    """`config schema` prints what editors get."""
    shipped = ROOT / "model_router" / "data" / "catalog.schema.json"
    assert json.loads(run("config", "schema").stdout) == json.loads(shipped.read_text())


def test_bare_group_prints_help(run: Any) -> None:
    """`config` alone says what there is, and is wrong usage."""
    result = run("config")
    assert result.exit_code == 2
    assert "migrate" in result.stderr


class TestMigrate:
    """A hermes-router catalog in our form."""

    @pytest.fixture
    def old(self, tmp_path: Path) -> Path:
        path = tmp_path / "old.yaml"
        path.write_text(OLD)
        return path

    def test_result_on_stdout_and_notes_on_stderr(self, run: Any, old: Path) -> None:
        """The text keeps its comments; what was done stands on stderr."""
        result = run("config", "migrate", str(old))
        assert result.exit_code == 0
        assert "# the small one" in result.stdout
        assert parse_catalog(result.stdout).engines["fast_local"].location == "local"
        assert "name (line 2): did nothing and was commented out" in result.stderr
        assert old.read_text() == OLD

    def test_standard_input(self, run: Any, old: Path) -> None:
        """A dash reads a pipe."""
        piped = run("config", "migrate", "-", input=OLD)
        assert piped.stdout == run("config", "migrate", str(old)).stdout

    def test_output_is_written_whole(self, run: Any, old: Path, tmp_path: Path) -> None:
        """--output writes what would have been printed, and says what is next."""
        target = tmp_path / "new.yaml"
        result = run("config", "migrate", str(old), "--output", str(target))
        assert (result.exit_code, result.stdout) == (0, "")
        assert target.read_text() == run("config", "migrate", str(old)).stdout
        assert f"next: model-router validate-config --config {target}" in result.stderr

    def test_existing_file_is_kept_without_force(self, run: Any, old: Path) -> None:
        """Nothing is overwritten by accident; --force keeps the old one as .bak."""
        refused = run("config", "migrate", str(old), "--output", str(old))
        assert refused.exit_code == 2
        assert "--force" in refused.stderr
        assert old.read_text() == OLD
        assert run("config", "migrate", str(old), "--output", str(old), "--force").exit_code == 0
        assert old.with_suffix(".yaml.bak").read_text() == OLD
        assert old.read_text() != OLD

    def test_what_is_left_to_do_ends_with_1(self, run: Any, old: Path) -> None:
        """A problem that needs a person is named, and the exit code says so."""
        old.write_text(OLD.replace("max_context: 8192", "max_context: many"))
        result = run("config", "migrate", str(old))
        assert result.exit_code == 1
        assert "still to do" in result.stderr

    def test_json(self, run: Any, old: Path) -> None:
        """--json holds text, notes and verdict."""
        data = json.loads(run("config", "migrate", "--json", str(old)).stdout)
        assert data["schema"] == "model-router/config-migrate/1"
        assert (data["valid"], data["output"]) == (True, None)
        assert data["text"] == run("config", "migrate", str(old)).stdout

    @pytest.mark.parametrize("content", [b"\0", b"\xff\xfe\xff", b"- a", b"", b"a: [" * 500])
    def test_odd_files_are_no_traceback(self, run: Any, old: Path, content: bytes) -> None:
        """A file that is no catalog ends with an error or a note."""
        old.write_bytes(content)
        result = run("config", "migrate", str(old))
        assert result.exit_code in (1, 2)
        assert result.stderr
        assert "Traceback" not in result.output

    def test_absent_file(self, run: Any) -> None:
        """A file that is not there is named."""
        result = run("config", "migrate", "/nowhere/x.yaml")
        assert result.exit_code == 2
        assert "/nowhere/x.yaml does not exist" in result.stderr
