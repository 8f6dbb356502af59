"""The C core without Python: compiles one_inference.c with it, runs it, and counts its instructions."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snnrt.devices.core_values import CoreValues
from snnrt.network import Network

ROOT = Path(__file__).resolve().parents[1]
CSRC = ROOT / "csrc"
SOURCES = ("*.c", "nodes/*.c", "kernels/*.c", "kernels/x86/*.c", "host/*.c")
# as csrc/build_core.py builds the extension
FLAGS = (
    "-std=c99", "-O3", "-ffp-contract=off", "-falign-functions=64",
    "-DSNNRT_EVENTS_MAX=256", "-DSNNRT_WITH_VECTOR_SCRATCH=1", "-DSNNRT_WITH_KERNEL_TABLE=1",
    "-Wall", "-Werror",
)  # fmt: skip
COLLECTED = re.compile(r"Collected : (\d+)")


class ProgramError(Exception):
    """The program cannot be compiled or run; the message says why."""


@dataclass(frozen=True)
class Runs:
    """``classes`` and ``timesteps`` (inputs,) of what was run; ``nanoseconds`` (inputs, runs) float64."""

    classes: np.ndarray
    timesteps: np.ndarray
    nanoseconds: np.ndarray


def run_command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it; ProgramError with its last line of stderr where it fails."""
    try:
        done = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True)
    except OSError as error:
        raise ProgramError(f"{arguments[0]}: {error.strerror}; is it installed?") from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise ProgramError(f"{arguments[0]}: {lines[-1]}")
    return done


class CoreProgram:
    """One model and its inputs as files in ``folder``, and the program that runs them there."""

    def __init__(self, network: Network, x: np.ndarray, folder: Path) -> None:
        """Compiles on first use of the folder. Raises ProgramError."""
        self.program = folder / "one_inference"
        if not self.program.exists():
            build(self.program)
        files = folder / f"{id(self):x}"
        self.model, self.inputs = files.with_suffix(".snnrt"), files.with_suffix(".inputs")
        raw = network.to_bytes()
        self.model.write_bytes(raw)
        self.inputs.write_bytes(CoreValues(network.model).stored_input(x).tobytes())

    def run(self, kernels: str, runs: int) -> Runs:
        """``runs`` runs of each input. Raises ProgramError where this processor lacks the kernels."""
        done = run_command(self.program, self.model, self.inputs, kernels, str(runs))
        lines = np.array([line.split() for line in done.stdout.splitlines()], np.float64)
        return Runs(lines[:, 0].astype(np.int64), lines[:, 1].astype(np.int64), lines[:, 2:])

    def node_nanoseconds(self, kernels: str, runs: int) -> np.ndarray:
        """(inputs, nodes) float64: of each node in all timesteps of the fastest of ``runs`` runs; the clock
        is read twice a node and timestep. Raises ProgramError where this processor lacks the kernels."""
        done = run_command(self.program, self.model, self.inputs, kernels, str(runs), "nodes")
        return np.array([line.split()[2:] for line in done.stdout.splitlines()], np.float64)

    def instructions(self, kernels: str) -> float:
        """Instructions of one inference (snnrt_network_run), the mean over the inputs: two runs of each less
        one, so that the warming up is not counted. Raises ProgramError where valgrind is missing or fails."""
        collected = []
        for runs in (1, 2):
            done = run_command(
                "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                "--toggle-collect=snnrt_network_run",
                self.program, self.model, self.inputs, kernels, str(runs),
            )  # fmt: skip
            found = COLLECTED.search(done.stderr)
            if found is None:
                raise ProgramError("valgrind: expected a line 'Collected : N', found none")
            collected.append(int(found[1]))
            inputs = len(done.stdout.splitlines())
        return (collected[1] - collected[0]) / inputs


def compiler_name() -> str:
    """The C compiler of this machine."""
    return next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), "cc")


def build(program: Path) -> None:
    """Compile one_inference.c with the core, as the Python package is compiled. Raises ProgramError."""
    files = [path for pattern in SOURCES for path in sorted(CSRC.glob(pattern))]
    source = Path(__file__).with_name("one_inference.c")
    run_command(compiler_name(), *FLAGS, "-I", CSRC, source, *files, "-o", program)
