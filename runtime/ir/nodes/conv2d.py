"""A 2-d convolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from snnrt.ir.arithmetic import saturate, windows
from snnrt.ir.array_checks import complaint, need_array, need_integers
from snnrt.ir.node import Shape, State, Step
from snnrt.ir.nodes.weighted import READS, Weighted, ordered_sum, weight_arrays
from snnrt.ir.nodes.window import window_fields, window_options, window_shape, window_words
from snnrt.ir.spec import WINDOW, Kind, Parameter, ValueType


@dataclass(frozen=True, eq=False)
class Conv2d(Weighted):
    """``weights`` (out, in / groups, kernel_h, kernel_w); ``padding`` (top, bottom, left, right), zeros.

    ``rows``: of its output so many are there at a time, as the neurons that read them need them, and never
    all (:mod:`snnrt.ir.rows`); 0: all; None: chosen when the file is made. Results are the same."""

    KIND = Kind(
        name="conv2d",
        number=3,
        meaning="weights [groups][kernel_h][kernel_w][in/groups][out/groups] on windows of a map",
        reads=READS,
        parameters=(
            *WINDOW,
            Parameter("dilation_y", "u16", "rows from one tap to the next"),
            Parameter("dilation_x", "u16", "columns from one tap to the next"),
            Parameter("groups", "u16", "parts into which the channels fall"),
            Parameter("rows", "u16", 'rows that are there at a time (below, "Rows"); 0: all'),
        ),
        arrays=weight_arrays("kernel"),
        traits=frozenset({"static", "memory"}),
        switch="CONV2D",
    )
    weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0, 0), np.float32))
    bias: np.ndarray | None = None
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    rows: int | None = None
    scale: np.ndarray | None = None

    @property
    def reach(self) -> int:
        """Outputs of one group."""
        return int(self.weights.shape[0]) // self.groups

    @property
    def is_constant(self) -> bool:
        """Not where rows are computed as they are needed: then at every timestep."""
        return not self.rows

    @property
    def is_depthwise(self) -> bool:
        """Whether each of several groups reads one channel: the core has a loop of its own for these."""
        return self.groups > 1 and self.weights.shape[1] == 1

    def in_words(self) -> str:
        """Kernels and window."""
        outputs, *kernel = self.weights.shape
        text = f"{outputs} kernels of {'×'.join(map(str, kernel))}{'' if self.bias is None else ' + b'}"
        text += window_words(self.stride, self.padding)
        if self.dilation != (1, 1):
            text += f", dilation {self.dilation[0]}×{self.dilation[1]}"
        return text + (f", {self.groups} groups" if self.groups > 1 else "")

    def output_shape(self, sources: list[Shape]) -> Shape:
        """(outputs, height, width)."""
        shape = sources[0]
        if len(shape) != 3:
            raise complaint(self, "input", "(channels, height, width)", shape)
        need_array(self, "weights", self.weights, 4)
        outputs, of_group, *kernel = self.weights.shape
        need_integers(self, "dilation", self.dilation, 2, 1)
        need_integers(self, "groups", (self.groups,), 1, 1)
        if outputs % self.groups or shape[0] != of_group * self.groups:
            raise complaint(
                self,
                "weights",
                f"(outputs, inputs / groups, h, w) for {shape[0]} input channels in {self.groups} groups",
                self.weights.shape,
            )
        return window_shape(self, shape, outputs, kernel, self.stride, self.padding, self.dilation)

    def fields(self) -> dict[str, object]:
        """The window, dilation and groups."""
        return {
            **window_fields(self.weights.shape[2:], self.stride, self.padding),
            "dilation_y": self.dilation[0], "dilation_x": self.dilation[1], "groups": self.groups,
            "rows": self.rows or 0,
        }  # fmt: skip

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """The inverse of :meth:`fields`; the kernel's size is the weights'."""
        options = window_options(fields)
        del options["kernel"]
        dilation = (fields["dilation_y"], fields["dilation_x"])
        return {**options, "dilation": dilation, "groups": fields["groups"], "rows": fields["rows"]}

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """Bias plus Σ w·x of each window."""
        x = sources[0]
        inputs, groups = x.shape[0], self.groups
        outputs, of_group, *kernel = self.weights.shape
        view = windows(x, (kernel[0], kernel[1]), self.stride, self.padding, self.dilation)
        _, height, width = self.shape
        grouped = view.reshape(inputs, groups, of_group, height, width, *kernel)
        active = np.count_nonzero(grouped, axis=(2, 5, 6))
        rows_driven = active.sum(axis=(1, 2, 3))
        run.count("row_activations", rows_driven)
        run.count("synaptic_operations", rows_driven * self.reach)
        run.count("active_windows", (active > 0).sum(axis=(1, 2, 3)))
        if run.integer:
            rows = grouped.transpose(1, 0, 3, 4, 2, 5, 6).reshape(groups, -1, self.fan_in)
            parts = [run.multiply(self, rows[group], group, groups) for group in range(groups)]
            total = np.concatenate(parts, axis=1)
            output = saturate(total if self.bias is None else total + self.bias).astype(np.int32)
            output = output.reshape(inputs, height * width, outputs)
        else:
            rows = grouped.transpose(0, 3, 4, 1, 5, 6, 2).reshape(inputs, -1, groups, self.fan_in)
            weights = self.weights.reshape(groups, outputs // groups, of_group, *kernel)
            weights = weights.transpose(0, 3, 4, 2, 1).reshape(groups, self.fan_in, outputs // groups)
            output = ordered_sum(rows.astype(np.float32), weights, self.bias)
        return np.ascontiguousarray(output.transpose(0, 2, 1)).reshape(inputs, *self.shape)
