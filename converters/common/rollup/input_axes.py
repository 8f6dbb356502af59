"""Which axes of the example are time and batch: told by what reads it first."""

from __future__ import annotations

from typing import Any

from snnrt.converters.common.rollup.adapted import Neurons
from snnrt.converters.common.rollup.arguments import argument
from snnrt.converters.common.rollup.calls import Call, Recording, Value

_SAMPLE_AXES = {
    "conv2d": 3, "max_pool2d": 3, "avg_pool2d": 3, "adaptive_avg_pool2d": 3, "conv_transpose2d": 3,
    "lp_pool2d": 3, "conv1d": 2, "max_pool1d": 2, "avg_pool1d": 2, "linear": 1,
}  # fmt: skip
_SAME = ("contiguous", "clone", "detach", "to", "float", "type", "cpu", "dropout", "mul", "div", "sub", "add",
         "requires_grad", "double", "pad", "repeat", "expand", "tile")  # fmt: skip
_REORDER = ("permute", "transpose", "swapaxes", "movedim")

Axes = tuple[tuple[str, ...], tuple[str, ...], int | None]
"""Axes in front of the sample's, those behind, and the number of timesteps where they tell it."""


def input_axes(recording: Recording, adapter: Neurons, steps: int | None) -> Axes:
    """Those of the first input; ``steps``: of a loop in the module, None where it has none."""
    return _axes_of(recording, adapter, recording.inputs[0], steps)


def _axes_of(recording: Recording, adapter: Neurons, value: Value, steps: int | None) -> Axes:
    call = _first_reader(recording, value)
    rank = len(value.shape)
    inserted = None if call is None else _inserted_axis(call, rank)
    if call is not None and (call.function in _REORDER or inserted is not None):
        behind = len(call.outputs[0].shape)
        lead, tail, timesteps = _axes_of(recording, adapter, call.outputs[0], steps)
        words: list[Any] = [*lead, *range(behind - len(lead) - len(tail)), *tail]
        before: list[Any] = [0] * rank
        if inserted is not None:
            before = [*words[:inserted], *words[inserted + 1 :]]
            if words[inserted] == "T":
                # what is not there yet is told by what repeats it
                timesteps = None
        else:
            for place, axis in enumerate(_order(call, rank)):
                before[axis] = words[place]
        front = [axis for axis in range(rank) if isinstance(before[axis], int)]
        begin, end = (front[0], front[-1] + 1) if front else (rank, rank)
        return tuple(before[:begin]), tuple(before[end:]), timesteps
    stepped = None if call is None else _stepped_axis(call)
    if stepped is not None and steps is None and _takes_all(recording, adapter, value, stepped % rank):
        # layers in a loop over time, between neurons that take all of it
        steps = value.shape[stepped % rank]
    if (
        call is not None
        and stepped is not None
        and steps is not None
        and value.shape[stepped % rank] == steps
    ):
        axis = stepped % rank
        rest = max(rank - 1 - _sample_axes(recording, call, rank - 2), 0)
        batch = ("N",) * min(rest, 1)
        if axis == rank - 1 and axis > len(batch):
            return batch, ("T",), steps
        return (*batch[:axis], "T", *batch[axis:]) if axis <= len(batch) else ("T", *batch), (), steps
    return _together(recording, adapter, value, call)


def _together(recording: Recording, adapter: Neurons, value: Value, call: Call | None) -> Axes:
    """Axes of an input that is not taken apart."""
    rank = len(value.shape)
    order = _order_of_all(recording, adapter)
    sample = rank - 1
    if call is not None:
        if call.cell is not None:
            known = adapter.sample_axes(call.cell)
            alone = adapter.adapt_time(call.cell) in ("single", "NT merged") or adapter.makes_time(call.cell)
            sample = rank - (1 if alone else 2) if known is None else known
        elif call.function == "flatten":
            start, end = argument(call, 1, "start_dim", 0), argument(call, 2, "end_dim", -1)
            sample = rank - (2 if (start, end) == (0, 1) else max(start, 1))
        else:
            sample = min(_SAMPLE_AXES.get(call.function, rank - 1), rank)
    lead = rank - sample
    if order == "NT merged" and lead == 1:
        cell = next(one.cell for one in recording.calls if one.cell is not None)
        return ("NT",), (), adapter.merged_timesteps(cell, value.shape[0])
    if lead == 1 and order == "NT" and _takes_one_input(recording, adapter):
        return ("T",), (), value.shape[0]
    if lead <= 1:
        return ("N",) * max(lead, 0), (), None
    axes = ("N", "T") if order in ("NT", "NT merged") else ("T", "N")
    return axes, (), value.shape[axes.index("T")]


