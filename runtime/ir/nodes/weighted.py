"""What dense and convolutions share: weights on inputs, a bias, events that are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from snnrt.ir.array_checks import check_array, check_range, check_scale, complaint, dtype_of
from snnrt.ir.node import Node
from snnrt.ir.spec import LARGEST_SUM, LARGEST_WEIGHT, Array, ValueType

READS: dict[str, tuple[str, ...]] = {"int32": ("bits", "int16"), "float32": ("bits", "float32")}


def weight_arrays(stored: str) -> tuple[Array, ...]:
    """The arrays of a weighted kind, its weights stored as named."""
    return (
        Array("weights", stored, "int8", "float32", "from −127 in integers", required=True),  # type: ignore[arg-type]
        Array("bias", "outputs", "int32", "float32", "what a sum starts with"),
        Array("scale", "outputs", "float32", None, "the real current that a unit of the output stands for"),
    )


@dataclass(frozen=True, eq=False)
class Weighted(Node):
    """``weights`` (out, …), ``bias`` (out,). In integers int8 and int32, ``scale`` (out,) float32."""

    weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    bias: np.ndarray | None = None
    scale: np.ndarray | None = None

    @property
    def fan_in(self) -> int:
        """How many inputs one output reads."""
        return int(self.weights[0].size)

    @property
    def reach(self) -> int:
        """How many outputs one active input of a window drives."""
        return int(self.weights.shape[0])

    def output_type(self, integer: bool, source: ValueType | None) -> ValueType:
        """A current."""
        return "int32" if integer else "float32"

    @property
    def bounded_by_inputs(self) -> bool:
        """A current has no bound that anybody needs."""
        return False

    def check(self, integer: bool) -> None:
        """Arrays, and the range of the weights."""
        outputs = (self.weights.shape[0],)
        check_array(self, "weights", self.weights, dtype_of(self, "weights", integer), (self.weights.shape,))
        if integer:
            check_range(self, "weights", self.weights, -LARGEST_WEIGHT, LARGEST_WEIGHT)
        if self.bias is not None:
            check_array(self, "bias", self.bias, dtype_of(self, "bias", integer), (outputs,))
        check_scale(self, self.scale, (outputs,), integer)

    def check_largest(self, largest: Mapping[str, int]) -> None:
        """Sums stay within 2³⁰."""
        source = self.inputs[0].source
        bias = 0 if self.bias is None else int(np.abs(self.bias.astype(np.int64)).max())
        bound = self.fan_in * LARGEST_WEIGHT * largest[source] + bias
        if bound > LARGEST_SUM:
            raise complaint(
                self,
                "sum",
                f"fan_in·127·largest input + |bias| of at most 2^30 ({LARGEST_SUM})",
                f"{self.fan_in}·127·{largest[source]} + {bias} = {bound}; use a smaller fan-in, "
                "or --numbers float32",
            )

    def holds_current(self, sources: list[bool]) -> bool:
        """Always."""
        return True

    def worst_current(self, sources: list[float]) -> float:
        """Every input at its largest with the sign of its weight."""
        weights = np.abs(self.weights.astype(np.int64)).reshape(self.weights.shape[0], -1).sum(axis=1)
        bias = 0 if self.bias is None else np.abs(self.bias.astype(np.int64))
        return float((weights * sources[0] + bias).max())

    def passed_peak(self, sources: list[int | None], integer: bool) -> None:
        """Any real number."""
        return None


def ordered_sum(rows: np.ndarray, weights: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """Bias plus w·x, input after input in float32: rows (N, P, G, K), weights (G, K, O) → (N, P, G·O)."""
    inputs, positions, groups, _ = rows.shape
    total = np.zeros((inputs, positions, groups, weights.shape[2]), np.float32)
    if bias is not None:
        total += bias.reshape(groups, -1)
    # an input that is 0 everywhere may be skipped: it changes no sum
    for term in np.flatnonzero(rows.any(axis=(0, 1, 2))):
        total += weights[:, term] * rows[..., term, None]
    return total.reshape(inputs, positions, -1)
