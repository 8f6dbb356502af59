"""Published figures of in-memory chips beside what the profiles give, and their bands.

    python benchmarks/published_costs.py             prints the tables: half a minute
    python benchmarks/published_costs.py --write     into docs/cost_models.md

A band reaches over every figure of the profile at either end, alone and together, with layers that see a
constant input computed at every timestep and once an input.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from snnrt import GraphBuilder
from snnrt.devices.cpu import check_model
from snnrt.devices.registry import find_device
from snnrt.format.model import Model
from snnrt.ir.graph import Graph, Neuron
from snnrt.results.counts import Counts
from snnrt.results.request import checked_request
from snnrt.targets import compare, estimate, load_target

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from published_networks import Builder, counts_at, vgg9_convolutions, vgg16  # noqa: E402

PAGE = ROOT / "docs" / "cost_models.md"
RATE = 0.10
EXITS = {1.46: (68, 21, 8, 3), 1.27: (81, 13, 4, 2)}
NEUROSIM = {0.0: 139.6, 0.05: 263.6, 0.25: 412.5, 0.5: 667.4, 1.0: 1092.4}
PLAN = ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (256, 1),
        (512, 2), (512, 1), (512, 1), (512, 2), (512, 1), (512, 1))  # fmt: skip

Row = tuple[str, str, str, str]


def spiking_vgg16() -> tuple[Graph, np.ndarray]:
    """VGG-16's layers, random weights, thresholds at which about a tenth of the neurons fires; two images."""
    random = np.random.default_rng(0)
    builder = GraphBuilder((3, 32, 32), timesteps=8)
    # chosen by trial, so that rates are of the order of trained networks
    value, threshold = builder.input, 0.75
    for number, (channels, stride) in enumerate(PLAN):
        fan_in = value.shape[0] * 9
        weights = random.normal(0, fan_in**-0.5, (channels, value.shape[0], 3, 3)).astype(np.float32)
        value = builder.conv2d(value, weights, stride=stride, padding=1, name=f"conv{number}")
        value = builder.neuron(value, membrane=0.5, threshold=threshold, name=f"lif{number}")
        threshold = 0.36
    value = builder.flatten(value, channels_last=True)
    outputs = random.normal(0, value.shape[0] ** -0.5, (10, value.shape[0])).astype(np.float32)
    graph = builder.finish(builder.dense(value, outputs), exit=("never", 0.0))
    return graph, random.uniform(0, 1, (2, 3, 32, 32)).astype(np.float32)


def run_counts(graph: Graph, x: np.ndarray, timesteps: int) -> Counts:
    """What the core counts in so many timesteps."""
    device = find_device("cpu")
    model = Model.from_graph(graph, check_model)
    request = checked_request(graph, x, device.capabilities, timesteps=timesteps, exit="never")
    with device.open(model) as session:
        return session.run(request).counts


def rates(graph: Graph, counts: Counts) -> list[float]:
    """Spikes a neuron and step of each layer."""
    positions = [place for place, node in enumerate(graph) if isinstance(node, Neuron)]
    return [float(counts.spikes[:, p].sum() / counts.neuron_updates[:, p].sum()) for p in positions]


def _banded(
    value: float, band: list[float], text: Callable[[float], str], published: float
) -> tuple[str, ...]:
    deviation = f"{100 * (value / published - 1):+.1f} %"
    return text(value), f"{text(min(band))} … {text(max(band))}", deviation


