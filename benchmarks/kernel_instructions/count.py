"""Instructions that the integer kernels take an operation, on each emulated core: a table.

python benchmarks/kernel_instructions/count.py                     every core whose tools are installed
python benchmarks/kernel_instructions/count.py cortex-m4 rv32      some of them
python benchmarks/kernel_instructions/count.py --optimisation=-Os  as a small build has them

Counted in QEMU (a tick of its clock an instruction) by the firmware itself; kernel_counts.c has the cases.
Instructions are not cycles. Beside the table stand counts of other kernels, in the same emulator, GCC 12.2
-O2: plain loops, and CMSIS-NN an operation of its dense layer and convolution, which take every weight, also
those of silent inputs.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from snnrt.errors import SnnrtError
from snnrt.ir.graph import Dense, Edge, Exit, Graph, Input, Readout
from snnrt.targets.emulator import CORES, Core, build, run_program
from snnrt.targets.export.core_sources import options_for, source_files

PROGRAM = Path(__file__).with_name("kernel_counts.c")
LIMIT_S = 60.0
# name in kernel_counts.c: what it is an operation of
CASES = {
    "neuron_scalars": "LIF update, parameters for all",
    "neuron_channels_64": "LIF update with bias, 64 channels",
    "neuron_channels_8": "LIF update with bias, 8 channels",
    "neuron_synapse": "LIF update with synaptic current",
    "neuron_reset_next": "LIF update, reset at the next step",
    "neuron_leaks_differ": "LIF update, a leak a neuron",
    "spikes_128": "synaptic operation of spikes, 128 outputs",
    "spikes_64": "synaptic operation of spikes, 64 outputs",
    "spikes_10": "synaptic operation of spikes, 10 outputs",
    "values_128": "synaptic operation of values, 128 outputs",
    "values_10": "synaptic operation of values, 10 outputs",
    "dense_spikes_128": "dense 512 to 128, spikes at 10 %",
    "dense_spikes_10": "dense 512 to 10, spikes at 10 %",
    "dense_values_128": "dense 512 to 128, values at 10 %",
    "conv_scratch": "conv 3 × 3, 16 to 32, spikes at 10 %, scratch",
    "conv": "the same without scratch",
    "pool": "sum pool 2 × 2 of spikes at 10 %, an input",
}
# the same cores, counted in the same emulator; a multiply-accumulate, a synaptic operation, a neuron's update
OTHERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("CMSIS-NN dense s8 784 to 128", ("6.16", "3.42", "1.94", "1.94", "1.94", "0.486", "")),
    ("CMSIS-NN conv 3 × 3, 32 to 32", ("6.70", "2.87", "1.93", "1.93", "1.93", "0.253", "")),
    ("naive loop, a synaptic operation", ("5.57", "4.04", "4.04", "4.04", "4.04", "3.55", "6.54")),
    (
        "naive loop, LIF with int32 and no saturation",
        ("14.3", "13.1", "13.1", "13.1", "13.1", "14.1", "11.3"),
    ),
)


def _graph() -> Graph:
    """Any int8 network: which kernels there are is said by the switches."""
    nodes = (
        Input("x", (), (4,), scale=1.0, peak=1),
        Dense("dense", (Edge("x"),), (4,), weights=np.zeros((4, 4), np.int8), scale=np.ones(4, np.float32)),
        Readout("readout", (Edge("dense"),), (4,), scale=np.ones(4, np.float32)),
        Exit("exit", (Edge("readout"),), (4,)),
    )
    return Graph(nodes, 1, "integer")


def count(core: Core, folder: Path, optimisation: str = "-O2", **switches: int) -> dict[str, float]:
    """Instructions an operation by case, built in ``folder``; ``switches`` as in options_for.

    Raises SnnrtError where a tool is missing or fails.
    """
    options = options_for(_graph(), **({"conv2d": 1, "pool2d": 1, "neuron_variants": 1} | switches))
    sources = [PROGRAM]
    for name, text in source_files(options).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.startswith("kernels/") and name.endswith(".c"):
            sources.append(path)
    image = build(core, folder, sources, {}, optimisation=optimisation)
    lines = [line.split() for line in run_program(core, image, folder, limit_s=LIMIT_S).splitlines()]
    return {name: core.instructions(int(ticks)) / int(operations) for name, ticks, operations in lines}


def table(counts: Mapping[str, Mapping[str, float]]) -> str:
    """A Markdown table; ``counts`` by core and case."""
    places = [list(CORES).index(name) for name in counts]
    rows = [["instructions an operation", *counts], ["---", *("---:" for _ in counts)]]
    for case, text in CASES.items():
        rows.append([text, *(f"{found[case]:.3g}" for found in counts.values())])
    for text, figures in OTHERS:
        rows.append([f"*{text}*", *(figures[place] for place in places)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cores", nargs="*", metavar="CORE", help=f"of {', '.join(CORES)}")
    parser.add_argument("--optimisation", default="-O2", help="the compiler's option (-O2)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.cores if name not in CORES]
    if unknown:
        parser.error(f"no core is called {unknown[0]}; expected of {', '.join(CORES)}")
    counts = {}
    try:
        for name in arguments.cores or CORES:
            core = CORES[name]
            if not arguments.cores and shutil.which(core.toolchain.prefix + "gcc") is None:
                continue
            with tempfile.TemporaryDirectory() as folder:
                counts[name] = count(core, Path(folder), arguments.optimisation)
    except SnnrtError as error:
        parser.exit(1, f"count: {error}\n")
    print(table(counts))


if __name__ == "__main__":
    main()
