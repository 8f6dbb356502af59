"""One step of a neuron in NumPy, exactly as docs/ir.md writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from snnrt.ir.arithmetic import INT16, broadcast, decay, loihi_decay, saturate, wrap24
from snnrt.ir.node import State, Step
from snnrt.ir.spec import LARGEST_INT16, LARGEST_LOIHI

if TYPE_CHECKING:
    from snnrt.ir.nodes.neuron import Neuron


def start(node: Neuron, inputs: int, integer: bool) -> State:
    """States of N inputs, (N, *shape): float32, or int64 holding int32; the refractory counter int64."""
    dtype = np.int64 if integer else np.float32
    membrane = np.zeros((inputs, *node.shape), dtype)
    if node.initial is not None:
        membrane += broadcast(node.initial.astype(dtype), node.shape)
    state = {"membrane": membrane}
    kept = {"synapse": node.synapse, "rise": node.synapse_rise, "adaptation": node.adaptation}
    for name, array in kept.items():
        if array is not None:
            state[name] = np.zeros_like(membrane)
    if node.refractory is not None:
        state["refractory"] = np.zeros(membrane.shape, np.int64)
    if node.one_spike:
        state["fired"] = np.zeros(membrane.shape, bool)
    if node.takes_back:
        state["net"] = np.zeros(membrane.shape, np.int64)
    return state


def step(node: Neuron, run: Step, x: np.ndarray, state: State) -> np.ndarray:
    """The output for this step's input (N, *shape): uint8 bits, spike numbers or the membrane."""
    at = _Step(node, run, state)
    output = at.output(x.astype(at.dtype))
    run.count("neuron_updates", np.full(x.shape[0], node.elements))
    if node.spikes:
        run.count("spikes", np.abs(output.reshape(x.shape[0], -1).astype(np.int64)).sum(axis=1))
    if node.multiple:
        run.count("capped_updates", at.capped.reshape(x.shape[0], -1).sum(axis=1))
    return output