def dt_snn() -> Iterator[Row]:
    """The paper's figures: what it says, the profile's value, band and deviation."""
    percent: Callable[[float], str] = lambda value: f"{100 * value:.1f} %"  # noqa: E731
    plain: Callable[[float], str] = lambda value: f"{value:.2f}"  # noqa: E731
    graph = vgg16(timesteps=8)
    costs = estimate(graph, counts_at(graph, RATE, [1, 8]), "dt-snn")
    for place, (name, published) in enumerate((("E(8) / E(1)", 4.9), ("latency(8) / latency(1)", 8.0))):
        ratios = [float(totals[place][1] / totals[place][0]) for totals in costs.variants.values()]
        own = (costs.energy_j, costs.latency_s)[place]
        value, band, off = _banded(float(own[1] / own[0]), ratios, plain, published)
        yield f"{name}, 10 % of spikes", f"{published:g}", f"{value} ({off})", band
    target = load_target("dt-snn")
    for component, published in (("digital peripherals", 0.45), ("crossbar and ADC", 0.25)):
        shares = []
        for own_end, other_end in (("value", "value"), ("low", "high"), ("high", "low")):
            charges = tuple(
                charge.at_corner(own_end if charge.component == component else other_end)  # type: ignore[arg-type]
                for charge in target.charges
            )
            varied = estimate(
                graph, counts_at(graph, RATE, [1]), dataclasses.replace(target, charges=charges)
            )
            parts = dict(zip(varied.components, varied.component_energy_j[0], strict=True))
            shares.append(float(parts[component] / varied.energy_j[0]))
        value, band, off = _banded(shares[0], shares, percent, published)
        yield f"share of {component}", percent(published), f"{value} ({off})", band
    for mean, published in ((1.46, 0.80), (1.27, 0.84)):
        exits = np.repeat([1, 2, 3, 4], EXITS[mean])
        short = vgg16(timesteps=4)
        report = compare(
            short, counts_at(short, RATE, exits), counts_at(short, RATE, np.full(100, 4)), "dt-snn"
        )
        ways = report.edp_reduction_by_choice
        both = f"{percent(ways['every_timestep'])} images at every timestep, {percent(ways['once'])} once"
        low, high = report.edp_reduction_band
        yield (
            f"EDP saved at a mean of {mean} of 4",
            percent(published),
            both,
            f"{percent(low)} … {percent(high)}",
        )


def really_run() -> Iterator[Row]:
    """E(8) / E(1) of a network of VGG-16's size that runs in the core."""
    graph, x = spiking_vgg16()
    one, eight = run_counts(graph, x, 1), run_counts(graph, x, 8)
    first, later = rates(graph, one), rates(graph, eight)
    costs = [estimate(graph, counts, "dt-snn") for counts in (one, eight)]
    for choice in ("every_timestep", "once"):
        energies = [float(cost.variants[f"static_layers = {choice}"][0].mean()) for cost in costs]
        yield (
            f"E(8) / E(1), image {choice.replace('_', ' ')}; rates {min(later):.2f}–{max(later):.2f}, "
            f"mean {np.mean(later):.2f}, in the first timestep {np.mean(first):.2f}",
            "4.9",
            f"{energies[1] / energies[0]:.2f}",
            "–",
        )


def spikesim() -> Iterator[Row]:
    """SpikeSim's example."""
    graph = vgg9_convolutions()
    costs = estimate(graph, counts_at(graph, RATE, [5]), "spikesim-65nm")
    found = (
        ("energy, pJ", "15906934.026", f"{costs.energy_j[0] * 1e12:.3f}"),
        ("latency, ns", "62832640", f"{costs.latency_s[0] * 1e9:.0f}"),
        ("area, mm²", "8.4255", f"{costs.area_mm2:.4f}"),
        ("PEs", "48", str(costs.blocks)),
        ("tiles", "6", str(costs.tiles)),
    )
    for name, published, value in found:
        yield name, published, value, "–"


def neurosim() -> Iterator[Row]:
    """Energy against density; 25 % is where the profile is calibrated."""
    graph = Builder((256,), encoding="spikes", timesteps=1).dense(256).graph()
    for density, published in NEUROSIM.items():
        joules = float(estimate(graph, counts_at(graph, density, [1]), "neurosim-32nm").energy_j[0])
        error = 100 * (joules * 1e12 / published - 1)
        yield f"{density:.0%}, pJ", f"{published:g}", f"{joules * 1e12:.1f}", f"{error:+.1f} %"


TABLES: dict[str, tuple[tuple[str, ...], Callable[[], Iterator[Row]]]] = {
    "dt-snn": (("DT-SNN's figure", "paper", "components", "band"), dt_snn),
    "really run": (("VGG-16's layers, random weights", "paper", "components", "band"), really_run),
    "spikesim": (("VGG-9, T = 5", "SpikeSim", "profile", "band"), spikesim),
    "neurosim": (("spike density", "NeuroSim V1.4", "profile", "error"), neurosim),
}


def table(name: str) -> str:
    """A Markdown table."""
    header, rows = TABLES[name]
    lines = [header, ("---",) * len(header), *rows()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    """Print the tables, or write them between their marks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the tables into docs/cost_models.md")
    write = parser.parse_args().write
    page = PAGE.read_text("utf-8")
    for name in TABLES:
        text = table(name)
        print(f"\n{name}\n{text}")
        mark = re.escape(f"<!-- published costs: {name} -->")
        page = re.sub(rf"(?s)({mark}\n).*?(<!-- end -->)", lambda m, t=text: f"{m[1]}{t}\n{m[2]}", page)
    if write:
        PAGE.write_text(page, "utf-8")
        print(f"\nwritten: {PAGE}")


if __name__ == "__main__":
    main()
