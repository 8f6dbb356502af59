"""Ordinary networks of the shapes that small devices run, each with ReLU or QCFS between its layers.

``snnrt convert ordinary_networks.py:resnet8 --weights resnet8.pt --spiking`` names one of them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from snnrt.training import networks
from snnrt.training.activations import QCFS
from snnrt.training.ordinary import ordinary

__all__ = ["NETWORKS", "QCFS", "ds_cnn", "mlp", "pooled_vgg", "resnet8", "vgg", "vgg8"]

CLASSES = 10
Activation = Callable[[], nn.Module]


class Residual(nn.Module):
    """Two convolutions and the way around them."""

    def __init__(self, channels: int, outputs: int, stride: int, activation: Activation) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            *convolution(channels, outputs, 3, stride), activation(), *convolution(outputs, outputs, 3, 1)
        )
        around = stride > 1 or channels != outputs
        self.around = nn.Sequential(*convolution(channels, outputs, 1, stride)) if around else nn.Identity()
        self.activation = activation()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The sum, activated."""
        return self.activation(self.inner(x) + self.around(x))


def convolution(
    channels: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> tuple[nn.Module, nn.Module]:
    """With batch norm, as wide as its input."""
    layer = nn.Conv2d(channels, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return layer, nn.BatchNorm2d(outputs)


def resnet8(
    channels: int = 1, side: int = 28, activation: Activation = nn.ReLU, width: int = 12
) -> nn.Module:
    """Three residual blocks, as MLPerf Tiny has them."""
    return nn.Sequential(
        *convolution(channels, width, 3), activation(),
        Residual(width, width, 1, activation), Residual(width, 2 * width, 2, activation),
        Residual(2 * width, 4 * width, 2, activation),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, CLASSES),
    )  # fmt: skip


def ds_cnn(channels: int = 1, side: int = 28, activation: Activation = nn.ReLU, width: int = 32) -> nn.Module:
    """Four depthwise separable blocks."""
    blocks: list[nn.Module] = []
    for _ in range(4):
        blocks += [*convolution(width, width, 3, groups=width), activation()]
        blocks += [*convolution(width, width, 1), activation()]
    return nn.Sequential(
        *convolution(channels, width, 5, 2), activation(), *blocks,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(width, CLASSES),
    )  # fmt: skip


def vgg(channels: int = 1, side: int = 28, activation: Activation = nn.ReLU, width: int = 16) -> nn.Module:
    """Pairs of convolutions with a maximum pooling behind each."""
    layers: list[nn.Module] = []
    for outputs in (width, 2 * width, 4 * width):
        layers += [*convolution(channels, outputs, 3), activation()]
        layers += [*convolution(outputs, outputs, 3), activation(), nn.MaxPool2d(2)]
        channels, side = outputs, side // 2
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(channels * side * side, 64), activation(),
        nn.Linear(64, CLASSES),
    )  # fmt: skip


def mlp(channels: int = 1, side: int = 28, activation: Activation = nn.ReLU, width: int = 256) -> nn.Module:
    """Two hidden layers with batch norm."""
    inputs = channels * side * side
    return nn.Sequential(
        nn.Flatten(), nn.Linear(inputs, width), nn.BatchNorm1d(width), activation(), nn.Dropout(0.2),
        nn.Linear(width, width), nn.BatchNorm1d(width), activation(), nn.Linear(width, CLASSES),
    )  # fmt: skip


def vgg8(channels: int = 3, side: int = 32, activation: Activation = nn.ReLU, width: int = 48) -> nn.Module:
    """The layers of ``snnrt.training``'s VGG-8, as ``examples/training/cifar10.py`` trains them."""
    return ordinary(networks.vgg8((channels, side, side), CLASSES, width, dropout=0.1), activation)


def pooled_vgg(
    channels: int = 3, side: int = 32, activation: Activation = nn.ReLU, width: int = 64
) -> nn.Module:
    """The layers of ``snnrt.training``'s VGG with its pools before the activations, as ``cifar10.py`` trains
    them."""
    return ordinary(networks.pooled_vgg((channels, side, side), CLASSES, width), activation)


NETWORKS = {
    "mlp": mlp, "vgg": vgg, "resnet8": resnet8, "ds_cnn": ds_cnn, "vgg8": vgg8, "pooled_vgg": pooled_vgg,
}  # fmt: skip
