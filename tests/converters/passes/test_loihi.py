"""float32 → Loihi's integers: close, of the chip's ranges, or refused in words."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.converters.passes.loihi import to_loihi, wrapping
from snnrt.converters.passes.quantise import quantise
from snnrt.errors import ModelError
from snnrt.ir.graph import Graph
from snnrt.network import Network

CUBA = {"membrane": 0.9, "synapse": 0.75, "threshold": 1.0, "strict": True, "reset": "value"}


def network(**fields: object) -> Graph:
    rng = np.random.default_rng(3)
    g = GraphBuilder((40,), encoding="spikes", timesteps=30)
    x = g.neuron(g.dense(g.input, rng.normal(0.02, 0.1, (60, 40))), name="cuba", **{**CUBA, **fields})
    plain = {**CUBA, **fields, "synapse": None, "bias": 0.01, "initial": 0.25}
    x = g.neuron(g.dense(x, rng.normal(0.02, 0.1, (20, 60))), name="plain", **plain)
    return g.finish(g.neuron(g.dense(x, rng.normal(0, 0.3, (4, 20))), membrane=0.9, name="li"))


def loihi(**fields: object) -> Graph:
    return to_loihi(quantise(network(**fields), state_bits=32))


def test_spikes_are_those_of_float32_but_for_rounding() -> None:
    graph, found = network(), loihi()
    assert (found.profile, found.numbers) == ("loihi", "int8")
    x = (np.random.default_rng(4).random((6, 30, 40)) < 0.3).astype(np.float32)
    graphs = (graph, found, quantise(graph, state_bits=32))
    real, chips, int8 = (Network(g).run(x, record=("spikes",)).spikes for g in graphs)
    for name in ("cuba", "plain"):
        assert 0.02 < real[name].mean() < 0.9
        equal = np.mean(real[name] == chips[name])
        assert equal > 0.9 and equal > np.mean(real[name] == int8[name]) - 0.02


def test_parameters_are_the_chips() -> None:
    found, before = loihi(), quantise(network(), state_bits=32)
    cuba, plain = found["cuba"], found["plain"]
    assert (cuba.membrane, cuba.synapse, plain.synapse) == (round(0.9 * 4096), 3072, 0)
    for field in ("threshold", "bias", "initial"):
        np.testing.assert_array_equal(getattr(plain, field), 64 * getattr(before["plain"], field))
    assert not found["li"].loihi
    np.testing.assert_array_equal(found["cuba"].scale * 64, before["cuba"].scale)


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"strict": False}, "strict: expected v > threshold, as Loihi fires, found ≥; use --strict"),
        (
            {"reset": "subtract"},
            "reset: expected to 0 at once, as Loihi does it, found subtract; use --reset",
        ),
        ({"reset_next": True}, "found value at the next step"),
        ({"reset_value": -0.5}, "reset: expected to 0"),
        ({"synapse_order": "previous"}, "synapse_order: expected decay_then_add on Loihi, found previous"),
        ({"refractory": 2}, "refractory: expected none on Loihi"),
        ({"lower_bound": -1.0}, "lower_bound: expected none on Loihi"),
        ({"threshold": 1e5}, "threshold: expected at most 131071 units on Loihi"),
        ({"initial": -2e4}, "initial: expected at most 131071 units"),
    ],
)
def test_what_the_chip_has_not_is_refused(fields: dict, words: str) -> None:
    with pytest.raises(ModelError, match="cuba") as caught:
        loihi(**fields)
    assert words in str(caught.value) and "--numbers int8" in str(caught.value)


def test_currents_that_could_wrap_are_told() -> None:
    assert wrapping(quantise(network(), state_bits=32)) == []
    (line,) = wrapping(quantise(network(synapse=1.0).with_(timesteps=200), state_bits=32))
    assert "'cuba'" in line and "wraps beyond 8388607" in line
