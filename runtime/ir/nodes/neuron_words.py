"""A neuron's rule in words, read off its fields: what ``snnrt check`` and ``snnrt inspect`` say of it.

Names are those of :class:`snnrt.ir.nodes.neuron.Neuron`: x what is read, v the membrane, c the synaptic
current, α αs αr decays, k ks rates, τ in steps, g the gain, l the leak, b the bias, θ the threshold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from snnrt.ir.spec import ONE_LOIHI, ONE_Q15

if TYPE_CHECKING:
    from snnrt.ir.nodes.neuron import Neuron

_DECAYS = ("membrane", "synapse", "synapse_rise", "adaptation_decay")
_MEMBRANE = {"decay": "α", "euler": "k", "divide": "τ", "divide_leak": "τ"}


def neuron_in_words(node: Neuron) -> str:
    """The step, when it fires, what a spike does, and the values, on one line: ``v = α·v + x; fires where
    v > θ; reset: subtract θ at the next step; α = 0.9, θ = 1``."""
    parts = [*_current(node), f"v = {_membrane(node)}", _firing(node)]
    if node.spikes:
        parts += [_reset(node), *_mechanisms(node)]
    if node.lower_bound is not None:
        parts.append(f"v at least {values_in_words(node.lower_bound)}")
    if node.initial is not None:
        parts.append(f"starts at v = {values_in_words(node.initial)}")
    values = [f"{sign} = {text}" for sign, text in _values(node)]
    if values:
        parts.append(", ".join(values))
    return "; ".join(parts)


def values_in_words(values: np.ndarray) -> str:
    """A parameter's value, or the least and the largest where they differ: ``0.8 … 0.95``."""
    array = np.asarray(values, np.float64)
    least, most = f"{array.min():.6g}", f"{array.max():.6g}"
    return least if least == most else f"{least} … {most}"


def _current(node: Neuron) -> list[str]:
    if node.synapse is None:
        return []
    if node.synapse_rise is not None:
        return ["c = αs·c + x, d = αr·d + x, i = c − d"]
    return [
        {
            "decay_then_add": "i = αs·i + x",
            "add_then_decay": "i = αs·(i + x)",
            "use_then_decay": "i = c + x, then c = i − ks·i",
            "previous": "i = c, then c = αs·c + x",
        }[node.synapse_order]
    ]


def _membrane(node: Neuron) -> str:
    drive = "x" if node.synapse is None else "i"
    driven = drive if node.gain is None else f"g·{drive}"
    bias = "" if node.bias is None else " + b"
    above = "v" if node.leak is None else "(v − l)"
    if node.integration == "decay":
        return f"{_kept(node)}{driven}{bias}"
    if node.integration == "euler":
        rest = f"{driven} − v" if node.leak is None else f"(l − v) + {driven}"
        return f"v + k·({rest}){bias}"
    if node.integration == "divide":
        return f"v + ({driven} − {above})/τ{bias}"
    return f"v − {above}/τ + {driven}{bias}"


def _kept(node: Neuron) -> str:
    """What integration by decay keeps of v."""
    if node.shift_decay:
        return "v − v/2^m + "
    if np.all(node.membrane == 0):
        return ""
    leaks = node.model.removeprefix("Cuba").removeprefix("A").startswith("L")
    return "α·v + " if leaks else "v + "


def _firing(node: Neuron) -> str:
    if not node.spikes:
        return "never fires: gives v"
    threshold = "θ" if node.adaptation is None else "θ + a"
    if node.multiple:
        return f"fires v/({threshold}) spikes, rounded down, at most {node.max_spikes}".replace("(θ)", "θ")
    return f"fires where v {'>' if node.strict else '≥'} {threshold}"


def _reset(node: Neuron) -> str:
    if node.reset == "none":
        return "no reset"
    when = "at the next step" if node.reset_next else "at once"
    if node.reset == "value":
        value = "0" if node.reset_value is None else values_in_words(node.reset_value)
        text = f"reset: to {value} {when}" + (", whose input is lost" if node.reset_next else "")
        return text + (" with the currents" if node.reset_synapse else "")
    if node.reset_synapse:
        return "reset: subtract the current d of v, θ of c, and d, at the next step"
    each = "θ" if node.adaptation is None else "θ + a"
    what = f"{each} for each spike" if node.multiple else each
    if node.reset_ahead:
        return f"reset: subtract {what} at once, with the last step's given back"
    return f"reset: subtract {what} {when}"


def _mechanisms(node: Neuron) -> list[str]:
    parts = []
    if node.adaptation is not None:
        parts.append("a = ρ·a at each step, + γ for each spike")
    if node.refractory is not None:
        rests = "fires no more" if node.refractory_integrates else "stands still"
        parts.append(f"{rests} for {values_in_words(node.refractory)} steps after a spike")
    if node.one_spike:
        parts.append("fires once only")
    if node.takes_back:
        parts.append("where v < 0 fires v/θ, rounded down, but takes back no more than it fired")
    return parts


def _values(node: Neuron) -> list[tuple[str, str]]:
    """Signs of the formula and their values; decays of integers as the fractions that they stand for."""
    current = "ks" if node.synapse_order == "use_then_decay" else "αs"
    membrane = "m" if node.shift_decay else _MEMBRANE[node.integration]
    signs = (
        ("membrane", membrane), ("synapse", current), ("synapse_rise", "αr"), ("gain", "g"), ("leak", "l"),
        ("bias", "b"), ("threshold", "θ"), ("adaptation", "γ"), ("adaptation_decay", "ρ"),
    )  # fmt: skip
    found = []
    named = node.shift_decay or node.integration != "decay" or "α·v" in _membrane(node)
    for field, sign in signs:
        array = getattr(node, field)
        # a decay of 1 or 0 is no part of the formula
        if array is None or (field == "membrane" and not named):
            continue
        if field in _DECAYS and array.dtype == np.int32 and not node.shift_decay:
            array = array / (ONE_LOIHI if node.loihi else ONE_Q15)
        found.append((sign, values_in_words(array)))
    return found
