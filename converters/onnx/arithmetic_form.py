"""In which order a neuron's step is computed: the one that gives the recorded membranes, to the last bit.

α·v + x, v + k·(x − v) and v + (x − v)/τ are one step, and three results in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from snnrt.converters.onnx.polynomial import close
from snnrt.converters.onnx.step_form import ONE, StepForm
from snnrt.errors import ModelError
from snnrt.ir.graph import Neuron
from snnrt.ir.node import Node

Fields = dict[str, Any]
"""Of a :class:`Neuron`: arrays in float64, and words."""

MAX_SPIKES = 255


class _Seen:
    """Takes what a neuron's step tells, and keeps its membranes."""

    integer = False
    dtype = np.dtype(np.float32)
    order: np.ndarray | None = None
    x = np.zeros(0, np.float32)

    def __init__(self) -> None:
        self.membranes: list[np.ndarray] = []

    def multiply(self, node: Node, rows: np.ndarray, group: int, groups: int) -> np.ndarray:
        raise NotImplementedError

    def count(self, event: str, values: np.ndarray) -> None:
        return

    def observe(self, node: Node, membrane: np.ndarray) -> None:
        self.membranes.append(membrane)


def choose_fields(
    form: StepForm, drives: list[np.ndarray] | None, membranes: list[np.ndarray],
    spikes: list[np.ndarray] | None,
) -> tuple[Fields, int, int]:  # fmt: skip
    """The fields of the neuron that gives the recorded ``membranes`` and ``spikes`` of each timestep for
    ``drives``, how many spikes differ, and of how many.

    ``drives`` None: not known at every timestep, so that the first form is taken.
    """
    best: tuple[int, int, Fields] | None = None
    total = 0 if spikes is None else len(spikes) * spikes[0].size
    shape = membranes[0].shape
    for fields in candidates(form, drives, membranes):
        if drives is None:
            return fields, 0, 0
        found = _run(fields, shape, drives)
        if found is None:
            continue
        own, fired = found
        wrong = 0 if spikes is None else sum(int((a != b).sum()) for a, b in zip(fired, spikes))
        bits = sum(int((a != b).sum()) for a, b in zip(own, membranes))
        if best is None or (wrong, bits) < best[:2]:
            best = (wrong, bits, fields)
        if not wrong and not bits:
            break
    if best is None:
        return next(iter(candidates(form, drives, membranes))), total, total
    return best[2], best[0], total


def candidates(
    form: StepForm, drives: list[np.ndarray] | None, membranes: list[np.ndarray]
) -> Iterator[Fields]:
    """Fields of the neurons that compute ``form``, one an order of its operations."""
    common: Fields = {"reset": form.reset, "reset_next": form.reset_next}
    if form.threshold is not None:
        common |= {"threshold": form.threshold, "strict": form.strict, "multiple": form.several,
                   "max_spikes": MAX_SPIKES if form.several else 1}  # fmt: skip
    else:
        common["reset"] = "value"
    if form.reset == "value":
        common["reset_value"] = np.zeros(()) if form.reset_value is None else form.reset_value
    if form.lower_bound is not None:
        common["lower_bound"] = form.lower_bound
    starts: list[Fields] = [{}]
    first = _first(form, drives, membranes)
    if first is not None:
        starts.append({"initial": first})
    for start in starts:
        for synapse in _synapses(form):
            for membrane in _membranes(form, synapse.pop("share")):
                fields = {**common, **start, **synapse, **membrane}
                # NumPy makes a scalar of an array without axes
                yield {name: np.asarray(value) if isinstance(value, np.generic) else value
                       for name, value in fields.items()}  # fmt: skip


def _first(form: StepForm, drives: list[np.ndarray] | None, membranes: list[np.ndarray]) -> np.ndarray | None:
    """The membranes before the first timestep, where they are not 0: of a network that was not at rest when
    it was exported, or that begins at its reset value."""
    if drives is None or not np.all(form.decay) or form.synapse is not None:
        return None
    value = np.asarray((membranes[0] - form.gain * drives[0] - form.bias) / form.decay)
    if not np.isfinite(value).all() or np.abs(value).max() < 1e-4:
        return None
    middle = float(np.median(value))
    return np.asarray(middle) if np.allclose(value, middle, rtol=1e-4, atol=1e-4) else value


def _synapses(form: StepForm) -> list[Fields]:
    """Currents, and what of the gain the membrane has left to do."""
    if form.synapse is None:
        return [{"share": form.gain}]
    synapse = form.synapse
    if form.late:
        return [{"synapse": synapse, "synapse_order": "previous", "share": form.gain}]
    return [
        {"synapse": synapse, "synapse_order": "decay_then_add", "share": form.gain},
        {"synapse": 1 - synapse, "synapse_order": "use_then_decay", "share": form.gain},
        {"synapse": synapse, "synapse_order": "add_then_decay", "share": form.gain / synapse},
    ]


def _membranes(form: StepForm, gain: np.ndarray) -> list[Fields]:
    decay, bias = form.decay, form.bias
    rate = 1 - decay
    found = [_fields("decay", decay, gain, bias=bias)]
    if not rate.all() or not decay.any():
        return found
    if close(rate, gain):
        found += [
            _fields("euler", gain, ONE, leak=bias / rate), _fields("divide", 1 / gain, ONE, leak=bias / rate),
            _fields("divide", 1 / gain, ONE, bias=bias),
        ]  # fmt: skip
    found += [
        _fields("divide_leak", 1 / rate, gain, leak=bias / rate),
        _fields("divide_leak", 1 / rate, gain, bias=bias),
        _fields("euler", rate, gain / rate, leak=bias / rate),
        _fields("divide", 1 / rate, gain / rate, leak=bias / rate),
    ]
    return found


def _fields(
    integration: str, membrane: np.ndarray, gain: np.ndarray, bias: np.ndarray | None = None,
    leak: np.ndarray | None = None,
) -> Fields:  # fmt: skip
    found: Fields = {"integration": integration, "membrane": membrane}
    if not (np.asarray(gain, np.float32) == 1).all():
        found["gain"] = gain
    for name, value in (("bias", bias), ("leak", leak)):
        if value is not None and value.any():
            found[name] = value
    return found


def _run(
    fields: Fields, shape: tuple[int, ...], drives: list[np.ndarray]
) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
    """Membranes and spikes of each timestep; None where the fields are no neuron's."""
    arrays: Fields = {
        name: np.broadcast_to(np.asarray(value, np.float32), shape).reshape(-1) if isinstance(
            value, np.ndarray) else value
        for name, value in fields.items()
    }  # fmt: skip
    size = int(np.prod(shape))
    node = Neuron("neuron", (), (size,), **arrays)
    try:
        node.check(False)
    except ModelError:
        return None
    seen = _Seen()
    state = node.start(1, False)
    spikes = []
    with np.errstate(all="ignore"):
        for drive in drives:
            x = np.broadcast_to(drive, shape).astype(np.float32).reshape(1, size)
            spikes.append(node.step(seen, [x], state).reshape(shape))
    return [one.reshape(shape) for one in seen.membranes], spikes
