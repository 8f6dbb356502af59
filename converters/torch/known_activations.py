"""Modules that are activations (QCFS), known by what they compute: also functions of the user's."""

from __future__ import annotations

import copy

import numpy as np
import torch

from snnrt.converters.ann.activations import form_of
from snnrt.converters.common.rollup.calls import ActivationForm


def form_of_module(module: torch.nn.Module) -> ActivationForm | None:
    """λ and L of a module of the user's, none inside, that rounds each element to levels; else None."""
    if any(True for _ in module.children()) or type(module).__module__.startswith("torch.nn"):
        return None
    try:
        alone = copy.deepcopy(module).eval()

        def function(x: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                given: np.ndarray = alone(torch.from_numpy(x.astype(np.float32))[None]).double().numpy()
            return given

        found = form_of(function)
    except Exception:
        # whatever the user's code raises: it is none
        return None
    return found if found is not None and found.levels is not None else None


class KnownActivations:
    """Those of a module's own modules, each looked at once."""

    def __init__(self, module: torch.nn.Module) -> None:
        found = {id(one): form_of_module(one) for _, one in module.named_modules()}
        self._found = {key: form for key, form in found.items() if form is not None}

    def is_one(self, module: torch.nn.Module) -> bool:
        """Whether it is such an activation."""
        return id(module) in self._found

    def form(self, module: torch.nn.Module) -> ActivationForm:
        """What it computes."""
        return self._found[id(module)]
