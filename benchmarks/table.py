"""One table: time and instructions of one inference, snnrt beside onnxruntime and the Python frameworks.

    python benchmarks/table.py                    about 2 minutes
    python benchmarks/table.py --json FILE        also writes the figures
    python benchmarks/table.py --write            also writes README's line

Everything runs on one thread, but what says "all cores". What is compared runs in turn, round after round, so
that a busy machine slows all of it; a time is the mean over the inputs of each input's minimum (or median)
over the rounds. "core" is the C core alone, "Python" is Network.run with its checks and its Result.
onnxruntime computes a repeated subgraph once, so it hardly matters to it where conv1 stands. Valgrind counts
the instructions; it knows no AVX-512.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from core_program import CoreProgram, ProgramError
from instructions import MISSING, countable_kernels
from networks import Subject, demo_subject, peer_inputs, peer_subject
from onnx_peer import onnx_peer
from python_peers import python_peers

from snnrt.atomic_write import write_atomically
from snnrt.devices.batches import all_cores
from snnrt.devices.cpu import kernel_sets
from snnrt.errors import SnnrtError

REFERENCE = "onnxruntime"
LARGE_BATCH = 64
SHARED_BATCH = 256
ALL_CORES = "all cores"
KERNEL_NAMES = {"avx512vnni": "AVX-512 VNNI", "avx2": "AVX2", "portable": "portable C"}
README = Path(__file__).resolve().parents[1] / "README.md"
# onnxruntime multiplies by 1/n where snnrt divides, and the trained weights lie on no grid
DEMO_TOLERANCE = 1e-3
HEADINGS = (
    "network", "batch", "what runs", "numbers", "kernels", "min ms", "median ms", f"× {REFERENCE}",
    "instructions",
)  # fmt: skip


@dataclass(frozen=True)
class Contender:
    """Something that runs a network: ``seconds()`` gives the time of each input (or of the batch) once."""

    network: str
    batch: int
    what: str
    numbers: str
    kernels: str
    seconds: Callable[[], np.ndarray]


@dataclass(frozen=True)
class Row:
    """A line of the table; milliseconds a call. ``ratio``: onnxruntime's minimum over this one's.
    ``instructions`` of one inference; None: not counted."""

    network: str
    batch: int
    what: str
    numbers: str
    kernels: str
    minimum_ms: float
    median_ms: float
    ratio: float
    instructions: float | None

    def cells(self) -> tuple[str, ...]:
        """As text, in the order of HEADINGS."""
        counted = "" if self.instructions is None else f"{self.instructions:,.0f}"
        return (
            self.network, str(self.batch), self.what, self.numbers, self.kernels, f"{self.minimum_ms:.3f}",
            f"{self.median_ms:.3f}", f"{self.ratio:.2f}", counted,
        )  # fmt: skip


class Disagreement(Exception):
    """A peer computes something else: its time says nothing."""


def timed(run: Callable[[np.ndarray], object], x: np.ndarray, batch: int) -> Callable[[], np.ndarray]:
    """Seconds of ``run`` for each batch of ``x``, after one call to warm up."""

    def seconds() -> np.ndarray:
        run(x[:batch])
        taken = []
        for first in range(0, len(x), batch):
            inputs = x[first : first + batch]
            start = time.perf_counter()
            run(inputs)
            taken.append(time.perf_counter() - start)
        return np.array(taken)

    return seconds


def snnrt_contenders(subject: Subject, x: np.ndarray, batch: int, folder: Path) -> Iterator[Contender]:
    """Every kernel set in both numbers: through Python and, for single inputs, the core alone."""
    for numbers in ("int8", "float32"):
        network = subject.network(numbers)
        if batch == 1:
            program = CoreProgram(network, x, folder)
            for kernels in kernel_sets():
                yield Contender(
                    subject.name, batch, "snnrt core", numbers, kernels,
                    lambda program=program, kernels=kernels: program.run(kernels, 1).nanoseconds[:, 0] * 1e-9,
                )  # fmt: skip
        for kernels in kernel_sets()[-1:] if batch == 1 else kernel_sets():
            run = timed(lambda x, n=network, k=kernels: n.run(x, kernels=k, threads=1), x, batch)
            yield Contender(subject.name, batch, "snnrt Python", numbers, kernels, run)


def shared_contenders(subject: Subject, x: np.ndarray) -> Iterator[Contender]:
    """A large batch on one thread and on all cores: every kernel set but the portable one, and onnxruntime.
    Raises Disagreement where the logits are not snnrt's."""
    batch = len(x)
    expected = subject.float32.run(x).logits
    for threads in sorted({1, all_cores()}):
        where = f", {ALL_CORES}" if threads > 1 else ""
        for numbers in ("int8", "float32"):
            network = subject.network(numbers)
            for kernels in kernel_sets()[1:] or kernel_sets():
                run = partial(network.run, kernels=kernels, threads=threads)
                yield Contender(
                    subject.name, batch, f"snnrt Python{where}", numbers, kernels, timed(run, x, batch)
                )  # fmt: skip
        peer = onnx_peer(subject.float32.graph, batch, threads=threads)
        agree(subject, f"{REFERENCE}{where}", peer(x), expected, exactly=True)
        yield Contender(subject.name, batch, f"{REFERENCE}{where}", "float32", "", timed(peer, x, batch))


