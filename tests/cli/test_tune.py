"""tune: labels in, a change to read, and with --write a catalog that is fitted to them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_router.catalog import load_catalog
from model_router.router import ModelRouter
from tests.support.event_logs import event, label, write_log
from tests.support.tuning import LEDGER, cases, rows

ROOT = Path(__file__).parents[2]
PACKAGED = ROOT / "model_router" / "data" / "catalog.yaml"
NEW = "please show the ledger of the library"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A catalog of one's own: the packaged one, with a remark in it."""
    path = tmp_path / "mine.yaml"
    path.write_text(f"# my own\n{PACKAGED.read_text()}", encoding="utf-8")
    return path


@pytest.fixture
def labelled(tmp_path: Path) -> str:
    """The forty ledgers as a file of rows."""
    return str(write_log(tmp_path / "rows.jsonl", *rows()))


def report(run: Any, *words: str) -> dict[str, Any]:
    """What `tune --json` says."""
    result = run("tune", *words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def chosen(path: Path) -> str:
    """Where a catalog sends a ledger that no label is about."""
    return ModelRouter.from_config(path, validate_availability=False).route_fast(NEW)


def test_nothing_is_written_unasked(run: Any, tmp_path: Path, mine: Path, labelled: str) -> None:
    """The change is shown as a diff, with what it is worth; the folder stays as it was."""
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    result = run("tune", labelled, "--config", str(mine))
    assert result.exit_code == 0, result.output
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert "+++ mine.yaml, tuned" in result.stdout
    assert "\n+weights: {layer: mine.layer-" in result.stdout
    assert "better; chosen" in result.stdout
    assert "0 are lost" in result.stdout
    assert "give --write" in result.stdout
    assert "ledger" not in result.output


def test_write(run: Any, tmp_path: Path, mine: Path, labelled: str) -> None:
    """The catalog names a new layer and means what it did otherwise; the old text is in .bak."""
    before = mine.read_text()
    found = report(run, labelled, "--config", str(mine), "--write")
    layer = tmp_path / yaml.safe_load(mine.read_text())["weights"]["layer"]
    assert found["written"] == [str(layer), str(mine)]
    assert (found["outcome"], found["chosen"]) == ("proposed", "layer")
    assert mine.with_name("mine.yaml.bak").read_text() == before
    assert mine.read_text().startswith("# my own\n")
    assert stat.S_IMODE(layer.stat().st_mode) == 0o600
    assert chosen(mine) == "code_agent"
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]


def test_the_same_bytes_each_time(run: Any, tmp_path: Path, mine: Path, labelled: str) -> None:
    """The same labels, in another order and file, give the same report and the same layer."""
    mixed = str(write_log(tmp_path / "rows2.jsonl", *reversed(rows())))
    one, two = (report(run, path, "--config", str(mine)) for path in (labelled, mixed))
    assert one.pop("files") != two.pop("files")
    assert one == two


@pytest.mark.parametrize("seed", ["1", "2"])
def test_in_every_process(run: Any, mine: Path, labelled: str, seed: str) -> None:
    """Another process, with other hashes of strings, says the same."""
    words = [sys.executable, "-m", "model_router", "tune", labelled, "--config", str(mine)]
    environ = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [*words, "--words", "--json"], capture_output=True, text=True, check=True, env=environ
    )
    assert json.loads(done.stdout) == report(run, labelled, "--config", str(mine), "--words")


def test_again_changes_nothing(run: Any, mine: Path, labelled: str) -> None:
    """Once written, the same labels have nothing more to change."""
    report(run, labelled, "--config", str(mine), "--write")
    before = mine.read_text()
    again = report(run, labelled, "--config", str(mine), "--write")
    assert (again["outcome"], again["written"], again["diff"]) == ("unchanged", [], [])
    assert mine.read_text() == before


def test_more_labels_replace_the_layer(run: Any, tmp_path: Path, mine: Path, labelled: str) -> None:
    """A later layer is another file; the one before stays for the catalog in .bak."""
    report(run, labelled, "--config", str(mine), "--write")
    first = load_catalog(mine).weights.layer
    more = [{"prompt": f"{text}, please", "engine": "code_agent"} for text in LEDGER[:9]]
    extra = str(write_log(tmp_path / "more.jsonl", *more))
    found = report(run, labelled, extra, "--config", str(mine), "--write")
    second = load_catalog(mine).weights.layer
    assert found["outcome"] == "proposed"
    assert first is not None
    assert first != second
    assert load_catalog(mine.with_name("mine.yaml.bak"), home="").weights.layer == first
    assert Path(first).exists()


def test_words_are_shown_when_wanted(run: Any, mine: Path, labelled: str) -> None:
    """They come from prompts, so only then."""
    result = run("tune", labelled, "--config", str(mine), "--words")
    assert "coding +" in result.stdout
    assert "ledger" in result.stdout
    assert report(run, labelled, "--config", str(mine))["words"] is None
    found = report(run, labelled, "--config", str(mine), "--words")["words"]
    assert all(len(row) == 8 for row in found.values())


def test_a_log_with_prompts(run: Any, tmp_path: Path, mine: Path) -> None:
    """Labels and prompts of a log teach as rows do, and all its prompts are looked at."""
    log = [event(f"r{n}", prompt=case.prompt) for n, case in enumerate(cases())]
    log += [label(f"r{n}", case.right[0]) for n, case in enumerate(cases())]
    path = write_log(tmp_path / "e.jsonl", *log, event("x", prompt=NEW))
    found = report(run, "--log", str(path), "--config", str(mine))
    assert found["outcome"] == "proposed"
    assert found["labels"]["used"] == len(cases())
    assert found["safety"]["checked"] > 2 * len(cases())


