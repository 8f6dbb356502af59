"""What the ready networks share: which neuron they are of, how wide their stages are, dropout."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from snnrt.errors import ModelError
from snnrt.training.neurons import LIF
from snnrt.training.surrogates import triangle

MakeNeuron = Callable[[], LIF]
"""Gives a new neuron; called once for each spiking layer."""


def default_neuron() -> LIF:
    """α = 0.5, θ = 1 and the triangle of DT-SNN: behind a batch norm one in six fires in the first step."""
    return LIF(0.5, 1.0, "subtract", triangle())


def widths(width: int) -> tuple[int, int, int, int]:
    """Channels of four stages, each twice the one before. Raises ModelError for less than one."""
    if width < 1:
        raise ModelError(f"width: expected 1 or more, found {width!r}")
    return width, 2 * width, 4 * width, 8 * width


def dropped(share: float) -> list[nn.Module]:
    """A dropout, or nothing where ``share`` is 0."""
    return [nn.Dropout(share)] if share else []