def agree(subject: Subject, name: str, found: np.ndarray, expected: np.ndarray, *, exactly: bool) -> None:
    """Raises Disagreement where a peer's logits are others than snnrt's."""
    difference = np.abs(found - expected).max()
    if difference > (0.0 if exactly else DEMO_TOLERANCE):
        raise Disagreement(f"{subject.name}: {name} differs from snnrt by {difference:g} in a logit")


def peer_contenders(subject: Subject, x: np.ndarray, batch: int, *, python: bool) -> Iterator[Contender]:
    """onnxruntime and, with ``python``, the frameworks. Raises Disagreement where logits are not snnrt's."""
    graph = subject.float32.graph
    peers = {REFERENCE: onnx_peer(graph, batch)}
    if python:
        peers[f"{REFERENCE}, conv1 each step"] = onnx_peer(graph, batch, recompute=True)
        peers |= python_peers(graph)
    expected = subject.float32.run(x[:batch]).logits
    for name, run in peers.items():
        agree(subject, name, run(x[:batch]), expected, exactly=python)
        yield Contender(subject.name, batch, name, "float32", "", timed(run, x, batch))


def measure(contenders: list[Contender], rounds: int) -> list[np.ndarray]:
    """Seconds (rounds, batches) of each contender, all of them in turn in each round."""
    taken: list[list[np.ndarray]] = [[] for _ in contenders]
    for _ in range(rounds):
        for contender, times in zip(contenders, taken):
            times.append(contender.seconds())
    return [np.stack(times) for times in taken]


def rows_of(
    contenders: list[Contender], seconds: list[np.ndarray], counts: dict[tuple[str, ...], float]
) -> list[Row]:
    """The table's lines; ``counts`` holds instructions by (network, numbers, kernels)."""
    minima = [1e3 * times.min(0).mean() for times in seconds]
    reference = next(m for contender, m in zip(contenders, minima) if contender.what == REFERENCE)
    rows = []
    for contender, times, minimum in zip(contenders, seconds, minima):
        key = (contender.network, contender.numbers, contender.kernels)
        counted = counts.get(key) if contender.what == "snnrt core" else None
        median = 1e3 * np.median(times, 0).mean()
        rows.append(
            Row(
                contender.network, contender.batch, contender.what, contender.numbers, contender.kernels,
                float(minimum), float(median), float(reference / minimum), counted,
            )
        )  # fmt: skip
    return rows


def count_instructions(subject: Subject, inputs: int) -> dict[tuple[str, ...], float]:
    """Instructions by (network, numbers, kernels); empty without valgrind."""
    counts: dict[tuple[str, ...], float] = {}
    if shutil.which("valgrind") is None:
        return counts
    with tempfile.TemporaryDirectory() as folder:
        for numbers in ("int8", "float32"):
            program = CoreProgram(subject.network(numbers), subject.x[:inputs], Path(folder))
            for kernels in countable_kernels():
                counts[subject.name, numbers, kernels] = program.instructions(kernels)
    return counts


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )


def rate_lines(subjects: list[Subject]) -> list[str]:
    """A line for each network: its firing rates decide how much an event-driven core has to do."""
    lines = []
    for subject in subjects:
        rates = ", ".join(f"{name} {100 * rate:.1f} %" for name, rate in subject.firing_rates().items())
        lines.append(
            f"firing rates, {subject.name} (spikes a neuron and timestep, {len(subject.x)} inputs): {rates}"
        )
    return lines


