"""The constants of one NIR neuron node."""

from __future__ import annotations

import numpy as np

from snnrt.converters.common.parameters import ONE_WITHIN, Parameters
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.frameworks.framework import Mechanisms
from snnrt.converters.nir.primitives import NirNode
from snnrt.ir.graph import Shape

MECHANISMS: dict[str, Mechanisms] = {
    "I": Mechanisms(),
    "IF": Mechanisms(fires=True),
    "LI": Mechanisms(leaky=True),
    "LIF": Mechanisms(leaky=True, fires=True),
    "CubaLI": Mechanisms(leaky=True, synapse=True),
    "CubaLIF": Mechanisms(leaky=True, synapse=True, fires=True),
}
"""Of NIR's neurons, but Threshold, which has none."""


class Constants(Parameters):
    """Those of ``node``, which is named ``name`` and has ``shape``.

    ``negative_times``: a time constant below 0 is no error (snnTorch exports a decay above 1 so).
    """

    def __init__(self, name: str, node: NirNode, shape: Shape, negative_times: bool = False) -> None:
        super().__init__(SourceNode(name, node.kind), shape, node.values)
        self.negative_times = negative_times
        self.mechanisms = MECHANISMS.get(node.kind, Mechanisms())

    @property
    def tau(self) -> str:
        """The field of the membrane's time constant."""
        return "tau" if "tau" in self else "tau_mem"

    def numbers(self, field: str, infinite: bool = False) -> np.ndarray:
        """As :meth:`Parameters.numbers`; a time constant may be infinite, and is above 0."""
        is_time = field.startswith("tau")
        array = super().numbers(field, infinite or is_time)
        if is_time and (array <= 0).any() and not self.negative_times:
            raise self.complaint(field, "a time above 0", array.min())
        return array

    def input_gain(
        self, rate: np.ndarray | None = None, synapse_rate: np.ndarray | None = None
    ) -> np.ndarray | None:
        """r·rate·w_in·synapse_rate: all of them commute with the synapse, which is linear."""
        factors = [self.double("r"), rate]
        if self.mechanisms.synapse:
            factors += [self.double("w_in"), synapse_rate]
        return self.gain("r", *(factor for factor in factors if factor is not None))

    def relative_gain(self, resistance: str, tau: str, dt: float) -> np.ndarray:
        """resistance·dt/τ, which is 1 where both are infinite (a decay of 1)."""
        # both pass the checks that parameters go through before their stored shapes are compared
        self.stored(tau)
        self.stored(resistance, infinite=True)
        r, t = (np.asarray(self.values[field], np.float64) for field in (resistance, tau))
        if r.shape != t.shape and r.size > 1 and t.size > 1:
            raise self.complaint(resistance, f"the shape of {tau}, {t.shape}", r.shape)
        with np.errstate(all="ignore"):
            ratio = np.where(np.isinf(t) & np.isinf(r), 1.0, r * dt / t)
        if np.isnan(ratio).any() or np.isinf(ratio).any():
            raise self.complaint(resistance, f"a finite {resistance}·dt/{tau}", "NaN or infinity")
        ratio = np.where(np.abs(ratio - 1) <= ONE_WITHIN, 1.0, ratio)
        return self.fitted(resistance, ratio, f"shape {self.shape}")

    def leak_as_bias(self, alpha: np.ndarray) -> np.ndarray | None:
        """v_leak·(1 − α), what a leak towards v_leak adds in a step; None where v_leak is 0."""
        leak = self.double("v_leak")
        if not leak.any():
            return None
        return self.single("v_leak", self.product(leak, 1.0 - alpha.astype(np.float64)))
