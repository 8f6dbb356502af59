"""Depthwise-separable networks: a convolution a channel, then one of 1×1 across channels (MobileNet)."""

from __future__ import annotations

from torch import nn

from snnrt.training.layers import OverTime, SpikingNetwork
from snnrt.training.networks.neuron_choice import MakeNeuron, default_neuron, dropped, widths


def separable(
    input_shape: tuple[int, int, int] = (3, 32, 32),
    classes: int = 10,
    width: int = 32,
    timesteps: int = 4,
    neuron: MakeNeuron = default_neuron,
    dropout: float = 0.0,
) -> SpikingNetwork:
    """A convolution of w channels, then six separable ones (2w; 4w halved, 4w; 8w halved, 8w, 8w), the mean
    of each map and a dense layer. About 0.2 M weights at w = 32.

    A neuron stands behind each of both convolutions, so that the second reads spikes, too.
    """
    one, two, four, eight = widths(width)
    stem = nn.Sequential(nn.Conv2d(input_shape[0], one, 3, padding=1, bias=False), nn.BatchNorm2d(one))
    body: list[nn.Module] = [neuron()]
    channels = one
    for out, stride in ((two, 1), (four, 2), (four, 1), (eight, 2), (eight, 1), (eight, 1)):
        depthwise = nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False)
        body += [OverTime(depthwise, nn.BatchNorm2d(channels)), neuron()]
        body += [OverTime(nn.Conv2d(channels, out, 1, bias=False), nn.BatchNorm2d(out)), neuron()]
        channels = out
    body.append(OverTime(nn.AdaptiveAvgPool2d(1), nn.Flatten(), *dropped(dropout), nn.Linear(eight, classes)))
    return SpikingNetwork(input_shape, stem, nn.Sequential(*body), timesteps)
