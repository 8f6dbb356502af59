"""A network with a layer of neurons for each of their mechanisms, made of the table of mechanisms."""

from __future__ import annotations

import numpy as np

from snnrt import GraphBuilder
from snnrt.ir.graph import Graph, Neuron, arithmetic_of
from snnrt.ir.nodes.neuron_fields import FLAGS, INTEGER_FLAGS
from snnrt.ir.nodes.neuron_mechanisms import MECHANISMS

REAL = {
    "membrane": 0.75, "synapse": 0.5, "synapse_rise": 0.25, "bias": 0.125, "threshold": 0.75,
    "lower_bound": -0.25, "adaptation": 0.25, "adaptation_decay": 0.875, "refractory": 2, "reset_value": 0.0,
}  # fmt: skip
"""Of each array that a mechanism is or needs."""
UNIT = 64
SIZE, STEPS, INPUTS = 40, 12, 3


def _value(name: str, numbers: str) -> object:
    array = next(array for array in Neuron.KIND.arrays if array.name == name)
    if numbers == "float32" or array.unit == "steps":
        return REAL[name]
    return round(REAL[name] * (32768 if array.unit == "q15" else UNIT))


def _in_loihi_units(fields: dict[str, object]) -> dict[str, object]:
    """Decays in 1/4096, the membrane's unit a 64th."""
    decays = {"membrane": 3072, "synapse": 2048}
    return {
        name: decays.get(name, 64 * value if name == "threshold" else value) for name, value in fields.items()
    }


def fields_of(field: str, needs: tuple[str, ...], numbers: str) -> dict[str, object]:
    """A neuron with one mechanism and what it needs."""
    fields = {name: _value(name, numbers) for name in ("membrane", "threshold", "reset_value")}
    for wanted in (field, *needs):
        name, _, word = wanted.partition("=")
        if name == "state_int16":
            fields["state_bits"] = 16
        elif name in FLAGS:
            fields[name] = word or True
        else:
            fields[name] = _value(name, numbers)
    if field == "shift_decay":
        return fields | {"membrane": 2}
    if field == "loihi":
        return _in_loihi_units(fields)
    return fields | ({"max_spikes": 3} if field == "multiple" else {})


def mechanism_network(numbers: str) -> tuple[Graph, np.ndarray]:
    """The network, and ``x`` (INPUTS, STEPS, 8)."""
    rng = np.random.default_rng(1)
    g = GraphBuilder((8,), encoding="spikes", timesteps=STEPS, arithmetic=arithmetic_of(numbers), name="x")
    integer = numbers == "int8"

    def weights(*shape: int) -> np.ndarray:
        values = rng.integers(-UNIT // 2, UNIT, shape)
        return values.astype(np.int8) if integer else (values / UNIT).astype(np.float32)

    logits = []
    for mechanism in MECHANISMS:
        if integer or mechanism.field not in INTEGER_FLAGS:
            fields = fields_of(mechanism.field, mechanism.needs, numbers)
            layer = g.neuron(g.dense(g.input, weights(SIZE, 8)), name=mechanism.field, **fields)
            logits.append(g.dense(layer, weights(4, SIZE)))
    total = g.add(*logits, as_current=True)
    scale = np.full(4, 1 / UNIT) if integer else None
    x = (rng.random((INPUTS, STEPS, 8)) < 0.4).astype(np.float32)
    return g.finish(total, scale=scale), x
