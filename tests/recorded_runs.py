"""Recorded runs of a small ordinary network in NumPy: a layer, an activation of two functions, a layer."""

from __future__ import annotations

import numpy as np

from snnrt.converters.common.rollup.calls import Call, Recording, Value

INPUTS, HIDDEN, CLASSES = 5, 6, 3


class Neurons:
    """There are none."""

    def makes_time(self, module):
        return False


class Recorded:
    """``taken``: how many inputs each run was given. ``activation``: functions with their constants."""

    axes = None
    activation: tuple[tuple[str, np.float32 | None], ...] = (
        ("maximum", np.float32(0)),
        ("minimum", np.float32(2)),
    )

    def __init__(self, batch: int, exact: bool) -> None:
        self.batch, self.exact, self.neurons = batch, exact, Neurons()
        draw = np.random.default_rng(3)
        self.first = draw.normal(0, 1.5, (HIDDEN, INPUTS)).astype(np.float32)
        self.last = draw.normal(0, 1, (CLASSES, HIDDEN)).astype(np.float32)
        self.example = draw.random((batch, INPUTS)).astype(np.float32)
        self.taken: list[int] = []

    @staticmethod
    def _apply(function: str, array: np.ndarray, constant: np.float32 | None) -> np.ndarray:
        return getattr(np, function)(*(array, constant)[: 1 if constant is None else 2])

    def compute(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Its activations and outputs for ``x`` (N, inputs)."""
        hidden = x @ self.first.T
        for function, constant in self.activation:
            hidden = self._apply(function, hidden, constant)
        return hidden, hidden @ self.last.T

    def record(self, x: np.ndarray | None) -> Recording:
        """A run."""
        x = self.example if x is None else x
        self.taken.append(len(x))
        given = Value(None, 0, x, x)
        calls: list[Call] = []

        def call(function, array, *arguments):
            made = Call(function, arguments, {}, "act", "")
            made.outputs.append(Value(made, 0, array))
            calls.append(made)
            return made.outputs[0]

        hidden = call("linear", x @ self.first.T, given, self.first, None)
        for function, constant in self.activation:
            array = self._apply(function, hidden.tensor, constant)
            hidden = call(function, array, *(hidden, constant)[: 1 if constant is None else 2])
        out = call("linear", hidden.tensor @ self.last.T, hidden, self.last, None)
        return Recording((given,), calls, out)
