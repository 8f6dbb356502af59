"""The networks of this comparison in PyTorch: the ordinary one of a list of layers, the spiking one of the
same list, and what the ordinary one answers in int8."""

from __future__ import annotations

import itertools

import torch
from ordinary_layers import Layer
from torch import nn

from snnrt import training

TIMESTEPS = 4


def linear(layer: Layer, bias: bool) -> nn.Module:
    """What a layer computes, without its activation."""
    if layer.kind == "dense":
        return nn.Linear(layer.inputs, layer.outputs, bias=bias)
    if layer.kind == "avgpool":
        return nn.AvgPool2d(layer.kernel, layer.stride)
    if layer.kind == "maxpool":
        return nn.MaxPool2d(layer.kernel, layer.stride)
    groups = layer.inputs if layer.kind == "depthwise" else 1
    return nn.Conv2d(
        layer.inputs, layer.outputs, layer.kernel, layer.stride, layer.kernel // 2, groups=groups, bias=bias
    )


def stages(layers: tuple[Layer, ...]) -> list[list[nn.Module]]:
    """What stands between activations: a batch norm behind each layer with weights but the last."""
    found: list[list[nn.Module]] = [[]]
    for place, layer in enumerate(layers):
        last = place == len(layers) - 1
        if layer.kind == "dense" and (place == 0 or layers[place - 1].kind != "dense"):
            found[-1].append(nn.Flatten())
        found[-1].append(linear(layer, bias=last))
        if layer.weighted and not last:
            norm = nn.BatchNorm1d if layer.kind == "dense" else nn.BatchNorm2d
            found[-1].append(norm(layer.outputs))
            found.append([])
    return found


class Ordinary(nn.Module):
    """With ReLU; gives (1, N, 10), which a trainer of spiking networks takes for one timestep."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        super().__init__()
        parts = stages(layers)
        between = [[*part, nn.ReLU()] for part in parts[:-1]]
        self.layers = nn.Sequential(*itertools.chain(*between), *parts[-1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 1, 28, 28) → (1, N, 10)."""
        found: torch.Tensor = self.layers(x).unsqueeze(0)
        return found


def spiking(layers: tuple[Layer, ...]) -> training.SpikingNetwork:
    """With LIF neurons (α = 0.5) where the ordinary one has ReLU."""
    first, *others = stages(layers)
    body: list[nn.Module] = []
    for part in others:
        neuron = training.LIF(0.5, 1.0, "subtract", training.surrogates.triangle())
        body += [neuron, training.OverTime(*part)]
    return training.SpikingNetwork((1, 28, 28), nn.Sequential(*first), nn.Sequential(*body), TIMESTEPS)


@torch.no_grad()
def int8_accuracy(network: Ordinary, seen: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> float:
    """As CMSIS-NN computes it: weights of 8 bits, a scale a channel; activations of 8 bits, a scale a tensor.

    Every tensor between two layers is rounded to the int8 numbers that CMSIS-NN would hold, whose ranges are
    those of ``seen`` (N, 1, 28, 28) uint8; sums are exact. The network keeps its own weights.
    """
    steps: list[nn.Module] = []
    for layer in network.eval().layers:
        if isinstance(layer, nn.BatchNorm2d):
            steps[-1] = torch.nn.utils.fuse_conv_bn_eval(steps[-1], layer)
        elif isinstance(layer, nn.BatchNorm1d):
            steps[-1] = torch.nn.utils.fuse_linear_bn_eval(steps[-1], layer)
        else:
            steps.append(layer)
    for place, layer in enumerate(steps):
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            rounded = type(layer).__new__(type(layer))
            rounded.__dict__ = {**layer.__dict__, "_parameters": dict(layer._parameters)}
            scale = layer.weight.abs().flatten(1).amax(1).clamp_min(1e-12) / 127
            scale = scale.view(-1, *[1] * (layer.weight.ndim - 1))
            rounded.weight = nn.Parameter((layer.weight / scale).round() * scale)
            steps[place] = rounded
    # a ReLU belongs to its layer, and what has none gives signed numbers: the last
    ends = [
        place
        for place, layer in enumerate(steps)
        if isinstance(layer, (nn.ReLU, nn.AvgPool2d, nn.MaxPool2d)) or place == len(steps) - 1
    ]
    value, scales = seen.float() / 255, {}
    for place, layer in enumerate(steps):
        value = layer(value)
        if place in ends:
            scales[place] = float(value.abs().max()) / (127 if place == len(steps) - 1 else 255)
    right = 0
    for part, labels in zip(x.split(500), y.split(500)):
        value = part.float() / 255
        for place, layer in enumerate(steps):
            value = layer(value)
            if place in ends:
                low, high = (-128, 127) if place == len(steps) - 1 else (0, 255)
                value = (value / scales[place]).round().clamp(low, high) * scales[place]
        right += int((value.argmax(1) == labels).sum())
    return right / len(x)
