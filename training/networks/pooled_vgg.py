"""A VGG whose pools stand before batch norm and neuron, so that a quarter of the neurons is left.

After the network of "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (Jordan, 2024, arXiv:2404.00498). Its
first convolution, of 2×2, whitens; here it is one with the next, of 4×4
(:func:`snnrt.training.preconditioning.whiten`).
"""

from __future__ import annotations

from torch import nn

from snnrt.errors import ModelError
from snnrt.training.layers import OverTime, SpikingNetwork
from snnrt.training.networks.neuron_choice import MakeNeuron, default_neuron, dropped

_SMALLEST = 9
"""Pixels that leave one behind three pools of 2 and a convolution of 4×4."""


def pooled_vgg(
    input_shape: tuple[int, int, int] = (3, 32, 32),
    classes: int = 10,
    width: int = 64,
    timesteps: int = 4,
    neuron: MakeNeuron = default_neuron,
    dropout: float = 0.0,
) -> SpikingNetwork:
    """Six convolutions (w, pool, w; 2w, pool, 2w; 3w, pool, 3w), the first of 4×4, the maximum of each map
    and one dense layer.

    52 M multiplications a timestep and 0.82 M weights at w = 64 and 32×32. Raises ModelError for an image of
    less than 9 pixels.
    """
    channels, height, across = input_shape
    if min(height, across) < _SMALLEST:
        raise ModelError(
            f"input_shape: expected {_SMALLEST} or more pixels each way, found {height}×{across}"
        )
    stem = nn.Sequential(
        nn.Conv2d(channels, width, 4, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(width)
    )
    body: list[nn.Module] = [neuron()]
    before = width
    for number, wide in enumerate((width, 2 * width, 3 * width)):
        if number:
            body += [OverTime(_convolution(before, wide), nn.MaxPool2d(2), nn.BatchNorm2d(wide)), neuron()]
        body += [OverTime(_convolution(wide, wide), nn.BatchNorm2d(wide)), neuron()]
        before = wide
    # of 32 pixels 31 are left by the convolution of 4×4, then 15, 7, 3
    left = ((height - 1) // 8, (across - 1) // 8)
    body.append(OverTime(nn.MaxPool2d(left), nn.Flatten(), *dropped(dropout), nn.Linear(before, classes)))
    return SpikingNetwork(input_shape, stem, nn.Sequential(*body), timesteps)


def _convolution(channels: int, out: int) -> nn.Conv2d:
    return nn.Conv2d(channels, out, 3, padding=1, bias=False)
