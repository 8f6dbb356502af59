"""What a neuron may have beyond a leak, a threshold and a reset: names, charges, and what goes with what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mechanism:
    """A field of :class:`snnrt.ir.nodes.neuron.Neuron` that is given (an array) or set (a flag).

    ``words``: as the README lists it; empty: not by itself. ``event``: what each update has for it, as
    targets charge it; mechanisms that cost alike share one. ``needs``, ``excludes``: other fields, or
    ``field=word`` for a word of the flags.
    """

    field: str
    words: str = ""
    event: str | None = None
    needs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


MECHANISMS = (
    Mechanism("synapse", "synaptic current", "neuron_synapse"),
    Mechanism(
        "synapse_rise", "alpha synapse", "neuron_synapse", needs=("synapse",), excludes=("synapse_order",)
    ),
    Mechanism("bias", "bias", "neuron_bias"),
    Mechanism("multiple", "several spikes a step", needs=("threshold",), excludes=("reset_next", "strict")),
    Mechanism(
        "takes_back", "negative spikes that take back what was too much", "neuron_refractory",
        needs=("threshold", "multiple", "reset=subtract"),
        excludes=("adaptation", "refractory"),
    ),
    Mechanism("reset_next", "reset at the next step", "neuron_reset_next", needs=("threshold",)),
    Mechanism(
        "reset_ahead", "or of this one with the last one's given back (snnTorch's `reset_delay=False`)",
        "neuron_reset_next", needs=("reset_next", "reset=subtract"),
    ),
    Mechanism(
        "reset_synapse", "with an alpha synapse's currents (snnTorch's Alpha)",
        needs=("synapse", "synapse_rise", "reset_next"), excludes=("reset_ahead",),
    ),
    Mechanism("state_int16", "", "neuron_int16"),
    Mechanism("lower_bound", "lower bound", "neuron_bound"),
    Mechanism(
        "adaptation", "adaptive threshold", "neuron_adaptation",
        needs=("threshold", "adaptation_decay"), excludes=("reset_next",),
    ),
    Mechanism("adaptation_decay", needs=("adaptation",)),
    Mechanism(
        "refractory", "refractory period", "neuron_refractory", needs=("threshold",), excludes=("reset_next",)
    ),
    Mechanism("refractory_integrates", "which holds the membrane or lets it go on", needs=("refractory",)),
    Mechanism(
        "one_spike", "one spike only", "neuron_refractory",
        needs=("threshold",), excludes=("reset_next", "multiple"),
    ),
    Mechanism(
        "loihi", "Loihi's integers", "neuron_synapse",
        needs=("threshold", "synapse", "strict", "reset=value"),
        excludes=(
            "synapse_order", "multiple", "reset_next", "state_int16", "lower_bound", "adaptation",
            "refractory", "one_spike", "synapse_rise",
        ),
    ),
    Mechanism("shift_decay", "decay by bit shifts", excludes=("loihi",)),
)  # fmt: skip
"""In the order in which an update has them."""
