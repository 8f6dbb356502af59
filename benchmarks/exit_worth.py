"""What exits are worth: the spiking network at T = 4, at T = 1, with exits, and its quantised ordinary twin.

    python benchmarks/exit_worth.py                        # the digits, about a minute
    python benchmarks/exit_worth.py --fashion FOLDER       # Fashion-MNIST's idx files; trains for minutes
    python benchmarks/exit_worth.py … --write              # into exit_worth.json and docs/exit_rules.md

The twin (exit_worth_twin.py) is trained here with PyTorch: the same layers, activations of ⌈log₂(T + 1)⌉ = 3
bits and int8 weights. In the core it is a network of one timestep whose neurons fire up to 7 times, which is
also the rival "T = 1 with several spikes": it skips zeros as spikes do.

A device may apply an image once, and keep what the first layer makes of it, or at every timestep; figures of
both stand side by side. This core keeps it: instructions of the other way are those plus what was counted of
the first layer, for each timestep more.

Break-even: rates below which the spiking network takes fewer instructions than the twin, by T, without and
with exits (at their mean T). Instructions of an inference are fitted to emulated runs as
against_cmsis_nn/break_even_fit.py says; s is the share of synapses behind the first layer whose input fires.
Beside it the arithmetic b/(8T) of arXiv 2409.08290, with b = 3 bits.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from drifting_images import Field, add_field_options, fields_of
from exit_worth_page import Worth, text_of, write
from exit_worth_twin import BITS, twin_of

import snnrt
from snnrt.errors import SnnrtError
from snnrt.network import Network
from snnrt.targets.emulator import CORES, Core
from snnrt.targets.variants import CHOICE
from snnrt.targets.worst_case import node_work

sys.path.append(str(Path(__file__).parent / "against_cmsis_nn"))
from break_even_fit import behind
from core_counts import Measured, alike, emulated, measure

TIMESTEPS = 4
STEPS = {"digits": 1000, "fashion_vgg": 1500}
"""Of training the twin."""


@dataclass(frozen=True, eq=False)
class Way:
    """A way to run: a network with an exit and at most so many timesteps, and its instructions with the image
    applied once and at every timestep."""

    name: str
    network: Network
    exit: str
    timesteps: int
    instructions: list[float]


def say(text: str) -> None:
    """Progress, where somebody looks."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)


def ways_of(field: Field, twin: Network, found: Measured, rival: float) -> list[Way]:
    """Those of the table."""
    own, front = str(field.network.exit), found.fit.front
    last = found.static[TIMESTEPS - 1]
    return [
        Way(
            f"static T = {TIMESTEPS}", field.network, "never", TIMESTEPS,
            [last, last + (TIMESTEPS - 1) * front],
        ),
        Way("static T = 1", field.network, "never", 1, [found.static[0]] * 2),
        Way(
            f"`{own}`", field.network, own, TIMESTEPS,
            [found.instructions, found.instructions + (found.timesteps - 1) * front],
        ),
        Way(f"quantised twin, {BITS} bits", twin, "never", 1, [rival] * 2),
    ]  # fmt: skip


def row_of(way: Way, field: Field, profiled: int, targets: Iterable[str]) -> dict[str, Any]:
    """Figures of a way to run: each pair is of images applied once, and at every timestep; None: the target
    has no such choice."""
    out = way.network.run(field.x, exit=way.exit, timesteps=way.timesteps)
    operations = out.counts.synaptic_operations.astype(np.float64)
    static = [place for place, work in enumerate(node_work(way.network.graph)) if work.static]
    once = operations.sum(1)
    again = once + operations[:, static].sum(1) * (out.timesteps - 1)
    row: dict[str, Any] = {
        "name": way.name, "accuracy": float(out.accuracy(field.y)),
        "mean_timesteps": float(out.timesteps.mean()),
        "synaptic_operations": [float(once.mean()), float(again.mean())],
        "instructions": way.instructions, "energy_j": {}, "edp_js": {},
    }  # fmt: skip
    for target in targets:
        costs = way.network.profile(
            field.x[:profiled], target=target, exit=way.exit, timesteps=way.timesteps
        ).dynamic
        kept = costs.summary()
        energies: list[float | None] = [kept.mean_energy_j, None]
        products: list[float | None] = [kept.mean_edp_js, None]
        for place, choice in enumerate(("once", "every_timestep")):
            if f"{CHOICE} = {choice}" in costs.variants:
                energy, latency = costs.variants[f"{CHOICE} = {choice}"]
                energies[place] = float(energy.mean())
                products[place] = float((energy * latency).mean())
        row["energy_j"][target], row["edp_js"][target] = energies, products
    return row


