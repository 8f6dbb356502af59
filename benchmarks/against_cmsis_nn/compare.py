"""A trained spiking network beside the same layers in CMSIS-NN, on emulated cores: a table.

python benchmarks/against_cmsis_nn/compare.py FOLDER                    every core
python benchmarks/against_cmsis_nn/compare.py FOLDER cortex-m4 --nodes  some, and what each node takes

FOLDER has Fashion-MNIST's test images. Our instructions are counted in QEMU, the mean over ``--inputs``
images that exit as those of the whole test set do; CMSIS-NN's come from ``cmsis_nn_counts.csv``, which says
how they were counted. Instructions are not cycles.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import snnrt
from snnrt.devices.core_values import CoreValues
from snnrt.errors import SnnrtError
from snnrt.ir.graph import Neuron
from snnrt.ir.rows import computed_anew
from snnrt.targets.emulator import CORES, Core, EmulatedResult, build, run_program
from snnrt.targets.export.core_sources import amalgamate, options_for

HERE = Path(__file__).parent
NETWORK = HERE / "conv_pool"
COUNTS = HERE / "cmsis_nn_counts.csv"
PROGRAM = HERE / "node_counts.c"
# the ordinary network's layers as the table of counts names them, by the node that stands in their place
LAYERS = (
    ("conv", "3", "1", "28", "1", "16"),
    ("avgpool", "2", "2", "28", "16", "16"),
    ("conv", "3", "1", "14", "16", "32"),
    ("avgpool", "2", "2", "14", "32", "32"),
    ("dense", "", "", "", "1568", "10"),
)
FIELDS = ("layer", "kernel", "stride", "input_size", "input_channels", "output_channels")
LIMIT_S = 300.0


@dataclass(frozen=True)
class Side:
    """What one core takes for an inference of our network, beside CMSIS-NN's."""

    core: str
    ours: EmulatedResult
    whole: EmulatedResult
    theirs: int

    @property
    def instructions(self) -> float:
        """Of an inference with the network's exit."""
        return float(self.ours.instructions.mean())

    def static(self, timesteps: int) -> float:
        """Of an inference of so many timesteps, whatever the exit says."""
        reset = self.whole.instructions - self.whole.step_instructions.sum(1)
        return float((reset + self.whole.step_instructions[:, :timesteps].sum(1)).mean())


def cmsis_nn() -> dict[str, dict[tuple[str, ...], int]]:
    """Instructions a call by core and layer. Raises SnnrtError for a table without one of LAYERS."""
    rows = [line for line in COUNTS.read_text("utf-8").splitlines() if not line.startswith("#")]
    found: dict[str, dict[tuple[str, ...], int]] = {}
    for row in csv.DictReader(rows):
        layer = tuple(row[field] for field in FIELDS)
        found.setdefault(row["core"], {})[layer] = int(row["instructions"])
    for core, layers in found.items():
        for layer in LAYERS:
            if layer not in layers:
                raise SnnrtError(
                    f"{COUNTS.name}: expected a count of {','.join(layer)} on {core}, found none"
                )
    return found


def cmsis_nn_activations() -> int:
    """Bytes: the largest input and output that are there at once, and the widest window as int16, twice."""
    pairs = (28 * 28 * (1 + 16), (28 * 28 + 14 * 14) * 16, 14 * 14 * (16 + 32), (14 * 14 + 7 * 7) * 32, 1578)
    return max(pairs) + 2 * 2 * 3 * 3 * 16


def node_instructions(core: Core, network: snnrt.Network, x: np.ndarray, folder: Path) -> dict[str, float]:
    """Instructions an inference of each node's steps, and ``""``: reset, dispatch, exit rule.

    Counted in a build that reports each node, which takes about 30 of them; a convolution by rows counts
    with the neurons behind it. Raises SnnrtError.
    """
    model, info = network.model, network.model.info
    source, header = amalgamate(options_for(network.graph, trace=1))
    folder.mkdir()
    (folder / "snnrt.c").write_text(source)
    (folder / "snnrt.h").write_text(header)
    (folder / "inputs").write_bytes(CoreValues(model).stored_input(x).tobytes())
    defines = {
        "MODEL_ARENA_BYTES": info.arena_bytes,
        "MODEL_INPUT_BYTES": info.input_bytes,
        "MODEL_NODES": info.node_count,
    }
    image = build(core, folder, [folder / "snnrt.c", PROGRAM], defines, model=model.raw)
    said = run_program(core, image, folder, limit_s=LIMIT_S).split()
    names = [*(node.name for node in network.graph), ""]
    return {name: core.instructions(int(ticks)) / len(x) for name, ticks in zip(names, said, strict=True)}


def measure(core: Core, network: snnrt.Network, x: np.ndarray, theirs: Mapping[tuple[str, ...], int]) -> Side:
    """Both on one core. Raises SnnrtError where a tool is missing or fails."""
    device = f"emulator:{core.name}"
    ours = network.run(x, device=device)
    whole = network.run(x, device=device, exit="never")
    assert isinstance(ours, EmulatedResult) and isinstance(whole, EmulatedResult)
    return Side(core.name, ours, whole, sum(theirs[layer] for layer in LAYERS))


