"""The tables of docs/against_cmsis_nn.md, made of ``results.json``, the counts and the log of training."""

from __future__ import annotations

import re
from pathlib import Path

from comparison_results import Results, Subject
from ordinary_layers import ORDINARY, Counts, Layer, activation_bytes, instructions, weight_bytes
from rivals import Trained, cheapest, twin_of
from spiking_networks import SPIKING

from snnrt.atomic_write import write_atomically
from snnrt.errors import SnnrtError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "against_cmsis_nn.md"
MARKS = r"(?s)(<!-- written by benchmarks/against_cmsis_nn/compare\.py -->\n).*?(<!-- end -->)"


VARIANTS = {"conv_stride": "conv_pool", "conv_max": "conv_pool"}
"""A network trained for sparse spikes, and the one in whose place it can stand."""


def percent(fraction: float) -> str:
    """88.30 %."""
    return f"{100 * fraction:.2f} %"


def described(layer: Layer) -> str:
    """A layer in words."""
    stride = " stride 2" if layer.stride == 2 and layer.weighted else ""
    if layer.kind == "dense":
        return f"dense {layer.outputs}"
    if not layer.weighted:
        return "average pool 2" if layer.kind == "avgpool" else "max pool 2"
    if layer.kind == "depthwise":
        return f"depthwise 3×3{stride}"
    return f"conv {layer.kernel}×{layer.kernel}×{layer.outputs}{stride}"


