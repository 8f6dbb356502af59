"""Sinabs' neurons: layers of all timesteps, in axes (N, T, …) or, the Squeeze ones, (N·T, …)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import torch

from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.rollup.adapted import Adapted, TimeAxes
from snnrt.converters.common.rollup.arguments import spread
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Cell
from snnrt.converters.frameworks import sinabs as rules_of
from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.neuron import Dynamics, leaky_integrator, spiking_neuron
from snnrt.converters.frameworks.rules import Rules, choose_rules
from snnrt.converters.torch.adapter import NeuronClass
from snnrt.converters.torch.neurons.common import array, feedback_of, several_spikes, waits
from snnrt.ir.graph import Neuron

# how each counts spikes; (v > 0)·trunc(v/θ), v ≥ θ, and the first with a maximum
_COUNTS = {"MultiSpike": "several", "SingleSpike": "one", "MaxSpike": "at most"}


def _adapt(module: Any, path: str) -> Adapted:
    """IAF, LIF, their Squeeze and Recurrent ones."""
    values = _decays(module)
    values["threshold"] = array(module.spike_threshold)
    return _spiking(module, path, values)


def _adapt_adaptive(module: Any, path: str) -> Adapted:
    """ALIF: threshold b₀ + s·b, b = ρ·b + (1 − ρ)·n; so a raise of (1 − ρ)·s/ρ before it decays."""
    values = _decays(module)
    if module.norm_input and "synapse" in values:
        # what is kept of the current is what the input's share was taken of
        share = values.pop("gain")
        values["synapse"] = np.asarray(values["synapse"] * share, np.float32)
    decay = array(module.alpha_adapt_calculated)
    if not (decay > 0).all():
        raise NotSupported("tau_adapt is so short that its threshold adapts for no step", "use LIF")
    scale = array(module.adapt_scale).astype(np.float64)
    values["adaptation"] = ((1 - decay.astype(np.float64)) * scale / decay).astype(np.float32)
    values["adaptation_decay"] = decay
    values["threshold"] = array(module.b0)
    if (scale < 0).any():
        raise NotSupported("adapt_scale is below 0: its threshold falls with its spikes", "use LIF")
    return _spiking(module, path, values)


def _decays(module: Any) -> dict[str, np.ndarray]:
    """What membrane and current keep of a step, and the input's share, computed by the module itself."""
    alpha, synapse = module.alpha_mem_calculated, module.alpha_syn_calculated
    values = {"alpha": array(alpha)}
    if synapse is not None:
        values["synapse"] = array(synapse)
    if module.norm_input:
        values["gain"] = array(1 - alpha)
    if module.min_v_mem is not None:
        values["lower_bound"] = array(module.min_v_mem)
    return values


def _spiking(module: Any, path: str, values: dict[str, np.ndarray]) -> Adapted:
    title = type(module).__name__
    rules, uncapped = _rules(module)
    reset = 0.0
    if rules.reset == "zero":
        reset = float(module.reset_fn.reset_value)

    def make(found: Parameters) -> Neuron:
        found = spread(found)
        node = spiking_neuron(
            found.node.name, found.shape, _dynamics(found, reset), rules, found.positive("threshold"), None,
            False,
        )  # fmt: skip
        bound, raised, decay = (
            found.float32(name) if name in found else None
            for name in ("lower_bound", "adaptation", "adaptation_decay")
        )
        if bound is not None and reset:
            bound = np.asarray(bound - np.float32(reset))
        return replace(node, lower_bound=bound, adaptation=raised, adaptation_decay=decay)

    feedback = feedback_of(module.rec_connect, "rec_connect") if hasattr(module, "rec_connect") else ()
    return Adapted(
        Cell(title, path, make, values, _words(rules), _rounding(module)),
        "NT merged" if _is_squeezed(module) else "NT",
        feedback=feedback, feedback_name="rec_connect", feedback_waits=waits(feedback),
        several=rules.multiple, uncapped=uncapped,
    )  # fmt: skip


def _rounding(module: Any) -> str:
    if module.min_v_mem is None or not array(module.min_v_mem).any():
        return ""
    return "the last bit of a membrane may differ: Sinabs takes min_v_mem off and adds it again"


def _dynamics(found: Parameters, reset: float) -> Dynamics:
    """``reset``: what MembraneReset adds to every membrane; the node's membrane is without it."""
    alpha = found.float32("alpha")
    gain = found.gain("gain", found.double("gain")) if "gain" in found else None
    synapse = found.float32("synapse") if "synapse" in found else None
    if not reset:
        return rules_of.lif(alpha, synapse, gain)
    bias = found.single("reset_value", found.double("alpha") * reset)
    dynamics = rules_of.lif(alpha, synapse, gain, bias)
    return Dynamics(**{**vars(dynamics), "initial": np.array(-reset, np.float32)})


