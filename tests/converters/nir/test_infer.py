"""Which framework a file's constants betray (what each really writes is in exports/)."""

import nir
import numpy as np
import pytest

from snnrt.converters.nir.exports.registry import EXPORTS
from snnrt.converters.nir.infer import contradiction, infer_framework
from snnrt.converters.nir.primitives import as_node


def full(value, dtype=np.float32):
    return np.full(5, value, dtype)


def snntorch_like(beta):
    tau = full(1e-4 / (1 - beta))
    return nir.LIF(tau, tau / np.float32(1e-4), full(0), full(1), full(0))


def in_steps(steps, reset=0.0):
    return nir.LIF(*(full(value, np.float64) for value in (steps * 1e-4, 1, reset, 1, reset)))


def lif(tau, r=1.0):
    return nir.LIF(full(tau), full(r), full(0), full(1), full(0))


NORSE = nir.LIF(full(1e-5), full(1), full(0), full(1), full(0))
SINABS = nir.LIF(full(8), full(1), full(0), full(1), full(0))
UNIT_IF = nir.IF(full(1), full(1), full(0))
SPIKINGJELLY_IF = nir.IF(*(full(value, np.float64) for value in (1e4, 1, 0)))


@pytest.mark.parametrize(
    "neurons, found",
    [
        ({"a": snntorch_like(0.9)}, "snntorch"),
        ({"a": in_steps(2, 0.25)}, "spikingjelly"),
        ({"a": SPIKINGJELLY_IF}, "spikingjelly"),
        ({"a": NORSE}, "norse"),
        ({"a": NORSE, "b": UNIT_IF}, "norse"),
        ({"a": SINABS, "b": UNIT_IF}, "sinabs"),
        ({"a": SINABS, "b": nir.Threshold(full(1))}, "sinabs"),
    ],
)
def test_inferred(neurons, found):
    inferred = infer_framework({name: as_node(one) for name, one in neurons.items()})
    assert (inferred.candidates, inferred.reason) == ((found,), f"inferred: {EXPORTS[found].reason}")


@pytest.mark.parametrize(
    "neurons, candidates, reason",
    [
        ({"a": UNIT_IF}, "norse sinabs nir", "fit norse and sinabs and nir"),
        ({"a": lif(5e-4)}, "norse nir", "fit norse and nir"),
        ({"a": lif(2.5e-3)}, "spikingjelly nir", "none of the frameworks"),
        ({"a": lif(5e-4, 3)}, "nir", "none of the frameworks"),
        ({"a": NORSE, "b": SINABS}, "nir", "none of the frameworks"),
        ({"a": nir.Threshold(full(1))}, "nir", "no neurons whose rules could differ"),
        ({}, "nir", "no neurons whose rules could differ"),
        ({"a": nir.IF(np.array(["x"] * 5), full(1), full(0))}, "nir", "not all numbers"),
    ],
)
def test_not_told(neurons, candidates, reason):
    found = infer_framework({name: as_node(one) for name, one in neurons.items()})
    assert found.candidates == tuple(candidates.split()) and reason in found.reason


def test_names_decide_between_two_that_write_the_same():
    tau = full(2e-4, np.float64)
    both = nir.LIF(tau, tau / 1e-4, full(0, np.float64), full(1, np.float64), full(0, np.float64))
    assert infer_framework({"0.lif": as_node(both)}).candidates == ("snntorch",)
    assert infer_framework({"0": as_node(both)}).candidates == ("snntorch", "spikingjelly", "nir")


@pytest.mark.parametrize(
    "node, framework, dt, words",
    [
        (lif(2.5e-3), "norse", 1e-3, "node 'a' (LIF): Norse writes τ multiplied by dt = 0.001, so 0.0025"),
        (lif(1e-5, 2), "norse", 1e-3, "Norse writes r = 1, found 2"),
        (lif(2.5e-3), "sinabs", 1, "Sinabs writes τ in timesteps, so 0.0025 would decay within one"),
        (UNIT_IF, "sinabs", 1, ""),
        (nir.IF(full(1e4), full(1), full(0)), "sinabs", 1, "Sinabs writes r = 1, found 1e+04"),
        (lif(2e-3, 2), "snntorch", 1e-4, "τ / r = 0.001, as of a step of so many seconds: give it as dt"),
        (snntorch_like(0.9), "snntorch", 1e-4, ""),
        (lif(np.inf, np.inf), "snntorch", 1e-4, ""),
        (lif(5e-5), "spikingjelly", 1e-4, "SpikingJelly writes τ = dt·τ_steps"),
        (lif(5e-3), "spikingjelly", 1e-4, ""),
        (lif(5e-3, 2), "spikingjelly", 1e-4, "SpikingJelly writes r = τ / dt with dt = 0.0001 s, found"),
        (lif(2.5e-3), "nir", 1e-4, ""),
    ],
)
def test_constants_that_contradict_the_framework_given(node, framework, dt, words):
    found = contradiction({"a": as_node(node)}, framework, dt)
    assert words in found and bool(words) == bool(found)
