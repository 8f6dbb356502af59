"""Random neurons: every flag of docs/ir.md; parameters absent, scalar, a channel's or a neuron's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from snnrt.ir.graph import Edge, Neuron, Node, Shape

if TYPE_CHECKING:
    from strategies import Style

INTEGRATIONS = ("decay", "euler", "divide", "divide_leak")
SYNAPSE_ORDERS = ("decay_then_add", "add_then_decay", "use_then_decay", "previous")


def random_neuron(
    rng: np.random.Generator, name: str, source: Node, style: Style, thresholded: bool
) -> Neuron:
    """A neuron that reads ``source``; without a threshold it is a leaky integrator."""
    integer = style.numbers == "int8"
    multiple = thresholded and bool(rng.random() < 0.25)
    reset_next = thresholded and not multiple and bool(rng.random() < 0.25)
    flags = {
        "integration": "decay" if integer else str(rng.choice(INTEGRATIONS)),
        "synapse_order": str(rng.choice(SYNAPSE_ORDERS)),
        "strict": thresholded and not multiple and bool(rng.random() < 0.5),
        "multiple": multiple,
        "max_spikes": int(rng.choice([1, 2, 15])) if multiple else 1,
        "reset": str(rng.choice(["subtract", "value", "none"], p=[0.45, 0.45, 0.1])),
        "reset_next": reset_next,
        "state_bits": int(rng.choice([16, 32])) if integer else 32,
    }
    draw = _integers if integer else _floats
    values = draw(rng, style, source.shape, thresholded, flags)
    return Neuron(name, (Edge(source.name),), source.shape, **values, **flags)


def _granularity(rng: np.random.Generator, shape: Shape) -> Shape:
    return [(), (shape[0],), shape][int(rng.integers(3))]


def _floats(rng: np.random.Generator, style: Style, shape: Shape, thresholded: bool, flags: dict) -> dict:
    def uniform(low: float, high: float, step: float = 0.25) -> np.ndarray:
        values = rng.uniform(low, high, _granularity(rng, shape))
        if style.exact:
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


def _integers(rng: np.random.Generator, style: Style, shape: Shape, thresholded: bool, flags: dict) -> dict:
    state = 2 ** (flags["state_bits"] - 1)
    # near the limits of int32 a state saturates; near a layer's usual currents it fires
    size = 2**31 - 1 if style.extreme else int(rng.choice([4, 40, 4000]))

    def integers(low: int, high: int) -> np.ndarray:
        return np.asarray(rng.integers(low, high, _granularity(rng, shape), endpoint=True), np.int32)

    def maybe(probability: float, low: int, high: int) -> np.ndarray | None:
        return integers(low, high) if rng.random() < probability else None

    def decays() -> np.ndarray:
        values = integers(0, 32768)
        return np.where(rng.random(values.shape) < 0.3, np.int32(32768), values).astype(np.int32)

    held = min(size, state - 1)
    scale = np.exp(rng.uniform(-9, 0, _granularity(rng, shape)))
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
