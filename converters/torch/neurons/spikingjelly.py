"""SpikingJelly's neurons, of versions 0.0.0.0.14 and 2.0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.rollup.adapted import Adapted, TimeAxes
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Cell, Delayed, Operation
from snnrt.converters.frameworks import spikingjelly as rules_of
from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.neuron import INTEGRATOR, Dynamics, leaky_integrator, spiking_neuron
from snnrt.converters.frameworks.rules import choose_rules
from snnrt.converters.torch.adapter import NeuronClass
from snnrt.converters.torch.neurons.constants import constant, fires_at_or_above, refused
from snnrt.ir.graph import Neuron

_NEVER = np.float32(np.finfo(np.float32).max)
"""A threshold for ``v_threshold=inf``: a file has finite numbers."""
_ROUNDING = "the last bit of a membrane may differ: products and quotients are taken in another order"


@dataclass(frozen=True)
class _Model:
    """How a class moves: ``dynamics`` of its parameters, and ``values`` beside those that all classes have.

    ``relu``: the membrane never falls below 0. ``approximate``: why its last bit may differ.
    """

    dynamics: Callable[[Parameters], Dynamics]
    values: dict[str, Any]
    words: str
    relu: bool = False
    approximate: str = ""


def _is_first(module: Any) -> bool:
    """Of 0.0.0.0.14, whose LIFNode has forms of its own for eval mode."""
    return not hasattr(module, "single_step_functional_forward")


def _leak(parameters: Parameters) -> np.ndarray | None:
    """The membrane leaks towards v_reset; with a soft reset towards 0."""
    return parameters.optional("v_reset") if "v_reset" in parameters else None


def _if(module: Any) -> _Model:
    return _Model(lambda found: Dynamics(INTEGRATOR), {}, "u = v + x")


def _lif(module: Any) -> _Model:
    decay_input = bool(module.decay_input)
    if _is_first(module) and not decay_input and module.v_reset is None:
        return _Model(
            lambda found: rules_of.lif_by_factor(found.positive("tau")), {"tau": module.tau},
            "u = (1 − 1/τ)·v + x",
        )  # fmt: skip
    words = "u = v + (x − (v − v_reset))/τ" if decay_input else "u = v − (v − v_reset)/τ + x"
    return _Model(
        lambda found: rules_of.lif(found.positive("tau"), decay_input, _leak(found)),
        {"tau": module.tau},
        words,
    )


def _parametric(module: Any) -> _Model:
    decay_input = bool(module.decay_input)
    rate = constant(module.w.detach().float().sigmoid())
    if _is_first(module) and not decay_input and not module.v_reset:
        return _Model(
            lambda found: rules_of.parametric_lif_by_factor(found.float32("rate")), {"rate": rate},
            "u = (1 − sigmoid(w))·v + x",
        )  # fmt: skip
    exact = decay_input or bool((np.frexp(rate)[0] == 0.5).all())
    return _Model(
        lambda found: rules_of.parametric_lif(found.positive("rate"), decay_input, _leak(found)),
        {"rate": rate},
        "u = v + sigmoid(w)·(x − (v − v_reset))" if decay_input else "u = v − sigmoid(w)·(v − v_reset) + x",
        approximate="" if exact else _ROUNDING,
    )


def _klif(module: Any) -> _Model:
    factor = constant(module.k)
    if (factor <= 0).any():
        raise NotSupported("its k is not above 0", "train it with a k above 0")
    if module.v_reset is not None and module.v_reset < 0:
        raise NotSupported("its ReLU does not go with a v_reset below 0", "use a v_reset of 0 or above")
    decay_input = bool(module.decay_input)
    values = {"tau": module.tau, "k": factor}
    words = f"u = relu(k·({'v + (x − (v − v_reset))/τ' if decay_input else 'v − (v − v_reset)/τ + x'}))"
    if (factor == 1).all() or module.scale_reset:
        # with scale_reset the state is u/k, and the threshold θ/k
        words += "; the state is u/k" if module.scale_reset else ""
        return _Model(
            lambda found: rules_of.lif(found.positive("tau"), decay_input, _leak(found)),
            values, words, relu=True, approximate="" if (factor == 1).all() else _ROUNDING,
        )  # fmt: skip
    return _Model(
        lambda found: rules_of.klif(found.positive("tau"), found.positive("k"), decay_input, _leak(found)),
        values, words, relu=True, approximate=_ROUNDING,
    )  # fmt: skip


def _cuba(module: Any) -> _Model:
    return _Model(
        lambda found: rules_of.cuba_lif(found.float32("v_decay"), found.float32("c_decay")),
        {"c_decay": module.c_decay, "v_decay": module.v_decay},
        "c = c_decay·c + x, u = v_decay·v + c",
    )


def _check(module: Any) -> None:
    if getattr(module, "_neuron_precision", None) is not None:
        raise NotSupported("its states have a precision of their own", "leave neuron precision out")
    evaluates = _is_first(module) and hasattr(module, "jit_eval_single_step_forward_soft_reset")
    if not evaluates and not fires_at_or_above(module.surrogate_function):
        raise NotSupported(
            "its surrogate is no step at the threshold", "use one that fires where v ≥ v_threshold"
        )


def _adapted(module: Any, path: str, model: _Model) -> Adapted:
    _check(module)
    soft = module.v_reset is None
    threshold = constant(module.v_threshold)
    silent = bool(np.isposinf(threshold).all())
    if silent and soft:
        raise NotSupported(
            "v_threshold=inf with a soft reset gives NaN", "give it v_reset=0.0, which then never happens"
        )
    scaled = getattr(module, "scale_reset", False)
    values = {name: constant(one) for name, one in model.values.items()}
    values["v_threshold"] = np.broadcast_to(_NEVER, ()) if silent else threshold
    if scaled:
        values["v_threshold"] = (threshold.astype(np.float64) / values["k"]).astype(np.float32)
    if not soft:
        values["v_reset"] = constant(module.v_reset)
    rest = module._memories_rv["v"]
    values["initial"] = constant(0.0 if rest is None else rest)
    rules = choose_rules("spikingjelly", Choices(reset="subtract" if soft else None))
    bound = np.zeros((), np.float32) if model.relu else None

    def started(neuron: Neuron, found: Parameters) -> Neuron:
        return replace(neuron, initial=found.optional("initial"), lower_bound=bound)

    def make(found: Parameters) -> Neuron:
        neuron = spiking_neuron(
            found.node.name, found.shape, model.dynamics(found), rules, found.positive("v_threshold"),
            None if soft else found.float32("v_reset"), recurrent=False,
        )  # fmt: skip
        return started(neuron, found)

    def integrate(found: Parameters) -> Neuron:
        return started(leaky_integrator(found.node.name, found.shape, model.dynamics(found)), found)

    title = type(module).__name__
    reset = "subtract v_threshold" if soft else f"to {module.v_reset:g}"
    membranes: dict[int | str, Operation] = {}
    if silent and not scaled:
        membrane = Cell(title, f"{path}.membrane", integrate, values, model.words, model.approximate)
        membranes = {"v": membrane, "v_seq": membrane}
    words = f"{model.words}; fires where u ≥ v_threshold; reset at once: {reset}"
    return Adapted(
        Cell(title, path, make, values, words, model.approximate), _time(module), membranes=membranes
    )


def _integrator(module: Any, path: str) -> Adapted:
    """NonSpikingIFNode and NonSpikingLIFNode: the membrane of each timestep, or one of all."""
    modes = {None: "each", "max-mem": "maximum", "mean-mem": "mean", "last_mem": "last"}
    if module.decode not in modes:
        raise NotSupported(
            f"decode {module.decode!r} has no readout", "use 'max-mem', 'mean-mem' or 'last_mem'"
        )
    leaky = hasattr(module, "tau")
    values = {"tau": constant(module.tau)} if leaky else {}

    def make(found: Parameters) -> Neuron:
        dynamics = rules_of.lif(found.positive("tau"), True) if leaky else Dynamics(INTEGRATOR)
        return leaky_integrator(found.node.name, found.shape, dynamics)

    words = "u = v + (x − v)/τ; never fires" if leaky else "u = v + x; never fires"
    cell = Cell(type(module).__name__, path, make, values, words)
    return Adapted(cell, "TN", fires=False, reduced=modes[module.decode])


def _delay(module: Any, path: str) -> Adapted:
    return Adapted(Delayed("Delay", int(module.delay_steps)), _time(module), fires=False)


def _time(module: Any) -> TimeAxes:
    return "TN" if module.step_mode == "m" else "single"


def _class(model: Callable[[Any], _Model]) -> NeuronClass:
    return NeuronClass(lambda module, path: _adapted(module, path, model(module)), _time)


def _refused(reason: str, remedy: str) -> NeuronClass:
    return NeuronClass(refused(reason, remedy), _time)


_USE = "use IFNode, LIFNode, ParametricLIFNode, KLIFNode or CUBALIFNode"
_NONLINEAR = _refused("its membrane is not linear between spikes", _USE)
_PARALLEL = _refused("it computes all timesteps from each other, without a state", _USE)
_NOISY = _refused("it is noisy", "use the neuron of the same name without noise")
_SIGNED = _refused("it fires spikes of both signs", _USE)

NEURONS = {
    "IFNode": _class(_if),
    "SimpleIFNode": _class(_if),
    "HalfThresholdIFNode": _class(_if),
    "LIFNode": _class(_lif),
    "SimpleLIFNode": _class(_lif),
    "SLTTLIFNode": _class(_lif),
    "ParametricLIFNode": _class(_parametric),
    "KLIFNode": _class(_klif),
    "CUBALIFNode": _class(_cuba),
    "NonSpikingIFNode": NeuronClass(_integrator, lambda module: "TN", rest=lambda module: None),
    "NonSpikingLIFNode": NeuronClass(_integrator, lambda module: "TN", rest=lambda module: None),
    "Delay": NeuronClass(_delay, _time),
    "QIFNode": _NONLINEAR,
    "EIFNode": _NONLINEAR,
    "IzhikevichNode": _NONLINEAR,
    "PSN": _PARALLEL,
    "MaskedPSN": _PARALLEL,
    "SlidingPSN": _PARALLEL,
    "NoisyCUBALIFNode": _NOISY,
    "NoisyILCCUBALIFNode": _NOISY,
    "NoisyNonSpikingIFNode": _NOISY,
    "TernaryIFNode": _SIGNED,
    "TernaryLIFNode": _SIGNED,
    "STBIFNode": _SIGNED,
    "ILIFNode": _refused("it fires integers that are rounded", _USE),
    "LIAFNode": _refused("it gives an activation of its membrane instead of spikes", "use LIFNode"),
    "GatedLIFNode": _refused("its gates differ from timestep to timestep", _USE),
    "ComplementaryLIFNode": _refused("it has a second potential that its spikes feed", _USE),
    "RAFNode": _refused("it resonates", _USE),
    "FewSpikeNode": _refused("its threshold and decay differ from timestep to timestep", _USE),
    "ActivationAwareIFNode": _refused("its threshold has an offset by channel", "use IFNode"),
    "OTTTLIFNode": _refused("it gives a trace beside its spikes", "use LIFNode in its place"),
    "DSRIFNode": _refused("it is trained on rates and computes in another way", "use IFNode in its place"),
    "DSRLIFNode": _refused("it is trained on rates and computes in another way", "use LIFNode in its place"),
    "SynapseFilter": _refused(
        "its leak pauses where a spike comes in", "use LIFNode(v_threshold=float('inf')) and read its v"
    ),
    "NeuNorm": _refused("it divides by what all channels fired before", "use a batch norm"),
}
