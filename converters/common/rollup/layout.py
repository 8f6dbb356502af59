"""How a network takes its input, told by the example; other inputs brought into that form."""

from __future__ import annotations

import math

import numpy as np

from snnrt.converters.common.rollup.meaning import Meaning
from snnrt.errors import DataError


class Layout:
    """The axes of an input that ``meaning`` says, (N, …) or (N, T, …) where it has time."""

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning

    @property
    def batched(self) -> bool:
        """Whether one run takes several inputs."""
        return "N" in "".join((*self.meaning.lead, *self.meaning.tail))

    def array(self, x: np.ndarray, timesteps: int = 1) -> np.ndarray:
        """``x`` (N, …) or (N, T, …) in the network's axes; where the network has time and ``x`` has none, the
        same at each of ``timesteps``. Raises DataError."""
        lead, tail, sample = self.meaning.lead, self.meaning.tail, self.meaning.sample
        timed = "T" in "".join((*lead, *tail))
        front = 2 if timed else 1
        if timed and x.shape[1:] == sample:
            x = np.repeat(x[:, None], timesteps, axis=1)
        if math.prod(x.shape[front:]) != math.prod(sample):
            wanted = "(N, T, …)" if timed else "(N, …)"
            raise DataError(
                f"data: expected {wanted} of samples {sample} as the network takes, found {x.shape}"
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
        if not self.batched:
            if len(x) != 1:
                raise DataError(
                    "data: the network takes one input at a time, without a batch axis; give it one"
                )
            x = x[0]
        return np.ascontiguousarray(x)
