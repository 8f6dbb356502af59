"""The one rule for inputs and labels: what a model reads, held against arrays, whoever gives them.

``net.run``, ``net.profile``, ``calibrate=`` and the command check here, a few MiB at a time: a data set may
be a file larger than the memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from snnrt.errors import ArgumentTypeError, DataError
from snnrt.ir.graph import Graph, Input, Shape
from snnrt.texts import quoted

RANGE_TOLERANCE = 1e-3
"""How far a value may leave the model's input range, as a fraction of that range (rounding)."""

_BYTES_AT_ONCE = 2**22
_FLOAT32 = np.dtype(np.float32)
_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


def fitted_inputs(
    x: object, source: Input, model_timesteps: int, timesteps: int | None = None, name: str = "x"
) -> np.ndarray:
    """``x`` as a model with the input node ``source`` reads it; a view, nothing is converted or copied.

    (N, *shape) for a constant input, (N, T, *shape) for spikes: the axis of a single channel, or of the
    single row that a one-dimensional convolution reads, may be missing, so (N, C, L) or (N, T, C, L) will do;
    of spikes, T is the model's, or the first ``timesteps`` are taken where they are asked for. ``name``
    begins the messages. Raises DataError: no numbers, another shape, no input, NaN or infinite, outside the
    input's range by more than RANGE_TOLERANCE of it.
    """
    array = fitted_shape(as_array(x, name), source, model_timesteps, timesteps, name)
    check_values(array, source, name)
    return array


def as_array(x: object, name: str) -> np.ndarray:
    """``x`` as an array of numbers, not copied where it is one. Raises DataError."""
    try:
        array = np.asarray(x)
    except (ValueError, TypeError) as error:
        raise DataError(f"{name}: expected an array of numbers, found none ({error})") from None
    if array.dtype == object and array.ndim == 0:
        raise ArgumentTypeError(
            f"{name}: expected an array, a path or the name of built-in data, found {quoted(x)}"
        )
    check_dtype(array.dtype, name)
    return array


def check_dtype(dtype: np.dtype, name: str) -> None:
    """Raises DataError where a dtype is not of numbers."""
    if dtype.kind not in "biuf":
        what = "Python objects" if dtype.hasobject else f"dtype {dtype.name}"
        hint = "; rows of unequal length?" if dtype.hasobject else ""
        raise DataError(f"{name}: expected numbers (bool, integer or float), found {what}{hint}")


def fitted_shape(
    x: np.ndarray, source: Input, model_timesteps: int, timesteps: int | None, name: str
) -> np.ndarray:
    """The shape's part of :func:`fitted_inputs`."""
    if x.ndim == 0:
        raise DataError(f"{name}: expected an array of inputs, found a single number")
    x = _add_missing_axis(x, source)
    _check_shape(x, source, name)
    if source.encoding == "spikes":
        x = _check_timesteps(x, model_timesteps, timesteps, name)
    if x.size == 0:
        raise DataError(f"{name}: expected at least one input, found none (shape {shape_text(x.shape)})")
    return x


def check_values(x: np.ndarray, source: Input, name: str) -> None:
    """The values' part of :func:`fitted_inputs`."""
    accepted_low, accepted_high = _accepted(source.low, source.high)
    # most often so: of one small input the rest takes as long again
    if 0 < x.nbytes <= _BYTES_AT_ONCE:
        if source.low == 0.0 and x.dtype == _FLOAT32:
            # floats of 0 and above are in the order of their bits; those below, and NaN, lie behind them
            if np.maximum.reduce(x.view(np.uint32), axis=None) <= _bits(accepted_high):
                return
        elif accepted_low <= float(x.min()) and float(x.max()) <= accepted_high:
            return
    lowest, highest = math.inf, -math.inf
    for start, part in _parts(x):
        least, most = float(part.min()), float(part.max())
        if math.isnan(least) or math.isinf(least) or math.isinf(most):
            _refuse_not_finite(part, start, name)
        lowest, highest = min(lowest, least), max(highest, most)
    if accepted_low <= lowest and highest <= accepted_high:
        return
    low, high = _finite(source.low, source.high)
    expected, found = f"{low:g} … {high:g}", f"{lowest:g} … {highest:g}"
    raise DataError(
        f"{name}: expected values in {expected}, found {found}; {_range_hint(x, source, lowest, highest)}"
    )


