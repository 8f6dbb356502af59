"""Which framework a file's constants betray (what each really writes is in exports/)."""

import nir
import numpy as np
import pytest

from snnrt.converters.nir.exports.registry import EXPORTS
from snnrt.converters.nir.infer import infer_framework


def full(value, dtype=np.float32):
    return np.full(5, value, dtype)


def snntorch_like(beta):
    tau = full(1e-4 / (1 - beta))
    return nir.LIF(tau, tau / np.float32(1e-4), full(0), full(1), full(0))


def in_steps(steps, reset=0.0):
    return nir.LIF(*(full(value, np.float64) for value in (steps * 1e-4, 1, reset, 1, reset)))


NORSE = nir.LIF(full(5e-4), full(1), full(0), full(1), full(0))
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
    name, reason = infer_framework(neurons)
    assert (name, reason) == (found, f"inferred: {EXPORTS[found].reason}")


@pytest.mark.parametrize(
    "neurons, reason",
    [
        ({"a": UNIT_IF}, "fit norse or sinabs"),
        ({"a": nir.LIF(full(5e-4), full(3), full(0), full(1), full(0))}, "none of the frameworks"),
        ({"a": NORSE, "b": SINABS}, "none of the frameworks"),
        ({"a": nir.Threshold(full(1))}, "no neurons whose rules could differ"),
        ({}, "no neurons whose rules could differ"),
        ({"a": nir.IF(np.array(["x"] * 5), full(1), full(0))}, "not all numbers"),
    ],
)
def test_not_told(neurons, reason):
    name, found = infer_framework(neurons)
    assert name == "nir" and reason in found


def test_names_decide_between_two_that_write_the_same():
    tau = full(2e-4, np.float64)
    both = nir.LIF(tau, tau / 1e-4, full(0, np.float64), full(1, np.float64), full(0, np.float64))
    assert infer_framework({"0.lif": both})[0] == "snntorch"
    assert infer_framework({"0": both})[0] == "nir"
