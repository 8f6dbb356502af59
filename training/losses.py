"""Losses that make every timestep a usable answer. ``outputs`` are (T, N, K) currents, ``labels`` (N,).

What an exit reads after t timesteps are the currents summed so far; their mean has the same class. A loss is
called as ``loss(outputs, labels)`` and gives a scalar.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import nn
from torch.nn import functional

from snnrt.errors import ModelError
from snnrt.training.neurons import LIF


class Loss(Protocol):
    """What a trainer minimises."""

    def __call__(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """A scalar of (T, N, K) currents and (N,) labels."""


class PerStep:
    """Cross-entropy of each timestep's own output, averaged: TET (Deng et al., ICLR 2022), DT-SNN's loss.

    ``pull``: λ of TET's regulariser, the mean square of the outputs' distance to ``towards``.
    """

    def __init__(self, smoothing: float = 0.0, pull: float = 0.0, towards: float = 1.0) -> None:
        self.smoothing, self.pull, self.towards = (
            _share("smoothing", smoothing),
            _share("pull", pull),
            towards,
        )

    def __call__(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """(1 − λ)·CE + λ·MSE."""
        loss = step_losses(outputs, labels, self.smoothing).mean()
        if self.pull:
            loss = (1 - self.pull) * loss + self.pull * (outputs - self.towards).square().mean()
        return loss


class Cumulative:
    """Cross-entropy of the mean output so far, after each timestep: what an exit there would answer.

    ``weights``: of the T timesteps (None: all alike; fewer or more than T: the first T, the last repeated).
    """

    def __init__(self, weights: Sequence[float] | None = None, smoothing: float = 0.0) -> None:
        self.smoothing = _share("smoothing", smoothing)
        if weights is not None and not (
            len(weights) and all(math.isfinite(one) and one >= 0 for one in weights) and weights[0] > 0
        ):
            raise ModelError(
                f"weights: expected finite numbers of 0 or more, the first above, found {list(weights)}"
            )
        self.weights = None if weights is None else [float(one) for one in weights]

    def __call__(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Σ w_t·CE(mean of outputs 1 … t) / Σ w_t."""
        losses = step_losses(running_mean(outputs), labels, self.smoothing)
        if self.weights is None:
            return losses.mean()
        steps = len(outputs)
        weights = outputs.new_tensor((self.weights + self.weights[-1:] * steps)[:steps])
        return (losses * weights).sum() / weights.sum()


class ExpectedExits:
    """The cumulative loss, a timestep weighted by the share of inputs that would exit there.

    The share is that of the batch at hand with the normalised entropy of the summed currents below
    ``threshold`` (no gradient goes through it); ``floor`` of the weight is spread over all timesteps, so that
    none is forgotten. So the training follows the exits as they move.
    """

    def __init__(self, threshold: float = 0.2, floor: float = 0.3, smoothing: float = 0.0) -> None:
        self.threshold, self.floor = threshold, _share("floor", floor)
        self.smoothing = _share("smoothing", smoothing)

    def __call__(self, outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Σ w_t·CE(mean of outputs 1 … t), Σ w_t = 1."""
        steps = len(outputs)
        with torch.no_grad():
            share = exit_shares(outputs, self.threshold)
            weights = (1 - self.floor) * share + self.floor / steps
        return (step_losses(running_mean(outputs), labels, self.smoothing) * weights).sum()


def step_losses(outputs: torch.Tensor, labels: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
    """(T,): the mean cross-entropy of each timestep; ``smoothing``: of the labels."""
    steps, count, _ = outputs.shape
    losses = functional.cross_entropy(
        outputs.float().flatten(0, 1), labels.repeat(steps), reduction="none", label_smoothing=smoothing
    )
    return losses.view(steps, count).mean(1)


def running_mean(outputs: torch.Tensor) -> torch.Tensor:
    """(T, N, K): the mean of the timesteps so far."""
    steps = torch.arange(1, len(outputs) + 1, device=outputs.device).view(-1, 1, 1)
    return outputs.float().cumsum(0) / steps


def normalised_entropy(logits: torch.Tensor) -> torch.Tensor:
    """−Σ π log π / log K over the last axis: 0 … 1, as the rule ``entropy`` reads it."""
    log_p = logits.double().log_softmax(-1)
    return (-(log_p.exp() * log_p).sum(-1) / math.log(logits.shape[-1])).to(logits.dtype)


def exit_steps(outputs: torch.Tensor, threshold: float) -> torch.Tensor:
    """(N,): the timestep, from 0, at which an exit by entropy below ``threshold`` ends each run."""
    sure = normalised_entropy(outputs.float().cumsum(0)) < threshold
    sure[-1] = True
    return sure.int().argmax(0)


def exit_shares(outputs: torch.Tensor, threshold: float) -> torch.Tensor:
    """(T,): the share of the inputs that exit at each timestep."""
    found = torch.bincount(exit_steps(outputs, threshold), minlength=len(outputs))
    return found.to(torch.float32) / outputs.shape[1]


class FiringRates:
    """The mean firing rate of each spiking layer during a call, with gradients: {name: scalar}."""

    def __init__(self) -> None:
        self.by_layer: dict[str, torch.Tensor] = {}

    def penalty(self, target: float) -> torch.Tensor:
        """Σ over layers of max(0, rate − target)²: for sparse spikes, 0 where none fires above ``target``."""
        excess = [(rate - target).clamp(min=0).square() for rate in self.by_layer.values()]
        return torch.stack(excess).sum() if excess else torch.zeros(())


@contextmanager
def firing_rates(network: nn.Module) -> Iterator[FiringRates]:
    """Watch the spiking layers of ``network`` while it is called.

    with firing_rates(net) as rates:
        loss = cumulative(net(x), y) + 10 * rates.penalty(0.1)
    """
    rates = FiringRates()

    def watch(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def note(_module: nn.Module, _inputs: object, spikes: torch.Tensor) -> None:
            rates.by_layer[name] = spikes.float().mean()

        return module.register_forward_hook(note)

    handles = [watch(name, one) for name, one in network.named_modules() if isinstance(one, LIF)]
    try:
        yield rates
    finally:
        for handle in handles:
            handle.remove()


def _share(name: str, value: float) -> float:
    if not 0 <= value < 1:
        raise ModelError(f"{name}: expected 0 or more and below 1, found {value!r}")
    return float(value)
