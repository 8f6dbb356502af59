"""ResNet-19 of tdBN (Zheng et al., AAAI 2021), on which DT-SNN and SEENN report."""

from __future__ import annotations

import torch
from torch import nn

from snnrt.training.layers import OverTime, SpikingNetwork
from snnrt.training.networks.neuron_choice import MakeNeuron, default_neuron, dropped, widths


class ResidualBlock(nn.Module):
    """conv, neuron, conv, added to the shortcut, neuron: (T, N, …) spikes → (T, N, …) spikes."""

    def __init__(self, channels: int, out: int, stride: int, neuron: MakeNeuron) -> None:
        super().__init__()
        self.first = _convolved(channels, out, 3, stride)
        self.inner = neuron()
        self.second = _convolved(out, out, 3, 1)
        same = channels == out and stride == 1
        self.shortcut: nn.Module = nn.Identity() if same else _convolved(channels, out, 1, stride)
        self.outer = neuron()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Spikes of the block."""
        found: torch.Tensor = self.outer(self.second(self.inner(self.first(x))) + self.shortcut(x))
        return found


def resnet19(
    input_shape: tuple[int, int, int] = (3, 32, 32),
    classes: int = 10,
    width: int = 128,
    timesteps: int = 4,
    neuron: MakeNeuron = default_neuron,
    dropout: float = 0.0,
) -> SpikingNetwork:
    """A convolution of w channels, blocks of w (3), 2w (3) and 4w (2), each map's mean, two dense layers.

    ``width``: 128 as published, 12.6 M weights; 16 for small devices. ``dropout``: before the dense layers.
    """
    one, two, four, _ = widths(width)
    stem = nn.Sequential(nn.Conv2d(input_shape[0], one, 3, padding=1, bias=False), nn.BatchNorm2d(one))
    body: list[nn.Module] = [neuron()]
    channels = one
    for out, blocks, stride in ((one, 3, 1), (two, 3, 2), (four, 2, 2)):
        for number in range(blocks):
            body.append(ResidualBlock(channels, out, stride if number == 0 else 1, neuron))
            channels = out
    body += [
        OverTime(nn.AdaptiveAvgPool2d(1), nn.Flatten(), *dropped(dropout), nn.Linear(four, two, bias=False),
                 nn.BatchNorm1d(two)),
        neuron(),
        OverTime(*dropped(dropout), nn.Linear(two, classes)),
    ]  # fmt: skip
    return SpikingNetwork(input_shape, stem, nn.Sequential(*body), timesteps)


def _convolved(channels: int, out: int, size: int, stride: int) -> OverTime:
    return OverTime(nn.Conv2d(channels, out, size, stride, size // 2, bias=False), nn.BatchNorm2d(out))
