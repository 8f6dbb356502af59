"""Activations known by what they compute, however they are written: ReLU, clamps from 0 on, QCFS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from snnrt.converters.common.rollup.calls import ActivationForm, Call, Recording, Value, values_in
from snnrt.converters.common.rollup.pointwise import BENDS, NotPointwise, evaluate, is_pointwise

FAR = 1e6
"""Where every ceiling is reached."""
MAX_LEVELS = 256
MAX_BASES = 24
"""Functions one after the other that may be one activation."""
MAX_TRIES = 300
"""Groups of functions that are no activation, until no more are looked for."""
_SHARES = np.linspace(-0.5, 1.5, 4001)
_SIZES = np.geomspace(1e-3, 1e4, 141)
_VALUES = np.concatenate([-_SIZES, [0.0], _SIZES])
_NEAR = 1e-3
"""In levels: so near to where one begins it may be either."""
_PLAIN = frozenset({"relu", "relu6", "hardtanh", "clamp", "clip"})
"""Which are read as they are, where one stands alone."""


def form_of(function: Callable[[np.ndarray], np.ndarray]) -> ActivationForm | None:
    """What ``function`` of values (n,) is: max(x, 0), min(max(x, 0), λ), or
    λ·clip(⌊x·L/λ + ½⌋/L, 0, 1) with λ and L; None for anything else."""
    top = float(np.asarray(function(np.full(1, FAR))).reshape(-1)[0])
    if not top > 0:
        return None
    if abs(top - FAR) <= 1e-3:
        found = np.asarray(function(_VALUES), np.float64).reshape(-1)
        same = found.shape == _VALUES.shape and np.allclose(found, np.maximum(_VALUES, 0), 1e-5, 1e-7)
        return ActivationForm() if same else None
    if not top < FAR / 2:
        return None
    found = np.asarray(function(_SHARES * top), np.float64).reshape(-1) / top
    if found.shape != _SHARES.shape:
        return None
    levels = len(np.unique(np.round(found[found > 1e-6], 6)))
    if levels < 1:
        return None
    if levels > MAX_LEVELS:
        return ActivationForm(top) if np.allclose(found, np.clip(_SHARES, 0, 1), 1e-5, 1e-6) else None
    steps = _SHARES * levels + 0.5
    clear = np.abs(steps - np.round(steps)) > _NEAR
    expected = np.clip(np.floor(steps), 0, levels) / levels
    return ActivationForm(top, levels) if np.allclose(found[clear], expected[clear], atol=1e-5) else None


@dataclass(eq=False)
class _Found:
    """An activation of ``base``, whose last function is ``last``; ``calls``: all that it is made of."""

    base: Value
    last: Call
    calls: set[Call]
    form: ActivationForm


def with_activations(recording: Recording) -> Recording:
    """``recording`` with one call in the place of functions that are an activation together."""
    found = list(_activations(recording))
    if not found:
        return recording
    by_last = {id(one.last): one for one in found}
    inside = {id(call) for one in found for call in one.calls}
    needed = {id(value) for value in values_in(recording.result)}
    kept: list[Call] = []
    for call in reversed(recording.calls):
        one = by_last.get(id(call))
        if one is not None:
            title = "ReLU" if one.form.levels is None else f"QCFS of {one.form.levels} levels"
            call = Call("activation", (one.base,), {}, call.scope, call.where, activation=one.form,
                        outputs=call.outputs, word=title)  # fmt: skip
        elif id(call) in inside and not any(id(value) in needed for value in call.outputs):
            continue
        needed.update(id(value) for value in call.values())
        kept.append(call)
    return Recording(recording.inputs, kept[::-1], recording.result)


def _activations(recording: Recording) -> Iterator[_Found]:
    """From the last to the first; of several that are one the longest."""
    makers = {id(call.outputs[0]): call for call in recording.calls if is_pointwise(call)}
    bases: dict[int, list[Value]] = {}
    for call in recording.calls:
        if id(call.outputs[0] if call.outputs else None) in makers:
            bases[id(call.outputs[0])] = _bases(call, bases)
    taken: set[int] = set()
    tries = 0
    for call in reversed(recording.calls):
        out = call.outputs[0] if call.outputs else None
        if out is None or id(out) not in makers or id(call) in taken:
            continue
        for base in reversed(bases[id(out)]):
            calls = _between(out, base, makers)
            bends = [one.function for one in calls if one.function in BENDS]
            if not bends or (len(bends) == 1 and bends[0] in _PLAIN):
                continue
            tries += 1
            if tries > MAX_TRIES:
                return
            form = _form(out, base, makers)
            if form is not None:
                taken.update(id(one) for one in calls)
                tries -= 1
                yield _Found(base, call, calls, form)
                break


def _bases(call: Call, bases: dict[int, list[Value]]) -> list[Value]:
    """The tensors, nearest first, of which alone the result of ``call`` is made element by element."""
    chains = [[value, *bases.get(id(value), [])] for value in call.values()]
    common = [set(map(id, chain)) for chain in chains]
    return [one for one in chains[0] if all(id(one) in others for others in common)][:MAX_BASES]


def _between(out: Value, base: Value, makers: dict[int, Call]) -> set[Call]:
    """What makes ``out`` of ``base``."""
    found: set[Call] = set()
    pending = [out]
    while pending:
        value = pending.pop()
        if value is base:
            continue
        call = makers[id(value)]
        if call not in found:
            found.add(call)
            pending += call.values()
    return found


def _form(out: Value, base: Value, makers: dict[int, Call]) -> ActivationForm | None:
    def function(x: np.ndarray) -> np.ndarray:
        known = {id(base): x}

        def of(value: Value) -> np.ndarray:
            if id(value) not in known:
                known[id(value)] = np.broadcast_to(evaluate(makers[id(value)], of), x.shape)
            return known[id(value)]

        return of(out)

    try:
        return form_of(function)
    except (NotPointwise, TypeError, ValueError):
        return None
