"""Networks of the VGG family: convolutions of 3×3 with batch norm and a neuron each, and pools."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from snnrt.errors import ModelError
from snnrt.training.layers import OverTime, SpikingNetwork
from snnrt.training.networks.neuron_choice import MakeNeuron, default_neuron, dropped, widths

Plan = Sequence[int | str]
"""Channels of a convolution, or ``"pool"``."""


def small_vgg(
    input_shape: tuple[int, int, int] = (1, 28, 28),
    classes: int = 10,
    width: int = 32,
    timesteps: int = 4,
    neuron: MakeNeuron = default_neuron,
    dropout: float = 0.0,
) -> SpikingNetwork:
    """Four convolutions of w, 2w, 4w, 4w channels with three pools, and one dense layer.

    About 0.25 M weights and 15 M multiplications a timestep at w = 32 and 28×28.
    """
    plan = (width, "pool", 2 * width, "pool", 4 * width, 4 * width, "pool")
    return vgg(plan, (), input_shape, classes, timesteps, neuron, dropout)


def vgg8(
    input_shape: tuple[int, int, int] = (3, 32, 32),
    classes: int = 10,
    width: int = 48,
    timesteps: int = 4,
    neuron: MakeNeuron = default_neuron,
    dropout: float = 0.0,
) -> SpikingNetwork:
    """Seven convolutions (w, pool, 4w/3 twice, pool, 8w/3 three times, pool, 10w/3), one dense layer.

    Most of its work is done on maps of 16×16 and 8×8: 44 M multiplications a timestep and 0.65 M weights at
    w = 48 and 32×32.
    """
    two, four, five = 4 * width // 3, 8 * width // 3, 10 * width // 3
    plan = (width, "pool", two, two, "pool", four, four, four, "pool", five)
    return vgg(plan, (), input_shape, classes, timesteps, neuron, dropout)


def vgg9(
    input_shape: tuple[int, int, int] = (3, 32, 32),
    classes: int = 10,
    width: int = 64,
    timesteps: int = 4,
    neuron: MakeNeuron = default_neuron,
    dropout: float = 0.0,
) -> SpikingNetwork:
    """VGG-9: seven convolutions (w, w, pool, 2w, 2w, pool, 4w, 4w, 4w, pool), two dense layers."""
    plan = (width, width, "pool", 2 * width, 2 * width, "pool", 4 * width, 4 * width, 4 * width, "pool")
    return vgg(plan, (16 * width,), input_shape, classes, timesteps, neuron, dropout)


def vgg16(
    input_shape: tuple[int, int, int] = (3, 32, 32),
    classes: int = 10,
    width: int = 64,
    timesteps: int = 4,
    neuron: MakeNeuron = default_neuron,
    dropout: float = 0.0,
) -> SpikingNetwork:
    """VGG-16 for small images: thirteen convolutions, five pools (as far as the image goes), one dense layer
    of 8w before the classes."""
    one, two, four, eight = widths(width)
    plan = (
        one, one, "pool", two, two, "pool", four, four, four, "pool", eight, eight, eight, "pool",
        eight, eight, eight, "pool",
    )  # fmt: skip
    return vgg(plan, (eight,), input_shape, classes, timesteps, neuron, dropout)


def vgg(
    plan: Plan,
    hidden: Sequence[int],
    input_shape: tuple[int, int, int],
    classes: int,
    timesteps: int,
    neuron: MakeNeuron,
    dropout: float = 0.0,
) -> SpikingNetwork:
    """Any network of that kind. ``plan`` begins with a convolution; ``hidden``: dense layers before the last;
    ``dropout``: of the features before each dense layer. A pool that a map of one pixel leaves no room for is
    left out. Raises ModelError for a plan that begins otherwise.
    """
    if not plan or not isinstance(plan[0], int):
        raise ModelError(f"plan: expected a convolution's channels first, found {list(plan)[:1]}")
    channels, height, width = input_shape
    stem: nn.Module | None = None
    body: list[nn.Module] = []
    for one in plan:
        if isinstance(one, str):
            if one != "pool":
                raise ModelError(f"plan: expected channels or 'pool', found {one!r}")
            if min(height, width) > 1:
                body.append(OverTime(nn.MaxPool2d(2)))
                height, width = height // 2, width // 2
            continue
        layers = (nn.Conv2d(channels, one, 3, padding=1, bias=False), nn.BatchNorm2d(one))
        if stem is None:
            stem = nn.Sequential(*layers)
        else:
            body.append(OverTime(*layers))
        body.append(neuron())
        channels = one
    features = channels * height * width
    front: list[nn.Module] = [nn.Flatten()]
    for size in hidden:
        body += [OverTime(*front, *dropped(dropout), nn.Linear(features, size, bias=False),
                          nn.BatchNorm1d(size)), neuron()]  # fmt: skip
        features, front = size, []
    body.append(OverTime(*front, *dropped(dropout), nn.Linear(features, classes)))
    assert stem is not None
    return SpikingNetwork(input_shape, stem, nn.Sequential(*body), timesteps)
