"""snnTorch's neurons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.rollup.adapted import Adapted, TimeAxes
from snnrt.converters.common.rollup.arguments import weights_of
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Affine, Cell, Convolution, Linear, Operation
from snnrt.converters.common.windows import Window
from snnrt.converters.frameworks import snntorch as rules_of
from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.neuron import Dynamics, leaky_integrator, spiking_neuron
from snnrt.converters.frameworks.rules import Rules, choose_rules
from snnrt.converters.torch.adapter import NeuronClass
from snnrt.ir.graph import Neuron

Make = Callable[[Parameters], Dynamics]

_PROBE = (-1e3, -1.0, -1e-7, 0.0, 1e-7, 1.0, 1e3)


def _leaky(parameters: Parameters) -> Dynamics:
    return rules_of.leaky(parameters.float32("beta"))


def _synaptic(parameters: Parameters) -> Dynamics:
    return rules_of.leaky(parameters.float32("beta"), parameters.float32("alpha"))


def _alpha(parameters: Parameters) -> Dynamics:
    return rules_of.alpha_neuron(parameters.float32("alpha"), parameters.float32("beta"))


def _lapicque(parameters: Parameters) -> Dynamics:
    """See :func:`_lapicque_values`."""
    decay = parameters.float32("decay")
    if (decay < 0).any():
        # a time constant below one step: the same, up to rounding, as a step of Euler
        return Dynamics(parameters.float32("rate"), "euler", gain=parameters.optional("R"))
    return Dynamics(decay, gain=parameters.gain("gain", parameters.double("gain")))


def _rules(module: Any) -> Rules:
    mechanism = {0: "subtract", 1: "zero", 2: "none"}[int(module.reset_mechanism_val)]
    delay = getattr(module, "reset_delay", True)
    choices = Choices(reset=mechanism, reset_delay=None if delay or mechanism == "none" else False)  # type: ignore[arg-type]
    return choose_rules("snntorch", choices)


def _check(module: Any) -> None:
    if module.state_quant:
        raise NotSupported(
            "state_quant rounds its membrane", "train without it, and convert with numbers int8"
        )
    if module.inhibition:
        raise NotSupported(
            "inhibition lets only the largest membrane of a layer fire at each timestep, which no node of "
            "snnrt does",
            "train it with inhibition=False",
        )
    probe = torch.tensor(_PROBE)
    with torch.no_grad():
        found = [module.spike_grad(probe).detach().cpu().float().tolist() for _ in range(2)]
    if any(one != [0, 0, 0, 0, 1, 1, 1] for one in found):
        raise NotSupported(
            "its surrogate is no step at the threshold", "use one that fires where v > threshold"
        )


def _reset(rules: Rules) -> str:
    if rules.reset == "none":
        return "no reset"
    at = "at the next step" if rules.reset_delay else "at once"
    return f"reset: {'subtract the threshold' if rules.reset == 'subtract' else 'to zero'} {at}"


def _adapted(
    module: Any, path: str, dynamics: Make, values: dict[str, Any], recurrent: bool = False,
    loses_input: bool = False,
) -> Adapted:  # fmt: skip
    _check(module)
    rules = _rules(module)
    title = type(module).__name__
    parameters = {name: _array(one) for name, one in values.items()}
    parameters["threshold"] = _array(module.threshold)

    def make(found: Parameters) -> Neuron:
        return spiking_neuron(
            found.node.name, found.shape, dynamics(found), rules, found.positive("threshold"), None,
            recurrent or loses_input,
        )  # fmt: skip

    def integrate(found: Parameters) -> Neuron:
        return leaky_integrator(found.node.name, found.shape, dynamics(found))

    words = f"fires where v > threshold; {_reset(rules)}"
    membranes: dict[int | str, Operation] = {}
    if rules.reset == "none":
        membrane = Cell(title, f"{path}.membrane", integrate, parameters, "the membrane, without a reset")
        membranes = {"mem": membrane, _MEMBRANE_PLACE.get(title, 1): membrane}
    factor = np.asarray(_array(getattr(module, "graded_spikes_factor", 1.0)), np.float64)
    after = None
    if not (factor == 1).all():
        after = Affine(
            f"graded_spikes_factor of {title}",
            factor.reshape(()) if factor.size == 1 else factor,
            np.zeros(()),
        )
    feedback: tuple[Operation, ...] = ()
    if recurrent:
        feedback = (_feedback(module.recurrent, title),)
    return Adapted(
        Cell(title, path, make, parameters, words), after=after, feedback=feedback, membranes=membranes
    )


_MEMBRANE_PLACE = {"Leaky": 1, "RLeaky": 1, "Lapicque": 1, "Synaptic": 2, "RSynaptic": 2, "Alpha": 3}


def _feedback(module: Any, title: str) -> Operation:
    """The layer through which a recurrent neuron's spikes come back."""
    if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)):
        weights = weights_of(module.weight, "weight")
        bias = None if module.bias is None else weights_of(module.bias, "bias")
        if isinstance(module, torch.nn.Linear):
            return Linear(f"recurrent Linear of {title}", weights, bias)
        return Convolution(f"recurrent Conv2d of {title}", weights, bias, Window(padding=module.padding))
    factors = _array(module.V).astype(np.float64)
    return Affine(f"V of {title}", factors.reshape(()) if factors.size == 1 else factors, np.zeros(()))


def _array(value: Any) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().numpy().copy()
    return np.asarray(value, np.float32)


def _lapicque_values(module: Any) -> dict[str, Any]:
    """The step of Lapicque as snnTorch computes it: mem = x·R·(1/τ)·dt + (1 − dt/τ)·mem, τ = R·C."""
    time_step, resistance, capacitance = (_array(one) for one in (module.time_step, module.R, module.C))
    rate = np.float32(1) / (resistance * capacitance)
    return {
        "R": resistance,
        "rate": np.float32(time_step) * rate,
        "gain": np.float32(time_step) * rate * resistance,
        "decay": np.float32(1) - np.float32(time_step) * rate,
    }  # fmt: skip


def _class(dynamics: Make, names: tuple[str, ...], recurrent: bool = False) -> NeuronClass:
    def adapt(module: Any, path: str) -> Adapted:
        values = {name: getattr(module, name) for name in names}
        return _adapted(module, path, dynamics, values, recurrent)

    return NeuronClass(adapt, _single, rest=_rest)


def _single(module: Any) -> TimeAxes:
    return "single"


def _rest(module: Any) -> None:
    module.reset_mem()


NEURONS = {
    "Leaky": _class(_leaky, ("beta",)),
    "RLeaky": _class(_leaky, ("beta",), recurrent=True),
    "Synaptic": _class(_synaptic, ("alpha", "beta")),
    "RSynaptic": _class(_synaptic, ("alpha", "beta"), recurrent=True),
    "Alpha": _class(_alpha, ("alpha", "beta")),
    "Lapicque": NeuronClass(
        # its reset to zero takes the input of the step with it, as the recurrent ones do
        lambda module, path: _adapted(module, path, _lapicque, _lapicque_values(module), loses_input=True),
        _single,
        rest=_rest,
    ),
}
