"""Compiles the C core and the tests' C programs (tests/csrc/*.c), and runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from snnrt.format import layout
from snnrt.ir.graph import Graph
from snnrt.ir.nodes import NODES
from snnrt.ir.nodes.input import quantise_input

CSRC = Path(__file__).parents[1] / "csrc"
PROGRAMS = Path(__file__).parent / "csrc"
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wvla", "-Wpedantic", "-Werror")
# as csrc/build_core.py: without the first a model asks for too little scratch for whole-convolution kernels
HOST = ("-DSNNRT_WITH_VECTOR_SCRATCH=1", "-DSNNRT_WITH_KERNEL_TABLE=1")
SANITISERS = (
    "-g", "-O2", "-fno-omit-frame-pointer", "-fsanitize=address,undefined,float-cast-overflow",
    "-fno-sanitize-recover=all",
)  # fmt: skip
# short traces and a small quarantine: hundreds of thousands of allocations stay affordable
SANITISER_OPTIONS = "malloc_context_size=3:quarantine_size_mb=1"
KIND_SWITCHES = {node.KIND.switch: node.kind for node in NODES if node.KIND.switch is not None}
"""The switches of kinds of nodes, each with one of its kinds."""
LEFT_OUT = (
    "FLOAT32", "INT8", *KIND_SWITCHES, "NEURON_VARIANTS", "LOIHI", "DEPTHWISE", "READOUT_MODES", "COUNTERS",
    "TRACE",
    "STRINGS", "EXIT_SCORES", "HEALTH", "MONITOR", "ADAPTATION", "MODEL_CHECK",
)  # fmt: skip
PORTABLE = ("*.c", "nodes/*.c", "kernels/*.c", "kernels/arm/*.c")
HOSTED = (*PORTABLE, "kernels/x86/*.c", "host/*.c", "crossbar/*.c", "crossbar/x86/*.c")


def need_compiler(name: str) -> str:
    """Its name, if it is installed; else the test is skipped, but fails in CI."""
    if shutil.which(name) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"needs the compiler {name}")
        pytest.skip(f"needs the compiler {name}")
    return name


def need_header(name: str) -> None:
    """Skips the test where gcc finds no ``<name>``, but fails in CI."""
    asked = subprocess.run(["gcc", "-E", "-"], input=f"#include <{name}>", capture_output=True, text=True)
    if asked.returncode != 0:
        if os.environ.get("CI") == "true":
            pytest.fail(f"needs the header {name}")
        pytest.skip(f"needs the header {name}")


def sources(patterns: Sequence[str] = HOSTED) -> list[Path]:
    """The C files of the core."""
    return [path for pattern in patterns for path in sorted(CSRC.glob(pattern))]


def command(arguments: Sequence[str | Path], timeout: float = 600) -> str:
    """Run it and give its output; AssertionError with what it printed unless it exits with 0."""
    done = subprocess.run(
        [str(argument) for argument in arguments], capture_output=True, text=True, timeout=timeout,
        env={**os.environ, "ASAN_OPTIONS": SANITISER_OPTIONS},
    )  # fmt: skip
    said = f"{done.stdout}\n{done.stderr[-6000:]}"
    assert done.returncode == 0, f"{arguments[0]} exits {done.returncode}\n{said}"
    return done.stdout


def compile_core(
    folder: Path, flags: Sequence[str] = (), *, compiler: str = "gcc", patterns: Sequence[str] = HOSTED
) -> list[Path]:
    """Object files of the core, in ``folder``."""

    def compile_one(source: Path) -> Path:
        target = folder / (str(source.relative_to(CSRC)).replace("/", "_") + ".o")
        command([compiler, "-std=c99", *host, *flags, "-I", CSRC, "-c", source, "-o", target])
        return target

    host = HOST if patterns == HOSTED else ()
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(compile_one, sources(patterns)))


def compile_program(
    name: str, objects: Sequence[Path], flags: Sequence[str] = (), *, compiler: str = "gcc"
) -> Path:
    """tests/csrc/``name``.c with the core's ``objects``, beside them."""
    target = objects[0].parent / name
    command([compiler, "-std=gnu11", *flags, "-I", CSRC, PROGRAMS / f"{name}.c", *objects, "-o", target])
    return target


def input_bytes(graph: Graph, x: np.ndarray) -> bytes:
    """Inputs as the core reads them, one after the other."""
    values = quantise_input(x, graph.input) if graph.integer else x.astype(np.float32)
    return layout.store_values(values, graph.input.shape).tobytes()
