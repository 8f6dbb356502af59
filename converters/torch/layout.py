"""How a module takes its input, told by the example; other inputs brought into that form."""

from __future__ import annotations

import numpy as np
import torch

from snnrt.converters.common.rollup.calls import Recording
from snnrt.converters.common.rollup.interpreter import Interpretation
from snnrt.errors import DataError


class Layout:
    """How the module takes its input, as the example shows."""

    def __init__(self, found: Interpretation, recording: Recording) -> None:
        value = recording.inputs[0]
        self.meaning = found.meanings[id(value)]
        self.dtype = value.tensor.dtype

    def tensor(self, x: np.ndarray) -> torch.Tensor:
        """``x`` (N, …) or (N, T, …) in the module's axes."""
        lead, tail, sample = self.meaning.lead, self.meaning.tail, self.meaning.sample
        timed = "T" in "".join((*lead, *tail))
        front = 2 if timed else 1
        if int(np.prod(x.shape[front:])) != int(np.prod(sample)):
            wanted = "(N, T, …)" if timed else "(N, …)"
            raise DataError(
                f"data: expected {wanted} of samples {sample} as the module takes, found {x.shape}"
            )
        x = x.reshape(*x.shape[:front], *sample)
        if lead == ("NT",):
            x = x.reshape(-1, *sample)
        elif lead == ("TN",):
            x = x.swapaxes(0, 1).reshape(-1, *sample)
        elif tail == ("T",):
            x = np.moveaxis(x, 1, -1)
        elif lead[:2] == ("T", "N"):
            x = x.swapaxes(0, 1)
        if "N" not in "".join(lead):
            if len(x) != 1:
                raise DataError(
                    "data: the module takes one input at a time, without a batch axis; give it one"
                )
            x = x[0]
        return torch.from_numpy(np.ascontiguousarray(x)).to(self.dtype)
