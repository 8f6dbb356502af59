"""Instructions that the largest timestep takes on each core, fitted to networks in which everything happens.

python benchmarks/step_instructions.py            prints the fits
python benchmarks/step_instructions.py --write    writes them to targets/step_instructions_*.toml (10 minutes)

Every input is there, every neuron fires. The firmware of `snnrt export` runs in the emulator; its
instructions are fitted by counts of the same events that the target profiles charge for, in groups, each
weight at least 0.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "microcontroller_instructions"))

from code_size import write_pages
from counted_networks import Networks

from snnrt.atomic_write import write_atomically
from snnrt.errors import SnnrtError
from snnrt.ir.build import Value
from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Graph
from snnrt.network import Network
from snnrt.results.request import Capabilities, checked_request
from snnrt.targets.build_settings import OPTIMISATION, SETTINGS, Setting
from snnrt.targets.emulator.busiest import with_range
from snnrt.targets.emulator.cores import CORES, Core
from snnrt.targets.emulator.device import run_emulated
from snnrt.targets.step_instructions import GROUPS, TABLES, grouped_events, read_table

NUMBERS = ("int8", "float32")


class FullNetworks(Networks):
    """Networks whose neurons all fire at every timestep."""

    def synapses(self, *shape: int) -> dict[str, np.ndarray]:
        found = super().synapses(*shape)
        return found | {"weights": np.maximum(np.abs(found["weights"]), found["weights"].dtype.type(1))}

    def neuron(self, source: Value, name: str = "neuron", **changes: object) -> Value:
        # of all decays halves take fewest on some cores
        most = {"threshold": self.parameter(1, 0.5), "membrane": self.parameter(29491, 0.9)}
        return super().neuron(source, name, **(most | changes))

    def dense_runs(self) -> Iterator[Graph]:
        """One dense layer, then one with neurons behind it."""
        for inputs, outputs, peak in ((64, 16, 1), (256, 64, 1), (24, 200, 1), (100, 40, 4), (8, 40, 1)):
            source = self.input(inputs, peak=peak)
            yield self.graph(self.dense(source, outputs), 2, "entropy")
        for inputs, outputs in ((16, 64), (8, 256), (128, 96)):
            source = self.input(inputs)
            first = self.dense(source, outputs, "first")
            spikes = self.neuron(first)
            yield self.graph(self.dense(spikes, 10), 2, "entropy")
        variants: list[dict[str, object]] = [
            {"synapse": self.parameter(16384, 0.5), "bias": self.parameter(1, 1.0)},
            {"state_bits": 16} if self.integer else {"lower_bound": self.parameter(0, 0.0)},
            {"adaptation": self.parameter(1, 0.1), "adaptation_decay": self.parameter(16384, 0.5)},
            {"bias": self.parameter(1, 1.0)},
        ]
        for variant in variants:
            source = self.input(4)
            first = self.dense(source, 120, "first")
            spikes = self.neuron(first, **variant)
            yield self.graph(self.dense(spikes, 4), 2)
        source = self.input(8)
        first, second = self.dense(source, 64, "first"), self.dense(source, 64, "second")
        added = self.g.add(first, second, as_current=True, name="sum")
        yield self.graph(added, 2)

    def value_runs(self) -> Iterator[Graph]:
        """Values and counts into dense layers and convolutions, in firmware with convolutions and without."""
        for inputs, outputs, peak in ((64, 48, 255), (300, 10, 255), (200, 33, 3), (144, 64, 1)):
            source = self.input(inputs, peak=peak)
            yield self.graph(self.dense(source, outputs), 2)
            source = self.input(1, inputs, 1, peak=peak)
            last = self.dense(self.g.flatten(source), outputs)
            yield self.graph(self.g.add(last, self.one_pixel(source, outputs), as_current=True), 2)
        for channels, outputs, kernel, size, peak in (
            (1, 8, 3, 8, 255), (1, 16, 5, 9, 255), (8, 12, 3, 6, 255), (3, 16, 3, 8, 255), (12, 8, 3, 6, 4),
        ):  # fmt: skip
            source = self.input(channels, size, size, peak=peak)
            conv = self.conv(source, outputs, kernel, padding=1)
            yield self.graph(self.neuron(conv), 2)

    def depthwise_runs(self) -> Iterator[Graph]:
        """Convolutions of single channels, of values and of packed spikes."""
        for channels, size, peak in ((8, 6, 4), (40, 6, 1), (24, 5, 1), (64, 5, 2)):
            source = self.input(channels, size, size, peak=peak)
            if peak == 1:
                source = self.neuron(self.conv(source, channels, 1, "front"), "spikes")
            yield self.graph(self.neuron(self.depthwise(source, 3)), 2)

    def image_runs(self) -> Iterator[Graph]:
        """Convolutions of values and of packed spikes, and pooling."""
        for channels, outputs, kernel, size in ((4, 8, 3, 8), (16, 32, 3, 5), (40, 4, 1, 6), (2, 12, 5, 9)):
            source = self.input(channels, size, size)
            conv = self.conv(source, outputs, kernel)
            yield self.graph(self.neuron(conv), 2)
        for channels, outputs, kernel, size in ((8, 16, 3, 6), (32, 8, 3, 6), (20, 10, 1, 6)):
            source = self.input(2, size, size)
            front = self.conv(source, channels, 1, "front")
            spikes = self.neuron(front, "spikes")
            conv = self.conv(spikes, outputs, kernel)
            yield self.graph(self.neuron(conv), 2)
        for channels, size, kernel in ((16, 8, 2), (5, 9, 3)):
            source = self.input(channels, size, size)
            yield self.graph(self.pool(source, kernel), 2)
        for channels, size, kernel in ((16, 8, 2), (32, 6, 3), (16, 16, 2)):
            source = self.input(2, size, size)
            conv = self.conv(source, channels, 1)
            spikes = self.neuron(conv)
            yield self.graph(self.pool(spikes, kernel), 2)

    def whole_runs(self) -> Iterator[Graph]:
        """Whole networks, which stay out of the fit."""
        for channels, size in ((8, 8), (12, 10)):
            source = self.input(1, size, size)
            conv = self.conv(source, channels, 3, "conv1", padding=1)
            spikes = self.neuron(conv, "lif1")
            pool = self.pool(spikes, 2)
            second = self.conv(pool, 2 * channels, 3, "conv2", padding=1)
            yield self.graph(self.neuron(second, "lif2"), 2, "entropy")
        source = self.input(200)
        first = self.dense(source, 80, "first")
        spikes = self.neuron(first)
        yield self.graph(self.dense(spikes, 12), 2, "entropy")


@dataclass(frozen=True)
class Fit:
    """Instructions an event by group; ``spread``: the most that a network took, over what the fit says;
    ``whole``: the same of the networks that stayed out of the fit."""

    weights: dict[str, float]
    spread: float
    whole: float


def measure(
    core: Core, graph: Graph, setting: Setting, objects: dict[str, bytes] | None = None
) -> tuple[np.ndarray, int]:
    """Events by group, and instructions, of the largest timestep. ``objects``: what is compiled already.
    Raises SnnrtError."""
    network = Network(graph)
    graph = network.graph
    peak = 1 if not graph.integer else graph.input.peak
    x = np.full((1, graph.timesteps, *graph.input.shape), peak, np.float32)
    exit = Exit.entropy(0.0) if graph.exit.rule == "entropy" else Exit.of(graph.exit)
    request = checked_request(with_range(graph, peak), x, Capabilities("emulator"), exit=exit)
    found = run_emulated(
        network.model, request, core, count=False, objects=objects, optimisation=OPTIMISATION[setting]
    )
    # every count is the largest
    return grouped_events(graph, core.name, setting, of_full=lambda entries: entries[-1]), int(
        found.step_instructions.max()
    )


def fit(core: Core, numbers: str, setting: Setting) -> Fit:
    """Weighted least squares without negative weights: relative errors count alike."""
    networks = FullNetworks(numbers)  # type: ignore[arg-type]
    runs = [*networks.dense_runs(), *networks.image_runs(), *networks.depthwise_runs()]
    if networks.integer:
        runs += networks.value_runs()
    objects: dict[str, bytes] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        fitted = list(pool.map(lambda graph: measure(core, graph, setting, objects), runs))
        whole = list(pool.map(lambda graph: measure(core, graph, setting, objects), networks.whole_runs()))
    events = np.array([one for one, _ in fitted], np.float64)
    taken = np.array([count for _, count in fitted], np.float64)
    weights = non_negative(events / taken[:, None], np.ones(len(taken)))
    above = [float(count / (one @ weights)) for one, count in (*fitted, *whole)]
    return Fit(dict(zip(GROUPS, weights.tolist())), max(above[: len(fitted)]), max(above[len(fitted) :]))


def non_negative(matrix: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Least squares with weights of at least 0: the most negative is taken out until none is."""
    used = matrix.any(0)
    while True:
        weights = np.zeros(matrix.shape[1])
        weights[used] = np.linalg.lstsq(matrix[:, used], wanted, rcond=None)[0]
        if (weights >= 0).all():
            return weights
        used[np.argmin(weights)] = False


