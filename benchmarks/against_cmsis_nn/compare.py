"""Trained spiking networks beside ordinary ones in CMSIS-NN, on emulated cores: the tables that decide.

    python benchmarks/against_cmsis_nn/compare.py FOLDER                      all networks and cores
    python benchmarks/against_cmsis_nn/compare.py FOLDER --core cortex-m4     one core
    python benchmarks/against_cmsis_nn/compare.py FOLDER --network conv_pool --nodes    and each node
    python benchmarks/against_cmsis_nn/compare.py FOLDER --write              into results.json and the page
    python benchmarks/against_cmsis_nn/compare.py --page                      results.json into the page

FOLDER has Fashion-MNIST's test images. Our instructions are counted in QEMU, the mean over ``--inputs``
images that exit as those of the whole test set do; CMSIS-NN's come from ``cmsis_nn_counts.csv``, which says
how they were counted. Instructions are not cycles. The page is docs/against_cmsis_nn.md.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from comparison_page import tables, write_page
from comparison_results import RESULTS, Results, Subject, answers_of
from core_counts import Measured, alike, measure, node_instructions
from ordinary_layers import COUNTS, Counts, instructions, read_counts
from rivals import read_trained, twin_of
from spiking_networks import SPIKING

import snnrt
from snnrt.atomic_write import write_atomically
from snnrt.errors import OutputError, SnnrtError
from snnrt.ir.rows import computed_anew
from snnrt.targets.emulator import CORES, Core

HERE = Path(__file__).parent


def say(text: str) -> None:
    """Progress, where somebody looks."""
    if sys.stderr.isatty():
        print(f"\r{text:<70}", end="", file=sys.stderr, flush=True)


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


def loaded(name: str, memory: str) -> snnrt.Network:
    """A committed network; ``memory``: as of snnrt convert."""
    network = snnrt.load(HERE / f"{name}.snnrt")
    if memory == "least":
        graph = network.graph
        network = snnrt.Network(graph.with_(nodes=tuple(computed_anew(graph.nodes))))
    return network


def cores_of(names: list[str] | None, counts: Counts) -> list[Core]:
    """Those that were asked for, or all that have counts and tools. Raises SnnrtError where there is none."""
    for name in names or ():
        if name not in counts or name not in CORES:
            raise SnnrtError(f"core {name}: expected one of {', '.join(sorted(counts))}")
    found = [CORES[name] for name in (names or CORES) if name in counts]
    there = [core for core in found if names or shutil.which(core.toolchain.prefix + "gcc")]
    if not there:
        raise SnnrtError("no cross compiler is installed: apt-get install gcc-arm-none-eabi")
    return there


def compare(
    names: list[str], cores: list[Core], x: np.ndarray, y: np.ndarray, inputs: int, memory: str
) -> tuple[Results, dict[str, np.ndarray]]:
    """Measure; the results, and the images of each network that were counted. Raises SnnrtError."""
    answers, shown = {}, {}
    networks = {name: loaded(name, memory) for name in names}
    for name, network in networks.items():
        say(f"{name}: {len(x)} test images on the host")
        answers[name] = answers_of(HERE / f"{name}.snnrt", network, SPIKING[name].twin_recipe, x, y)
        shown[name] = x[alike(network.run(x).timesteps, inputs)]
    jobs = [(name, core) for name in names for core in cores]
    done = 0

    def one(job: tuple[str, Core]) -> Measured:
        nonlocal done
        name, core = job
        found = measure(core, networks[name], shown[name]).at(answers[name].mean_timesteps)
        done += 1
        say(f"{done} of {len(jobs)}: {name} on {core.name}")
        return found

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = dict(zip([(name, core.name) for name, core in jobs], pool.map(one, jobs), strict=True))
    say("")
    subjects = {
        name: Subject(answers[name], {core.name: found[name, core.name] for core in cores}) for name in names
    }
    return Results(inputs, subjects), shown


def test_images(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """(N, 1, 28, 28) float32 from 0 to 1, and labels. Raises SnnrtError where the files are not there."""
    sys.path.insert(0, str(HERE.parent))
    from drifting_images import idx_images

    return idx_images(folder, "t10k")


def arguments_of() -> argparse.ArgumentParser:
    """The command's."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, help="where Fashion-MNIST lies")
    parser.add_argument("--core", action="append", metavar="CORE", help="again for more (all with counts)")
    parser.add_argument("--network", action="append", choices=tuple(SPIKING), help="again for more (all)")
    parser.add_argument("--inputs", type=int, default=24, metavar="N", help="images that are counted (24)")
    parser.add_argument("--nodes", action="store_true", help="also what each node takes")
    parser.add_argument(
        "--memory", choices=("kept", "least"), default="kept",
        help="as of snnrt convert: currents of the image are kept (the default), or computed anew",
    )  # fmt: skip
    parser.add_argument("--counts", type=Path, default=COUNTS, help="CMSIS-NN's (cmsis_nn_counts.csv)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured there")
    parser.add_argument("--write", action="store_true", help="all of it: into results.json and the page")
    parser.add_argument("--page", action="store_true", help="write the page of results.json; measure nothing")
    return parser


def main() -> None:
    """Print the tables."""
    parser = arguments_of()
    options = parser.parse_args()
    if options.write and (options.core or options.network or options.memory != "kept"):
        parser.error("--write is of all networks and cores: leave --core, --network, --memory out")
    if options.inputs < 1 or (not options.page and options.folder is None):
        parser.error("expected FOLDER, and one input or more")
    try:
        counts, trained = read_counts(options.counts), read_trained()
        if options.page:
            write_page(tables(Results.of_json(RESULTS.read_text("utf-8")), trained, counts))
            return
        cores = cores_of(options.core, counts)
        names = options.network or list(SPIKING)
        for name in names:
            # what is missing is said now, not after minutes
            twin_of(SPIKING[name].twin, SPIKING[name].twin_recipe, trained)
            for core in cores:
                instructions(counts, core.name, SPIKING[name].twin)
        x, y = test_images(options.folder)
        results, shown = compare(names, cores, x, y, options.inputs, options.memory)
        if options.json:
            write_atomically(options.json, results.to_json().encode())
        if options.write:
            write_atomically(RESULTS, results.to_json().encode())
        print(tables(results, trained, counts))
        if options.nodes:
            with tempfile.TemporaryDirectory() as folder:
                for name, images in shown.items():
                    network = loaded(name, options.memory)
                    found = {
                        core.name: node_instructions(
                            core, network, images, Path(folder) / f"{name}-{core.name}"
                        )
                        for core in cores
                    }
                    print(f"\n{name}, nodes\n\n" + node_table(network, found, images))
        if options.write:
            write_page(tables(results, trained, counts))
    except (SnnrtError, OutputError, OSError) as error:
        parser.exit(1, f"compare: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130, "compare: interrupted\n")


if __name__ == "__main__":
    main()
