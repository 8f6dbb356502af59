"""What takes timesteps apart or together: stacks, slices, reductions."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce as folded
from typing import TYPE_CHECKING, Any

from snnrt.converters.common.rollup.arguments import argument, value_of
from snnrt.converters.common.rollup.calls import Call, Value
from snnrt.converters.common.rollup.functions_elementwise import summed
from snnrt.converters.common.rollup.meaning import Meaning, joined
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Concatenation, Flatten, Padding, Pool
from snnrt.converters.common.windows import Window

if TYPE_CHECKING:
    from snnrt.converters.common.rollup.interpreter import Interpreter


def stack(interpreter: Interpreter, call: Call) -> Meaning:
    """``torch.stack`` of a node's timesteps."""
    values = argument(call, 0, "tensors")
    axis = int(argument(call, 1, "dim", 0))
    meanings = [interpreter.meaning(one) for one in values if isinstance(one, Value)]
    if len(meanings) != len(values):
        raise NotSupported("a stack of more than the network's tensors", "stack one node's timesteps")
    axis %= meanings[0].rank + 1
    if axis <= len(meanings[0].lead) and _is_summed(interpreter, call, axis):
        total = folded(lambda one, other: summed(interpreter, call, [one, other]), meanings)
        return replace(total, lead=(*total.lead[:axis], "1", *total.lead[axis:]))
    return _sequence(interpreter, meanings, axis)


def _is_summed(interpreter: Interpreter, call: Call, axis: int) -> bool:
    """Of different tensors, and only read by a sum over the new ``axis``: it is their sum."""
    values = argument(call, 0, "tensors")
    if len({interpreter.meaning(one).node for one in values}) < len(values):
        return False
    readers = [one for one in interpreter.recording.calls if call.outputs[0] in one.values()]
    return bool(readers) and all(
        one.function == "sum"
        and argument(one, 1, "dim", argument(one, 9, "axis", None)) in (axis, (axis,), [axis])
        for one in readers
    )


def _sequence(interpreter: Interpreter, meanings: list[Meaning], axis: int) -> Meaning:
    """All timesteps of a node along a new ``axis``."""
    first = meanings[0]
    steps = [one.step for one in meanings]
    alike = all(one.node == first.node and one.time == first.time for one in meanings)
    if first.time == "step" and interpreter.timesteps > 1:
        complete = steps == list(range(interpreter.timesteps))
    else:
        complete = first.time == "static"
        if complete and interpreter.timesteps in (1, len(steps)):
            interpreter.timesteps = len(steps)
    inside = len(first.lead) < axis < first.rank
    if not (alike and complete) or inside or first.tail:
        raise NotSupported(
            "a stack of something else than one node's timesteps",
            "stack all timesteps, each once and in order",
        )
    time = "static" if first.time == "static" else "sequence"
    if axis > len(first.lead):
        return replace(first, time=time, tail=("T",), step=0)  # type: ignore[arg-type]
    lead = (*first.lead[:axis], "T", *first.lead[axis:])
    return replace(first, time=time, lead=lead, step=0)  # type: ignore[arg-type]


def cat(interpreter: Interpreter, call: Call) -> Meaning:
    """``torch.cat``: channels or features side by side, or timesteps one after the other."""
    values = argument(call, 0, "tensors")
    axis = int(argument(call, 1, "dim", argument(call, 9, "axis", 0)))
    if not all(isinstance(one, Value) for one in values):
        raise NotSupported("a concatenation with a constant", "concatenate what the network computes")
    meanings = [interpreter.meaning(one) for one in values]
    first = meanings[0]
    axis %= first.rank
    if axis < len(first.lead) and first.lead[axis] == "1":
        bare = [replace(one, lead=(*one.lead[:axis], *one.lead[axis + 1 :])) for one in meanings]
        return _sequence(interpreter, bare, axis)
    common = joined(meanings)
    if common is None or axis != len(common.lead) or any(one.rank != first.rank for one in meanings):
        raise NotSupported(
            "a concatenation along another axis than channels or features", "concatenate along axis 1"
        )
    if first.time == "reduced":
        raise NotSupported("a concatenation behind a sum over the timesteps", "put it before the sum")
    if len(meanings) == 1:
        return first
    sample = (sum(one.sample[0] for one in meanings), *first.sample[1:])
    return interpreter.node(call, Concatenation(call.title), meanings, sample)