def fits(cores: Iterable[Core], setting: Setting) -> dict[str, dict[str, Fit]]:
    """By core and numbers. Raises SnnrtError."""
    return {core.name: {numbers: fit(core, numbers, setting) for numbers in NUMBERS} for core in cores}


def toml(found: dict[str, dict[str, Fit]], setting: Setting) -> str:
    """The file."""
    lines = [
        "# Written by `python benchmarks/step_instructions.py --write`: instructions an event. Do not edit.",
        "format = 1",
        f'optimisation = "{OPTIMISATION[setting]}"',
    ]
    for core, by_numbers in found.items():
        for numbers, fitted in by_numbers.items():
            lines += ["", f"[{core}.{numbers}]"]
            lines += [f"{group} = {weight:.4g}" for group, weight in fitted.weights.items()]
            lines += [f"spread = {fitted.spread:.4f}", f"whole = {fitted.whole:.4f}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print or write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write targets/step_instructions_*.toml")
    parser.add_argument("--core", choices=tuple(CORES), help="only this core, printed")
    arguments = parser.parse_args()
    wanted = [CORES[arguments.core]] if arguments.core else list(CORES.values())
    try:
        texts = {setting: toml(fits(wanted, setting), setting) for setting in SETTINGS}
    except (SnnrtError, KeyboardInterrupt) as error:
        parser.exit(1, f"step_instructions: {error or 'interrupted'}\n")
    if arguments.write and arguments.core is None:
        for setting, text in texts.items():
            write_atomically(TABLES[setting], text)
        read_table.cache_clear()
        write_pages()
    print(*texts.values(), sep="\n", end="")


if __name__ == "__main__":
    main()
