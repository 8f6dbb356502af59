"""What moves values without changing them: reshapes, transpositions, copies."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from snnrt.converters.common.rollup.arguments import argument, value_of
from snnrt.converters.common.rollup.calls import Call
from snnrt.converters.common.rollup.meaning import Meaning, reshaped
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Flatten
from snnrt.ir.graph import Shape

if TYPE_CHECKING:
    from snnrt.converters.common.rollup.interpreter import Interpreter

_KEEP = "keep the batch axis in front, and flatten whole samples"


def same(interpreter: Interpreter, call: Call) -> Meaning:
    """The same values in the same axes."""
    meaning = interpreter.meaning(value_of(call))
    return meaning if call.outputs[0].shape == value_of(call).shape else reshape(interpreter, call)


def flatten(interpreter: Interpreter, call: Call) -> Meaning:
    """``torch.flatten``."""
    return reshape(interpreter, call)


def reshape(interpreter: Interpreter, call: Call) -> Meaning:
    """Whatever gives the same values in the same order in other axes."""
    source = value_of(call)
    meaning, shape = interpreter.meaning(source), call.outputs[0].shape
    found = reshaped(meaning, source.shape, shape, interpreter.timesteps)
    if found is None:
        raise NotSupported(
            f"a reshape from {source.shape} to {shape}, which mixes the batch with the sample", _KEEP
        )
    return _with_sample(interpreter, call, meaning, found)


def _with_sample(interpreter: Interpreter, call: Call, before: Meaning, after: Meaning) -> Meaning:
    """``after``, with the node that its sample's new shape needs."""
    wanted = after.sample
    if _plain(wanted) == _plain(before.sample) and len(wanted) != 1:
        return after
    if wanted == before.sample:
        return after
    if len(wanted) == 1:
        if len(before.sample) == 1:
            return after
        made = interpreter.node(call, Flatten(call.title), [before], wanted)
        return replace(after, node=made.node)
    if math.prod(before.sample) == 1 or _plain(wanted) == _plain(before.sample):
        return after
    raise NotSupported(
        f"a reshape of a sample from {before.sample} to {wanted}",
        "flatten maps to vectors; keep other shapes",
    )


def _plain(shape: Shape) -> Shape:
    """Without axes of one behind the first."""
    return (shape[0], *(size for size in shape[1:] if size != 1))


def unsqueeze(interpreter: Interpreter, call: Call) -> Meaning:
    """An axis of one."""
    source = value_of(call)
    meaning = interpreter.meaning(source)
    axis = int(argument(call, 1, "dim")) % (meaning.rank + 1)
    if axis <= len(meaning.lead):
        return replace(meaning, lead=(*meaning.lead[:axis], "1", *meaning.lead[axis:]))
    return reshape(interpreter, call)


def permute(interpreter: Interpreter, call: Call) -> Meaning:
    """``permute``: axes in another order."""
    order = argument(call, 1, "dims")
    order = list(order) if isinstance(order, (tuple, list)) else [int(one) for one in call.arguments[1:]]
    return _reordered(interpreter, call, order)


def transpose(interpreter: Interpreter, call: Call) -> Meaning:
    """Two axes exchanged."""
    rank = interpreter.meaning(value_of(call)).rank
    first, second = int(argument(call, 1, "dim0")) % rank, int(argument(call, 2, "dim1")) % rank
    order = list(range(rank))
    order[first], order[second] = order[second], order[first]
    return _reordered(interpreter, call, order)


def moved(interpreter: Interpreter, call: Call) -> Meaning:
    """One axis put elsewhere."""
    rank = interpreter.meaning(value_of(call)).rank
    source, target = argument(call, 1, "source"), argument(call, 2, "destination")
    if not (isinstance(source, int) and isinstance(target, int)):
        raise NotSupported("several axes moved", _KEEP)
    order = [axis for axis in range(rank) if axis != source % rank]
    order.insert(target % rank, source % rank)
    return _reordered(interpreter, call, order)


def _reordered(interpreter: Interpreter, call: Call, order: list[int]) -> Meaning:
    meaning = interpreter.meaning(value_of(call))
    found = meaning.with_axes([meaning.axes[axis % meaning.rank] for axis in order])
    if found is None:
        raise NotSupported("the axes of a sample in another order", _KEEP)
    return found


def repeat(interpreter: Interpreter, call: Call) -> Meaning:
    """``repeat``: the same input for every timestep."""
    meaning = interpreter.meaning(value_of(call))
    counts = argument(call, 1, "repeats" if call.function == "repeat" else "dims")
    counts = list(counts) if isinstance(counts, (tuple, list)) else [int(one) for one in call.arguments[1:]]
    return _repeated(interpreter, meaning, counts)


def expand(interpreter: Interpreter, call: Call) -> Meaning:
    """``expand``: the same input for every timestep."""
    source = value_of(call)
    meaning, shape = interpreter.meaning(source), call.outputs[0].shape
    before = (1,) * (len(shape) - meaning.rank) + source.shape
    return _repeated(interpreter, meaning, [a // max(b, 1) for a, b in zip(shape, before)])


def _repeated(interpreter: Interpreter, meaning: Meaning, counts: list[int]) -> Meaning:
    added = len(counts) - meaning.rank
    lead = (*["1"] * added, *meaning.lead)
    places = [place for place, count in enumerate(counts) if count != 1]
    if not places:
        return replace(meaning, lead=lead)
    (place, *others) = places
    count = counts[place]
    if others or place >= len(lead) or meaning.tail or meaning.time != "static":
        raise NotSupported(
            "a repetition of more than the input over time", "repeat the input once a timestep"
        )
    if lead[place] == "1":
        axis = "T"
    elif lead[place] == "N" and "T" not in lead:
        axis = "TN"
    else:
        raise NotSupported("a repetition along the batch", "repeat the input along an axis of its own")
    if interpreter.timesteps not in (1, count):
        raise NotSupported(
            f"{count} repetitions where there are {interpreter.timesteps} timesteps", "repeat once a timestep"
        )
    interpreter.timesteps = count
    return replace(meaning, lead=(*lead[:place], axis, *lead[place + 1 :]))
