"""What exits are worth: the spiking network at T = 4, at T = 1, with exits, and its quantised ordinary twin.

    python benchmarks/exit_worth.py                        # the digits, about a minute
    python benchmarks/exit_worth.py --fashion FOLDER       # Fashion-MNIST's idx files; trains for minutes

The twin has the same layers, activations of ⌈log₂(T + 1)⌉ = 3 bits (QCFS with 7 levels) and int8 weights, and
is trained here (PyTorch). In the core it is a network of one timestep whose neurons fire up to 7 times, which
is also the rival "T = 1 with several spikes": it skips zeros as spikes do. *Dense* counts every product.

Break-even: firing rates below which the spiking network takes fewer instructions than the twin. Instructions
of an inference are c + T·(a + b·s·D), fitted to emulated runs; s is the rate, weighted by synapses, D the
synapses behind the first layer. Beside it the arithmetic b/(8T) of arXiv 2409.08290, with 3 bits.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from drifting_images import Field, add_field_options, fields_of
from torch import nn

import snnrt
from snnrt.converters.common.finish import Imported
from snnrt.converters.convert import in_numbers
from snnrt.data.load import load_dataset
from snnrt.ir.graph import Graph
from snnrt.network import Network
from snnrt.results.request import Capabilities, checked_request
from snnrt.targets.emulator import EmulatedResult, run_emulated
from snnrt.targets.worst_case import node_work

sys.path.append(str(Path(__file__).parents[1] / "examples" / "training_ordinary"))
from ordinary_networks import QCFS
from train import images

BITS = 3
LEVELS = 2**BITS - 1
TIMESTEPS = 4
EMULATOR = Capabilities("emulator")


def convolution(channels: int, outputs: int) -> list[nn.Module]:
    """3×3 with batch norm and its activation."""
    layer = nn.Conv2d(channels, outputs, 3, padding=1, bias=False)
    return [layer, nn.BatchNorm2d(outputs), QCFS(LEVELS, 4.0)]


def digits_twin() -> nn.Sequential:
    """Of examples/train_digits.py."""
    return nn.Sequential(
        *convolution(1, 16), nn.AvgPool2d(2), *convolution(16, 32), nn.Flatten(), nn.Linear(512, 10)
    )


def fashion_twin(width: int = 24) -> nn.Sequential:
    """Of examples/training/fashion.py --width 24."""
    return nn.Sequential(
        *convolution(1, width), nn.MaxPool2d(2), *convolution(width, 2 * width), nn.MaxPool2d(2),
        *convolution(2 * width, 4 * width), *convolution(4 * width, 4 * width), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(9 * 4 * width, 10),
    )  # fmt: skip


def train(network: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int, mirrored: bool) -> None:
    """One cycle of the learning rate with Adam."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    network.train()
    for _ in range(steps):
        rows = torch.randint(0, len(x), (64,))
        part = x[rows]
        if mirrored:
            flipped = torch.rand(64) < 0.5
            part[flipped] = part[flipped].flip(-1)
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(part), y[rows]).backward()
        optimiser.step()
        schedule.step()
    network.eval()


def twin_of(field: Field, folder: Path | None, steps: int, seed: int) -> Network:
    """The trained twin in int8, one timestep."""
    torch.manual_seed(seed)
    network: nn.Sequential
    if folder is None:
        data = load_dataset("digits:train")
        x, y = torch.as_tensor(np.asarray(data.x, np.float32)), torch.as_tensor(np.asarray(data.y)).long()
        network = digits_twin()
    else:
        x, y = images(folder, "train")
        network = fashion_twin()
    train(network, x, y, steps, mirrored=folder is not None)
    graph = spiking(network, tuple(x.shape[1:]))
    return Network(in_numbers(Imported(graph, ()), "int8", x[:256].numpy()).graph)


def spiking(network: nn.Sequential, shape: tuple[int, int, int]) -> Graph:
    """The network to the last bit of its activations: neurons of one timestep that begin at half their
    threshold λ/L and fire ⌊x·L/λ + ½⌋ times, at most L; λ/L goes into the weights behind."""
    g = snnrt.GraphBuilder(shape, timesteps=1)
    value, worth, layers = g.input, 1.0, list(network)
    for place, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d):
            norm = layers[place + 1]
            assert isinstance(norm, nn.BatchNorm2d) and norm.running_var is not None
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            bias = (norm.bias - norm.running_mean * scale).detach().numpy()
            weights = (layer.weight * scale[:, None, None, None]).detach().numpy()
            value = g.conv2d(value, weights * worth, bias, padding=1)
        elif isinstance(layer, QCFS):
            worth = float(layer.ceiling.detach()) / LEVELS
            value = g.if_(
                value, worth, initial=np.float32(worth / 2), reset="subtract", multiple=True,
                max_spikes=LEVELS,
            )  # fmt: skip
        elif isinstance(layer, nn.AvgPool2d):
            value = g.avg_pool2d(value, (2, 2), stride=(2, 2))
        elif isinstance(layer, nn.MaxPool2d):
            kept = int(np.prod(value.shape))
            value = g.max_pool2d(value, (2, 2), stride=(2, 2), mode="net", inputs_kept=kept)
        elif isinstance(layer, nn.Linear):
            weights = layer.weight.detach().numpy() * worth
            value = g.dense(g.flatten(value), weights, layer.bias.detach().numpy())
    return g.finish(value)


@dataclass(frozen=True, eq=False)
class Row:
    """A way to run: a network with an exit and at most so many timesteps."""

    name: str
    network: Network
    exit: str
    timesteps: int