def _rules(module: Any) -> tuple[Rules, bool]:
    """How it fires and resets, and whether the limit of its spikes is ours."""
    counts, function = _known(module.spike_fn, _COUNTS, ("apply", "forward"))
    if counts is None:
        raise NotSupported(
            f"its spike_fn {function} is none of Sinabs' own", f"use one of {', '.join(_COUNTS)}"
        )
    most, uncapped = 1, False
    if counts != "one":
        most, uncapped = several_spikes(getattr(module.spike_fn, "max_num_spikes_per_bin", None))
    way, function = _known(module.reset_fn, _RESETS, ("__call__",))
    if way is None:
        raise NotSupported(f"its reset_fn {function} is none of Sinabs' own", f"use {' or '.join(_RESETS)}")
    if way == "subtract" and module.reset_fn.subtract_value is not None:
        threshold = array(getattr(module, "b0", module.spike_threshold))
        if (
            type(module).__name__.startswith("ALIF")
            or (array(module.reset_fn.subtract_value) != threshold).any()
        ):
            raise NotSupported(
                f"MembraneSubtract takes off {module.reset_fn.subtract_value} and not the threshold",
                "leave subtract_value out, and scale weights and threshold",
            )
    reset: Literal["subtract", "zero"] = "subtract" if way == "subtract" else "zero"
    choices = Choices(reset=reset, strict=False, multiple=most > 1, max_spikes=most)
    return choose_rules("sinabs", choices), uncapped


_RESETS = {"MembraneSubtract": "subtract", "MembraneReset": "value"}


def _known(found: Any, table: dict[str, str], methods: tuple[str, ...]) -> tuple[str | None, str]:
    """The word for ``found``, an object or class of Sinabs' or one that computes as its parent; its name."""
    kind = found if isinstance(found, type) else type(found)
    changed: set[str] = set()
    for one in kind.__mro__:
        if one.__module__.startswith("sinabs.activation") and one.__name__ in table:
            return (None if changed & set(methods) else table[one.__name__]), kind.__name__
        changed |= set(vars(one))
    return None, getattr(found, "__name__", kind.__name__)


def _words(rules: Rules) -> str:
    several = f"up to {rules.max_spikes} spikes" if rules.multiple else "fires"
    reset = "subtract the threshold" if rules.reset == "subtract" else "to zero"
    return f"{several} where v ≥ threshold; reset: {reset} at once"


def _adapt_integrator(module: Any, path: str) -> Adapted:
    """ExpLeak: its output is its membrane."""
    if module.min_v_mem is not None:
        raise NotSupported(
            "min_v_mem bounds the membrane but not the output of a neuron that does not fire",
            "leave min_v_mem out",
        )

    def make(found: Parameters) -> Neuron:
        return leaky_integrator(found.node.name, found.shape, _dynamics(spread(found), 0.0))

    return Adapted(
        Cell(type(module).__name__, path, make, _decays(module), "the membrane, without a threshold"),
        "NT merged" if _is_squeezed(module) else "NT", fires=False,
    )  # fmt: skip


# time and states


def _is_squeezed(module: Any) -> bool:
    return hasattr(module, "num_timesteps")


def _axes(module: Any) -> TimeAxes:
    return "NT merged" if _is_squeezed(module) else "NT"


def _timesteps(module: Any, places: int) -> int:
    """Of batch_size and num_timesteps, one may be left open (−1)."""
    if module.num_timesteps > 0:
        return int(module.num_timesteps)
    return max(places // int(module.batch_size), 1)


def _rest(module: Any) -> None:
    """Without states, which the next call makes anew; those there are the user's."""
    for name, buffer in module.named_buffers(recurse=False):
        module._buffers[name] = torch.zeros(0, device=buffer.device)


def _class(adapt: Any) -> NeuronClass:
    return NeuronClass(adapt, _axes, _timesteps, _rest)


NEURONS = {
    **dict.fromkeys(
        ("IAF", "IAFSqueeze", "IAFRecurrent", "LIF", "LIFSqueeze", "LIFRecurrent"), _class(_adapt)
    ),
    **dict.fromkeys(("ALIF", "ALIFSqueeze", "ALIFRecurrent"), _class(_adapt_adaptive)),
    **dict.fromkeys(("ExpLeak", "ExpLeakSqueeze"), _class(_adapt_integrator)),
}
