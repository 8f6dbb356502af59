"""Norse's neurons: one step a call (``…Cell``), or all timesteps in the first axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.rollup.adapted import Adapted, TimeAxes
from snnrt.converters.common.rollup.arguments import weights_of
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Cell, Linear, Operation
from snnrt.converters.frameworks import norse as rules_of
from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.neuron import Dynamics, leaky_integrator, spiking_neuron
from snnrt.converters.frameworks.rules import choose_rules
from snnrt.converters.torch.adapter import NeuronClass
from snnrt.converters.torch.neurons.constants import constant, refused
from snnrt.ir.graph import Neuron

_STEPS = ("heaviside", "super", "triangle", "tanh", "circ", "heavi_erfc", "adjoint")
"""Methods whose forward pass is a step at the threshold."""
_ROUNDING = "the last bit of a state may differ: products are taken in another order"


@dataclass(frozen=True)
class _Model:
    """How a class moves: ``dynamics`` of its parameters ``values``.

    ``fields``: further fields of the neuron. ``start``: which parameter the membrane starts at; empty: 0.
    """

    dynamics: Callable[[Parameters], Dynamics]
    values: dict[str, Any]
    words: str
    approximate: str = ""
    fields: Callable[[Parameters], dict[str, Any]] = field(default=lambda found: {})
    start: str = "v_leak"


def _rate(found: Parameters, name: str, dt: float) -> np.ndarray:
    """dt·τ⁻¹ as float32 code computes it."""
    return found.single(name, rules_of.decay_rate(found.stored(name), dt))


def _values(p: Any, *names: str) -> dict[str, Any]:
    return {name: constant(getattr(p, name)) for name in names}


def _lif(module: Any, p: Any) -> _Model:
    dt = float(module.dt)
    return _Model(
        lambda found: rules_of.lif(
            _rate(found, "tau_mem_inv", dt), _rate(found, "tau_syn_inv", dt), found.optional("v_leak")
        ),
        _values(p, "tau_mem_inv", "tau_syn_inv", "v_leak"),
        "i = i + x, u = v + dt·τ_mem⁻¹·(v_leak − v + i), then i = i − dt·τ_syn⁻¹·i",
    )  # fmt: skip


def _box(module: Any, p: Any) -> _Model:
    dt = float(module.dt)
    values = _values(p, "tau_mem_inv", "v_leak")
    return _Model(
        lambda found: rules_of.lif(_rate(found, "tau_mem_inv", dt), None, found.optional("v_leak")),
        values, "u = v + dt·τ_mem⁻¹·(v_leak − v + x)", _ROUNDING if values["v_leak"].any() else "",
    )  # fmt: skip


def _integrate(module: Any, p: Any) -> _Model:
    return _Model(lambda found: rules_of.integrate_and_fire(), {}, "u = v + x", start="v_reset")


def _refractory(module: Any, p: Any) -> _Model:
    model = _lif(module, p.lif)
    steps = np.ceil(constant(p.rho_reset).astype(np.float64))
    if not ((steps >= 0) & (steps < 2**31)).all():
        raise NotSupported("its rho_reset is no number of steps", "give it steps of 0 or more")
    if not steps.any():
        return model
    return replace(
        model,
        values={**model.values, "rho_reset": steps},
        words=f"{model.words}; rests for rho_reset steps after a spike",
        fields=lambda found: {"refractory": found.stored("rho_reset").astype(np.int32)},
    )


def _adaptive(module: Any, p: Any) -> _Model:
    dt = float(module.dt)

    def dynamics(found: Parameters) -> Dynamics:
        return rules_of.adaptive(
            _rate(found, "tau_mem_inv", dt), _rate(found, "tau_syn_inv", dt), found.optional("v_leak")
        )

    def fields(found: Parameters) -> dict[str, Any]:
        decay = rules_of.adaptation_decay(_rate(found, "tau_adapt_inv", dt))
        return {"adaptation": found.float32("beta"), "adaptation_decay": decay}

    return _Model(
        dynamics,
        _values(p, "tau_mem_inv", "tau_syn_inv", "v_leak", "tau_adapt_inv", "beta"),
        "u = v + dt·τ_mem⁻¹·(v_leak − v + i) with the i of the step before; a spike adds β to the threshold",
        _ROUNDING,
        fields,
    )


Make = Callable[[Any, Any], _Model]


def _spiking(module: Any, path: str, make_model: Make, recurrent: bool) -> Adapted:
    p = module.p
    model = make_model(module, p)
    # a refractory neuron has its own parameters around those of a LIF
    p = getattr(p, "lif", p)
    if p.method not in _STEPS:
        raise NotSupported(
            f"method {p.method!r} is no step at the threshold", f"use one of {', '.join(_STEPS)}"
        )
    reset = _reset(p)
    rules = choose_rules("norse", Choices(reset=reset))
    values = model.values | _values(p, "v_th", "v_reset")
    if model.start and model.start not in values:
        values |= _values(p, model.start)

    def make(found: Parameters) -> Neuron:
        neuron = spiking_neuron(
            found.node.name, found.shape, model.dynamics(found), rules, found.float32("v_th"),
            found.float32("v_reset"), recurrent,
        )  # fmt: skip
        initial = found.optional(model.start) if model.start else None
        return replace(neuron, initial=initial, **model.fields(found))

    title = type(module).__name__
    words = "subtract v_th" if reset else "to v_reset"
    rule = f"{model.words}; fires where u > v_th; reset at once: {words}"
    approximate = model.approximate or (_ROUNDING if recurrent else "")
    return Adapted(
        Cell(title, path, make, values, rule, approximate), _time(module), passes_state=True,
        before=_input_weights(module, title), feedback=_feedback(module, title) if recurrent else (),
    )  # fmt: skip


def _reset(p: Any) -> Any:
    """None (to v_reset) or ``subtract``."""
    method = getattr(p, "reset_method", None)
    if method is None or method.__name__ == "reset_value":
        return None
    if method.__name__ == "reset_subtract":
        return "subtract"
    raise NotSupported("its reset_method is no known one", "use reset_value or reset_subtract")


def _integrating(module: Any, path: str, make_model: Make, recurrent: bool) -> Adapted:
    model, title = make_model(module, module.p), type(module).__name__

    def make(found: Parameters) -> Neuron:
        return leaky_integrator(found.node.name, found.shape, model.dynamics(found))

    cell = Cell(title, path, make, model.values, f"{model.words}; never fires", model.approximate)
    return Adapted(cell, _time(module), fires=False, passes_state=True, before=_input_weights(module, title))


def _input_weights(module: Any, title: str) -> tuple[Operation, ...]:
    weights = getattr(module, "input_weights", None)
    return () if weights is None else (Linear(f"input weights of {title}", weights_of(weights, "weight")),)


def _feedback(module: Any, title: str) -> tuple[Operation, ...]:
    return (Linear(f"recurrent weights of {title}", weights_of(module.recurrent_weights, "weight")),)


def _encoder(module: Any, path: str) -> Adapted:
    """ConstantCurrentLIFEncoder: a LIFBoxCell that reads the same input at each step."""
    adapted = _spiking(module, path, lambda one, p: replace(_box(one, p), start=""), recurrent=False)
    return replace(adapted, timesteps=int(module.seq_length), passes_state=False)


def _time(module: Any) -> TimeAxes:
    single = any(one.__name__.endswith("Cell") for one in type(module).__mro__)
    return "single" if single else "TN"


def _rest(module: torch.nn.Module) -> None:
    """It keeps nothing: its state is given to it."""


def _class(make_model: Make, recurrent: bool = False, fires: bool = True) -> NeuronClass:
    take = _spiking if fires else _integrating
    return NeuronClass(lambda module, path: take(module, path, make_model, recurrent), _time, rest=_rest)


def _refused(reason: str, remedy: str = "use LIFCell, LIFRefracCell or LSNNCell") -> NeuronClass:
    return NeuronClass(refused(reason, remedy), _time, rest=_rest)


_CURVED = _refused("its membrane is not linear between spikes")
_CONDUCTANCE = _refused("its synapses are conductances")
_COMPARTMENTS = _refused("its membrane is one of several coupled compartments")
_RESONATING = _refused("its membrane is quadratic")

NEURONS = {
    "LIFCell": _class(_lif),
    "LIF": _class(_lif),
    "LIFRecurrentCell": _class(_lif, recurrent=True),
    "LIFRecurrent": _class(_lif, recurrent=True),
    "LIFBoxCell": _class(_box),
    "IAFCell": _class(_integrate),
    "IAF": _class(_integrate),
    "LIFRefracCell": _class(_refractory),
    "LIFRefracRecurrentCell": _class(_refractory, recurrent=True),
    "LIFRefracRecurrent": _class(_refractory, recurrent=True),
    "LSNNCell": _class(_adaptive),
    "LSNN": _class(_adaptive),
    "LSNNRecurrentCell": _class(_adaptive, recurrent=True),
    "LSNNRecurrent": _class(_adaptive, recurrent=True),
    "LICell": _class(_lif, fires=False),
    "LI": _class(_lif, fires=False),
    "LILinearCell": _class(_lif, fires=False),
    "LIBoxCell": _class(_box, fires=False),
    "ConstantCurrentLIFEncoder": NeuronClass(_encoder, lambda module: "TN", None, _rest, True),
    **{name: _CURVED for name in (
        "LIFAdEx", "LIFAdExCell", "LIFAdExRecurrent", "LIFAdExRecurrentCell", "LIFAdExRefracCell",
        "LIFAdExRefracRecurrentCell", "LIFEx", "LIFExCell", "LIFExRecurrent", "LIFExRecurrentCell",
    )},
    **{name: _RESONATING for name in (
        "Izhikevich", "IzhikevichCell", "IzhikevichRecurrent", "IzhikevichRecurrentCell",
    )},
    **{name: _COMPARTMENTS for name in ("LIFMCRecurrentCell", "LIFMCRefracRecurrentCell")},
    "CobaLIFCell": _CONDUCTANCE,
    "LIFCorrelation": _refused("it records correlations beside its spikes", "use LIFRecurrentCell"),
}  # fmt: skip
