"""Instructions that each exit rule takes of a timestep, beside the same network's timestep without a rule.

python benchmarks/exit_instructions.py [--core cortex-m4] [--classes 10]

Firmware of `snnrt export` in the emulator, int8 and float32; the rule is asked at every timestep and never
met.
"""

from __future__ import annotations

import argparse

import numpy as np

from snnrt.ir.build import GraphBuilder
from snnrt.ir.exit_choice import Exit
from snnrt.network import Network

UNREACHED = {"entropy": 0.0, "confidence": 1.0, "margin": 16.0, "patience": 9.0}
TIMESTEPS = 4


def network(numbers: str, classes: int, readout: str) -> Network:
    """A dense layer whose logits differ by little."""
    rng = np.random.default_rng(0)
    integer = numbers == "int8"
    options = {"arithmetic": "integer", "scale": 1.0} if integer else {}
    g = GraphBuilder(8, timesteps=TIMESTEPS, **options)
    weights = rng.integers(-20, 20, (classes, 8))
    dense = g.dense(g.input, weights.astype(np.int8 if integer else np.float32))
    scale = {"scale": rng.uniform(0.01, 0.02, classes).astype(np.float32)} if integer else {}
    return Network(g.finish(dense, readout=readout, **scale))


def step_instructions(net: Network, exit: Exit, core: str) -> int:
    """The most that a timestep before the last takes."""
    x = np.ones((1, 8), np.float32)
    found = Network(net.graph.with_exit(exit)).run(x, device=f"emulator:{core}")
    return int(found.step_instructions[:, 1 : TIMESTEPS - 1].max())


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core", default="cortex-m4")
    parser.add_argument("--classes", type=int, default=10)
    arguments = parser.parse_args()
    print(f"{arguments.core}, {arguments.classes} classes: instructions a step beyond the rule never")
    for numbers in ("int8", "float32"):
        for readout in ("sum", "mean"):
            net = network(numbers, arguments.classes, readout)
            without = step_instructions(net, Exit.never(), arguments.core)
            for rule, threshold in UNREACHED.items():
                taken = step_instructions(net, Exit(rule, threshold), arguments.core)  # type: ignore[arg-type]
                print(f"{numbers:8} {readout:5} {rule:11} {taken - without:6}")


if __name__ == "__main__":
    main()