# parts


def getitem(interpreter: Interpreter, call: Call) -> Meaning:
    """``x[t]``, ``x[:, t]``, ``x[None]``, and a map's rows and columns, ``x[..., 1:5, :-2]``."""
    index = call.arguments[1]
    index = list(index) if isinstance(index, tuple) else [index]
    meaning = interpreter.meaning(value_of(call))
    if Ellipsis in index:
        place = index.index(Ellipsis)
        taken = sum(one is not None for one in index) - 1
        index[place : place + 1] = [slice(None)] * (meaning.rank - taken)
    axis = 0
    crops: dict[int, tuple[int, int]] = {}
    for one in index:
        if one is None:
            meaning = _inserted(meaning, axis)
            axis += 1
        elif isinstance(one, int):
            meaning = _selected(interpreter, call, meaning, axis, one)
        elif one == slice(None):
            axis += 1
        elif isinstance(one, slice) and axis > len(meaning.lead) and one.step in (None, 1):
            length = meaning.sample[axis - len(meaning.lead)]
            first, last, _ = one.indices(length)
            crops[axis - len(meaning.lead)] = (first, length - max(last, first))
            axis += 1
        else:
            raise NotSupported("a part of a tensor", "keep whole tensors; a timestep is x[t]")
    return _cropped(interpreter, call, meaning, crops)


def _cropped(
    interpreter: Interpreter, call: Call, meaning: Meaning, crops: dict[int, tuple[int, int]]
) -> Meaning:
    """``crops``: what is cut off in front and behind, by axis of the sample."""
    if not any(any(sides) for sides in crops.values()):
        return meaning
    if len(meaning.sample) != 3 or meaning.time == "reduced":
        raise NotSupported("a part of a sample", "keep whole samples")
    (top, bottom), (left, right) = crops.get(1, (0, 0)), crops.get(2, (0, 0))
    channels, height, width = meaning.sample
    sample = (channels, height - top - bottom, width - left - right)
    sides = (-top, -bottom, -left, -right)
    return interpreter.node(call, Padding(call.title, sides), [meaning], sample)


def _inserted(meaning: Meaning, axis: int) -> Meaning:
    if axis > len(meaning.lead):
        raise NotSupported("an axis of one inside a sample", "put it in front")
    return replace(meaning, lead=(*meaning.lead[:axis], "1", *meaning.lead[axis:]))


def _selected(interpreter: Interpreter, call: Call, meaning: Meaning, axis: int, place: int) -> Meaning:
    kind = meaning.axes[axis]
    rest = meaning.with_axes([*meaning.axes[:axis], *meaning.axes[axis + 1 :]])
    if isinstance(kind, int) or rest is None:
        raise NotSupported("a part of a sample", "keep whole samples")
    if kind == "T":
        place = place + interpreter.timesteps if place < 0 else place
        return rest if meaning.time == "static" else replace(rest, time="step", step=place)
    if kind in ("1", "N") and place in (0, -1):
        return rest
    raise NotSupported("one input of the batch", "treat all inputs alike")


def select(interpreter: Interpreter, call: Call) -> Meaning:
    """``x.select(dim, index)``."""
    meaning = interpreter.meaning(value_of(call))
    axis = int(argument(call, 1, "dim")) % meaning.rank
    return _selected(interpreter, call, meaning, axis, int(argument(call, 2, "index")))


