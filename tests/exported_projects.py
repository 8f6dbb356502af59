"""Exports networks as the tests of `snnrt export` need them, and compiles what was written."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from c_programs import command

import snnrt
from snnrt.ir.graph import Graph
from snnrt.targets.export.project import Export, Project, build_project, write_project

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
SANITISERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@dataclass(frozen=True)
class Compiler:
    """A C compiler: the command, flags that choose the processor, and the Debian package."""

    name: str
    program: str
    flags: tuple[str, ...]
    package: str

    def command(self) -> list[str]:
        """The beginning of a command line; without the compiler the test is skipped, but fails in CI."""
        need(self.program, self.package)
        return [self.program, *self.flags]


_THUMB = ("-mthumb", "-mcpu=cortex-m0plus")
GCC = Compiler("gcc", "gcc", (), "gcc")
CLANG = Compiler("clang", "clang", (), "clang")
ARM = Compiler("cortex-m0", "arm-none-eabi-gcc", _THUMB, "gcc-arm-none-eabi")
ARM_HARD = Compiler(
    "cortex-m55",
    "arm-none-eabi-gcc",
    ("-mthumb", "-mcpu=cortex-m55", "-mfloat-abi=hard"),
    "gcc-arm-none-eabi",
)
# comes without a C library, and so without headers of one
RISCV = Compiler(
    "rv32imc", "riscv64-unknown-elf-gcc", ("-march=rv32imc", "-mabi=ilp32", "-ffreestanding"),
    "gcc-riscv64-unknown-elf",
)  # fmt: skip
COMPILERS = (GCC, CLANG, ARM, ARM_HARD, RISCV)


def need(program: str, package: str) -> None:
    """Skip the test without the program, but fail in CI; both name the Debian package."""
    if shutil.which(program) is None:
        absent(f"{program} (Debian package {package})")


def absent(what: str) -> None:
    """Skip the test for want of ``what``, but fail in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"needs {what}")
    pytest.skip(f"needs {what}")


def export(graph: Graph, folder: Path, origin: str = "digits.snnrt", **wanted: object) -> Project:
    """Write a project of ``graph`` to ``folder``."""
    project = build_project(snnrt.Network(graph), origin, Export(**wanted))  # type: ignore[arg-type]
    write_project(project.files, folder)
    return project


def sources_of(folder: Path) -> list[Path]:
    """What a build compiles: all but the examples' programs."""
    found = [path for path in sorted(folder.rglob("*")) if path.suffix in (".c", ".S")]
    return [path for path in found if path.name != "main.c"]


def include_flags(folder: Path) -> list[str]:
    """The folders of the headers that a user includes."""
    return [
        flag
        for name in (".", "snnrt", "src", "snnrt_net", "snnrt_net/snnrt")
        if (folder / name).is_dir()
        for flag in ("-I", str(folder / name))
    ]


def compile_example(folder: Path, compiler: str, flags: Sequence[str] = (), main: Path | None = None) -> Path:
    """The project's example, or ``main``, as a program of this machine."""
    main = main or next(folder.rglob("main.c"))
    target = folder / f"program-{compiler}"
    sources = sources_of(folder)
    assembler = ["-Wa,-I," + str(path.parent) for path in sources if path.suffix == ".S"]
    command([compiler, *WARNINGS, *flags, *assembler, *include_flags(folder), main, *sources, "-o", target])
    return target


@dataclass(frozen=True)
class Said:
    """What one line of the example says of an inference."""

    class_index: int
    timesteps: int
    accumulators: np.ndarray


def results_of(printed: str) -> dict[str, Said]:
    """The example's lines ``run`` and ``stream``."""
    found = re.findall(
        r"^(run|stream): class (\d+)(?: \(.*\))?, timesteps (\d+) of \d+, accumulators (.*)$",
        printed,
        re.MULTILINE,
    )
    return {
        name: Said(int(index), int(steps), np.array(values.split(), np.float64))
        for name, index, steps, values in found
    }
