"""What stops one int8 inference of the 28×28 network on a host: nodes and the products of a loop.

    python benchmarks/host_limits.py            about a minute
    python benchmarks/host_limits.py --write    also writes docs/host_limits.md

The second convolution's bound is that of its inner loop, as objdump shows it in the built core: its vector
products and its loads at the rates that this processor reaches with nothing else to do, as often as the
inputs make the loop turn. Other nodes' bounds are those of bound.py. onnxruntime is timed in the same run,
in turn with the core; every input runs once a round, so that no branch is known from a run before.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bound import WIDTHS, Rates, machine_rates, work_of
from core_program import CoreProgram, ProgramError, run_command
from networks import Subject, peer_subject
from onnx_peer import onnx_peer
from table import KERNEL_NAMES, REFERENCE, Contender, agree, measure, processor, timed

from snnrt.atomic_write import write_atomically
from snnrt.devices.cpu import kernel_sets

PAGE = Path(__file__).resolve().parents[1] / "docs" / "host_limits.md"
GOALS = {"avx512vnni": 20.0, "avx2": 12.0}
FUNCTIONS = {"avx512vnni": "avx512_spread_sums", "avx2": "avx2_spread_sums"}
SPREAD = "conv2"
LINE = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*?)\s*(?:#.*)?$")
TAPS, OUTPUTS = 9, 64


@dataclass(frozen=True)
class Loop:
    """An inner loop: its lines (mnemonic, operands)."""

    lines: tuple[tuple[str, str], ...]

    def products(self) -> int:
        """Vector products."""
        return sum(name.startswith(("vpmadd", "vpdp")) for name, _ in self.lines)

    def loads(self) -> int:
        """Loads of vectors, and of what is spread to one."""
        return sum(
            name.startswith("v") and "(" in operands.rsplit(",", 1)[0] for name, operands in self.lines
        )

    def listing(self) -> str:
        """As text."""
        return "\n".join(f"{name:<14}{operands}".rstrip() for name, operands in self.lines)


def inner_loop(program: Path, function: str) -> Loop:
    """The loop of ``function`` with the most vector products and no loop in it. Raises ProgramError."""
    said = run_command("objdump", "-d", "--no-show-raw-insn", f"--disassemble={function}", program).stdout
    found = [(int(m[1], 16), m[2], m[3]) for line in said.splitlines() if (m := LINE.match(line))]
    places = {address: place for place, (address, _, _) in enumerate(found)}
    loops = []
    for place, (address, name, operands) in enumerate(found):
        target = (
            int(operands.split()[0], 16) if name.startswith("j") and operands[:1].isalnum() else address + 1
        )
        if target <= address and target in places:
            loops.append((places[target], place))
    inner = [(a, b) for a, b in loops if not any((c, d) != (a, b) and a <= c and d <= b for c, d in loops)]
    made = [Loop(tuple((name, operands) for _, name, operands in found[a : b + 1])) for a, b in inner]
    if not made or max(loop.products() for loop in made) == 0:
        raise ProgramError(f"objdump: expected a loop with products in {function}, found none")
    return max(made, key=Loop.products)


@dataclass(frozen=True)
class Units:
    """What one inference's second convolution reads, the mean over the inputs: channels of a pixel that are
    not 0, by ones, twos and fours, each as often as a window reads it; and the twos that the core multiplies,
    each once a pixel: those of a timestep, or what changed since the last timestep of which all were."""

    dense: float
    ones: float
    twos: float
    fours: float
    multiplied: float


def units_of(subject: Subject) -> Units:
    """From the spikes of the first layer."""
    spikes = subject.int8.run(subject.x, record=("spikes",)).spikes["lif1"].astype(int)
    inputs, steps, channels, height, width = spikes.shape
    counts = spikes.reshape(inputs, steps, channels, height // 2, 2, width // 2, 2).sum((4, 6))
    windows = np.zeros(counts.shape[-2:], int)
    for y in range(windows.shape[0]):
        for x in range(windows.shape[1]):
            windows[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] += 1

    def active(values: np.ndarray, size: int) -> np.ndarray:
        grouped = values.reshape(*values.shape[:-3], channels // size, size, *values.shape[-2:])
        return (grouped != 0).any(-3).sum(-3)

    def read(size: int) -> float:
        return float((active(counts, size) * windows).sum() / inputs)

    multiplied = 0
    for one in counts:
        reference = None
        for step in one:
            whole = int(active(step, 2).sum())
            if reference is not None and (step >= reference).all():
                changed = int(active(step - reference, 2).sum())
                if changed < whole:
                    multiplied += changed
                    continue
            reference = step
            multiplied += whole
    return Units(float(windows.sum() * channels * steps), read(1), read(2), read(4), multiplied / inputs)


@dataclass(frozen=True)
class Found:
    """Of a kernel set: its loop and how often it turns; seconds, those of nodes, and their least."""

    kernels: str
    loop: Loop
    turns: float
    seconds: float
    nodes: dict[str, float]
    least: dict[str, float]


def limits(subject: Subject, rounds: int, runs: int, folder: Path) -> tuple[list[Found], float, Units, Rates]:
    """Every kernel set with a goal that this processor runs, and the peer's seconds. Raises ProgramError,
    Disagreement."""
    program = CoreProgram(subject.int8, subject.x, folder)
    peer = onnx_peer(subject.float32.graph, 1)
    agree(subject, REFERENCE, peer(subject.x[:1]), subject.float32.run(subject.x[:1]).logits, exactly=True)
    sets = [name for name in kernel_sets() if name in GOALS]
    contenders = [
        Contender(
            subject.name, 1, "snnrt core", "int8", name,
            lambda name=name: program.run(name, 1).nanoseconds[:, 0] * 1e-9,
        )
        for name in sets
    ]  # fmt: skip
    contenders.append(Contender(subject.name, 1, REFERENCE, "float32", "", timed(peer, subject.x, 1)))
    seconds = [float(times.min(0).mean()) for times in measure(contenders, rounds)]
    work, units = work_of(subject, "int8"), units_of(subject)
    rates = machine_rates(folder, int(max(one.bytes for one in work.values())))
    found = []
    for name, taken in zip(sets, seconds):
        width = WIDTHS[name]
        loop = inner_loop(program.program, FUNCTIONS[name])
        # sixteen-bit sums of a product: half of its bytes
        turns = units.multiplied * TAPS * OUTPUTS / (loop.products() * (16 << width) / 2)
        nodes = program.node_nanoseconds(name, runs).mean(0) * 1e-9
        least = {
            node: one.bytes / rates.copied + one.additions / rates.int16[width] for node, one in work.items()
        }
        least[SPREAD] = turns * max(loop.products() / rates.pairs[width], loop.loads() / rates.loads[width])
        found.append(Found(name, loop, turns, taken, dict(zip(work, map(float, nodes))), least))
    return found, seconds[-1], units, rates


def forms(units: Units, rates: Rates) -> list[tuple[str, float, float]]:
    """Ways of the second convolution: what is multiplied, vector products of the widest kind, seconds."""
    width = max(place for place, rate in enumerate(rates.pairs) if rate)
    lanes = (16 << width) / 2
    rows = [
        (
            "every pair of channels of every window (dense)",
            units.dense / 2 * OUTPUTS / lanes,
            rates.pairs[width],
        ),
        ("pairs that are not 0", units.twos * OUTPUTS / lanes, rates.pairs[width]),
        (
            "pairs that changed since the first timestep, where fewer (what the core does)",
            units.multiplied * TAPS * OUTPUTS / lanes,
            rates.pairs[width],
        ),
    ]
    if rates.quads[width]:
        fours = units.fours * OUTPUTS / (lanes / 2)
        rows.insert(2, ("fours that are not 0 (VPDPBUSD)", fours, rates.quads[width]))
    return [(name, products, products / rate) for name, products, rate in rows]


def widths(rates: Rates) -> str:
    """What wider vectors are worth to the multipliers; nothing where there are none."""
    narrow, wide = rates.pairs[1], rates.pairs[2]
    if not wide:
        return ""
    gain = 2.0 * wide / narrow
    return f"Products of 512 bits go at {gain:.2f} × the bytes a second of those of 256" + (
        ": wider vectors save instructions, not time." if gain < 1.1 else "."
    )


def micro(seconds: float) -> str:
    """Microseconds as text."""
    return f"{seconds * 1e6:.1f}"


def page(found: list[Found], peer: float, units: Units, rates: Rates) -> str:
    """docs/host_limits.md."""
    lines = [
        "# What stops an inference on a host",
        "",
        "Written by `python benchmarks/host_limits.py --write`: one inference of the 28×28 network of "
        "[README](../README.md)'s table (conv 32, LIF, pool, conv 64, LIF, pool, fc 10, LIF; T = 4), int8, "
        f"one input at a time, one core of: {processor()}. onnxruntime in the same run: {micro(peer)} µs.",
        "",
        "| kernels | µs | × onnxruntime | goal | µs that the goal leaves | least µs of all nodes "
        "| × at the least |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for one in found:
        least, goal = sum(one.least.values()), GOALS[one.kernels]
        lines.append(
            f"| {KERNEL_NAMES[one.kernels]} | {micro(one.seconds)} | {peer / one.seconds:.1f} | {goal:.0f} "
            f"| {micro(peer / goal)} | {micro(least)} | {peer / least:.0f} |"
        )
    lines += [
        "",
        "The least of a node is no forecast: weights and states once at the rate of a copy "
        f"({rates.copied / 1e9:.0f} GB/s here), additions at the width of the vectors, and of the second "
        "convolution the products and loads of its loop below. It leaves out what finds the spikes, what a "
        "node hands to the next through the second cache, pooling, and each branch that an input decides.",
        "",
        "## Nodes",
        "",
        "Times of a node are of inputs that ran many times, so that the processor knows their branches; the "
        "table above is of inputs that it has not just seen.",
        "",
    ]
    heads = [f"{KERNEL_NAMES[one.kernels]}: µs | least" for one in found]
    lines += ["| node | " + " | ".join(heads) + " |", "|---|" + "--:|" * (2 * len(found))]
    for node in found[0].nodes:
        if max(one.nodes[node] for one in found) >= 0.4e-6:
            cells = [f"{micro(one.nodes[node])} | {micro(one.least[node])}" for one in found]
            lines.append(f"| {node} | " + " | ".join(cells) + " |")
    sums = [f"{micro(sum(one.nodes.values()))} | {micro(sum(one.least.values()))}" for one in found]
    lines += ["| all | " + " | ".join(sums) + " |", ""]
    lines += [
        "## The second convolution",
        "",
        "What the spikes of these inputs demand, in products of the widest vectors, and the least time that "
        "the processor's multipliers take for them:",
        "",
        "| multiplied | products an inference | least µs |",
        "|---|--:|--:|",
        *(
            f"| {name} | {products:,.0f} | {micro(seconds)} |"
            for name, products, seconds in forms(units, rates)
        ),
        "",
        f"Single channels that are not 0, each in every window that reads it: {units.ones:,.0f}; in pairs "
        f"{units.twos:,.0f}, in fours {units.fours:,.0f}. {widths(rates)}",
    ]
    for one in found:
        width = WIDTHS[one.kernels]
        products, loads = one.loop.products() / rates.pairs[width], one.loop.loads() / rates.loads[width]
        lines += [
            "",
            f"### {KERNEL_NAMES[one.kernels]}",
            "",
            f"The loop turns {one.turns:,.0f} times an inference: {len(one.loop.lines)} instructions, "
            f"{one.loop.products()} products, {one.loop.loads()} loads of vectors. At "
            f"{rates.pairs[width] / 1e9:.2f} products and {rates.loads[width] / 1e9:.2f} loads a nanosecond "
            f"a turn takes {products * 1e9:.1f} ns of the multipliers and {loads * 1e9:.1f} ns of the loads.",
            "",
            "```",
            one.loop.listing(),
            "```",
        ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30, help="rounds of the core and onnxruntime (30)")
    parser.add_argument("--runs", type=int, default=200, help="runs of each input for the nodes (200)")
    parser.add_argument("--inputs", type=int, default=16, help="inputs (16)")
    parser.add_argument("--write", action="store_true", help="write docs/host_limits.md")
    options = parser.parse_args(arguments)
    if min(options.rounds, options.runs, options.inputs) < 1:
        parser.error("--rounds, --runs, --inputs: expected 1 or more")
    if not set(GOALS) & set(kernel_sets()):
        parser.exit(1, "host_limits: expected a processor with AVX2, found none\n")
    try:
        with tempfile.TemporaryDirectory() as folder:
            text = page(*limits(peer_subject(options.inputs), options.rounds, options.runs, Path(folder)))
    except ProgramError as error:
        parser.exit(1, f"host_limits: {error}\n")
    if options.write:
        write_atomically(PAGE, text.encode())
    print(text, end="")


if __name__ == "__main__":
    main()