def network_table(results: Results, trained: list[Trained]) -> str:
    """What each network is and answers."""
    lines = [
        "| network | layers | trained by | spiking, exit: accuracy | timesteps | at T = 1 | at T = 4 | "
        "int8 twin | spikes a neuron and timestep | inputs not zero behind the first layer |",
        "|---|---|---|" + "---:|" * 7,
    ]
    for name, subject in results.networks.items():
        told = subject.answers
        cells = (
            ", ".join(described(one) for one in SPIKING[name].layers),
            told.recipe,
            percent(told.accuracy),
            f"{told.mean_timesteps:.3f}",
            percent(told.static_accuracy[0]),
            percent(told.static_accuracy[-1]),
            percent(twin_of(SPIKING[name].twin, told.recipe, trained).int8_accuracy),
            ", ".join(f"{rate:.3f}" for rate in told.rates.values()),
            percent(told.share),
        )
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def instruction_table(name: str, subject: Subject, trained: list[Trained], counts: Counts) -> str:
    """A line a core: this network, its static forms, its twin, and the cheapest rival."""
    lines = [
        "| core | exit | T = 1 | T = 4 | int8 twin in CMSIS-NN | ratio: exit | T = 1 | T = 4 | "
        "cheapest int8 network as accurate | its instructions | ratio: exit |",
        "|---|" + "---:|" * 7 + "---|---:|---:|",
    ]
    told = subject.answers
    for core, found in subject.cores.items():
        theirs = instructions(counts, core, SPIKING[name].twin)
        rival = cheapest(told.accuracy, told.recipe, trained, counts, core)
        cells = [
            f"{found.instructions:,.0f}", f"{found.static[0]:,.0f}", f"{found.static[-1]:,.0f}",
            f"{theirs:,}", f"**{found.instructions / theirs:.2f}**", f"{found.static[0] / theirs:.2f}",
            f"{found.static[-1] / theirs:.2f}",
        ]  # fmt: skip
        if rival is None:
            cells += ["none of these", "", ""]
        else:
            best, taken = rival
            cells += [
                f"`{best.name}`, {percent(best.int8_accuracy)}", f"{taken:,}",
                f"**{found.instructions / taken:.2f}**",
            ]  # fmt: skip
        lines.append(f"| {core} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def variant_table(name: str, of: str, results: Results, trained: list[Trained], counts: Counts) -> str:
    """A network trained for sparse spikes in the place of another, whose twin is the rival."""
    mine, theirs = results.networks[name], results.networks[of]
    twin = twin_of(of, theirs.answers.recipe, trained)
    points = 100 * (mine.answers.accuracy - twin.int8_accuracy)
    lines = [
        f"`{name}` ({percent(mine.answers.accuracy)}, recipe {mine.answers.recipe}) in the place of `{of}`, "
        f"whose int8 twin has {percent(twin.int8_accuracy)} (recipe {twin.recipe}): {points:+.2f} points",
        "",
        f"| core | `{name}`, exit | int8 twin of `{of}` | ratio | `{of}`, exit: ratio |",
        "|---|---:|---:|---:|---:|",
    ]
    for core, found in mine.cores.items():
        rival = instructions(counts, core, of)
        other = theirs.cores[core].instructions / rival
        cells = (f"{found.instructions:,.0f}", f"{rival:,}", f"**{found.instructions / rival:.2f}**",
                 f"{other:.2f}")  # fmt: skip
        lines.append(f"| {core} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def memory_table(results: Results) -> str:
    """Bytes: RAM of both, ours of code on each core, models."""
    cores = list(dict.fromkeys(core for one in results.networks.values() for core in one.cores))
    lines = [
        "| network | arena | of it membranes | CMSIS-NN's activations | ratio | of membranes alone | stack | "
        "model file | int8 twin's weights | "
        + " | ".join(f"code, {core}" for core in cores) + " |",
        "|---|" + "---:|" * (8 + len(cores)),
    ]  # fmt: skip
    for name, subject in results.networks.items():
        arena = max(one.arena_bytes for one in subject.cores.values())
        theirs, states = activation_bytes(SPIKING[name].twin), subject.answers.state_bytes
        cells = [
            f"{arena:,}", f"{states:,}", f"{theirs:,}", f"{arena / theirs:.1f}", f"{states / theirs:.1f}",
            f"{max(one.stack_bytes for one in subject.cores.values()):,}",
            f"{subject.answers.model_bytes:,}", f"{weight_bytes(SPIKING[name].twin):,}",
            *(f"{subject.cores[core].code_bytes:,}" if core in subject.cores else "" for core in cores),
        ]  # fmt: skip
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def worth(share: float) -> str:
    """A break-even share in words."""
    return "never" if share <= 0 else "always" if share >= 1 else f"{100 * share:.1f} %"


def break_even_table(name: str, subject: Subject, counts: Counts) -> str:
    """A line a core: the fit, and the share of inputs below which the network beats its twin."""
    told = subject.answers
    lines = [
        f"| core | once | a timestep, its exit | an operation | error of the fit | T = 1 | "
        f"T = {told.mean_timesteps:.2f}, exits | T = 4 | s · T with exits: at most | its own |",
        "|---|" + "---:|" * 9,
    ]
    for core, found in subject.cores.items():
        theirs, fit = instructions(counts, core, SPIKING[name].twin), found.fit
        ways = [(1.0, False), (told.mean_timesteps, True), (float(len(found.static)), False)]
        shares = [fit.even(theirs, steps, exits) for steps, exits in ways]
        cells = (
            f"{fit.once:,.0f}", f"{fit.step:,.0f}, {fit.rule:,.0f}", f"{fit.operation:.2f}",
            f"{100 * fit.error:.1f} %", *(worth(share) for share in shares),
            f"{max(0.0, shares[1] * told.mean_timesteps):.3f}", f"{told.share * told.mean_timesteps:.3f}",
        )  # fmt: skip
        lines.append(f"| {core} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ordinary_table(trained: list[Trained], counts: Counts) -> str:
    """Every ordinary network that was trained, and what CMSIS-NN takes for it."""
    cores = sorted(counts, key=lambda core: int(core.removeprefix("cortex-m")))
    lines = [
        f"| int8 network | layers | trained by | accuracy | activations | weights | {' | '.join(cores)} |",
        "|---|---|---|" + "---:|" * (3 + len(cores)),
    ]
    for one in trained:
        cells = (
            ", ".join(described(layer) for layer in ORDINARY[one.name]), one.recipe,
            percent(one.int8_accuracy), f"{activation_bytes(one.name):,}", f"{weight_bytes(one.name):,}",
            *(f"{instructions(counts, core, one.name):,}" for core in cores),
        )  # fmt: skip
        lines.append(f"| `{one.name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def tables(results: Results, trained: list[Trained], counts: Counts) -> str:
    """All of them, with headings."""
    parts = ["### Networks", network_table(results, trained), "### Instructions an inference"]
    for name, subject in results.networks.items():
        parts += [f"`{name}`", instruction_table(name, subject, trained, counts)]
    for name, of in VARIANTS.items():
        if name in results.networks and of in results.networks:
            parts.append(variant_table(name, of, results, trained, counts))
    builds = {one.compiler.split(" -")[0] for of in results.networks.values() for one in of.cores.values()}
    parts.append(
        f"Means over {results.counted} test images that exit as all do; snnrt built at `-O2` by "
        + ", ".join(sorted(builds))
        + "."
    )
    parts += ["### Memory, bytes", memory_table(results), "### Break-even"]
    for name, subject in results.networks.items():
        parts += [f"`{name}` against its int8 twin", break_even_table(name, subject, counts)]
    parts += ["### The int8 networks", ordinary_table(trained, counts)]
    return "\n\n".join(parts)


def with_tables(page: str, text: str) -> str:
    """The page with ``text`` between its marks. Raises SnnrtError where they are not there once."""
    found, places = re.subn(MARKS, lambda match: f"{match[1]}{text}\n{match[2]}", page)
    if places != 1:
        raise SnnrtError(f"{PAGE.name}: expected its marks once, found {places}")
    return found


def write_page(text: str) -> None:
    """Put the tables into the page."""
    write_atomically(PAGE, with_tables(PAGE.read_text("utf-8"), text).encode())