def _finite(low: float, high: float) -> tuple[float, float]:
    return max(low, -_LARGEST_FLOAT32), min(high, _LARGEST_FLOAT32)


@lru_cache(maxsize=64)
def _accepted(low: float, high: float) -> tuple[float, float]:
    """The range with its tolerance, finite: a NaN or an infinite value is never inside."""
    least, most = _finite(low, high)
    bounded = low > -_LARGEST_FLOAT32 and high < _LARGEST_FLOAT32
    slack = RANGE_TOLERANCE * (most - least) if bounded else 0.0
    return least - slack, most + slack


@lru_cache(maxsize=64)
def _bits(value: float) -> int:
    """Of the largest float32 that is not above ``value``, which is 0 or more and finite."""
    nearest = np.float32(value)
    bits = int(nearest.view(np.uint32))
    return bits if float(nearest) <= value else bits - 1


def _parts(x: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    at_once = len(x) if x.nbytes <= _BYTES_AT_ONCE else max(1, _BYTES_AT_ONCE // max(1, x[0].nbytes))
    for start in range(0, len(x), at_once):
        yield start, x[start : start + at_once]


def _refuse_not_finite(part: np.ndarray, start: int, name: str) -> None:
    bad = np.argwhere(~np.isfinite(part))
    first = bad[0].tolist()
    where = ", ".join(str(axis) for axis in (first[0] + start, *first[1:]))
    raise DataError(
        f"{name}[{where}]: expected finite numbers, found {part[tuple(first)]} ({len(bad)} such values "
        "from there on); use numpy.nan_to_num(x), or leave these inputs out"
    )


def _range_hint(x: np.ndarray, source: Input, lowest: float, highest: float) -> str:
    low, high = source.low, source.high
    if (low, high) == (0.0, 1.0) and lowest >= 0 and highest <= 255:
        if source.encoding == "spikes" and highest <= 16:
            return "several events in a bin: use numpy.minimum(x, 1)"
        if x.dtype == np.uint8 or highest > 16:
            return (
                "8-bit images: divide by 255 (x / 255), or convert with --preprocess scale=0.00392157 (and "
                "mean and std, where the network was trained on normalised images), which the file then keeps"
            )
        if float(highest) == 16:
            return "values up to 16: divide by 16 (x / 16)"
    return (
        f"scale or clip x to {low:g} … {high:g}, or convert the network with the range that it was trained "
        "with (low and high)"
    )


def fitted_labels(y: object, inputs: int, classes: int, name: str = "y") -> np.ndarray:
    """``y`` as int64 (N,): a class 0 … ``classes`` − 1 for each of N ``inputs``. Raises DataError."""
    array = np.asarray(y)
    check_label_shape(array.shape, array.dtype, inputs, classes, name)
    outside = np.flatnonzero((array < 0) | (array >= classes))
    if outside.size:
        first = outside[0]
        hint = "; labels count from 0: use y - 1" if int(array.min()) == 1 and array.max() == classes else ""
        raise DataError(f"{name}[{first}]: expected a class 0 … {classes - 1}, found {array[first]}{hint}")
    return array.astype(np.int64)


def check_label_shape(shape: Shape, dtype: np.dtype, inputs: int, classes: int, name: str) -> None:
    """Raises DataError where labels cannot be one whole number for each input."""
    if shape != (inputs,):
        hint = f"; {shape[0]} labels for {inputs} inputs" if len(shape) == 1 else ""
        if shape == (inputs, classes) and classes > 1:
            hint = "; one-hot labels: use y.argmax(1)"
        elif shape == (inputs, 1):
            hint = "; use y[:, 0]"
        raise DataError(
            f"{name}: expected one label for each input, shape ({inputs},), found {shape_text(shape)}{hint}"
        )
    if dtype.kind not in "iu":
        hint = "use y.astype(int)" if dtype.kind in "fb" else "number the classes from 0, in their order"
        raise DataError(f"{name}: expected integer class numbers, found {dtype.name}; {hint}")


def class_count(graph: Graph) -> int:
    """K."""
    return math.prod(graph.readout.shape)


def shape_text(shape: tuple[object, ...]) -> str:
    """A shape as Python writes it; axes may be names."""
    return "(" + ", ".join(str(axis) for axis in shape) + ("," if len(shape) == 1 else "") + ")"


def _add_missing_axis(x: np.ndarray, source: Input) -> np.ndarray:
    """With the axis of one channel, or of the one row that a one-dimensional convolution's input has."""
    leading = 2 if source.encoding == "spikes" else 1
    shape, given = source.shape, x.shape[leading:]
    if len(shape) == 3 and len(given) == 2:
        if shape[0] == 1 and given == shape[1:]:
            return np.expand_dims(x, leading)
        if shape[1] == 1 and given == (shape[0], shape[2]):
            return np.expand_dims(x, leading + 1)
    return x


def _check_shape(x: np.ndarray, source: Input, name: str) -> None:
    shape = source.shape
    leading = ("N", "T") if source.encoding == "spikes" else ("N",)
    if x.ndim == len(leading) + len(shape) and x.shape[len(leading) :] == shape:
        return
    expected = shape_text(leading + shape)
    what = "a spike tensor" if source.encoding == "spikes" else "constant inputs"
    hint = _shape_hint(x.shape, shape, leading)
    raise DataError(f"{name}: the model reads {what} of shape {expected}, found {shape_text(x.shape)}{hint}")


def _shape_hint(found: Shape, shape: Shape, leading: tuple[str, ...]) -> str:
    count = len(leading)
    if found == shape or (len(shape) == 3 and shape[0] == 1 and found == shape[1:]):
        return "; a single input: use x[None]" if count == 1 else "; use x[None, None]"
    if count == 2 and len(found) == len(shape) + 1 and found[1:] == shape:
        return "; the time axis or the input axis is missing: use x[:, None] or x[None]"
    if count == 1 and len(found) == len(shape) + 2 and found[2:] == shape:
        return (
            "; there is a time axis, but this model reads the same values at every timestep "
            "(convert with encoding spikes for spikes over time)"
        )
    if count == 2 and (found[1:] == shape or (len(shape) == 3 and shape[0] == 1 and found[1:] == shape[1:])):
        return (
            "; the time axis is missing: convert with encoding constant (--encoding constant) where each "
            "input is shown at every timestep, else give spikes over time"
        )
    rest = found[count:]
    if len(shape) == 3 and len(rest) == 3 and (rest[2], *rest[:2]) == shape:
        axes = (*range(count), count + 2, count, count + 1)
        return f"; channels are last: use x.transpose{axes}"
    if len(found) > count and math.prod(rest) == math.prod(shape) and 0 not in rest:
        leading_text = ", ".join(str(axis) for axis in found[:count])
        wanted = ", ".join(str(axis) for axis in shape)
        return f"; if the order of the values is right, use x.reshape({leading_text}, {wanted})"
    return "; this data is not for this model, whose input 'snnrt inspect' shows"


def _check_timesteps(x: np.ndarray, model: int, asked: int | None, name: str) -> np.ndarray:
    found = x.shape[1]
    if asked is None and found != model:
        most = min(found, model)
        if len(x) == model:
            raise DataError(
                f"{name}: expected {model} timesteps, found {found}; if time comes first, (T, N, …), use "
                f"x.swapaxes(0, 1), else ask for {most} timesteps (timesteps={most})"
            )
        advice = f"; ask for {most} timesteps (--timesteps {most}, in Python timesteps={most})"
        raise DataError(f"{name}: expected {model} timesteps, found {found}{advice if found else ''}")
    if asked is not None and found < asked:
        raise DataError(
            f"{name}: expected at least {asked} timesteps, as asked for, found {found}; ask for at most "
            f"{found} (--timesteps {found}, in Python timesteps={found}), or give longer data"
        )
    return x if asked is None else x[:, :asked]