def worth_of(field: Field, twin: Network, core: Core, arguments: argparse.Namespace) -> Worth:
    """Measure one network; everything that the page shows. Raises SnnrtError."""
    network = field.network
    told = network.run(field.x)
    chosen = alike(told.timesteps, arguments.emulated)
    say(f"counting {len(chosen)} images on {core.name}")
    mean = float(told.timesteps.mean())
    found = measure(core, network, field.x[chosen]).at(mean)
    rival = float(emulated(core, twin, field.x[chosen], "never").instructions.mean())
    ways = ways_of(field, twin, found, rival)
    rows = []
    for way in ways:
        say(f"{field.name}: {way.name}")
        rows.append(row_of(way, field, arguments.profiled, arguments.target.split(",")))
    fit, places = found.fit, behind(network)
    steps = [(float(step), False) for step in range(1, TIMESTEPS + 1)] + [(mean, True)]
    fired = told.counts.synaptic_operations[:, places].sum() / (fit.synapses * told.timesteps.sum())
    return {
        "command": command_of(arguments), "images": len(field.x), "core": core.name, "bits": BITS,
        "dense_products": int(sum(work.synaptic_operations for work in node_work(twin.graph))),
        "rows": rows, "fit": asdict(fit), "rival": rival, "share": float(fired),
        "break_even": [
            {"timesteps": step, "exits": exits, "once": fit.even(rival, step, exits),
             "again": fit.even(rival, step, exits, again=True)}
            for step, exits in steps
        ],
    }  # fmt: skip


def command_of(arguments: argparse.Namespace) -> str:
    """What was typed, without folders."""
    fashion = "" if arguments.fashion is None else " --fashion FOLDER"
    steps = "" if arguments.steps is None else f" --steps {arguments.steps}"
    limit = "" if arguments.limit >= 10_000 else f" --limit {arguments.limit}"
    return f"python benchmarks/exit_worth.py{fashion}{steps}{limit}"


def main() -> None:
    """Print tables, or write them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_field_options(parser)
    parser.add_argument(
        "--steps", type=int, help=f"of training the twin ({', '.join(f'{n} {s}' for n, s in STEPS.items())})"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--core", choices=tuple(CORES), default="cortex-m4")
    parser.add_argument("--emulated", type=int, default=12, metavar="N", help="inputs in the emulator (12)")
    parser.add_argument("--profiled", type=int, default=400, metavar="N", help="inputs on targets (400)")
    parser.add_argument("--target", default="dt-snn,stm32u575", help="by commas (dt-snn,stm32u575)")
    parser.add_argument(
        "--twin", type=Path, metavar="FILE.snnrt", help="read the twin there, or keep it there"
    )
    parser.add_argument("--write", action="store_true", help="into exit_worth.json and docs/exit_rules.md")
    arguments = parser.parse_args()
    # networks so small wait for threads more than they gain
    torch.set_num_threads(1)
    try:
        for field in fields_of(arguments):
            steps = arguments.steps or STEPS[field.name]
            if arguments.twin is not None and arguments.twin.exists():
                twin = snnrt.load(arguments.twin)
            else:
                twin = twin_of(arguments.fashion, steps, arguments.seed)
                if arguments.twin is not None:
                    twin.save(arguments.twin)
            worth = worth_of(field, twin, CORES[arguments.core], arguments)
            print(text_of(field.name, worth))
            if arguments.write:
                write(field.name, worth)
    except (SnnrtError, OSError) as error:
        parser.exit(1, f"exit_worth: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130, "exit_worth: interrupted\n")


if __name__ == "__main__":
    main()
