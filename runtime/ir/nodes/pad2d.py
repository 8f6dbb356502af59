"""Zeros around a map and between its pixels; or fewer pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from snnrt.ir.array_checks import complaint
from snnrt.ir.node import Node, Shape, State, Step
from snnrt.ir.spec import MAX_U16, VALUE_TYPES, Kind, Parameter, ValueType

Sides = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Pad2d(Node):
    """``padding`` (top, bottom, left, right): rows and columns of zeros; a negative number crops so many.

    ``spacing`` (y, x): first each pixel is that far from the next, with zeros between: a transposed
    convolution of stride s is a spacing of s and a convolution of the kernel turned around (Dumoulin & Visin
    2016, arXiv 1603.07285, section 4.6; :meth:`snnrt.GraphBuilder.conv_transpose2d`).
    """

    KIND = Kind(
        name="pad2d",
        number=14,
        meaning="zeros around a map and between its pixels; or a part of it",
        reads={type_: (type_,) for type_ in VALUE_TYPES.values},
        passes=VALUE_TYPES.values,
        parameters=(
            Parameter("pad_top", "i32", "rows of zeros, −65535 … 65535; negative: rows left out"),
            Parameter("pad_bottom", "i32", ""),
            Parameter("pad_left", "i32", "columns of zeros"),
            Parameter("pad_right", "i32", ""),
            Parameter("spacing_y", "u16", "rows from one row of the input to the next"),
            Parameter("spacing_x", "u16", "columns from one column of the input to the next"),
        ),
        traits=frozenset({"static", "memory"}),
        switch="PAD2D",
    )
    NUMBERS: ClassVar[tuple[str, ...]] = tuple(parameter.name for parameter in KIND.parameters)
    padding: Sides = (0, 0, 0, 0)
    spacing: tuple[int, int] = (1, 1)

    def _sizes(self, source: Shape) -> tuple[int, int]:
        """Of the input with its pixels apart."""
        height, width = ((size - 1) * space + 1 for size, space in zip(source[1:], self.spacing))
        return height, width

    def output_shape(self, sources: list[Shape]) -> Shape:
        """(channels, height, width)."""
        if len(sources[0]) != 3:
            raise complaint(self, "input", "(channels, height, width)", sources[0])
        self._check_numbers()
        top, bottom, left, right = self.padding
        height, width = self._sizes(sources[0])
        if min(top, 0) + min(bottom, 0) <= -height or min(left, 0) + min(right, 0) <= -width:
            raise complaint(self, "padding", f"one that leaves something of {height} × {width}", self.padding)
        return (sources[0][0], height + top + bottom, width + left + right)

    def _check_numbers(self) -> None:
        for field, low, values in (("padding", -MAX_U16, self.padding), ("spacing", 1, self.spacing)):
            if not all(isinstance(value, (int, np.integer)) and low <= value <= MAX_U16 for value in values):
                raise complaint(self, field, f"whole numbers from {low} to {MAX_U16}", values)

    def fields(self) -> dict[str, object]:
        """Sides and spacing."""
        return dict(zip(self.NUMBERS, (*self.padding, *self.spacing)))

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """The inverse of :meth:`fields`."""
        numbers = tuple(int(fields[name]) for name in cls.NUMBERS)
        return {"padding": numbers[:4], "spacing": numbers[4:]}

    def _places(self, source: Shape) -> tuple[np.ndarray, np.ndarray]:
        """In which row and column of the output each row and column of the input lies, inside or not."""
        rows = np.arange(source[1]) * self.spacing[0] + self.padding[0]
        columns = np.arange(source[2]) * self.spacing[1] + self.padding[2]
        return rows, columns

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """Moves values."""
        x = sources[0]
        rows, columns = self._places(x.shape[1:])
        y, left = rows[_inside(rows, self.shape[1])], columns[_inside(columns, self.shape[2])]
        output = np.zeros((x.shape[0], *self.shape), x.dtype)
        kept = x[:, :, _inside(rows, self.shape[1])][:, :, :, _inside(columns, self.shape[2])]
        output[:, :, y[:, None], left] = kept
        return output

    def unit(self, sources: list[np.ndarray]) -> np.ndarray:
        """The input's; a zero's that of the nearest pixel."""
        rows, columns = (
            np.abs(np.arange(size)[:, None] - places).argmin(axis=1)
            for size, places in zip(self.shape[1:], self._places(sources[0].shape))
        )
        return sources[0][:, rows][:, :, columns]

    def least_unit_of_inputs(self, least: np.ndarray, source: Shape) -> np.ndarray:
        """The largest of a channel."""
        return np.broadcast_to(least.max(axis=(1, 2), keepdims=True), source)

    def step_events(self) -> dict[str, int]:
        """Elements written."""
        return {"add_element": self.elements}


def _inside(places: np.ndarray, size: int) -> np.ndarray:
    return (places >= 0) & (places < size)
