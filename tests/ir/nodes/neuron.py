"""Neurons: every flag of docs/ir.md; parameters absent, scalar, a channel's or a neuron's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ir.nodes import neuron_step
from node_cases import Malformed

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import Add, Neuron, Shape

if TYPE_CHECKING:
    from growing_graph import GrowingGraph

NODE = Neuron
SHARE = 0.08
INTEGRATIONS = ("decay", "euler", "divide", "divide_leak")
DECAYS = ("membrane", "synapse", "synapse_rise", "adaptation_decay")
SYNAPSE_ORDERS = ("decay_then_add", "add_then_decay", "use_then_decay", "previous")

scalar_states = neuron_step.scalar_states
scalar = neuron_step.scalar


def draw(graph: GrowingGraph, x: Value, thresholded: bool | None = None) -> Value:
    """Without a threshold a leaky integrator. In int8 with an add before it where x is no current."""
    rng = graph.rng
    thresholded = graph.chance(0.8) if thresholded is None else thresholded
    if graph.integer and not graph.current[x.name]:
        x = graph.node(Add, x, as_current=True)
    if graph.integer and thresholded and graph.chance(0.1):
        return graph.node(Neuron, x, **_loihi(graph, x.shape))
    multiple = thresholded and graph.chance(0.25)
    flags = {
        "integration": "decay" if graph.integer else str(rng.choice(INTEGRATIONS)),
        "synapse_order": str(rng.choice(SYNAPSE_ORDERS)),
        "strict": thresholded and not multiple and graph.chance(0.5),
        "multiple": multiple,
        "max_spikes": int(rng.choice([1, 2, 15])) if multiple else 1,
        "reset": str(rng.choice(["subtract", "value", "none"], p=[0.45, 0.45, 0.1])),
        "reset_next": thresholded and not multiple and graph.chance(0.25),
        "state_bits": int(rng.choice([16, 32])) if graph.integer else 32,
    }
    flags["reset_ahead"] = flags["reset_next"] and flags["reset"] == "subtract" and graph.chance(0.5)
    flags["takes_back"] = multiple and flags["reset"] == "subtract" and graph.chance(0.6)
    flags["one_spike"] = thresholded and not (multiple or flags["reset_next"]) and graph.chance(0.15)
    values = (_integers if graph.integer else _floats)(graph, x.shape, thresholded, flags)
    if thresholded and not (flags["reset_next"] or flags["takes_back"]) and graph.chance(0.4):
        values |= _mechanisms(graph, x.shape, values)
        flags["refractory_integrates"] = "refractory" in values and graph.chance(0.4)
    if values["synapse"] is not None and flags["synapse_order"] == "decay_then_add" and graph.chance(0.6):
        values["synapse_rise"] = graph.rng.permutation(np.atleast_1d(values["synapse"])).reshape(
            values["synapse"].shape
        )
        flags["reset_synapse"] = flags["reset_next"] and not flags["reset_ahead"] and graph.chance(0.7)
    if graph.integer and graph.chance(0.15):
        flags["shift_decay"] = True
        values |= {name: _shifts(graph, x.shape) for name in DECAYS if values.get(name) is not None}
    return graph.node(Neuron, x, **values, **flags)


def _floats(graph: GrowingGraph, shape: Shape, thresholded: bool, flags: dict) -> dict:
    rng = graph.rng

    def uniform(low: float, high: float, step: float = 0.25) -> np.ndarray:
        values = rng.uniform(low, high, graph.granularity(shape))
        if graph.style.exact:
            values = np.clip(np.round(values / step) * step, low, high)
        return np.asarray(values, np.float32)

    def maybe(probability: float, low: float, high: float) -> np.ndarray | None:
        return uniform(low, high) if rng.random() < probability else None

    integration = flags["integration"]
    # euler's k also is the gain of the input, which int8 needs to be positive
    low, high = {"decay": (0.0, 1.0), "euler": (0.25, 1.0)}.get(integration, (1.0, 4.0))
    membrane = uniform(low, high)
    return {
        "membrane": membrane,
        "synapse": maybe(0.4, 0.0, 1.0),
        "gain": maybe(0.3, 0.25, 2.0),
        "bias": maybe(0.3, -0.25, 0.5),
        "leak": None if integration == "decay" else maybe(0.4, -0.5, 0.5),
        "threshold": uniform(0.25, 1.5) if thresholded else None,
        "reset_value": maybe(0.7, -0.5, 0.5),
        "lower_bound": maybe(0.3, -1.0, 0.25),
        "initial": maybe(0.3, -1.0, 2.0),
    }


def _integers(graph: GrowingGraph, shape: Shape, thresholded: bool, flags: dict) -> dict:
    rng = graph.rng
    state = 2 ** (flags["state_bits"] - 1)
    # near the limits of int32 a state saturates; near a layer's usual currents it fires
    size = 2**31 - 1 if graph.style.extreme else int(rng.choice([4, 40, 4000]))

    def integers(low: int, high: int) -> np.ndarray:
        return np.asarray(rng.integers(low, high, graph.granularity(shape), endpoint=True), np.int32)

    def maybe(probability: float, low: int, high: int) -> np.ndarray | None:
        return integers(low, high) if rng.random() < probability else None

    def decays() -> np.ndarray:
        values = integers(0, 32768)
        return np.where(rng.random(values.shape) < 0.3, np.int32(32768), values).astype(np.int32)

    held = min(size, state - 1)
    scale = np.exp(rng.uniform(-9, 0, graph.granularity(shape)))
    return {
        "membrane": decays(),
        "synapse": decays() if rng.random() < 0.4 else None,
        "bias": maybe(0.3, -size // 2, size),
        "threshold": integers(1, size) if thresholded else None,
        "reset_value": maybe(0.7, -held // 2, held // 2),
        "lower_bound": maybe(0.3, -held, 0),
        "initial": maybe(0.3, -held, held),
        "scale": None if rng.random() < 0.2 else np.asarray(scale, np.float32),
    }


def _shifts(graph: GrowingGraph, shape: Shape) -> np.ndarray:
    most = int(graph.rng.choice([4, 31]))
    return np.asarray(graph.rng.integers(0, most, graph.granularity(shape), endpoint=True), np.int32)


def _loihi(graph: GrowingGraph, shape: Shape) -> dict:
    rng = graph.rng
    most = 2**23 - 1 if graph.style.extreme else int(rng.choice([300, 20000]))

    def integers(low: int, high: int) -> np.ndarray:
        return np.asarray(rng.integers(low, high, graph.granularity(shape), endpoint=True), np.int32)

    return {
        "loihi": True, "strict": True, "reset": "value", "membrane": integers(0, 4096),
        "synapse": integers(0, 4096), "threshold": integers(1, most),
        "reset_value": integers(-most // 2, most // 2),
        "bias": integers(-most, most) if graph.chance(0.5) else None,
        "initial": integers(-most, most) if graph.chance(0.3) else None,
    }  # fmt: skip


def _mechanisms(graph: GrowingGraph, shape: Shape, values: dict) -> dict:
    """An adaptive threshold, a refractory period, or both."""
    rng = graph.rng
    found: dict[str, np.ndarray] = {}
    which = int(rng.integers(3))
    if which != 1:
        top = values["threshold"].max()
        jump = rng.uniform(0, 1.5, graph.granularity(shape)) * float(top)
        fade = rng.uniform(0, 1, graph.granularity(shape))
        if graph.integer:
            found["adaptation"] = np.asarray(np.minimum(jump, 2**31 - 1), np.int32)
            found["adaptation_decay"] = np.asarray(np.rint(fade * 32768), np.int32)
        else:
            found["adaptation"] = np.asarray(jump, np.float32)
            found["adaptation_decay"] = np.asarray(fade, np.float32)
    if which != 0:
        found["refractory"] = np.asarray(rng.integers(0, 4, graph.granularity(shape)), np.int32)
    return found


def plain(g: GraphBuilder) -> Value:
    """On a current of the input's shape, which it is in either arithmetic."""
    return g.if_(g.add(g.input, as_current=True), threshold=1, name="it")


