"""Every integration written as a decay is the same update; what is no decay is refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.converters.passes.membrane_form import decay_form
from snnrt.errors import ModelError
from snnrt.ir.graph import Neuron, broadcast


def f(value: object) -> np.ndarray:
    return np.asarray(value, np.float32)


def test_decay_form_is_the_same_update() -> None:
    rng = np.random.default_rng(3)
    v, i, shape = rng.normal(size=(2, 3, 3)), rng.normal(size=(2, 3, 3)), (2, 3, 3)
    gain, leak, bias, k = (rng.uniform(0.2, 1.0, size) for size in ((2,), (2, 3, 3), (), (2,)))
    updates = {
        "decay": (k, lambda g, b, m, lk: m * v + g * i + b),
        "euler": (k, lambda g, b, m, lk: v + m * ((lk - v) + g * i) + b),
        "divide": (1 / k, lambda g, b, m, lk: v + (g * i - (v - lk)) / m + b),
        "divide_leak": (1 / k, lambda g, b, m, lk: (v - (v - lk) / m) + g * i + b),
    }
    for integration, (membrane, update) in updates.items():
        node = Neuron(
            "n", (), shape, membrane=f(membrane), gain=f(gain), bias=f(bias), integration=integration,  # type: ignore[arg-type]
            leak=None if integration == "decay" else f(leak),
        )  # fmt: skip
        form = decay_form(node)
        assert form.bias is not None
        folded = sum(broadcast(p, shape) * z for p, z in ((form.membrane, v), (form.gain, i), (form.bias, 1)))
        full = [broadcast(f(p).astype(float), shape) for p in (gain, bias, membrane, leak)]
        np.testing.assert_allclose(folded, update(*full), rtol=1e-5)


def test_a_synapse_that_is_used_first_keeps_its_complement() -> None:
    for order, expected in (("use_then_decay", 0.75), ("decay_then_add", 0.25), ("previous", 0.25)):
        node = Neuron("n", (), (2,), membrane=f(0.5), synapse=f(0.25), synapse_order=order)
        assert decay_form(node).synapse == expected


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"membrane": f(1.25)}, "membrane: expected a decay of 0 to 1 .* found 1.25 to 1.25"),
        ({"membrane": f(1.5), "integration": "euler"}, "found -0.5 to -0.5; use a smaller dt"),
        ({"membrane": f([0.5, 2.0]), "integration": "divide"}, "found -1 to 0.5"),
        ({"membrane": f(0.5), "gain": f([1, 0])}, "gain: expected positive .* found 0; fold the sign"),
        ({"membrane": f(0.5), "gain": f(-2)}, "found -2"),
        ({"membrane": f(0.0), "integration": "euler"}, "gain: expected positive"),
    ],
)
def test_refused(fields: dict, message: str) -> None:
    with pytest.raises(ModelError, match=rf"node 'n' \(neuron\): .*{message}"):
        decay_form(Neuron("n", (), (2,), **fields))
