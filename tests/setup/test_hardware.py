"""Machines read from dumps of their files and commands."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from model_router.setup.gpus import smi_rows
from model_router.setup.hardware import read_machine
from model_router.setup.machine import Accelerator
from model_router.setup.probe import CommandFailed, first, probed, run_command
from model_router.setup.tools import listed_devices, lmstudio_names, with_devices
from tests.support.alone import run_alone
from tests.support.machines import NAMES, machine, runner

GIB, MIB = 2**30, 2**20


def test_memory_and_its_source() -> None:
    """Total and available memory are read from /proc/meminfo, in bytes."""
    found = machine("nvidia-two-cards")
    assert found.ram_total.value == 131841424 * 1024
    assert found.ram_total.source == "/proc/meminfo MemTotal"
    assert found.ram_available.value == 120000000 * 1024
    assert found.ram_limit.value is None


def test_each_card_is_told_alone() -> None:
    """Memory of several GPUs is never summed."""
    cards = machine("nvidia-two-cards").accelerators
    assert [(c.name, c.total_bytes, c.free_bytes) for c in cards] == [
        ("NVIDIA GeForce RTX 4090", 24564 * MIB, 23028 * MIB),
        ("NVIDIA GeForce RTX 3060", 12288 * MIB, 11911 * MIB),
    ]
    assert {(c.vendor, c.unified, c.source) for c in cards} == {("nvidia", False, "nvidia-smi")}


def test_nvidia_that_shares_memory() -> None:
    """Where nvidia-smi answers [N/A], the machine's memory is the GPU's."""
    found = machine("nvidia-gb10")
    [gpu] = found.accelerators
    assert (gpu.unified, gpu.total_bytes, gpu.free_bytes) == (True, 125513456 * 1024, None)
    assert found.cpu_name.value == "NVIDIA DGX Spark"
    assert found.cpu_flags.value is not None
    assert {"asimddp", "i8mm", "sve"} <= set(found.cpu_flags.value)


def test_a_gpu_without_its_tool_is_a_problem() -> None:
    """A device file without nvidia-smi, as in many containers, is said, not passed over."""
    found = machine("nvidia-no-driver-tool")
    assert found.accelerators == ()
    assert found.problems == ("nvidia-smi is not installed",)


def test_nvml_is_asked_first() -> None:
    """What NVML says is taken; nvidia-smi is not run."""

    def run(words: Sequence[str]) -> str:
        raise AssertionError(words)

    row = Accelerator("nvidia", "NVIDIA L4", 24 * GIB, 23 * GIB, False, "NVML")
    assert machine("nvidia-two-cards", nvml=lambda: [row], run=run).accelerators == (row,)


def test_nvml_that_fails_is_told_and_nvidia_smi_answers() -> None:
    """A broken library costs a line, not the GPU."""

    def nvml() -> list[Accelerator]:
        raise RuntimeError("Driver/library version mismatch")

    found = machine("nvidia-two-cards", nvml=nvml)
    assert len(found.accelerators) == 2
    assert found.problems == ("NVML: Driver/library version mismatch",)


def test_unified_amd_adds_what_it_may_map() -> None:
    """The firmware's 512 MiB are not all: GTT is added, and outputs of the card are no cards."""
    [gpu] = machine("amd-strix-halo").accelerators
    assert gpu.unified
    assert gpu.name == "AMD Radeon 8060S"
    assert gpu.total_bytes == 536870912 + 67108864000
    assert gpu.free_bytes == (536870912 - 186646528) + (67108864000 - 33554432)


def test_an_amd_card_keeps_to_its_own_memory() -> None:
    """For a card GTT is the machine's memory behind a bus, and is not added."""
    [gpu] = machine("amd-discrete").accelerators
    assert (gpu.unified, gpu.total_bytes) == (False, 25753026560)
    assert gpu.free_bytes == 25753026560 - 1048576000
    assert gpu.name == "AMD GPU 0x744c"


def test_an_amd_card_that_tells_nothing() -> None:
    """Without figures there is no accelerator, and a line says so."""
    found = machine("amd-no-figures")
    assert found.accelerators == ()
    assert found.problems == ("amdgpu: card0 does not tell its memory",)


