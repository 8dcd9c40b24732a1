"""`setup recommend`: what it prints, how it ends, and that nothing else happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from model_router.cli.root import root
from model_router.setup.machine_file import to_json
from tests.support.simulated import gpu, mac, machine

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hardware(tmp_path: Path) -> str:
    """A machine with a 24 GiB card, in a file."""
    path = tmp_path / "hw.json"
    path.write_text(json.dumps({"machine": to_json(machine(64, gpu(24)))}))
    return str(path)


def call(*words: str, **options: Any) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(root, ["setup", "recommend", *words], **options)


def test_the_screen(hardware: str) -> None:
    """Budget and why, the set with its sum, every route with its reason, and what is next."""
    result = call("--hardware", hardware)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("23.0 GiB for models: 24.0 GiB on NVIDIA GeForce RTX 4090 free")
    for word in ("In memory together", "Each route by itself", "Sum ", "smaller:", "larger:",
                 "1008 GB/s of NVIDIA GeForce RTX 4090"):  # fmt: skip
        assert word in result.stdout
    assert lines[-1] == "Next: model-router setup download"


@pytest.mark.parametrize("width", ["40", "80"])
def test_it_fits_the_terminal(hardware: str, width: str) -> None:
    """No line is wider."""
    result = call("--hardware", hardware, env={"COLUMNS": width})
    assert max(map(len, result.stdout.splitlines())) <= int(width)


def test_json(hardware: str) -> None:
    """Every route with its need and its neighbours, and both sums."""
    data = json.loads(call("--hardware", hardware, "--json").stdout)
    assert data["schema"] == "model-router/setup-recommend/1"
    assert data["budget"]["bytes"] == 23 << 30
    coding = next(row for row in data["routes"] if row["route"] == "coding")
    assert coding["chosen"]["need"]["total"] <= data["budget"]["used_by_profile"]
    assert coding["larger"]["why"]
    assert set(data["set"]) == {"together", "swapped", "stretched"}
    assert data["set"]["together"]["sum_fits"] is True


def test_the_same_bytes_from_two_processes(hardware: str) -> None:
    """Same file, same list, same profile: the same JSON, whatever the hash seed."""
    words = [sys.executable, "-m", "model_router", "setup", "recommend", "--json",
             "--hardware", hardware]  # fmt: skip
    found = {
        subprocess.run(
            words, capture_output=True, check=True, cwd="/",
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1


def test_what_if(hardware: str) -> None:
    """--ram and --vram replace what the file says; sizes take units."""

    def budget(*words: str) -> int:
        data = json.loads(call("--hardware", hardware, "--json", *words).stdout)
        return int(data["budget"]["bytes"])

    assert budget("--vram", "48") == 47 << 30
    assert budget("--vram", "48GiB") == 47 << 30
    assert budget("--vram", "0", "--ram", "16") == 12 << 30


def test_a_mac_is_told_of_mlx(tmp_path: Path) -> None:
    """Where the list knows the model in that form."""
    path = tmp_path / "mac.json"
    path.write_text(json.dumps({"machine": to_json(mac(64))}))
    assert "as MLX: mlx-community/" in call("--hardware", str(path)).stdout


def test_profiles_differ(hardware: str) -> None:
    """Each uses another share of the budget."""
    used = [
        json.loads(call("--hardware", hardware, "--json", "--profile", name).stdout)["budget"][
            "used_by_profile"
        ]
        for name in ("lightweight", "balanced", "quality")
    ]
    assert used == sorted(set(used))


def test_a_machine_that_runs_nothing(hardware: str) -> None:
    """Exit code 1, and the reason for each route."""
    result = call("--hardware", hardware, "--vram", "0", "--ram", "4")
    assert result.exit_code == 1
    assert "the smallest model needs" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--hardware", "/nonexistent.json"), "/nonexistent.json"),
        (("--ram", "lots"), "'lots' is no size"),
        (("--profile", "ballanced"), "did you mean balanced"),
        (("--model-catalog", "/nonexistent.yaml"), "/nonexistent.yaml"),
    ],
)
def test_mistakes(words: tuple[str, ...], said: str) -> None:
    """Named, with what to do."""
    result = call(*words)
    assert result.exit_code in (1, 2)
    assert said in result.stderr


def test_this_machine() -> None:
    """Without a file the machine itself is looked at."""
    result = call("--json")
    assert json.loads(result.stdout)["budget"]["why"]


def test_another_list(tmp_path: Path, hardware: str) -> None:
    """--model-catalog takes one of the same form; a broken one is explained by place."""
    from model_router.setup.catalog_file import packaged_path

    text = Path(packaged_path()).read_text(encoding="utf-8")
    mine = tmp_path / "mine.yaml"
    mine.write_text(text.replace('version: "2026.11"', 'version: "mine"'))
    result = call("--hardware", hardware, "--json", "--model-catalog", str(mine))
    assert json.loads(result.stdout)["catalog_version"] == "mine"
    mine.write_text(text.replace("licence", "x").replace("    license:", "    lisense:", 1))
    result = call("--hardware", hardware, "--model-catalog", str(mine))
    assert result.exit_code == 1
    assert "models[0].lisense" in result.stderr
    assert "did you mean license" in result.stderr
