"""Surrogate gradients: what stands for the derivative of a spike, which is 0 or infinite, while training.

Each is a factory of a function of x = v − θ, in units of the membrane; the steepness is its argument.
Forward, a neuron always fires where x ≥ 0: a surrogate never changes what a network computes. All work in
place on one new tensor: of large layers, memory is what takes the time.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from snnrt.errors import ModelError

Surrogate = Callable[[torch.Tensor], torch.Tensor]
"""Gives ds/dv for v − θ, of the same shape and dtype."""


def arctan(alpha: float = 2.0) -> Surrogate:
    """(α/2) / (1 + (π·α·x/2)²): of Fang et al. (ICCV 2021), SpikingJelly's ``ATan``."""
    steepness = _positive("alpha", alpha)
    return lambda x: (x * (math.pi / 2 * steepness)).square_().add_(1).reciprocal_().mul_(steepness / 2)


def fast_sigmoid(slope: float = 25.0) -> Surrogate:
    """1 / (1 + k·|x|)²: SuperSpike (Zenke and Ganguli, 2018), snnTorch's default."""
    steepness = _positive("slope", slope)
    return lambda x: x.abs().mul_(steepness).add_(1).square_().reciprocal_()


def triangle(width: float = 1.0) -> Surrogate:
    """max(0, 1 − |x|/w) / w: of Esser et al. (2016) and DT-SNN."""
    half = _positive("width", width)
    return lambda x: x.abs().mul_(-1 / half).add_(1).clamp_(min=0).mul_(1 / half)


def boxcar(width: float = 0.5) -> Surrogate:
    """1 / (2w) where |x| ≤ w, else 0: of Wu et al. (STBP, 2018)."""
    half = _positive("width", width)
    return lambda x: (x.abs() <= half).to(x.dtype).mul_(1 / (2 * half))


def _positive(name: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise ModelError(f"{name}: expected a finite number above 0, found {value!r}")
    return float(value)