@pytest.mark.parametrize(
    ("name", "size"), [("intel-discrete", 0x2F8000000), ("intel-i915", 17095983104)]
)
def test_intel_cards(name: str, size: int) -> None:
    """Both drivers are read; a GPU inside a processor is none."""
    [gpu] = machine(name).accelerators
    assert (gpu.vendor, gpu.total_bytes, gpu.unified) == ("intel", size, False)


def test_a_container_is_as_large_as_its_limit() -> None:
    """Memory, what is left of it, and cores follow the cgroup, each with its file."""
    found = machine("container-2g")
    assert found.ram_total.value == 24684096 * 1024
    assert found.ram_limit.value == 2 * GIB
    assert found.ram_limit.source == "/sys/fs/cgroup/memory.max"
    assert found.ram_available.value == 2 * GIB - (734003200 - 209715200)
    assert found.ram_available.source == "/sys/fs/cgroup/memory.max - memory.current"
    assert (found.cpu_cores.value, found.cpu_cores.source) == (2, "/sys/fs/cgroup/cpu.max")


def test_the_least_limit_of_the_path_counts() -> None:
    """A slice in the middle is found: neither the root's nor the scope's own limit is the least."""
    found = machine("systemd-slice")
    assert found.ram_limit.value == 8 * GIB
    assert found.ram_limit.source == "/sys/fs/cgroup/user.slice/ai.slice/memory.max"
    assert found.ram_available.value == 7 * GIB
    assert found.cpu_cores.value == 8


def test_the_first_version_of_cgroups() -> None:
    """A path that is not there inside the container falls back to the mount."""
    found = machine("cgroup-v1")
    assert found.ram_limit.value == 4 * GIB
    assert found.ram_available.value == 4 * GIB - 600000000
    assert machine("cgroup-v1-unlimited").ram_limit.value is None


def test_wsl() -> None:
    """Windows below is noticed, and its nvidia-smi is found where it lies."""
    found = machine("wsl")
    assert found.wsl
    assert [gpu.name for gpu in found.accelerators] == ["NVIDIA GeForce RTX 4080"]


def test_a_mac() -> None:
    """Memory is shared, 0 as wired limit means that nobody set one."""
    found = machine("mac-m3-16g")
    assert found.ram_total.value == 16 * GIB
    assert found.ram_available.value == (12345 + 390000) * 16384
    assert found.cpu_flags.value == ("bf16", "dotprod", "i8mm")
    assert found.wired_limit is not None
    assert found.wired_limit.value is None
    [gpu] = found.accelerators
    assert (gpu.vendor, gpu.name, gpu.unified, gpu.total_bytes) == (
        "apple", "Apple M3", True, 16 * GIB,
    )  # fmt: skip


def test_a_mac_that_is_asked_through_rosetta() -> None:
    """A translated interpreter says x86_64; the machine is arm64 all the same."""
    found = machine("mac-m4-max-rosetta")
    assert found.architecture == "arm64"
    assert found.wired_limit is not None
    assert found.wired_limit.value == 120000 * MIB


def test_an_older_mac_has_no_such_gpu() -> None:
    """And a probe that fails leaves the others alone."""
    found = machine("mac-intel")
    assert (found.architecture, found.accelerators) == ("x86_64", ())
    assert found.ram_total.value == 32 * GIB


def test_a_mac_without_sysctl() -> None:
    """Everything unknown is said to be, with the reason."""

    def run(words: Sequence[str]) -> str:
        raise CommandFailed("sysctl took longer than 5 s")

    found = machine("mac-m3-16g", run=run)
    assert found.problems == ("sysctl took longer than 5 s",)
    assert found.cpu_name.value is None
    assert found.cpu_name.error