def table(sides: list[Side]) -> str:
    """Markdown, a line a core."""
    lines = [
        "| core | snnrt | CMSIS-NN | ratio | T = 1 | T = 4 | code bytes | arena | against activations | "
        "stack |",
        "|---|" + "---:|" * 9,
    ]
    activations = cmsis_nn_activations()
    for side in sides:
        cells = (
            f"{side.instructions:,.0f}", f"{side.theirs:,}", f"{side.instructions / side.theirs:.2f}",
            f"{side.static(1) / side.theirs:.2f}", f"{side.static(4) / side.theirs:.2f}",
            f"{side.ours.sizes.code:,}", f"{side.ours.arena_bytes:,}",
            f"{side.ours.arena_bytes / activations:.1f}", str(side.ours.stack_bytes),
        )  # fmt: skip
        lines.append(f"| {side.core} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def node_table(network: snnrt.Network, found: Mapping[str, Mapping[str, float]], x: np.ndarray) -> str:
    """Markdown, a line a node: instructions an inference on each core, and an operation of the node's."""
    counts = network.run(x).counts
    lines = [
        "| node | " + " | ".join(f"{core} | an operation" for core in found) + " |",
        "|---|" + "---:|" * (2 * len(found)),
    ]
    for name in (*counts.nodes, ""):
        cells = [name or "reset, dispatch, exit"]
        operations = 0.0
        if name:
            place = counts.nodes.index(name)
            operations = float((counts.synaptic_operations + counts.neuron_updates)[:, place].mean())
        for core in found.values():
            cells += [f"{core[name]:,.0f}", f"{core[name] / operations:.2f}" if operations else ""]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def alike(timesteps: np.ndarray, count: int) -> np.ndarray:
    """Indices of ``count`` inputs (or of all) that take as many ``timesteps`` (N,) as all N do, nearly."""
    order = np.argsort(timesteps, kind="stable")
    count = min(count, len(order))
    return order[((np.arange(count) + 0.5) * len(order) / count).astype(int)]


def rates(network: snnrt.Network, x: np.ndarray) -> str:
    """Spikes a neuron and step of each neuron layer."""
    counts = network.run(x).counts
    found = [
        f"{node.name} {counts.spikes[:, i].sum() / counts.neuron_updates[:, i].sum():.3f}"
        for i, node in enumerate(network.graph.nodes)
        if isinstance(node, Neuron)
    ]
    return ", ".join(found)


def main() -> None:
    """Print the tables."""
    sys.path.insert(0, str(HERE.parents[1] / "examples" / "training"))
    import datasets

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where Fashion-MNIST lies")
    parser.add_argument("cores", nargs="*", metavar="CORE", help="of those in cmsis_nn_counts.csv (all)")
    parser.add_argument("--inputs", type=int, default=40, help="images that are counted (40)")
    parser.add_argument("--network", type=Path, default=NETWORK, help="path, without a suffix")
    parser.add_argument("--nodes", action="store_true", help="also what each node takes")
    parser.add_argument(
        "--memory",
        choices=("kept", "least"),
        default="kept",
        help="as of snnrt convert: currents of the image",
    )
    options = parser.parse_args()
    try:
        theirs = cmsis_nn()
        unknown = [name for name in options.cores if name not in theirs]
        if unknown:
            parser.error(f"no counts of {unknown[0]}; expected of {', '.join(sorted(theirs))}")
        network = snnrt.load(options.network.with_suffix(".snnrt"))
        if options.memory == "least":
            graph = network.graph
            network = snnrt.Network(graph.with_(nodes=tuple(computed_anew(graph.nodes))))
        log = json.loads(options.network.with_suffix(".json").read_text("utf-8"))
        images, labels = datasets.idx_images(options.folder, "t10k")
        x, y = images.float().div(255).numpy(), labels.numpy()
        told = network.run(x)
        shown = x[alike(told.timesteps, options.inputs)]
        print(f"accuracy {told.accuracy(y):.2%} at {told.timesteps.mean():.3f} of {network.graph.timesteps} "
              f"timesteps; the ordinary network in int8 {log['ordinary_int8_accuracy']:.2%}")  # fmt: skip
        print(f"spikes a neuron and timestep: {rates(network, x)}\n")
        names = options.cores or [name for name in CORES if name in theirs]
        there = [CORES[name] for name in names if shutil.which(CORES[name].toolchain.prefix + "gcc")]
        print(table([measure(core, network, shown, theirs[core.name]) for core in there]))
        print(f"\n{len(shown)} images, {network.run(shown).timesteps.mean():.3f} timesteps")
        if options.nodes:
            with tempfile.TemporaryDirectory() as folder:
                found = {c.name: node_instructions(c, network, shown, Path(folder) / c.name) for c in there}
            print("\n" + node_table(network, found, shown))
    except SnnrtError as error:
        parser.exit(1, f"compare: {error}\n")


if __name__ == "__main__":
    main()
