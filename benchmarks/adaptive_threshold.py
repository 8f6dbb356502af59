"""A threshold that follows, simulated: images as usual, then drifted, then as usual again.

    python benchmarks/adaptive_threshold.py                       # the digits
    python benchmarks/adaptive_threshold.py --fashion FOLDER      # Fashion-MNIST's idx files
    python benchmarks/adaptive_threshold.py … --write             # the lines of docs/adaptation.md too

Drifts cost 5 points of accuracy at the network's own exit. The band is from 5 % below to 5 % above the mean
timesteps (or EDP on dt-snn, images at every timestep) of usual images. Fixed: the network's own threshold.
"""

from __future__ import annotations

import argparse

import numpy as np
from drifting_images import DRIFTS, Field, add_field_options, amount_that_costs, fields_of
from page_rows import write_rows

from snnrt.calibration.outcomes import Outcomes
from snnrt.calibration.step_counts import step_counts
from snnrt.exits.adaptation import Adaptation
from snnrt.targets.trade_off import costs_by_step

FLOORS = {"entropy": 0.6, "confidence": 0.5, "margin": 0.5}
BAND = 0.05
SETTLING = 0.5
"""Share of each part that is left out of the means: there the threshold is on its way."""


def outcomes_of(field: Field, x: np.ndarray) -> Outcomes:
    """After every timestep."""
    found = field.network.run(x, exit="never", record=["accumulators"]).accumulators
    assert found is not None
    return Outcomes.of(field.network.graph, found)


def joined(parts: list[Outcomes], drawn: list[np.ndarray]) -> Outcomes:
    """One stream."""
    return Outcomes(
        np.concatenate([part.classes[places] for part, places in zip(parts, drawn, strict=True)]),
        np.concatenate([part.distances[places] for part, places in zip(parts, drawn, strict=True)]),
    )


def main() -> None:
    """Print a block a drift."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_field_options(parser)
    parser.add_argument("--length", type=int, default=3000, help="inferences of each of the three parts")
    parser.add_argument("--figure", choices=("timesteps", "edp"), default="timesteps")
    parser.add_argument("--write", action="store_true", help="into docs/adaptation.md, of timesteps")
    arguments = parser.parse_args()
    if arguments.write and arguments.figure != "timesteps":
        parser.error("--write is of timesteps: leave --figure out")
    rows = {}
    for field in fields_of(arguments):
        graph, network = field.network.graph, field.network
        usual = outcomes_of(field, field.x)
        rule = network.exit.rule
        edp = costs_by_step(network.model, step_counts(network.model, field.x), "dt-snn", "edp", rule)
        costs = edp if arguments.figure == "edp" else np.arange(1.0, network.timesteps + 1)
        mean = float(costs[usual.exit_steps(network.exit, graph) - 1].mean())
        low, high = (1 - BAND) * mean, (1 + BAND) * mean
        settings = Adaptation.keeping(
            network.exit, low, high, graph.readout.shape[0], floor=FLOORS[rule],
            costs=costs if arguments.figure == "edp" else None,
        )  # fmt: skip
        print(
            f"{field.name}: {network.exit}, floor {FLOORS[rule]}, window {settings.window}; "
            f"{arguments.figure} of usual images {mean:.4g}, band {low:.4g} to {high:.4g}"
        )
        for drift, (change, _) in DRIFTS.items():
            amount = amount_that_costs(field, drift)
            drifted = outcomes_of(field, change(field.x, amount))
            rng = np.random.default_rng(1)
            drawn = [rng.integers(0, len(usual), arguments.length) for _ in range(3)]
            stream = joined([usual, drifted, usual], drawn)
            labels = field.y[np.concatenate(drawn)]
            fixed = stream.exit_steps(network.exit, graph)
            follows, thresholds = settings.exit_steps(stream.distances, stream.classes)
            print(f"  {drift} {amount:.3f}                     usual            drifted          usual again")
            told = []
            for name, steps in (("fixed", fixed), ("follows", follows)):
                right = stream.answers(steps) == labels
                cells = [
                    f"{costs[steps[part] - 1].mean():.4g}, {100 * right[part].mean():.2f} %"
                    for part in parts_of(arguments.length)
                ]
                told.append(cells)
                print(f"    {name:8} {arguments.figure}, accuracy: " + "  ".join(f"{c:16}" for c in cells))
            shown = [thresholds[part].mean() / 65536 for part in parts_of(arguments.length)]
            print("    threshold, nats:            " + "  ".join(f"{one:<16.3f}" for one in shown))
            band = f"{low:.4g} to {high:.4g}"
            rows[f"{field.name}, {drift}"] = [band, told[0][0], told[0][1], *told[1][1:]]
    if arguments.write:
        write_rows("adaptation.md", "adaptive_threshold.py", rows)


def parts_of(length: int) -> list[slice]:
    """The settled end of each of the three parts."""
    return [slice(round((part + SETTLING) * length), (part + 1) * length) for part in range(3)]


if __name__ == "__main__":
    main()