def _order_of_all(recording: Recording, adapter: Neurons) -> str | None:
    """Axes of the first neuron that takes all timesteps of its input in one call; None where none does."""
    cells = [call.cell for call in recording.calls if call.cell is not None]
    times = [adapter.adapt_time(cell) for cell in cells if not adapter.makes_time(cell)]
    return next((one for one in times if one != "single"), None)


def _takes_all(recording: Recording, adapter: Neurons, value: Value, axis: int) -> bool:
    """Is each place of ``axis`` read by itself, though neurons take all of them?"""
    if _order_of_all(recording, adapter) is None:
        return False
    readers = [call for call in recording.calls if any(one is value for one in call.values())]
    if any(call.function in ("unbind", "iter") for call in readers):
        return True
    return len(readers) == value.shape[axis] and all(_stepped_axis(call) == axis for call in readers)


def _takes_one_input(recording: Recording, adapter: Neurons) -> bool:
    """Do its neurons take the timesteps of one input, without a batch axis?"""
    cells = [call.cell for call in recording.calls if call.cell is not None]
    return all(adapter.sample_axes(cell) is not None for cell in cells)


def _first_reader(recording: Recording, value: Value) -> Call | None:
    """What first reads the input, beyond what leaves its axes as they are."""
    for call in recording.calls:
        if any(one is value for one in call.values()):
            if call.function in _SAME and call.outputs and len(call.outputs[0].shape) == len(value.shape):
                found = _first_reader(recording, call.outputs[0])
                if found is not None:
                    return found
                continue
            return call
    return None


def _inserted_axis(call: Call, rank: int) -> int | None:
    """Where ``call`` puts an axis of one, if that is all that it does."""
    if call.function == "unsqueeze":
        return int(argument(call, 1, "dim")) % (rank + 1)
    if call.function == "getitem":
        index = call.arguments[1]
        index = list(index) if isinstance(index, tuple) else [index]
        if index.count(None) == 1 and all(one is None or one == slice(None) for one in index):
            return index.index(None)
    return None


def _order(call: Call, rank: int) -> list[int]:
    """For each axis of the result the axis that it was."""
    order = list(range(rank))
    if call.function == "permute":
        given = argument(call, 1, "dims")
        return [
            int(one) % rank for one in (given if isinstance(given, (tuple, list)) else call.arguments[1:])
        ]
    if call.function == "movedim":
        source, target = argument(call, 1, "source"), argument(call, 2, "destination")
        if isinstance(source, int) and isinstance(target, int):
            order.remove(source % rank)
            order.insert(target % rank, source % rank)
        return order
    first, second = int(argument(call, 1, "dim0")) % rank, int(argument(call, 2, "dim1")) % rank
    order[first], order[second] = order[second], order[first]
    return order


def _stepped_axis(call: Call) -> int | None:
    """The axis of which ``call`` takes one place after the other."""
    if call.function in ("unbind", "iter"):
        return int(argument(call, 1, "dim", 0))
    if call.function == "select":
        return int(argument(call, 1, "dim"))
    if call.function == "getitem":
        index = call.arguments[1]
        index = list(index) if isinstance(index, tuple) else [index]
        if Ellipsis in index:
            behind = index[index.index(Ellipsis) + 1 :]
            return -1 if len(behind) == 1 and isinstance(behind[0], int) else None
        for axis, one in enumerate(index):
            if isinstance(one, int):
                return axis
            if one != slice(None):
                return None
    return None


def _sample_axes(recording: Recording, call: Call, default: int) -> int:
    """Axes of one sample, told by what reads one timestep of the input."""
    reader = _first_reader(recording, call.outputs[0])
    if reader is None:
        return default
    if reader.function == "flatten":
        return len(call.outputs[0].shape) - max(int(argument(reader, 1, "start_dim", 0)), 1)
    return _SAMPLE_AXES.get(reader.function, default)
