"""A fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.ir.arithmetic import saturate
from snnrt.ir.array_checks import complaint, need_array
from snnrt.ir.node import Shape, State, Step
from snnrt.ir.nodes.weighted import READS, Weighted, ordered_sum, weight_arrays
from snnrt.ir.spec import Kind


@dataclass(frozen=True, eq=False)
class Dense(Weighted):
    """``weights`` (out, in), ``bias`` (out,). In integers int8 and int32, ``scale`` (out,) float32."""

    KIND = Kind(
        name="dense",
        number=2,
        meaning="weights [inputs][outputs] on a vector",
        reads=READS,
        arrays=weight_arrays("matrix"),
        traits=frozenset({"static", "memory"}),
    )

    def in_words(self) -> str:
        """Its product."""
        return f"W·x{'' if self.bias is None else ' + b'}, W {self.weights.shape[0]}×{self.fan_in}"

    def output_shape(self, sources: list[Shape]) -> Shape:
        """(outputs,)."""
        need_array(self, "weights", self.weights, 2)
        if len(sources[0]) != 1:
            raise complaint(self, "input", "a vector (put a flatten before it)", sources[0])
        outputs, features = self.weights.shape
        if sources[0] != (features,):
            raise complaint(self, "input", f"shape ({features},) as the weights say", sources[0])
        return (outputs,)

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """Bias plus Σ w·x."""
        x = sources[0]
        active = np.count_nonzero(x, axis=1)
        run.count("row_activations", active)
        run.count("synaptic_operations", active * self.reach)
        run.count("active_windows", active > 0)
        if run.integer:
            total = run.multiply(self, x, 0, 1)
            return saturate(total if self.bias is None else total + self.bias).astype(np.int32)
        weights = self.weights.T[None]
        rows = x.astype(np.float32)[:, None, None]
        if run.order is not None:
            weights, rows = weights[:, run.order], rows[..., run.order]
        return ordered_sum(rows, weights, self.bias)[:, 0]
