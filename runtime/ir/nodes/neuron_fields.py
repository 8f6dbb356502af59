"""What a neuron's record holds: the fields of its flags, and its arrays."""

from __future__ import annotations

from snnrt.ir.spec import Array, Enumeration

INTEGRATIONS = Enumeration("INTEGRATION", ("decay", "euler", "divide", "divide_leak"))
SYNAPSE_ORDERS = Enumeration("SYNAPSE", ("decay_then_add", "add_then_decay", "use_then_decay", "previous"))
RESETS = Enumeration("RESET", ("none", "subtract", "value"))

FLAGS = {
    "integration": (0, 2), "synapse_order": (2, 2), "strict": (4, 1), "reset": (5, 2), "reset_next": (7, 1),
    "state_int16": (8, 1), "multiple": (9, 1), "reset_ahead": (10, 1),
    "one_spike": (11, 1), "loihi": (12, 1), "shift_decay": (13, 1), "refractory_integrates": (14, 1),
    "reset_synapse": (15, 1), "takes_back": (16, 1),
}  # fmt: skip
"""First bit and number of bits of each field of the flags: first what every build of the core has."""
PLAIN_FLAGS = 0x1FF
"""The bits of those that every build has."""
WORDS = {"integration": INTEGRATIONS, "synapse_order": SYNAPSE_ORDERS, "reset": RESETS}
"""The fields of the flags that are words; the others are true or false."""
INTEGER_FLAGS = ("state_int16", "loihi", "shift_decay")
"""Flags that float32 does not have."""


def _parameter(name: str, unit: str, meaning: str, integer: bool = True, required: bool = False) -> Array:
    return Array(name, "neurons", "int32" if integer else None, "float32", meaning, required, unit)  # type: ignore[arg-type]


ARRAYS = (
    _parameter("membrane", "q15", "leak of the membrane: α, k or τ (integration)", required=True),
    _parameter("synapse", "q15", "leak of the synaptic current"),
    _parameter("gain", "real", "of the current", integer=False),
    _parameter("bias", "membrane", "added to u"),
    _parameter("leak", "real", "what the membrane leaks towards", integer=False),
    _parameter("threshold", "membrane", "θ; absent: a leaky integrator, which fires nothing"),
    _parameter("reset_value", "membrane", "what a reset to a value sets"),
    _parameter("lower_bound", "membrane", "of the membrane, after the reset"),
    _parameter("initial", "membrane", "the membrane before the first step"),
    _parameter("adaptation", "membrane", "what a spike adds to the threshold"),
    _parameter("adaptation_decay", "q15", "leak of what spikes added to the threshold"),
    Array("refractory", "neurons", "int32", "int32", "steps without integration after a spike", unit="steps"),
    # the core does not read it; what follows, builds without variants do not know
    Array("scale", "neurons", "float32", None, "what a unit of the membrane is worth"),
    _parameter("synapse_rise", "q15", "leak of the current that an alpha synapse takes off"),
)