def _real(value: float) -> np.ndarray:
    return np.array(value, np.float32)


def _whole(value: int) -> np.ndarray:
    return np.array(value, np.int32)


ALPHA = {"synapse": _real(0.5), "synapse_rise": _real(0.25)}
LOIHI = {"loihi": True, "strict": True, "reset": "value", "synapse": _whole(0), "membrane": _whole(4096)}
BACK = {"takes_back": True, "multiple": True, "reset": "subtract"}
MALFORMED = [
    Malformed("float32", {"shape": (2, 4, 3)}, ("(2, 4, 4)", "(2, 4, 3)")),
    Malformed("float32", {"threshold": _real(0)}, ("threshold", "above 0")),
    Malformed("float32", {"threshold": _real(np.nan)}, ("threshold", "finite")),
    Malformed("float32", {"threshold": np.ones(5, np.float32)}, ("threshold", "(2, 4, 4)", "(5,)")),
    Malformed("float32", {"threshold": _whole(1)}, ("threshold", "float32", "int32")),
    Malformed("float32", {"membrane": None}, ("membrane", "NoneType")),
    Malformed("float32", {"membrane": _real(1.5)}, ("membrane", "1.5")),
    Malformed("float32", {"membrane": _real(-0.0)}, ("membrane", "-0.0")),
    Malformed("float32", {"membrane": _real(0), "integration": "divide"}, ("membrane", "above 0")),
    Malformed("float32", {"membrane": _real(-1), "integration": "euler"}, ("membrane", "-1")),
    Malformed("float32", {"synapse": _real(-0.5)}, ("synapse", "-0.5")),
    Malformed("float32", {"leak": _real(1)}, ("leak", "none with integration")),
    Malformed("float32", {"integration": "exact"}, ("integration", "exact")),
    Malformed("float32", {"synapse_order": "later"}, ("synapse_order", "later")),
    Malformed("float32", {"reset": "zero"}, ("reset", "zero")),
    Malformed("float32", {"multiple": True, "reset_next": True}, ("reset_next",)),
    Malformed("float32", {"multiple": True, "strict": True}, ("strict",)),
    Malformed("float32", {"multiple": True, "max_spikes": 0}, ("max_spikes", "0")),
    Malformed("float32", {"multiple": True, "max_spikes": 32768}, ("1 to 32767", "32768")),
    Malformed("float32", {"threshold": None, "multiple": True}, ("threshold", "none")),
    Malformed("float32", {"threshold": None, "reset_next": True}, ("threshold", "none")),
    Malformed("float32", {"reset_ahead": True}, ("reset_next", "reset_ahead needs")),
    Malformed("float32", {"reset_ahead": True, "reset_next": True, "reset": "value"}, ("reset=subtract",)),
    Malformed("float32", {"one_spike": True, "reset_next": True}, ("one_spike", "reset_next")),
    Malformed("float32", {"one_spike": True, "multiple": True}, ("one_spike", "multiple")),
    Malformed("float32", {"one_spike": True, "threshold": None}, ("one_spike", "threshold")),
    Malformed("float32", {"takes_back": True, "reset": "subtract"}, ("multiple", "takes_back needs")),
    Malformed("float32", BACK | {"reset": "value"}, ("reset=subtract", "takes_back")),
    Malformed("float32", BACK | {"refractory": _whole(1)}, ("refractory", "takes_back")),
    Malformed("float32", BACK | {"adaptation": _real(1), "adaptation_decay": _real(1)}, ("adaptation",)),
    Malformed("float32", {"refractory_integrates": True}, ("refractory", "refractory_integrates needs")),
    Malformed("float32", {"synapse_rise": _real(0.5)}, ("synapse", "synapse_rise needs")),
    Malformed("float32", ALPHA | {"synapse_rise": _real(1.5)}, ("synapse_rise", "1.5")),
    Malformed("float32", ALPHA | {"synapse_order": "previous"}, ("synapse_rise", "synapse_order")),
    Malformed("float32", ALPHA | {"reset_synapse": True}, ("reset_next", "reset_synapse needs")),
    Malformed("float32", {"state_bits": 16}, ("state_bits", "16")),
    Malformed("float32", {"state_bits": 8}, ("state_bits", "8")),
    Malformed("float32", {"scale": _real(1)}, ("scale", "none in float32")),
    Malformed("float32", {"adaptation": _real(1)}, ("adaptation", "adaptation_decay")),
    Malformed("float32", {"adaptation": _real(1), "adaptation_decay": _real(2)}, ("adaptation_decay", "2")),
    Malformed("float32", {"adaptation": _real(-1), "adaptation_decay": _real(1)}, ("adaptation", "-1")),
    Malformed("float32", {"refractory": _whole(-1)}, ("refractory", "-1")),
    Malformed("float32", {"refractory": _whole(32768)}, ("refractory", "32768")),
    Malformed("float32", {"refractory": _real(1)}, ("refractory", "int32", "float32")),
    Malformed("float32", {"refractory": _whole(1), "threshold": None}, ("refractory", "threshold")),
    Malformed("float32", {"refractory": _whole(1), "reset_next": True}, ("refractory", "reset_next")),
    Malformed("float32", LOIHI | {"synapse": _real(0), "membrane": _real(1)}, ("loihi", "float32")),
    Malformed("integer", LOIHI | {"membrane": _whole(4097)}, ("membrane", "4097")),
    Malformed("integer", LOIHI | {"synapse": None}, ("synapse", "loihi")),
    Malformed("integer", LOIHI | {"strict": False}, ("strict", "loihi")),
    Malformed("integer", LOIHI | {"reset": "subtract"}, ("reset=value", "loihi", "subtract")),
    Malformed("integer", LOIHI | {"synapse_order": "previous"}, ("loihi", "synapse_order")),
    Malformed("integer", LOIHI | {"refractory": _whole(2)}, ("loihi", "refractory")),
    Malformed("integer", LOIHI | {"state_bits": 16}, ("loihi", "state_int16")),
    Malformed("integer", LOIHI | {"reset_value": _whole(2**23)}, ("reset_value", "8388608")),
    Malformed("integer", {"shift_decay": True, "membrane": _whole(32)}, ("membrane", "32")),
    Malformed("integer", LOIHI | {"shift_decay": True}, ("shift_decay", "loihi")),
    Malformed("float32", {"shift_decay": True}, ("shift_decay", "float32")),
    Malformed("integer", {"gain": _whole(2)}, ("gain", "none in int8")),
    Malformed("integer", {"leak": _whole(2)}, ("leak", "none in int8")),
    Malformed("integer", {"integration": "euler"}, ("decay in int8", "euler")),
    Malformed("integer", {"membrane": _whole(32769)}, ("membrane", "32769")),
    Malformed("integer", {"synapse": _whole(-1)}, ("synapse", "-1")),
    Malformed("integer", {"threshold": _whole(0)}, ("threshold", "0")),
    Malformed("integer", {"threshold": np.array(1, np.int64)}, ("threshold", "int64")),
    Malformed("integer", {"reset_value": _whole(40000), "state_bits": 16}, ("reset_value", "40000")),
    Malformed("integer", {"lower_bound": _whole(-40000), "state_bits": 16}, ("lower_bound", "-40000")),
    Malformed("integer", {"scale": _real(0)}, ("scale", "above 0")),
    Malformed("integer", {"adaptation": _whole(1), "adaptation_decay": _whole(32769)}, ("32769",)),
]
