"""What the frameworks' neurons are read with: constants as arrays, and how a surrogate fires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import torch

from snnrt.converters.common.rollup.not_supported import NotSupported

_PROBE = (-1e3, -1.0, -1e-7, 0.0, 1e-7, 1.0, 1e3)


def constant(value: Any) -> np.ndarray:
    """A parameter as an array of its own: a tensor in its dtype, a number of Python's in float64."""
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().numpy().copy()
    return np.asarray(value, np.float64)


def fires_at_or_above(surrogate: Callable[[torch.Tensor], torch.Tensor]) -> bool:
    """Does it give 1 from 0 on and 0 below, each time?"""
    return _fired(surrogate) == [[0, 0, 0, 1, 1, 1, 1]] * 2


def fires_above(surrogate: Callable[[torch.Tensor], torch.Tensor]) -> bool:
    """Does it give 1 above 0 and 0 elsewhere, each time?"""
    return _fired(surrogate) == [[0, 0, 0, 0, 1, 1, 1]] * 2


def _fired(surrogate: Callable[[torch.Tensor], torch.Tensor]) -> list[list[float]]:
    with torch.no_grad():
        return [surrogate(torch.tensor(_PROBE)).detach().cpu().float().tolist() for _ in range(2)]


def refused(reason: str, remedy: str) -> Callable[[torch.nn.Module, str], NoReturn]:
    """What takes over a neuron that has no form in snnrt: it says why, and what to do."""

    def adapt(module: torch.nn.Module, path: str) -> NoReturn:
        raise NotSupported(reason, remedy)

    return adapt
