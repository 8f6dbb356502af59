"""One neuron's step, one number at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scalar_numbers import F, Index, Values, indices, sat, value_of
from scalar_numbers import decay as _decay

from snnrt.ir.graph import Neuron

if TYPE_CHECKING:
    from scalar_network import Scalar


def scalar_states(net: Scalar, node: Neuron) -> dict[str, Values]:
    """Membranes at their initial values, the rest at 0."""
    start = np.zeros((), F) if node.initial is None else node.initial
    return {
        "membrane": {i: net.number(value_of(start, i)) for i in indices(node.shape)},
        "synapse": {i: net.number(0) for i in indices(node.shape)},
        "rise": {i: net.number(0) for i in indices(node.shape)},
        "adaptation": {i: net.number(0) for i in indices(node.shape)},
        "refractory": dict.fromkeys(indices(node.shape), 0),
        "net": dict.fromkeys(indices(node.shape), 0),
        "fired": dict.fromkeys(indices(node.shape), False),
        # updates in which it would have fired more often than max_spikes
        "capped": dict.fromkeys(indices(node.shape), 0),
    }


def scalar(net: Scalar, node: Neuron, sources: list[Values]) -> Values:
    step = _integer_step if net.integer else _float_step
    states = net.states[node.name]
    return {i: step(node, i, states, sources[0][i]) for i in indices(node.shape)}


def _shifted(s: int, k: int) -> int:
    return s - s // 2**k


def _float_step(node: Neuron, index: Index, states: dict[str, Values], x: object) -> object:
    v, c = states["membrane"], states["synapse"]
    p = {
        n: None if getattr(node, n) is None else F(value_of(getattr(node, n), index)) for n in node.PARAMETERS
    }
    i = x = F(x)
    if p["synapse"] is not None:
        old, k = c[index], p["synapse"]
        if node.synapse_order == "decay_then_add":
            i = c[index] = k * old + x
        elif node.synapse_order == "add_then_decay":
            i = c[index] = k * (old + x)
        elif node.synapse_order == "use_then_decay":
            i = old + x
            c[index] = i - k * i
        else:
            i = old
            c[index] = k * old + x
    fallen = states["rise"][index]
    if p["synapse_rise"] is not None:
        states["rise"][index] = p["synapse_rise"] * fallen + x
        i = i - states["rise"][index]
    before = v[index]
    gi = i if p["gain"] is None else p["gain"] * i
    leak = F(0) if p["leak"] is None else p["leak"]
    m = p["membrane"]
    u = {
        "decay": lambda: m * before + gi,
        "euler": lambda: before + m * ((leak - before) + gi),
        "divide": lambda: before + (gi - (before - leak)) / m,
        "divide_leak": lambda: (before - (before - leak) / m) + gi,
    }[node.integration]()
    if p["bias"] is not None:
        u = u + p["bias"]
    return _fire(node, p, index, states, before, u, F, lambda value: value, fallen)


def _integer_step(node: Neuron, index: Index, states: dict[str, Values], x: object) -> object:
    v, c = states["membrane"], states["synapse"]
    names = node.PARAMETERS
    p = {n: None if getattr(node, n) is None else value_of(getattr(node, n), index) for n in names}
    p = {n: value if value is None or n == "scale" else int(value) for n, value in p.items()}
    i = x = int(x)
    decay = _shifted if node.shift_decay else _decay
    if node.loihi:
        down = [abs(s) * f // 4096 * (1 if s >= 0 else -1) for s, f in
                ((c[index], p["synapse"]), (v[index], p["membrane"]))]  # fmt: skip
        c[index] = (down[0] + 64 * x + 2**23) % 2**24 - 2**23
        u = max(1 - 2**23, min(2**23 - 1, down[1] + c[index] + (p["bias"] or 0)))
        v[index] = p["reset_value"] if u > p["threshold"] else u
        return int(u > p["threshold"])
    if p["synapse"] is not None:
        old, a = c[index], p["synapse"]
        if node.synapse_order == "decay_then_add":
            i = c[index] = sat(decay(old, a) + x)
        elif node.synapse_order == "add_then_decay":
            i = c[index] = decay(sat(old + x), a)
        elif node.synapse_order == "use_then_decay":
            i = sat(old + x)
            c[index] = decay(i, a)
        else:
            i = old
            c[index] = sat(decay(old, a) + x)
    fallen = states["rise"][index]
    if p["synapse_rise"] is not None:
        states["rise"][index] = sat(decay(fallen, p["synapse_rise"]) + x)
        i = sat(i - states["rise"][index])
    before = v[index]
    u = sat(sat(decay(before, p["membrane"]) + i) + (p["bias"] or 0))
    narrow = node.state_bits == 16

    def held(value: int) -> int:
        return max(-(2**15), min(2**15 - 1, value)) if narrow else sat(value)

    return _fire(node, p, index, states, before, u, int, held, fallen)


def _fire(
    node: Neuron,
    p: dict,
    index: Index,
    states: dict,
    before: object,
    u: object,
    number: type,
    held,
    fallen: object,
) -> object:
    theta, zero = p["threshold"], number(0)
    decay = _shifted if node.shift_decay else _decay
    rests = states["refractory"][index] > 0
    raised = states["adaptation"][index]
    if p["adaptation_decay"] is not None:
        raised = decay(raised, p["adaptation_decay"]) if number is int else p["adaptation_decay"] * raised
        theta = sat(theta + raised) if number is int else theta + raised
    target = zero if p["reset_value"] is None else p["reset_value"]

    def reset(value: object, n: object) -> object:
        if n == 0 or node.reset == "none":
            return value
        return (
            target
            if node.reset == "value"
            else (sat(value - n * theta) if number is int else value - n * theta)
        )

    def fires(value: object) -> object:
        return number(value > theta if node.strict else value >= theta)

    n = zero
    if theta is None:
        result = held(u)
    else:
        late = fires(before)
        if node.reset_synapse and late and node.reset != "none":
            taken = node.reset == "subtract"
            u = u - fallen if taken else target
            less = states["synapse"][index] - theta if taken else zero
            u, less = (sat(u), sat(less)) if number is int else (u, less)
            states["synapse"][index], states["rise"][index] = less, zero
        elif node.reset_next:
            u = reset(u, late)
        u = held(u)
        if node.multiple:
            if u > 0:
                wanted = u // theta if number is int else np.trunc(u / theta)
                n = min(wanted, number(node.max_spikes))
                states["capped"][index] += not rests and wanted > node.max_spikes
            if node.takes_back:
                net = states["net"][index]
                if u < 0:
                    low = u // theta if number is int else np.floor(u / theta)
                    n = max(low, number(-min(net, node.max_spikes)))
                states["net"][index] = min(net + int(n), 32767)
        else:
            n = fires(u)
        if rests or states["fired"][index]:
            n = zero
        states["fired"][index] |= node.one_spike and n > 0
        result = u if node.reset_next else held(reset(u, n))
        if node.reset_ahead and n != late:
            result = u - theta if n else u + theta
            result = held(sat(result)) if number is int else result
    if rests:
        result = result if node.refractory_integrates else before
        states["refractory"][index] -= 1
    elif p["refractory"] is not None and n > 0:
        states["refractory"][index] = int(p["refractory"])
    if p["adaptation"] is not None:
        higher = raised + n * p["adaptation"] if n > 0 else raised
        states["adaptation"][index] = sat(higher) if number is int else higher
    if p["lower_bound"] is not None and result < p["lower_bound"]:
        result = p["lower_bound"]
    states["membrane"][index] = result
    return result if theta is None else n
