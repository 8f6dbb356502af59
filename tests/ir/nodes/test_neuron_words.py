"""A neuron in words says what its fields say."""

import numpy as np
import pytest

from snnrt.ir.graph import Neuron
from snnrt.ir.nodes.neuron_words import neuron_in_words, values_in_words


def one(value, dtype=np.float32):
    return np.array(value, dtype)


def neuron(**fields):
    fields = {"threshold": one(1), "reset": "subtract"} | fields
    return Neuron("n", (), (2,), **fields)


RULES = {
    "snnTorch's Leaky": (
        neuron(membrane=one(0.9), strict=True, reset_next=True),
        "v = α·v + x; fires where v > θ; reset: subtract θ at the next step; α = 0.9, θ = 1",
    ),
    "reset_delay=False": (
        neuron(membrane=one(0.9), reset_next=True, reset_ahead=True),
        "v = α·v + x; fires where v ≥ θ; reset: subtract θ at once, with the last step's given back; "
        "α = 0.9, θ = 1",
    ),
    "an integrator": (
        neuron(gain=one(2), bias=one(0.5), reset="none"),
        "v = v + g·x + b; fires where v ≥ θ; no reset; g = 2, b = 0.5, θ = 1",
    ),
    "no memory": (neuron(membrane=one(0)), "v = x; fires where v ≥ θ; reset: subtract θ at once; θ = 1"),
    "Norse's LIF": (
        neuron(membrane=one(0.1), integration="euler", leak=one(0.25), synapse=one(0.2),
               synapse_order="use_then_decay", reset="value", initial=one(0.25)),
        "i = c + x, then c = i − ks·i; v = v + k·((l − v) + i); fires where v ≥ θ; reset: to 0 at once; "
        "starts at v = 0.25; k = 0.1, ks = 0.2, l = 0.25, θ = 1",
    ),
    "SpikingJelly's": (
        neuron(membrane=one(2), integration="divide", reset="value", reset_value=one(-0.5), leak=one(-0.5)),
        "v = v + (x − (v − l))/τ; fires where v ≥ θ; reset: to -0.5 at once; τ = 2, l = -0.5, θ = 1",
    ),
    "its decay_input=False": (
        neuron(membrane=one([2, 4]), integration="divide_leak"),
        "v = v − v/τ + x; fires where v ≥ θ; reset: subtract θ at once; τ = 2 … 4, θ = 1",
    ),
    "Sinabs' LIF": (
        neuron(membrane=one(0.5), multiple=True, max_spikes=255, lower_bound=one(-1)),
        "v = α·v + x; fires v/θ spikes, rounded down, at most 255; reset: subtract θ for each spike at once; "
        "v at least -1; α = 0.5, θ = 1",
    ),
    "an adaptive neuron": (
        neuron(membrane=one(0.5), adaptation=one(0.1), adaptation_decay=one(0.9),
               refractory=one(3, np.int32)),
        "v = α·v + x; fires where v ≥ θ + a; reset: subtract θ + a at once; a = ρ·a at each step, + γ for "
        "each spike; stands still for 3 steps after a spike; α = 0.5, θ = 1, γ = 0.1, ρ = 0.9",
    ),
    "an alpha synapse": (
        neuron(membrane=one(0), synapse=one(0.9), synapse_rise=one(0.8), reset_next=True, reset_synapse=True),
        "c = αs·c + x, d = αr·d + x, i = c − d; v = i; fires where v ≥ θ; reset: subtract the current d of "
        "v, θ of c, and d, at the next step; αs = 0.9, αr = 0.8, θ = 1",
    ),
    "a leaky integrator": (
        Neuron("n", (), (2,), membrane=one(0.5), synapse=one(0.25), synapse_order="previous"),
        "i = c, then c = αs·c + x; v = α·v + i; never fires: gives v; α = 0.5, αs = 0.25",
    ),
    "one in integers": (
        neuron(membrane=one(16384, np.int32), threshold=one(300, np.int32), one_spike=True, reset="none"),
        "v = α·v + x; fires where v ≥ θ; no reset; fires once only; α = 0.5, θ = 300",
    ),
    "one of bit shifts": (
        neuron(membrane=one(3, np.int32), threshold=one(300, np.int32), shift_decay=True),
        "v = v − v/2^m + x; fires where v ≥ θ; reset: subtract θ at once; m = 3, θ = 300",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RULES)
def test_rules(case):
    node, words = RULES[case]
    assert neuron_in_words(node) == node.in_words() == words


def test_values():
    assert values_in_words(one(0.9)) == "0.9" and values_in_words(one([0.5, 2])) == "0.5 … 2"