def test_a_log_without_prompts(run: Any, tmp_path: Path, mine: Path, labelled: str) -> None:
    """It teaches nothing, which is said with what to do: alone an error, else a warning."""
    path = str(write_log(tmp_path / "e.jsonl", event("r1"), label("r1", "code_agent")))
    result = run("tune", "--log", path, "--config", str(mine))
    assert result.exit_code == 2
    assert "1 labelled request of the log without a prompt" in result.stderr
    assert "prompt_capture: full" in result.stderr
    result = run("tune", labelled, "--log", path, "--config", str(mine))
    assert result.exit_code == 0
    assert "warning: 1 labelled request" in result.stderr


def test_no_labels_at_all(run: Any, tmp_path: Path, mine: Path) -> None:
    """A log that nobody said anything about."""
    path = str(write_log(tmp_path / "e.jsonl", event("r1", prompt="hello")))
    result = run("tune", "--log", path, "--config", str(mine))
    assert result.exit_code == 2
    assert "there are no labels" in result.stderr


def test_too_few(run: Any, tmp_path: Path, mine: Path) -> None:
    """A handful of labels says nothing about what nobody has seen, so nothing is written."""
    path = str(write_log(tmp_path / "few.jsonl", *rows()[:5]))
    result = run("tune", path, "--config", str(mine), "--write")
    assert result.exit_code == 0
    assert "too few labels: 5 of the 20" in result.stdout
    assert "\nweights:" not in mine.read_text()


def test_what_loses_a_confirmation(
    run: Any, mine: Path, labelled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 5, nothing is written, and the place is named."""
    from model_router.cli import tuned
    from model_router.hindsight.confirmations import Asked

    order = "drop the production database"

    class Careless(ModelRouter):
        def route_fast(self, prompt: str | None, hints: Any = None) -> str:
            lax = self.catalog.weights.layer and prompt == order
            return "fast_local" if lax else super().route_fast(prompt, hints)

    monkeypatch.setattr(tuned, "ModelRouter", Careless)
    monkeypatch.setattr(tuned, "guards", lambda: [Asked("example 1 of action.sql", order)])
    before = mine.read_text()
    result = run("tune", labelled, "--config", str(mine), "--write")
    assert result.exit_code == 5
    assert mine.read_text() == before
    assert "refused: a person would" in result.stdout
    assert "example 1 of action.sql" in result.stdout
    assert "nothing was changed" in result.stdout


def test_the_packaged_catalog(run: Any, labelled: str) -> None:
    """It is not changed; what to do is said."""
    result = run("tune", labelled)
    assert result.exit_code == 0
    assert "the package's own catalog is not changed" in result.stdout
    result = run("tune", labelled, "--write")
    assert result.exit_code == 2
    assert "copy it" in result.stderr


def test_a_layout_that_cannot_be_edited(run: Any, tmp_path: Path, labelled: str) -> None:
    """Then the values are told, to be written by hand."""
    path = tmp_path / "anchors.yaml"
    text = PACKAGED.read_text()
    path.write_text(f"{text}\n...\n")
    result = run("tune", labelled, "--config", str(path))
    assert result.exit_code == 0
    assert "write by hand: weights.layer: anchors.layer-" in result.stdout.replace("\n", " ")
    assert run("tune", labelled, "--config", str(path), "--write").exit_code == 2
    assert sorted(file.name for file in tmp_path.glob("anchors*")) == ["anchors.yaml"]


def test_another_strategy(run: Any, tmp_path: Path, labelled: str) -> None:
    """Where points do not decide there is nothing to fit."""
    path = tmp_path / "fixed.yaml"
    path.write_text(f"{PACKAGED.read_text()}\nstrategy: {{name: fixed, engine: fast_local}}\n")
    result = run("tune", labelled, "--config", str(path))
    assert result.exit_code == 2
    assert "the strategy fixed decides" in result.stderr


def test_a_bad_row(run: Any, tmp_path: Path, mine: Path) -> None:
    """It is named with its line, as by eval; nothing is learned from the rest."""
    path = write_log(tmp_path / "rows.jsonl", *rows(), {"prompt": "x", "engine": "no_such"})
    result = run("tune", str(path), "--config", str(mine))
    assert result.exit_code == 2
    assert "line 49" in result.stderr


def test_the_proxys_own_log(
    run: Any, tmp_path: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any path: the log and the catalog that the proxy file names."""
    home = tmp_path / "router"
    home.mkdir()
    backend = "a: {base_url: 'http://127.0.0.1:1/v1', model: m}"
    (home / "routing_proxy.yaml").write_text(
        f"backends: {{{backend}}}\nrouter_config: {mine}\n"
        f"observability: {{enabled: true, log_path: {tmp_path / 'e.jsonl'}}}\n"
    )
    log = [event(f"r{n}", prompt=case.prompt) for n, case in enumerate(cases())]
    log += [label(f"r{n}", case.right[0]) for n, case in enumerate(cases())]
    write_log(tmp_path / "e.jsonl", *log)
    found = report(run, "--write")
    assert found["catalog"] == str(mine)
    assert found["written"][-1] == str(mine)


def test_a_narrow_screen(run: Any, mine: Path, labelled: str) -> None:
    """Tables and sentences fit forty columns; the diff is as it is."""
    result = run("tune", labelled, "--config", str(mine), env={"COLUMNS": "40"})
    body = result.stdout.split("---")[0].splitlines()
    assert max(map(len, body)) <= 40
