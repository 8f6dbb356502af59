"""Rockpool's neurons and synapses for PyTorch: layers of all timesteps, in axes (N, T, features)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.rollup.adapted import Adapted, Branch, TimeAxes
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Cell, Linear, Operation
from snnrt.converters.frameworks import rockpool as rules_of
from snnrt.converters.frameworks.neuron import leaky_integrator, spiking_neuron
from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.torch.adapter import NeuronClass
from snnrt.converters.torch.neurons.common import array, several_spikes
from snnrt.ir.graph import Neuron

_SPIKES = ("StepPWL", "PeriodicExponential")
# the threshold of readouts whose membrane is read, as Rockpool's SynNet has it
_NEVER = 2**15 - 1
_STATES = ("vmem", "isyn", "spikes", "iahp")


def _adapt_lif(module: Any, path: str) -> Adapted:
    """LIFTorch and LIFBitshiftTorch, which have computed their decays, whatever they learn."""
    values = {"alpha": array(module.alpha)}
    beta, synapses = array(module.beta), int(module.n_synapses)
    if synapses == 1:
        values["beta"] = beta.reshape(-1) if beta.size > 1 else beta.reshape(())
        return _spiking(module, path, values, _recurrent(module))
    if array(module.w_rec).any():
        raise NotSupported(
            f"it is recurrent with {synapses} synapses a neuron",
            "give a recurrent layer one synapse a neuron",
        )
    neurons = int(module.size_out)
    each = np.broadcast_to(beta, (neurons, synapses))
    branches = tuple(
        Branch(
            np.arange(neurons) * synapses + place,
            (_synapse(module, f"{path}.isyn{place + 1}", each[:, place]),),
        )
        for place in range(synapses)
    )
    return replace(_spiking(module, path, values, ()), branches=branches)


def _adapt_membrane(module: Any, path: str) -> Adapted:
    """LIFNeuronTorch, without a synapse."""
    with torch.no_grad():
        alpha = torch.exp(-module.dt / module.tau_mem)
    return _spiking(module, path, {"alpha": array(alpha)}, ())


def _spiking(
    module: Any, path: str, values: dict[str, np.ndarray], feedback: tuple[Operation, ...]
) -> Adapted:
    _check_noise(module)
    function = getattr(module.spike_generation_fn, "__self__", module.spike_generation_fn)
    if (
        not str(getattr(function, "__module__", "")).startswith("rockpool.")
        or function.__name__ not in _SPIKES
    ):
        raise NotSupported(
            f"its spike_generation_fn {getattr(function, '__name__', function)} is none of Rockpool's own",
            f"use {' or '.join(_SPIKES)}",
        )
    most, uncapped = several_spikes(array(module.max_spikes_per_dt))
    rules = Rules(rules_of.FRAMEWORK, float(module.dt), "subtract", False, most > 1, most)
    values |= {"threshold": array(module.threshold), "bias": array(module.bias)}

    def make(found: Parameters) -> Neuron:
        beta = found.float32("beta") if "beta" in found else None
        dynamics = rules_of.lif(found.float32("alpha"), beta, found.optional("bias"))
        threshold = found.positive("threshold")
        return spiking_neuron(found.node.name, found.shape, dynamics, rules, threshold, None, False)

    def integrate(found: Parameters) -> Neuron:
        beta = found.float32("beta") if "beta" in found else None
        dynamics = rules_of.lif(found.float32("alpha"), beta, found.optional("bias"))
        return leaky_integrator(found.node.name, found.shape, dynamics)

    title = type(module).__name__
    membranes: dict[int | str, Operation] = {}
    if (values["threshold"] >= _NEVER).all():
        membranes["recorded vmem"] = Cell(title, f"{path}.membrane", integrate, values, "the membrane")
    several = f"up to {most} spikes" if most > 1 else "fires"
    words = f"{several} where v ≥ threshold; reset: subtract the threshold at once"
    return Adapted(
        Cell(title, path, make, values, words), "NT", membranes=membranes,
        feedback=feedback, feedback_name="w_rec", several=most > 1, uncapped=uncapped,
    )  # fmt: skip


def _recurrent(module: Any) -> tuple[Operation, ...]:
    """Spikes of the step before through w_rec, (neurons, synapses)."""
    weights = array(module.w_rec)
    if not weights.any():
        return ()
    return (Linear(f"w_rec of {type(module).__name__}", np.ascontiguousarray(weights.T)),)


def _check_noise(module: Any) -> None:
    if array(module.noise_std).any():
        raise NotSupported("noise_std adds noise to every step", "set noise_std = 0 for what is deployed")


def _adapt_synapse(module: Any, path: str) -> Adapted:
    """ExpSynTorch: its output is its current."""
    _check_noise(module)
    with torch.no_grad():
        beta = array(torch.exp(-module.dt / module.tau))
    return Adapted(_synapse(module, path, beta), "NT", fires=False)


def _synapse(module: Any, path: str, beta: np.ndarray) -> Cell:
    def make(found: Parameters) -> Neuron:
        dynamics = rules_of.exponential_synapse(found.float32("beta"))
        return leaky_integrator(found.node.name, found.shape, dynamics)

    words = "the synaptic current, without a threshold"
    return Cell(type(module).__name__, path, make, {"beta": beta}, words)


def _refuse(reason: str, remedy: str) -> NeuronClass:
    def adapt(module: Any, path: str) -> Adapted:
        raise NotSupported(reason, remedy)

    return _class(adapt)


# time and states


def _axes(module: Any) -> TimeAxes:
    return "NT"


def _rest(module: Any) -> None:
    """At zero, in new tensors: those there are the user's."""
    for name in _STATES:
        if name in module._buffers:
            module._buffers[name] = torch.zeros_like(module._buffers[name])


def _class(adapt: Any) -> NeuronClass:
    return NeuronClass(adapt, _axes, rest=_rest, sample_axes=1)


_CUDA = "runs on CUDA through sinabs-exodus only"
_LIF_TORCH = "use LIFTorch with its parameters"

NEURONS = {
    **dict.fromkeys(("LIFTorch", "LIFBitshiftTorch"), _class(_adapt_lif)),
    "LIFNeuronTorch": _class(_adapt_membrane),
    "ExpSynTorch": _class(_adapt_synapse),
    "aLIFTorch": _refuse("its spikes come back as a slow current of their own", _LIF_TORCH),
    "RateTorch": _refuse("it does not spike: its rates are no function that snnrt has", _LIF_TORCH),
    "UpDownTorch": _refuse("it makes spikes of a signal", "encode before the network, and give it spikes"),
    **dict.fromkeys(("LIFExodus", "LIFMembraneExodus"), _refuse(_CUDA, _LIF_TORCH)),
    "ExpSynExodus": _refuse(_CUDA, "use ExpSynTorch with its parameters"),
}
