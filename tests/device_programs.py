"""Builds the C programs of tests/emulator for a core and for the host, and runs both on the same files."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from c_programs import KIND_SWITCHES, WARNINGS, command

from snnrt.ir.graph import Graph
from snnrt.targets.emulator import CORES, Core, Image, build, run_program
from snnrt.targets.emulator.build import BOARDS
from snnrt.targets.export.core_sources import amalgamate, options_for

HERE = Path(__file__).parent / "emulator"
EVERYTHING = dict.fromkeys(
    ("float32", "int8", *(switch.lower() for switch in KIND_SWITCHES), "neuron_variants", "loihi",
     "depthwise", "readout_modes", "exit_scores", "exit_confidence", "exit_combined", "counters",
     "trace", "strings", "health"), 1,
)  # fmt: skip
LIMIT_S = 120.0


def need_core(name: str) -> Core:
    """The core, if its compiler and emulator are installed; else the test is skipped, but fails in CI."""
    core = CORES[name]
    for program in (core.toolchain.prefix + "gcc", core.toolchain.emulator):
        if shutil.which(program) is None:
            if os.environ.get("CI") == "true":
                pytest.fail(f"needs {program}")
            pytest.skip(f"needs {program}")
    return core


def write_core(folder: Path, graph: Graph, overrides: Mapping[str, int]) -> Path:
    """snnrt.c and snnrt.h in ``folder``; ``overrides`` as in options_for."""
    folder.mkdir(parents=True, exist_ok=True)
    source, header = amalgamate(options_for(graph, **overrides))
    (folder / "snnrt.c").write_text(source)
    (folder / "snnrt.h").write_text(header)
    return folder / "snnrt.c"


def build_for_core(
    core: Core, folder: Path, program: str, graph: Graph, overrides: Mapping[str, int], model: bytes = b"",
    optimisation: str = "-O2",
) -> Image:  # fmt: skip
    """``program``.c of tests/emulator with the core in a build of its own."""
    source = write_core(folder, graph, overrides)
    return build(core, folder, [source, HERE / f"{program}.c"], {}, model=model, optimisation=optimisation)


def build_for_host(
    folder: Path, program: str, graph: Graph, overrides: Mapping[str, int], more: Sequence[str] = ()
) -> Path:
    """The same for this machine, with ``more`` flags."""
    source = write_core(folder, graph, overrides)
    target = folder / program
    flags = ("-std=gnu99", "-O1", "-ffp-contract=off", *WARNINGS, *more, f"-I{folder}", f"-I{BOARDS}")
    command(["gcc", *flags, source, HERE / f"{program}.c", HERE / "host_board.c", "-o", target])
    return target


def run_on_host(program: Path, folder: Path) -> str:
    """What it printed, run in ``folder``."""
    done = subprocess.run([program], cwd=folder, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    return done.stderr


def run_on_core(core: Core, image: Image, folder: Path, **options: object) -> str:
    """What it printed, run in ``folder``."""
    return run_program(core, image, folder, limit_s=LIMIT_S, **options)  # type: ignore[arg-type]
