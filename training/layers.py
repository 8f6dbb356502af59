"""Ordinary layers over timesteps, and the network that begins with a constant image or with events."""

from __future__ import annotations

import torch
from torch import nn

from snnrt.errors import ModelError


class OverTime(nn.Sequential):
    """Layers without a state, on every timestep at once: (T, N, …) → (T, N, …).

    A batch norm in it sees all timesteps together, so that one set of statistics holds for each of them, and
    folds into the layer before it (tdBN, Zheng et al., AAAI 2021).
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Through the layers, time and batch in one axis."""
        steps = input.shape[0]
        return super().forward(input.flatten(0, 1)).unflatten(0, (steps, -1))


class SpikingNetwork(nn.Module):
    """``stem`` (layers up to the first neuron), then ``body``, whose modules take and give (T, N, …).

    ``input_shape``: of one input at one timestep. A call with (N, *input_shape) shows a constant input for
    ``timesteps``, and computes the stem once; one with (T, N, *input_shape) shows what changes. Either gives
    (T, N, K) currents of the classes, whose sum over time are the logits.
    """

    def __init__(
        self, input_shape: tuple[int, ...], stem: nn.Module, body: nn.Module, timesteps: int = 4
    ) -> None:
        super().__init__()
        if timesteps < 1:
            raise ModelError(f"timesteps: expected 1 or more, found {timesteps!r}")
        self.input_shape, self.timesteps = tuple(input_shape), timesteps
        self.stem, self.body = stem, body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Currents (T, N, K). Raises ModelError for another shape."""
        own = len(self.input_shape)
        if tuple(x.shape[x.ndim - own :]) != self.input_shape or x.ndim - own not in (1, 2):
            raise ModelError(
                f"input: expected (N, …) or (T, N, …) with {self.input_shape} behind, found {tuple(x.shape)}"
            )
        if x.ndim == own + 1:
            current = self.stem(x)
            current = current.unsqueeze(0).expand(self.timesteps, *current.shape)
        else:
            current = self.stem(x.flatten(0, 1)).unflatten(0, (x.shape[0], -1))
        found: torch.Tensor = self.body(current)
        return found
