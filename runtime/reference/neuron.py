"""One step of a neuron in the NumPy reference, exactly as ``docs/ir.md`` writes it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snnrt.ir.graph import Neuron, broadcast
from snnrt.reference.synapse import saturate

INT16 = np.iinfo(np.int16)


class NeuronState:
    """Membrane ``v`` and synaptic current ``c`` of N inputs, (N, *shape): float32, or int64 holding int32."""

    def __init__(self, node: Neuron, inputs: int, integer: bool) -> None:
        self._node = node
        self._dtype = np.int64 if integer else np.float32
        # an absent parameter stays None: in float32 leaving an operation out is not the same as adding zero
        self._value = {
            name: None
            if getattr(node, name) is None
            else broadcast(getattr(node, name), node.shape).astype(self._dtype)
            for name in node.PARAMETERS
            if name != "scale"
        }
        self.v = np.zeros((inputs, *node.shape), self._dtype)
        if self._value["initial"] is not None:
            self.v += self._value["initial"]
        self.c = np.zeros_like(self.v)
        self._integer = integer
        # called with each u, before and after the reset, where somebody wants to see them
        self.on_membrane: Callable[[np.ndarray], None] | None = None

    def keep(self, chosen: np.ndarray) -> None:
        """Go on with the inputs where ``chosen`` (N,) is True."""
        self.v, self.c = self.v[chosen], self.c[chosen]

    def step(self, x: np.ndarray) -> np.ndarray:
        """The output for this step's input (N, *shape): uint8 bits, spike numbers or the membrane."""
        x = x.astype(self._dtype)
        u = self._integrate_integers(x) if self._integer else self._integrate_floats(x)
        node = self._node
        threshold = self._value["threshold"]
        if threshold is None:
            self.v = self._bound(self._to_state(u))
            return self.v.astype(np.int32 if self._integer else np.float32)
        if node.reset_next:
            u = self._reset(u, self._fires(self.v).astype(self._dtype))
        u = self._to_state(u)
        spikes = self._count(u) if node.multiple else self._fires(u).astype(self._dtype)
        v = u if node.reset_next else self._to_state(self._reset(u, spikes))
        self.v = self._bound(v)
        if not node.multiple:
            return spikes.astype(np.uint8)
        return spikes.astype(np.int16 if self._integer else np.float32)

    def _integrate_floats(self, x: np.ndarray) -> np.ndarray:
        node, value, v = self._node, self._value, self.v
        membrane, gain, leak, bias = (value[name] for name in ("membrane", "gain", "leak", "bias"))
        i = self._current_floats(x)
        driven = i if gain is None else gain * i
        if node.integration == "decay":
            u = membrane * v + driven
        elif node.integration == "euler":
            rest = np.float32(0.0) if leak is None else leak
            u = v + membrane * ((rest - v) + driven)
        else:
            above = v if leak is None else v - leak
            if node.integration == "divide":
                u = v + (driven - above) / membrane
            else:
                u = (v - above / membrane) + driven
        return u if bias is None else u + bias

    def _current_floats(self, x: np.ndarray) -> np.ndarray:
        synapse, order = self._value["synapse"], self._node.synapse_order
        if synapse is None:
            return x
        if order == "decay_then_add":
            self.c = synapse * self.c + x
            return self.c
        if order == "add_then_decay":
            self.c = synapse * (self.c + x)
            return self.c
        if order == "use_then_decay":
            i = self.c + x
            self.c = i - synapse * i
            return i
        i = self.c
        self.c = synapse * i + x
        return i

    def _integrate_integers(self, x: np.ndarray) -> np.ndarray:
        membrane, bias = self._value["membrane"], self._value["bias"]
        assert membrane is not None
        i = self._current_integers(x)
        u = saturate(decay(self.v, membrane) + i)
        return u if bias is None else saturate(u + bias)

    def _current_integers(self, x: np.ndarray) -> np.ndarray:
        synapse, order = self._value["synapse"], self._node.synapse_order
        if synapse is None:
            return x
        if order == "decay_then_add":
            self.c = saturate(decay(self.c, synapse) + x)
            return self.c
        if order == "add_then_decay":
            self.c = decay(saturate(self.c + x), synapse)
            return self.c
        if order == "use_then_decay":
            i = saturate(self.c + x)
            self.c = decay(i, synapse)
            return i
        i = self.c
        self.c = saturate(decay(i, synapse) + x)
        return i

    def _fires(self, membrane: np.ndarray) -> np.ndarray:
        threshold = self._value["threshold"]
        return membrane > threshold if self._node.strict else membrane >= threshold

    def _count(self, u: np.ndarray) -> np.ndarray:
        """Several spikes a step: how many thresholds u holds."""
        threshold, most = self._value["threshold"], self._dtype(self._node.max_spikes)
        ratio = u // threshold if self._integer else np.trunc(u / threshold)
        # a NaN is not above 0: it fires nothing
        return np.where(u > 0, np.where(ratio < most, ratio, most), self._dtype(0))

    def _reset(self, u: np.ndarray, spikes: np.ndarray) -> np.ndarray:
        node = self._node
        fired = spikes > 0
        if node.reset == "subtract":
            lowered = u - (spikes if node.multiple else self._dtype(1)) * self._value["threshold"]
            return np.where(fired, saturate(lowered) if self._integer else lowered, u)
        if node.reset == "value":
            target = self._value["reset_value"]
            return np.where(fired, self._dtype(0) if target is None else target, u)
        return u

    def _to_state(self, u: np.ndarray) -> np.ndarray:
        if self.on_membrane is not None:
            self.on_membrane(u)
        return np.clip(u, INT16.min, INT16.max) if self._node.state_bits == 16 else u

    def _bound(self, v: np.ndarray) -> np.ndarray:
        bound = self._value["lower_bound"]
        return v if bound is None else np.where(v < bound, bound, v)


def decay(state: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """⌊(s·a + 2¹⁴) / 2¹⁵⌋ of int64 ``state`` (within int32) and Q15 ``factor``."""
    return (state * factor + 2**14) >> 15
