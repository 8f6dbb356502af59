"""What frameworks' neurons share: parameters as arrays, numbers of spikes, ways back to themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from snnrt.converters.common.rollup.arguments import weights_of
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Convolution, Linear, Operation
from snnrt.converters.common.windows import Window
from snnrt.converters.torch.adapter import MAX_SPIKES
from snnrt.ir.spec import LARGEST_INT16


def array(value: Any) -> np.ndarray:
    """A tensor or number as float32."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    return np.array(value, np.float32)


def several_spikes(most: Any) -> tuple[int, bool]:
    """Spikes a step at most, where the framework says ``most`` (None: no limit), and whether that is our own
    limit."""
    if most is None or float(most) > LARGEST_INT16:
        return MAX_SPIKES, True
    if float(most) != int(most) or most < 1:
        raise NotSupported(
            f"at most {float(most):g} spikes a step", "allow a whole number of spikes from 1 on"
        )
    return int(most), False


def feedback_of(module: torch.nn.Module, field: str) -> tuple[Operation, ...]:
    """The layers of ``module``, through which a neuron's spikes come back."""
    if isinstance(module, torch.nn.Sequential):
        return tuple(one for part in module for one in feedback_of(part, field))
    title = f"recurrent {type(module).__name__}"
    if isinstance(module, torch.nn.Linear):
        return (Linear(title, weights_of(module.weight, "weight"), _bias(module)),)
    if isinstance(module, torch.nn.Conv2d) and module.padding_mode == "zeros":
        window = Window(module.stride, module.padding, module.dilation, module.groups)
        return (Convolution(title, weights_of(module.weight, "weight"), _bias(module), window),)
    if isinstance(module, (torch.nn.Identity, torch.nn.Dropout, torch.nn.Flatten)):
        return ()
    raise NotSupported(
        f"its {field} is a {type(module).__name__}", "use Linear or Conv2d layers, or a Sequential of them"
    )


def _bias(module: Any) -> np.ndarray | None:
    return None if module.bias is None else weights_of(module.bias, "bias")


def waits(feedback: tuple[Operation, ...]) -> bool:
    """Would a bias in it come back before there was a spike?"""
    biases = [one.bias for one in feedback if isinstance(one, (Linear, Convolution))]
    return any(bias is not None and bool(bias.any()) for bias in biases)
