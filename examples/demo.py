"""The whole way of a spiking network: convert, run with early exit, and know the cost. `make demo` runs it.

    pip install 'snnrt[data,report]'
    python examples/demo.py

Converts examples/models/digits_conv.nir to int8, chooses the exit threshold on the training images, runs the
797 test images in the C core and writes the model and a report into ``demo-output``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import snnrt
from snnrt.data.load import Dataset, load_dataset
from snnrt.targets import TargetReport

SOURCE = Path(__file__).parent / "models" / "digits_conv.nir"
TIMESTEPS = 4
TARGETS = ("stm32u575", "dt-snn")
THRESHOLDS = (0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)
PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def choose_threshold(network: snnrt.Network, data: Dataset) -> float:
    """The largest of THRESHOLDS at which every image of ``data`` keeps its class of the full T; 0 if none."""
    full = network.run(data.x, exit="never").predictions
    for threshold in THRESHOLDS:
        early = network.run(data.x, exit=snnrt.Exit.entropy(threshold))
        if np.array_equal(early.predictions, full):
            return threshold
    return 0.0


def with_unit(value: float, unit: str) -> str:
    """A number of three digits with the prefix that suits it."""
    factor, prefix = next((pair for pair in PREFIXES if value >= pair[0]), PREFIXES[-1])
    return f"{value / factor:.3g} {prefix}{unit}"


def rows(reports: list[TargetReport], float_accuracy: float) -> Iterator[tuple[str, ...]]:
    """The lines of the table: what, at the full T, with dynamic timesteps, the change."""
    first = reports[0]
    yield "", f"all {TIMESTEPS} timesteps", "dynamic timesteps", ""
    yield "accuracy in float32", f"{float_accuracy:.4f}", "", ""
    points = 100 * (first.accuracy - first.static_accuracy)
    yield "accuracy in int8", f"{first.static_accuracy:.4f}", f"{first.accuracy:.4f}", f"{points:+.2f} points"
    means = [float(costs.timesteps.mean()) for costs in (first.static, first.dynamic)]
    yield "mean timesteps", f"{means[0]:.3f}", f"{means[1]:.3f}", f"{means[1] / means[0] - 1:+.1%}"
    for report in reports:
        static, dynamic = report.static.summary(), report.dynamic.summary()
        yield ("",) * 4
        yield f"{report.target.name}: {report.target.title}", "", "", ""
        for what, field, unit in (("energy", "mean_energy_j", "J"), ("latency", "mean_latency_s", "s")):
            before, after = getattr(static, field), getattr(dynamic, field)
            yield f"  {what}", with_unit(before, unit), with_unit(after, unit), f"{after / before - 1:+.1%}"
        before, after = static.mean_edp_js, dynamic.mean_edp_js
        yield "  EDP", f"{before:.3g} J·s", f"{after:.3g} J·s", f"{-report.edp_reduction:+.1%}"
        ways = report.edp_reduction_by_choice
        if ways:
            yield "  EDP, image read once", "", "", f"{-ways['once']:+.1%}"


def print_table(lines: list[tuple[str, ...]]) -> None:
    """Columns of numbers to the right; a line with a first cell only is a heading."""
    widths = [max(len(line[column]) for line in lines if any(line[1:])) for column in range(4)]
    for first, *numbers in lines:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(numbers, widths[1:]))]
        print("   ".join(cells).rstrip())


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is being done, and then how long it took."""
    print(f"· {text} ", end="", flush=True)
    start = time.perf_counter()
    yield
    print(f"({time.perf_counter() - start:.1f} s)")


def main(arguments: list[str] | None = None) -> None:
    """Convert, choose the threshold, run, profile, print, write the report."""
    parser = argparse.ArgumentParser(description="Convert, run and profile the digits network.")
    parser.add_argument("--output", type=Path, default=Path("demo-output"), help="folder for the results")
    folder = parser.parse_args(arguments).output
    folder.mkdir(parents=True, exist_ok=True)
    model, page = folder / "digits.snnrt", folder / "report.html"

    with step("reading scikit-learn's digits: 1,000 images to calibrate, 797 to test"):
        training, test = load_dataset("digits", split="train"), load_dataset("digits", split="test")
    given = {"framework": "snntorch", "timesteps": TIMESTEPS, "name": "digits_conv"}
    with step(f"converting {SOURCE.name} to float32 and running it, to compare with"):
        float_accuracy = snnrt.convert(SOURCE, **given).score(test)
    with step("converting it to int8, and choosing the exit threshold on the training images"):
        options = {"numbers": "int8", "calibrate": training}
        network = snnrt.convert(SOURCE, **given, **options)
        threshold = choose_threshold(network, training)
        network = snnrt.convert(SOURCE, **given, **options, exit=snnrt.Exit.entropy(threshold))
        network.save(model)
    names = " and ".join(TARGETS)
    with step(f"running {len(test)} test images in the C core, profiling {names}, writing the report"):
        reports = network.profile(test, target=TARGETS, report=page)

    info = network.file_info()
    print(
        f"\nexit  normalised entropy < {threshold:g}: the largest threshold tried at which no training image"
    )
    print(f"      changes its class; flash {info.file_bytes} bytes, RAM {info.arena_bytes} bytes\n")
    print_table(list(rows(reports, float_accuracy)))
    print("\nEnergy and latency are estimates (means over the images); EDP is the mean of energy times delay")
    print("of each image. The report shows the figures' sources, their bands and every formula:")
    print(f"\nreport  {page}\nmodel   {model}")
    print("\nthe same with the command line:")
    source = os.path.relpath(SOURCE)
    print(f"  snnrt convert {source} -o {model} --framework snntorch --timesteps {TIMESTEPS} \\")
    print(f"      --numbers int8 --calibrate digits --exit entropy:{threshold:g}")
    print(f"  snnrt run {model} digits")
    print(f"  snnrt profile {model} digits --target {','.join(TARGETS)} --report {page}")


if __name__ == "__main__":
    main()