def rows_of(field: Field, twin: Network) -> list[Row]:
    """Those of the table."""
    own = str(field.network.exit)
    return [
        Row(f"static T = {TIMESTEPS}", field.network, "never", TIMESTEPS),
        Row("static T = 1", field.network, "never", 1),
        Row(own, field.network, own, TIMESTEPS),
        Row(f"quantised twin, {BITS} bits", twin, "never", 1),
    ]


def emulated(network: Network, exit: str, x: np.ndarray, arguments: argparse.Namespace) -> EmulatedResult:
    """The firmware without counters, on a few inputs."""
    request = checked_request(network.graph, x[: arguments.emulated], EMULATOR, exit=exit)
    return run_emulated(network.model, request, arguments.core, count=False)


def print_rows(
    rows: list[Row], field: Field, instructions: list[float], arguments: argparse.Namespace
) -> None:
    """A line a way to run, and EDP and energy on each target."""
    print("  way to run              accuracy  mean T  synaptic ops  instructions on " + arguments.core)
    for row, taken in zip(rows, instructions, strict=True):
        out = row.network.run(field.x, exit=row.exit, timesteps=row.timesteps)
        ops = out.counts.synaptic_operations.sum(axis=1).mean()
        right = 100 * (out.predictions == field.y).mean()
        mean = out.timesteps.mean()
        print(f"  {row.name:24} {right:5.2f} %  {mean:6.3f}  {ops:12.0f}  {taken:12.0f}", flush=True)
    dense = sum(work.synaptic_operations for work in node_work(rows[-1].network.graph))
    print(f"  the twin, dense: {dense} products")
    part = field.x[: arguments.profiled]
    for target in arguments.target.split(","):
        for row in rows:
            found = row.network.profile(part, target=target, exit=row.exit, timesteps=row.timesteps)
            energy, edp = found.dynamic.summary().mean_energy_j, found.dynamic.summary().mean_edp_js
            print(f"  {target:12} {row.name:24} {energy:.3e} J  {edp:.3e} J·s an inference")


def print_break_even(
    field: Field, every: EmulatedResult, rival: float, arguments: argparse.Namespace
) -> None:
    """Fit, and rates by T; ``every``: the emulated run of all timesteps, ``rival``: the twin's
    instructions."""
    work = node_work(field.network.graph)
    behind = [i for i, node in enumerate(work) if node.synaptic_operations][1:]
    synapses = sum(work[i].synaptic_operations for i in behind)
    few = field.x[: arguments.emulated]
    lines, taken = [], []
    for steps in range(1, TIMESTEPS + 1):
        ran = field.network.run(few, exit="never", timesteps=steps)
        ops = ran.counts.synaptic_operations[:, behind].sum(axis=1)
        lines += [(1.0, steps, float(one)) for one in ops]
        taken += every.step_instructions[:, :steps].sum(axis=1).tolist()
    (once, step, each), *_ = np.linalg.lstsq(np.array(lines), np.array(taken, float), rcond=None)
    full = field.network.run(field.x, exit="never")
    rate = full.counts.synaptic_operations[:, behind].sum(axis=1).mean() / (TIMESTEPS * synapses)
    mean = float(field.network.run(field.x).timesteps.mean())
    print(
        f"  instructions = {once:.0f} + T·({step:.0f} + {each:.2f}·s·{synapses}); the twin {rival:.0f}; "
        f"the network's own rate s is {100 * rate:.1f} %"
    )
    print("  T            break-even on the core   by b/(8T)")
    means = [(str(t), float(t)) for t in range(1, TIMESTEPS + 1)] + [(f"{mean:.2f} (exits)", mean)]
    for shown, steps in means:
        even = ((rival - once) / steps - step) / (each * synapses)
        print(f"  {shown:12} {100 * even:8.1f} %              {100 * BITS / (8 * steps):5.1f} %")


def main() -> None:
    """Print tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_field_options(parser)
    parser.add_argument("--steps", type=int, help="of training the twin (1,000; Fashion-MNIST 1,500)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--core", default="cortex-m4")
    parser.add_argument("--emulated", type=int, default=6, metavar="N", help="inputs in the emulator")
    parser.add_argument("--profiled", type=int, default=400, metavar="N", help="inputs on targets")
    parser.add_argument("--target", default="dt-snn,stm32u575")
    arguments = parser.parse_args()
    # networks so small wait for threads more than they gain
    torch.set_num_threads(1)
    for field in fields_of(arguments):
        steps = arguments.steps or (1000 if arguments.fashion is None else 1500)
        twin = twin_of(field, arguments.fashion, steps, arguments.seed)
        print(f"{field.name}: {len(field.x)} images, int8")
        own, few = field.network, field.x
        every, ended = (emulated(own, exit, few, arguments) for exit in ("never", str(own.exit)))
        rival = float(emulated(twin, "never", few, arguments).instructions.mean())
        once = float((every.instructions - every.step_instructions[:, 1:].sum(axis=1)).mean())
        # with exits: a first step and later ones, each with the rule, for the mean T of all images
        mean = float(own.run(field.x).timesteps.mean())
        first, later = (every.step_instructions[:, part].mean() for part in (slice(1), slice(1, None)))
        rule = float(ended.step_instructions[:, 0].mean() - first)
        ending = once + rule + (mean - 1.0) * (later + rule)
        taken = [float(every.instructions.mean()), once, ending, rival]
        print_rows(rows_of(field, twin), field, taken, arguments)
        print_break_even(field, every, rival, arguments)


if __name__ == "__main__":
    main()
