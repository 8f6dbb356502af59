"""A neuron of the IR from its mechanisms: how it moves, and when it fires under a framework's rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.converters.frameworks.rules import Rules
from snnrt.ir.graph import Integration, Neuron, Shape, SynapseOrder


@dataclass(frozen=True)
class Dynamics:
    """How membrane and current move in a step: float32 arrays as :class:`snnrt.ir.graph.Neuron` has them."""

    membrane: np.ndarray
    integration: Integration = "decay"
    gain: np.ndarray | None = None
    leak: np.ndarray | None = None
    bias: np.ndarray | None = None
    initial: np.ndarray | None = None
    synapse: np.ndarray | None = None
    synapse_order: SynapseOrder = "decay_then_add"
    synapse_rise: np.ndarray | None = None


INTEGRATOR = np.ones((), np.float32)
"""The membrane of a neuron that does not leak."""


def leaky_integrator(name: str, shape: Shape, dynamics: Dynamics) -> Neuron:
    """A neuron that never fires; its ``inputs`` are left empty."""
    return Neuron(name, (), shape, **vars(dynamics))


def spiking_neuron(
    name: str,
    shape: Shape,
    dynamics: Dynamics,
    rules: Rules,
    threshold: np.ndarray,
    reset_value: np.ndarray | None,
    recurrent: bool,
) -> Neuron:
    """A neuron that fires at ``threshold``; its ``inputs`` are left empty.

    ``reset_value``: used where ``rules`` reset to a value. ``recurrent``: it reads its own spikes.
    """
    framework, fields = rules.framework, vars(dynamics).copy()
    fields |= {
        "threshold": threshold, "strict": rules.strict, "multiple": rules.multiple,
        "max_spikes": rules.max_spikes,
    }  # fmt: skip
    if rules.lower_bound is not None:
        fields["lower_bound"] = np.array(rules.lower_bound, np.float32)
    if rules.reset == "none":
        return Neuron(name, (), shape, **fields, reset="none")
    # snnTorch's RSynaptic puts what reset_delay=False makes into a variable that nobody reads
    alpha = dynamics.synapse_rise is not None
    waits = rules.reset_delay or alpha or (recurrent and dynamics.synapse is not None)
    if rules.reset in ("subtract", "subtract_now"):
        late = framework.resets_late and rules.reset == "subtract"
        return Neuron(
            name,
            (),
            shape,
            **fields,
            reset="subtract",
            reset_next=late,
            reset_ahead=late and not waits,
            reset_synapse=late and alpha,
        )
    value = reset_value if rules.reset == "value" else None
    if value is None:
        value = np.zeros((), np.float32)
    if framework.starts_at_reset and value.any():
        fields["initial"] = value
    # snnTorch's Leaky drops the old membrane, its other neurons drop this step's input with it
    loses_input = framework.resets_late and waits and (recurrent or dynamics.synapse is not None)
    return Neuron(
        name,
        (),
        shape,
        **fields,
        reset="value",
        reset_value=value,
        reset_next=loses_input,
        reset_synapse=loses_input and alpha,
    )