def unbind(interpreter: Interpreter, call: Call) -> list[Meaning]:
    """``x.unbind(dim)``, and ``for part in x``."""
    meaning = interpreter.meaning(value_of(call))
    axis = int(argument(call, 1, "dim", 0)) % meaning.rank
    return [_selected(interpreter, call, meaning, axis, place) for place in range(len(call.outputs))]


def setitem(interpreter: Interpreter, call: Call) -> Meaning:
    """``record[t] = spikes`` into a tensor made for it: the timesteps so far."""
    raise NotSupported("values written into a tensor", "collect timesteps in a list and stack them")


# reductions


def reduce(interpreter: Interpreter, call: Call) -> Any:
    """``sum``, ``mean``, ``amax``, ``max`` over time, or over a map's height and width."""
    meaning = interpreter.meaning(value_of(call))
    found = argument(call, 1, "dim", argument(call, 9, "axis", None))
    if found is None or isinstance(found, Value):
        raise NotSupported("a reduction over all axes", "name the axis: time, or height and width")
    axes = sorted(int(one) % meaning.rank for one in (found if isinstance(found, (tuple, list)) else [found]))
    kept = bool(argument(call, 2, "keepdim", False))
    mode = {"sum": "sum", "mean": "mean"}.get(call.function, "maximum")
    if all(isinstance(meaning.axes[axis], str) for axis in axes):
        result = _over_time(meaning, axes, mode, kept)
    else:
        result = _over_map(interpreter, call, meaning, axes, mode, kept)
    return [result] + [result] * (len(call.outputs) - 1)


def _over_time(meaning: Meaning, axes: list[int], mode: str, kept: bool) -> Meaning:
    if [meaning.axes[axis] for axis in axes] == ["1"]:
        alone = meaning.with_axes([one for axis, one in enumerate(meaning.axes) if axis not in axes or kept])
        assert alone is not None
        return alone
    if [meaning.axes[axis] for axis in axes] != ["T"]:
        raise NotSupported("a reduction over the batch", "reduce over the axis of time")
    if meaning.time != "sequence":
        raise NotSupported("a reduction of what does not change over time", "leave it out")
    (axis,) = axes
    found = meaning.with_axes([*meaning.axes[:axis], *["1"] * kept, *meaning.axes[axis + 1 :]])
    assert found is not None
    return replace(found, time="reduced", mode=mode)


def _over_map(
    interpreter: Interpreter, call: Call, meaning: Meaning, axes: list[int], mode: str, kept: bool
) -> Meaning:
    front = len(meaning.lead)
    if len(meaning.sample) not in (2, 3) or meaning.tail or axes != list(range(front + 1, meaning.rank)):
        raise NotSupported("a reduction over other axes than height and width", "reduce over whole maps")
    if meaning.time == "reduced":
        raise NotSupported("a reduction behind a sum over the timesteps", "put it before the sum")
    sizes = meaning.sample[1:]
    kernel = (1, sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])
    kind = {"sum": "sum", "mean": "average"}.get(mode, "maximum")
    ones = (meaning.sample[0], *[1] * len(sizes))
    pooled = interpreter.node(call, Pool(call.title, kind, kernel, Window(kernel)), [meaning], ones)
    if kept:
        return pooled
    return interpreter.node(call, Flatten(call.title), [pooled], ones[:1], ".flatten")


def last_word(interpreter: Interpreter, call: Call) -> Meaning:
    """Softmax and the like behind the logits, which change no class."""
    meaning = interpreter.meaning(value_of(call))
    timed = meaning.time in ("step", "sequence") or interpreter.is_result(call)
    if not (meaning.time == "reduced" or (timed and len(meaning.sample) == 1)):
        raise NotSupported("a softmax inside of the network", "leave it out, or put it behind the logits")
    line = f"{call.function} behind the logits is left out: it changes no class"
    if line not in interpreter.notes:
        interpreter.notes.append(line)
    if call.function == "argmax":
        return replace(meaning, sample=())
    return meaning
