"""What errors of devices and converters cost the digits network in accuracy, and how long many chips take.

    python benchmarks/crossbar_accuracy.py             prints the tables: a minute
    python benchmarks/crossbar_accuracy.py --write     into docs/crossbar.md
    python benchmarks/crossbar_accuracy.py --time      100 chips × 1000 images of the 28×28 network, two cores

The network is the README's (int8, entropy:0.2); 797 test images, calibration from the 1,000 training images.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from networks import DIGITS, peer_subject

import snnrt
from snnrt.data.load import Dataset, load_dataset
from snnrt.devices.crossbar.calibration import Choice, DrivenWindows, calibrate, driven_windows
from snnrt.devices.crossbar.device import Crossbar, CrossbarConfig
from snnrt.devices.crossbar.layers import slice_scales
from snnrt.devices.crossbar.session import synapses_of
from snnrt.targets import load_target
from snnrt.targets.sweep.experiment import plan_of, swept, work_of
from snnrt.targets.sweep.intervals import estimate_mean

PAGE = Path(__file__).resolve().parents[1] / "docs" / "crossbar.md"
SIGMA, ON_OFF, CHIPS = 0.05, 10.0, 40
# of these, so many tell the error of a weight: each has thousands
ERROR_CHIPS = 5
CELL_BITS = range(1, 8)
ADC_BITS = range(2, 9)
CALIBRATIONS = {
    "least error, a tile": Choice(),
    "least error, a layer": Choice(per="layer"),
    "99.9th percentile": Choice("percentile", 99.9),
    "ranges alone": Choice(outputs=False),
}
TIMED_CHIPS, TIMED_IMAGES, WORKERS = 100, 1000, 2
TIMED_CHIP = {"programming_error": SIGMA, "on_off_ratio": ON_OFF}


@cache
def subject() -> tuple[snnrt.Network, Dataset, DrivenWindows]:
    """The network, its test images, and what its layers read of the training images."""
    training = load_dataset("digits", split="train").x
    network = snnrt.convert(
        DIGITS, numbers="int8", calibrate=training, timesteps=4, framework="snntorch", exit="entropy:0.2"
    )
    return network, load_dataset("digits"), driven_windows(network.model, training)


def correct(config: CrossbarConfig, choice: Choice | None = None) -> np.ndarray:
    """(N,) which images a chip says the class of, calibrated where there is a ``choice``."""
    network, data, windows = subject()
    chip = Crossbar(config)
    if choice is not None:
        calibrate(chip, network.model, windows, choice)
    return network.run(data, device=chip).predictions == data.y


def weight_error(config: CrossbarConfig) -> float:
    """Standard deviation of a weight's error, relative to the largest weight: two devices a slice, each with
    the programming error of a device, worth what the slice is worth (docs/crossbar.md)."""
    largest = 2 ** (config.weight_bits - 1) - 1
    return float(config.programming_error * np.sqrt(2.0 * (slice_scales(config) ** 2).sum()) / largest)


def found_error(configs: Sequence[CrossbarConfig]) -> float:
    """The same of the weights that chips hold: root of the mean square over the network's layers."""
    errors = []
    for config in configs:
        chip = Crossbar(config)
        for layer in synapses_of(subject()[0].model):
            weights = layer.node.weights
            errors.append((chip.effective_matrix(layer.node) - weights.reshape(len(weights), -1)).ravel())
    return float(np.sqrt(np.mean(np.concatenate(errors) ** 2)) / (2 ** (configs[0].weight_bits - 1) - 1))


def cells() -> str:
    """Accuracy by bits of a cell, with programming errors: mean, interval and worst of CHIPS chips; and what
    the errors of devices make of a weight."""
    lines = [
        f"| cell bits | bits of the slices | error of a weight | found | accuracy of {CHIPS} chips "
        "| worst chip |",
        "|---|---|---|---|---|---|",
    ]
    for bits in CELL_BITS:
        configs = [
            CrossbarConfig(cell_bits=bits, on_off_ratio=ON_OFF, programming_error=SIGMA, seed=seed)
            for seed in range(CHIPS)
        ]
        found = estimate_mean(np.stack([correct(one) for one in configs]), 0.95, fraction=True)
        low, high = found.chips_interval or (found.mean, found.mean)
        mean = f"{100 * found.mean:.2f} % ({100 * low:.2f} … {100 * high:.2f})"
        slices = " + ".join(map(str, configs[0].slice_bits))
        errors = (weight_error(configs[0]), found_error(configs[:ERROR_CHIPS]))
        shown = " | ".join(f"{100 * error:.1f} %" for error in errors)
        lines.append(f"| {bits} | {slices} | {shown} | {mean} | {100 * found.least:.2f} % |")
    return "\n".join(lines)


def converters() -> str:
    """Accuracy by bits of the ADC, devices without errors: ranges of the description, and calibrated."""
    names = ["`full`", "`typical` (default)", *CALIBRATIONS]
    lines = ["| ADC bits | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for bits in ADC_BITS:
        shares = [
            correct(CrossbarConfig(adc_bits=bits, on_off_ratio=ON_OFF, adc_range=preset)).mean()
            for preset in ("full", "typical")
        ]
        config = CrossbarConfig(adc_bits=bits, on_off_ratio=ON_OFF)
        shares += [correct(config, choice).mean() for choice in CALIBRATIONS.values()]
        lines.append(f"| {bits} | " + " | ".join(f"{100 * share:.2f} %" for share in shares) + " |")
    return "\n".join(lines)


TABLES: dict[str, Callable[[], str]] = {"cells": cells, "converters": converters}


def seconds() -> tuple[float, float]:
    """Of a sweep of TIMED_CHIPS chips on TIMED_IMAGES images, with starting and programming: by the clock,
    and of the processors of all its processes."""
    network = peer_subject(TIMED_IMAGES)
    labels = network.int8.run(network.x).predictions
    target = load_target("neurosim-32nm").with_parameters(TIMED_CHIP)
    begun, used = time.perf_counter(), processor_s()
    work = work_of(network.int8.model, network.x, labels, target=target)
    swept(work, plan_of(work, (), TIMED_CHIPS), workers=WORKERS)
    return time.perf_counter() - begun, processor_s() - used


def processor_s() -> float:
    """Seconds of processors that this process and its ended children have used."""
    found = os.times()
    return found.user + found.system + found.children_user + found.children_system


def written(page: str) -> str:
    """The page with the tables as they are now."""
    for name, table in TABLES.items():
        mark = f"<!-- crossbar accuracy: {name} -->"
        page, count = re.subn(
            rf"{mark}\n.*?\n<!-- end -->", f"{mark}\n{table()}\n<!-- end -->", page, flags=re.DOTALL
        )
        if count != 1:
            raise SystemExit(f"{PAGE}: expected {mark} once, found it {count} times")
    return page


def main(arguments: Sequence[str] | None = None) -> None:
    """Print, write or time."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="into docs/crossbar.md")
    parser.add_argument("--time", action="store_true", help="only the time of many chips")
    wanted = parser.parse_args(arguments)
    if wanted.time:
        load, (taken, used) = os.getloadavg()[0], seconds()
        print(
            f"{TIMED_CHIPS} chips × {TIMED_IMAGES} images of the 28×28 network, T = 4, {WORKERS} processes: "
            f"{taken:.1f} s; {used:.1f} s of processors (load of the machine before: {load:.1f})"
        )
    elif wanted.write:
        PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    else:
        for name, table in TABLES.items():
            print(f"{name}\n\n{table()}\n")


if __name__ == "__main__":
    main()
