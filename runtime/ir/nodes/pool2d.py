"""What the poolings share: windows over each channel of a map."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from snnrt.ir.array_checks import complaint
from snnrt.ir.node import Node, Shape
from snnrt.ir.nodes.window import window_fields, window_options, window_shape, window_words
from snnrt.ir.spec import ValueType


@dataclass(frozen=True, eq=False)
class Pool2d(Node):
    """Fields of every pooling."""

    kernel: tuple[int, int] = (2, 2)
    stride: tuple[int, int] = (2, 2)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def taps(self) -> int:
        """Elements of a window."""
        return self.kernel[0] * self.kernel[1]

    def in_words(self) -> str:
        """What it takes of each window, and the window."""
        size = f"{self.kernel[0]}×{self.kernel[1]}"
        return f"{self.KIND.meaning}: {size}{window_words(self.stride, self.padding)}"

    def output_shape(self, sources: list[Shape]) -> Shape:
        """(channels, height, width)."""
        if len(sources[0]) != 3:
            raise complaint(self, "input", "(channels, height, width)", sources[0])
        return window_shape(self, sources[0], sources[0][0], self.kernel, self.stride, self.padding)

    def fields(self) -> dict[str, object]:
        """The window."""
        return window_fields(self.kernel, self.stride, self.padding)

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """The inverse of :meth:`fields`."""
        return window_options(fields)

    def step_events(self) -> dict[str, int]:
        """Taps of all windows, and elements that they read."""
        taps = math.prod(self.shape[1:]) * self.taps
        return {"pool_tap": taps, "pool_element": taps * self.shape[0]}

    def unit(self, sources: list[np.ndarray]) -> np.ndarray:
        """One a channel, of the input's values."""
        channel = sources[0].reshape(sources[0].shape[0], -1).max(axis=1)
        spread = channel.reshape(-1, 1, 1)
        if bool((np.abs(sources[0] - spread) > 1e-6 * spread).any()):
            raise complaint(
                self,
                "input",
                "one gain a channel in int8",
                f"gains of single neurons in {self.inputs[0].source!r}; use --numbers float32",
            )
        return np.broadcast_to(spread * self.value_unit(1.0), self.shape)

    def least_unit_of_inputs(self, least: np.ndarray, source: Shape) -> np.ndarray:
        """The largest of a channel."""
        channel = least.reshape(least.shape[0], -1).max(axis=1).reshape(-1, 1, 1)
        return np.broadcast_to(channel / self.value_unit(1.0), source)