def table(rows: list[Row]) -> str:
    """The lines as text, numbers to the right."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    left = ("network", "what runs", "numbers", "kernels")
    return "\n".join(
        "  ".join(
            cell.ljust(width) if heading in left else cell.rjust(width)
            for heading, cell, width in zip(HEADINGS, line, widths)
        ).rstrip()
        for line in lines
    )


def with_figure(page: str, rows: list[Row]) -> str:
    """README.md with how many times as fast as onnxruntime the core runs one input of the last network.
    Raises SnnrtError where the line is not there once."""
    last = rows[-1].network
    told = []
    for numbers in ("int8", "float32"):
        wanted = (last, 1, "snnrt core", numbers)
        ratios = {
            row.kernels: row.ratio
            for row in rows
            if (row.network, row.batch, row.what, row.numbers) == wanted
        }
        ways = [f"{ratios[one]:.1f} × with {name}" for one, name in KERNEL_NAMES.items() if one in ratios]
        told.append(f"{numbers}: {', '.join(ways)}")
    text = "; ".join(told).replace("×", "× as fast", 1)
    found, places = re.subn(r"(<!-- figure: make bench --> )[^|]*( \|)", rf"\g<1>{text}\g<2>", page)
    if places != 1:
        raise SnnrtError(f"README.md: expected the mark of make bench once, found {places}")
    return found


def say(text: str) -> None:
    """Progress, kept out of what is printed."""
    print(f"table: {text}", file=sys.stderr, flush=True)


def benchmark(rounds: int, inputs: int, instructions: bool) -> tuple[list[Row], list[str]]:
    """Measure everything; gives the rows and the lines on firing rates. Raises Disagreement, ProgramError."""
    subjects = [demo_subject(inputs), peer_subject(inputs)]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for subject in subjects:
            frameworks = subject is subjects[-1]
            counts = {}
            if instructions:
                say(f"counting instructions of {subject.name}, about 20 s")
                counts = count_instructions(subject, min(inputs, 4))
            batches = [(1, subject.x, rounds)]
            if frameworks:
                batches.append((LARGE_BATCH, peer_inputs(LARGE_BATCH, seed=3), max(rounds // 6, 1)))
            for batch, x, turns in batches:
                contenders = list(snnrt_contenders(subject, x, batch, folder))
                contenders += peer_contenders(subject, x, batch, python=frameworks)
                say(f"timing {subject.name}, batch {batch}, {turns} rounds of {len(contenders)}")
                rows += rows_of(contenders, measure(contenders, turns), counts)
        last = subjects[-1]
        contenders = list(shared_contenders(last, peer_inputs(SHARED_BATCH, seed=3)))
        turns = max(rounds // 3, 1)
        say(f"timing {last.name}, batch {SHARED_BATCH}, {turns} rounds of {len(contenders)}")
        rows += rows_of(contenders, measure(contenders, turns), {})
    return rows, rate_lines(subjects)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30, help="rounds of every contender (30)")
    parser.add_argument("--inputs", type=int, default=16, help="inputs of each network (16)")
    parser.add_argument("--no-instructions", action="store_true", help="leave callgrind out")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--write", action="store_true", help="write README's line")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or options.inputs < 1:
        parser.error("--rounds, --inputs: expected 1 or more")
    if not options.no_instructions and shutil.which("valgrind") is None:
        say(MISSING)
    try:
        rows, rates = benchmark(options.rounds, options.inputs, not options.no_instructions)
        environment = {"processor": processor(), REFERENCE: version("onnxruntime"), "snnrt": version("snnrt")}
        if options.json:
            figures = {
                "environment": environment,
                "firing_rates": rates,
                "rows": [asdict(row) for row in rows],
            }
            write_atomically(
                options.json, (json.dumps(figures, indent=1, ensure_ascii=False) + "\n").encode()
            )
        if options.write:
            write_atomically(README, with_figure(README.read_text("utf-8"), rows).encode())
    except (Disagreement, ProgramError, SnnrtError) as error:
        parser.exit(1, f"table: {error}\n")
    print(table(rows))
    print("\n".join([*rates, ", ".join(f"{name}: {value}" for name, value in environment.items())]))


if __name__ == "__main__":
    main()