def test_a_system_with_nothing(tmp_path: Path) -> None:
    """No file at all: every probe says what it missed, and nothing is raised."""
    found = read_machine({}, "/", root=str(tmp_path), system="linux", nvml=lambda: None)
    assert found.cpu_name.value is None
    assert "/proc/cpuinfo" in (found.cpu_name.error or "")
    assert found.ram_limit.value is None
    assert found.accelerators == ()


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_fail_alone(name: str, tmp_path: Path) -> None:
    """With every file full of junk there is still an answer for every field."""
    from tests.support.machines import MACHINES

    for path in (MACHINES / name).rglob("*"):
        if path.is_file() and "commands" not in path.parts:
            target = tmp_path / path.relative_to(MACHINES / name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(b"\xff\x00junk: \n:::\n")
    found = machine(name, root=str(tmp_path), run=lambda words: "junk, junk\n")
    assert found.system in ("linux", "darwin")


def test_disk_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """The nearest folder above it tells the file system."""
    found = read_machine({}, str(tmp_path / "a" / "b"), root=str(tmp_path), nvml=lambda: None)
    assert found.disk_free is not None
    assert (found.disk_free.value or 0) > 0


def test_names_with_commas() -> None:
    """Figures are taken from the line's end."""
    [row] = smi_rows("Quadro, Special, 100, 50\n")
    assert (row.name, row.total_bytes, row.free_bytes) == ("Quadro, Special", 100 * MIB, 50 * MIB)


def test_devices_that_llama_cpp_lists() -> None:
    """The vendor follows from the backend, or for Vulkan from the name."""
    rows = listed_devices(
        "Available devices:\n  CUDA0: NVIDIA GeForce RTX 4080 (16379 MiB, 14900 MiB free)\n"
        "  Vulkan0: AMD Radeon RX 6800 (RADV NAVI21) (16368 MiB, 16000 MiB free)\nother\n"
    )
    assert [(r.vendor, r.name, r.total_bytes) for r in rows] == [
        ("nvidia", "NVIDIA GeForce RTX 4080", 16379 * MIB),
        ("amd", "AMD Radeon RX 6800 (RADV NAVI21)", 16368 * MIB),
    ]


def test_a_working_set_is_taken_where_none_was_set() -> None:
    """What somebody set wins over what the tool lists."""
    run = runner("mac-m4-max-rosetta")
    unset = with_devices(machine("mac-m3-16g"), run)
    assert unset.wired_limit is not None
    assert unset.wired_limit.value == 110100 * MIB
    own = machine("mac-m4-max-rosetta")
    assert with_devices(own, run) == own


def test_a_tool_that_is_not_there_is_a_line() -> None:
    """Asking for tools that are not installed does no harm."""
    found = with_devices(machine("container-2g"), runner("container-2g"))
    assert found.problems == ("llama-server is not installed",)


def test_names_of_lm_studio() -> None:
    """By path; models of other machines are left out, and junk is no answer."""
    text = (
        '[{"modelKey": "qwen3-8b", "path": "acme/Q/q.gguf"}, {"modelKey": "far", "path": "f",'
        ' "deviceIdentifier": "abc"}, 7]'
    )
    assert lmstudio_names(lambda words: text) == {"acme/Q/q.gguf": "qwen3-8b"}
    assert lmstudio_names(lambda words: "{") == {}


def test_the_first_value_is_taken() -> None:
    """Without any value all reasons are told."""
    found = first(lambda: probed("a", lambda: int("x")), lambda: probed("b", lambda: 3))
    assert (found.value, found.source) == (3, "b")
    none = first(lambda: probed("a", lambda: int("x")), lambda: probed("b", lambda: [][0]))
    assert (none.error or "").startswith("a: invalid literal")
    assert "b: " in (none.error or "")


def script(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_commands(tmp_path: Path) -> None:
    """A real program is run without a shell; what goes wrong with it is one line."""
    good = script(tmp_path / "good", 'echo "$@"')
    bad = script(tmp_path / "bad", "echo no >&2; exit 3")
    slow = script(tmp_path / "slow", "sleep 20")
    environ = {"PATH": f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin"}
    assert run_command([good, "a b", "$HOME"], environ) == "a b $HOME\n"
    assert run_command(["good"], environ) == "\n"
    for words, said in (
        ([bad], "ended with 3: no"),
        ([slow], "took longer than 0.2 s"),
        (["nothing-here"], "nothing-here is not installed"),
    ):
        with pytest.raises(CommandFailed, match=said):
            run_command(words, environ, 0.2)


def test_no_psutil_where_files_tell() -> None:
    """On Linux psutil is not loaded, nor is NVML where nothing speaks of NVIDIA."""
    code = (
        "import json, sys\nfrom model_router.setup.hardware import read_machine\n"
        "read_machine({}, '/')\nprint(json.dumps(sorted(sys.modules)))"
    )
    loaded = run_alone(code)
    assert not {"psutil", "pynvml", "pydantic", "httpx", "huggingface_hub"} & set(loaded)