class _Step:
    def __init__(self, node: Neuron, run: Step, state: State) -> None:
        self.node, self.run, self.state = node, run, state
        self.integer = run.integer
        self.dtype = np.int64 if run.integer else np.float32
        # where the neuron would have fired more than max_spikes
        self.capped = np.zeros(node.shape, bool)

    def value(self, name: str) -> np.ndarray | None:
        """A parameter, of the node's shape. Absent it stays None: in float32 leaving an operation out is
        not the same as adding zero."""
        array = getattr(self.node, name)
        if array is None:
            return None
        return broadcast(array.astype(np.int64 if name == "refractory" else self.dtype), self.node.shape)

    def output(self, x: np.ndarray) -> np.ndarray:
        node, held = self.node, self.state["membrane"]
        u = self._integrate_integers(x) if self.integer else self._integrate_floats(x)
        base = self.value("threshold")
        if base is None:
            self._keep(self._to_state(u))
            return self.state["membrane"].astype(np.int32 if self.integer else np.float32)
        threshold = self._threshold_in_force(base)
        late = self._fires(held, threshold).astype(self.dtype)
        if node.reset_next:
            reset = self._reset_with_synapse if node.reset_synapse else self._reset
            u = reset(u, late, threshold)
        u = self._to_state(u)
        spikes = self._count(u, threshold) if node.multiple else self._fires(u, threshold).astype(self.dtype)
        resting = self._rests()
        if resting is not None:
            spikes = np.where(resting, self.dtype(0), spikes)
            self.capped = self.capped & ~resting
        if node.one_spike:
            spikes = np.where(self.state["fired"], self.dtype(0), spikes)
            self.state["fired"] = self.state["fired"] | (spikes > 0)
        v = u if node.reset_next else self._to_state(self._reset(u, spikes, threshold))
        if node.reset_ahead:
            lowered = u - np.subtract(spikes, late) * threshold
            v = self._to_state(saturate(lowered) if self.integer else lowered)
        if resting is not None:
            v = v if node.refractory_integrates else np.where(resting, held, v)
            self._recover(resting, spikes)
        self._keep(v)
        self._adapt(spikes)
        if not node.multiple:
            return spikes.astype(np.uint8)
        return spikes.astype(np.int16 if self.integer else np.float32)

    # integration

    def _integrate_floats(self, x: np.ndarray) -> np.ndarray:
        node, v = self.node, self.state["membrane"]
        membrane, gain, leak, bias = (self.value(name) for name in ("membrane", "gain", "leak", "bias"))
        assert membrane is not None
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
        synapse, order = self.value("synapse"), self.node.synapse_order
        if synapse is None:
            return x
        c = self.state["synapse"]
        if self.node.synapse_rise is not None:
            c = synapse * c + x
            i = c - self._rise(x)
        elif order == "decay_then_add":
            i = c = synapse * c + x
        elif order == "add_then_decay":
            i = c = synapse * (c + x)
        elif order == "use_then_decay":
            i = c + x
            c = i - synapse * i
        else:
            i, c = c, synapse * c + x
        self.state["synapse"] = c
        return i

    def _integrate_integers(self, x: np.ndarray) -> np.ndarray:
        membrane, bias = self.value("membrane"), self.value("bias")
        assert membrane is not None
        if self.node.loihi:
            return self._integrate_loihi(x, membrane, bias)
        i = self._current_integers(x)
        u = saturate(self._decayed(self.state["membrane"], membrane) + i)
        return u if bias is None else saturate(u + bias)

    def _decayed(self, state: np.ndarray, factor: np.ndarray) -> np.ndarray:
        return state - (state >> factor) if self.node.shift_decay else decay(state, factor)

    def _integrate_loihi(self, x: np.ndarray, membrane: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
        synapse = self.value("synapse")
        assert synapse is not None
        c = self.state["synapse"] = wrap24(loihi_decay(self.state["synapse"], synapse) + 64 * x)
        u = loihi_decay(self.state["membrane"], membrane) + c + (0 if bias is None else bias)
        return np.clip(u, -LARGEST_LOIHI, LARGEST_LOIHI)

    def _current_integers(self, x: np.ndarray) -> np.ndarray:
        synapse, order = self.value("synapse"), self.node.synapse_order
        if synapse is None:
            return x
        c = self.state["synapse"]
        if self.node.synapse_rise is not None:
            c = saturate(self._decayed(c, synapse) + x)
            i = saturate(c - self._rise(x))
        elif order == "decay_then_add":
            i = c = saturate(self._decayed(c, synapse) + x)
        elif order == "add_then_decay":
            i = c = self._decayed(saturate(c + x), synapse)
        elif order == "use_then_decay":
            i = saturate(c + x)
            c = self._decayed(i, synapse)
        else:
            i, c = c, saturate(self._decayed(c, synapse) + x)
        self.state["synapse"] = c
        return i

    def _rise(self, x: np.ndarray) -> np.ndarray:
        """The current that an alpha synapse takes off; that of the step before is kept for a reset."""
        factor = self.value("synapse_rise")
        assert factor is not None
        d = self.fallen = self.state["rise"]
        d = saturate(self._decayed(d, factor) + x) if self.integer else factor * d + x
        self.state["rise"] = d
        return d

    # firing and reset

    def _threshold_in_force(self, base: np.ndarray) -> np.ndarray:
        factor = self.value("adaptation_decay")
        if factor is None:
            return base
        raised = self.state["adaptation"]
        raised = self._decayed(raised, factor) if self.integer else factor * raised
        self.state["adaptation"] = raised
        return saturate(base + raised) if self.integer else base + raised

    def _adapt(self, spikes: np.ndarray) -> None:
        jump = self.value("adaptation")
        if jump is None:
            return
        raised = self.state["adaptation"]
        higher = raised + spikes * jump
        self.state["adaptation"] = saturate(higher) if self.integer else np.where(spikes > 0, higher, raised)

    def _rests(self) -> np.ndarray | None:
        return None if self.node.refractory is None else self.state["refractory"] > 0

    def _recover(self, resting: np.ndarray, spikes: np.ndarray) -> None:
        counter, steps = self.state["refractory"], self.value("refractory")
        assert steps is not None
        self.state["refractory"] = np.where(resting, counter - 1, np.where(spikes > 0, steps, counter))

    def _fires(self, membrane: np.ndarray, threshold: np.ndarray) -> np.ndarray:
        return membrane > threshold if self.node.strict else membrane >= threshold

    def _count(self, u: np.ndarray, threshold: np.ndarray) -> np.ndarray:
        """Several spikes a step: how many thresholds u holds."""
        most = self.dtype(self.node.max_spikes)
        ratio = u // threshold if self.integer else np.trunc(u / threshold)
        # a ratio that is no number counts as one that is too large
        self.capped = (u > 0) & ~(ratio <= most)
        # a NaN is not above 0: it fires nothing
        counts = np.where(u > 0, np.where(ratio < most, ratio, most), self.dtype(0))
        return self._take_back(u, threshold, counts) if self.node.takes_back else counts

    def _take_back(self, u: np.ndarray, threshold: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Negative spikes where u is below 0, as far as there are any to take back."""
        net = self.state["net"]
        most = np.minimum(net, self.node.max_spikes).astype(self.dtype)
        # 0 minus it: no spike is +0 in float32
        wanted = self.dtype(0) - (u // threshold if self.integer else np.floor(u / threshold))
        taken = self.dtype(0) - np.where(wanted < most, wanted, most)
        counts = np.where(u < 0, taken, counts)
        self.state["net"] = np.minimum(net + counts.astype(np.int64), LARGEST_INT16)
        return counts

    def _reset(self, u: np.ndarray, spikes: np.ndarray, threshold: np.ndarray) -> np.ndarray:
        node = self.node
        fired = spikes != 0
        if node.reset == "subtract":
            lowered = u - (spikes if node.multiple else self.dtype(1)) * threshold
            return np.where(fired, saturate(lowered) if self.integer else lowered, u)
        if node.reset == "value":
            target = self.value("reset_value")
            return np.where(fired, self.dtype(0) if target is None else target, u)
        return u

    def _reset_with_synapse(self, u: np.ndarray, late: np.ndarray, threshold: np.ndarray) -> np.ndarray:
        if self.node.reset == "none":
            return u
        fired, c, zero = late > 0, self.state["synapse"], self.dtype(0)
        less, lowered = c - threshold, u - self.fallen
        if self.integer:
            less, lowered = saturate(less), saturate(lowered)
        if self.node.reset == "value":
            less, lowered = np.zeros_like(c), self._reset(u, late, threshold)
        self.state["synapse"] = np.where(fired, less, c)
        self.state["rise"] = np.where(fired, zero, self.state["rise"])
        return np.where(fired, lowered, u)

    def _to_state(self, u: np.ndarray) -> np.ndarray:
        self.run.observe(self.node, u)
        return np.clip(u, INT16.min, INT16.max) if self.node.state_bits == 16 else u

    def _keep(self, v: np.ndarray) -> None:
        bound = self.value("lower_bound")
        self.state["membrane"] = v if bound is None else np.where(v < bound, bound, v)
