"""Instructions that profiles predict beside those that the emulated core takes, on networks outside the fit.

    python benchmarks/microcontroller_instructions/predict.py          about 1 minute
    python benchmarks/microcontroller_instructions/predict.py --events the largest events of each too

Needs arm-none-eabi-gcc with newlib, and `pip install 'snnrt[benchmark]'`.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from emulated_core import EmulatedCore
from outside_networks import outside

from snnrt.ir.graph import Graph, Numbers
from snnrt.network import Network
from snnrt.results.counts import Counts
from snnrt.targets.loading import load_target
from snnrt.targets.microcontroller import events_of
from snnrt.targets.target import Microcontroller

NUMBERS: tuple[Numbers, ...] = ("int8", "float32")
BOARD = "stm32u575"


def predicted(graph: Graph, counts: Counts, target: Microcontroller) -> Counter[str]:
    """Instructions by event of the one input of ``counts``."""
    figures = {
        charge.event: charge.si for charge in target.charges if charge.numbers in (None, graph.numbers)
    }
    found: Counter[str] = Counter()
    for _, event, count in events_of(Network(graph).graph, counts):
        found[event] += float(count[0]) * figures.get(event, 0.0)
    return found


def compare(
    core: EmulatedCore, target: Microcontroller, name: str, graph: Graph, x: np.ndarray, show: bool
) -> float:
    """Print a network's instructions, predicted and counted; how far they are apart, relative."""
    functions, result = core.count(graph, x)
    by_event = predicted(graph, result.counts, target)
    error = by_event.total() / functions.total() - 1
    spikes = result.counts.spikes.sum() / max(1, result.counts.neuron_updates.sum())
    print(f"{name} {functions.total():>11,}  {error:+6.1%}  {spikes:.1%} spikes")
    if show:
        print("    predicted", ", ".join(f"{event} {n:.0f}" for event, n in by_event.most_common(9)))
        print("    counted  ", ", ".join(f"{part} {n}" for part, n in functions.most_common(9)))
    return abs(error)


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", action="store_true", help="also print where the instructions are")
    show = parser.parse_args().events
    target = load_target(BOARD)
    errors = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            core = EmulatedCore(Path(folder))
            for numbers in NUMBERS:
                for name, (graph, x) in outside(numbers):
                    errors.append(compare(core, target, f"{numbers:8} {name:40}", graph, x, show))
    except FileNotFoundError as error:
        parser.exit(1, f"predict: {error.filename} not found; install gcc-arm-none-eabi and its newlib\n")
    except subprocess.CalledProcessError as error:
        parser.exit(1, f"predict: {error.cmd[0]} failed:\n{error.stderr}")
    mean = sum(errors) / len(errors)
    print(f"{len(errors)} networks outside the fit: mean {mean:.1%}, worst {max(errors):.1%}")


if __name__ == "__main__":
    main()
