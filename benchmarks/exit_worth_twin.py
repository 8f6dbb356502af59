"""The ordinary network beside the spiking one of exit_worth.py: quantised while it trains, run in this core.

It has the same layers, activations of ⌈log₂(T + 1)⌉ = 3 bits (QCFS with 7 levels) and int8 weights. In the
core it is a network of one timestep whose neurons fire up to 7 times.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

import snnrt
from snnrt.converters.common.finish import Imported
from snnrt.converters.convert import in_numbers
from snnrt.data.load import load_dataset
from snnrt.ir.graph import Graph
from snnrt.network import Network

sys.path.append(str(Path(__file__).parents[1] / "examples" / "training_ordinary"))
from drifting_images import idx_images
from ordinary_networks import QCFS

BITS = 3
LEVELS = 2**BITS - 1
BATCH = 64


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
    """One cycle of the learning rate with AdamW, layers in bfloat16."""
    network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    network.train()
    for step in range(steps):
        rows = torch.randint(0, len(x), (BATCH,))
        part = x[rows]
        if mirrored:
            flipped = torch.rand(BATCH) < 0.5
            part[flipped] = part[flipped].flip(-1)
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            answers = network(part)
        loss = nn.functional.cross_entropy(answers.float(), y[rows])
        loss.backward()
        optimiser.step()
        schedule.step()
        if sys.stderr.isatty() and step % 10 == 9:
            told = f"\rtraining the twin: {step + 1} of {steps} steps, loss {float(loss.detach()):.3f}   "
            print(told, end="" if step + 1 < steps else "\n", file=sys.stderr, flush=True)
    network.eval()


def twin_of(folder: Path | None, steps: int, seed: int) -> Network:
    """The trained twin in int8, one timestep: of the digits, or of Fashion-MNIST in ``folder``."""
    torch.manual_seed(seed)
    network: nn.Sequential
    if folder is None:
        data = load_dataset("digits:train")
        x, y = torch.as_tensor(np.asarray(data.x, np.float32)), torch.as_tensor(np.asarray(data.y)).long()
        network = digits_twin()
    else:
        x, y = (torch.from_numpy(one.copy()) for one in idx_images(folder, "train"))
        network = fashion_twin()
    train(network, x, y, steps, mirrored=folder is not None)
    graph = spiking(network, tuple(x.shape[1:]))
    return Network(in_numbers(Imported(graph, ()), "int8", x[:256].numpy(), fine="none").graph)


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
            weights = (layer.weight * scale[:, None, None, None]).detach().contiguous().numpy()
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
