"""One inference of the 28×28 network against what the processor can do at most, and the share of each node.

    python benchmarks/bound.py

The bound of a node: its weights and states once a timestep (a node whose input stands still: once, and of
integer neurons behind it the currents) at the rate of a copy of the largest node's bytes, and its synaptic
operations and neuron updates as additions at the width of the kernel set's vectors (int16 in int8 networks).
Both rates are measured in the same run. It leaves out what is neither: finding the spikes, pooling,
resetting; host_limits.py goes on to the products that the second convolution takes.

Each input runs many times in a row, so that the processor has learnt its branches: a fresh input, as
table.py times them, takes longer by the branches that its spikes decide.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from core_program import CoreProgram, ProgramError, compiler_name, run_command
from networks import Subject, peer_subject

from snnrt.devices.cpu import kernel_sets
from snnrt.ir.graph import Neuron

# the position of a set's vectors in what machine_rates prints
WIDTHS = {"portable": 0, "avx2": 1, "avx512vnni": 2}
HEADINGS = ("numbers", "kernels", "node", "µs", "share", "bound µs", "of bound")


@dataclass(frozen=True)
class Rates:
    """Of one core: bytes copied a second; by width of vector additions a second of int16 and float32, and
    instructions a second of sums of two and of four products of bytes, and of loads from the first cache."""

    copied: float
    int16: tuple[float, ...]
    float32: tuple[float, ...]
    pairs: tuple[float, ...]
    quads: tuple[float, ...]
    loads: tuple[float, ...]


def machine_rates(folder: Path, size: int) -> Rates:
    """Measured with a copy of ``size`` bytes. Raises ProgramError."""
    program = folder / "machine_rates"
    if not program.exists():
        source = Path(__file__).with_name("machine_rates.c")
        run_command(compiler_name(), "-std=gnu99", "-O3", "-Wall", "-Werror", source, "-o", program)
    lines = run_command(program, str(size)).stdout.splitlines()
    numbers = [tuple(map(float, line.split())) for line in lines]
    return Rates(numbers[0][0], *numbers[1:])


@dataclass(frozen=True)
class Work:
    """What a node has to touch and add in one inference, the mean over the inputs."""

    bytes: float
    additions: float


def work_of(subject: Subject, numbers: str) -> dict[str, Work]:
    """By node, in the order of the graph."""
    network = subject.network(numbers)
    graph, counts = network.graph, network.run(subject.x).counts
    static = graph.static_nodes()
    element = 1 if numbers == "int8" else 4
    found = {}
    for place, node in enumerate(graph):
        ahead = graph.integer and isinstance(node, Neuron) and node.inputs[0].source in static
        times = 1 if node.name in static or ahead else graph.timesteps
        size = 0
        if isinstance(node, Neuron):
            size = int(np.prod(node.shape)) * (node.state_bits // 8 if graph.integer else 4)
        elif getattr(node, "weights", None) is not None:
            size = node.weights.size * element
        additions = counts.synaptic_operations[:, place] + counts.neuron_updates[:, place]
        found[node.name] = Work(size * times, float(additions.mean()))
    return found


@dataclass(frozen=True)
class Line:
    """A node of a network with a kernel set: seconds of one inference, and the least that they could be."""

    numbers: str
    kernels: str
    node: str
    seconds: float
    share: float
    bound: float

    def cells(self) -> tuple[str, ...]:
        """As text, in the order of HEADINGS."""
        times = f"{self.seconds / self.bound:.1f} ×" if self.bound else ""
        bound = f"{self.bound * 1e6:.1f}" if self.bound else ""
        return (
            self.numbers, self.kernels, self.node, f"{self.seconds * 1e6:.1f}", f"{self.share:.1%}", bound,
            times,
        )  # fmt: skip


def lines_of(subject: Subject, numbers: str, kernels: str, runs: int, folder: Path) -> list[Line]:
    """Nodes that take 0.5 % or more, and all of them together. Raises ProgramError."""
    program = CoreProgram(subject.network(numbers), subject.x, folder)
    seconds = program.node_nanoseconds(kernels, runs).mean(0) * 1e-9
    work = work_of(subject, numbers)
    rates = machine_rates(folder, int(max(one.bytes for one in work.values())))
    added = (rates.int16 if numbers == "int8" else rates.float32)[WIDTHS[kernels]]
    bounds = [one.bytes / rates.copied + one.additions / added for one in work.values()]
    whole = float(seconds.sum())
    rows = [
        Line(numbers, kernels, name, float(taken), float(taken) / whole, bound)
        for name, taken, bound in zip(work, seconds, bounds)
        if taken >= 0.005 * whole
    ]
    return [*rows, Line(numbers, kernels, "all", whole, 1.0, sum(bounds))]


def table(lines: list[Line]) -> str:
    """The lines as text, numbers to the right."""
    cells = [HEADINGS, *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 3 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in cells
    )


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200, help="runs of each input (200)")
    parser.add_argument("--inputs", type=int, default=16, help="inputs (16)")
    options = parser.parse_args(arguments)
    if options.runs < 1 or options.inputs < 1:
        parser.error("--runs, --inputs: expected 1 or more")
    subject = peer_subject(options.inputs)
    try:
        with tempfile.TemporaryDirectory() as folder:
            lines = [
                line
                for numbers in ("int8", "float32")
                for kernels in kernel_sets()
                if kernels in WIDTHS
                for line in lines_of(subject, numbers, kernels, options.runs, Path(folder))
            ]
    except ProgramError as error:
        parser.exit(1, f"bound: {error}\n")
    print(table(lines))


if __name__ == "__main__":
    main()
