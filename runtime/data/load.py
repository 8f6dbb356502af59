"""Input data: read from outside, checked, and brought into the shape that a model reads."""

from __future__ import annotations

import errno
import math
import os
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from snnrt.data.builtin import BUILT_IN, SPLITS, Split
from snnrt.errors import DataError
from snnrt.ir.graph import Graph, Input, Shape

RANGE_TOLERANCE = 1e-3
"""How far a value may leave the model's input range, as a fraction of that range (rounding)."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs ``x`` (N, …) of any numeric dtype, labels ``y`` (N,) if there are any.

    ``name`` is the file or the built-in set, for messages.
    """

    x: np.ndarray
    y: np.ndarray | None
    name: str

    def __len__(self) -> int:
        return len(self.x)


Accept = Callable[[str, Shape, np.dtype], None]
"""Raises DataError for an array (field, shape, dtype) whose values need not be read."""


def load_dataset(source: str | os.PathLike[str], split: Split = "test") -> Dataset:
    """Read DATA: an ``.npz`` with ``x`` (and ``y``), an ``.npy``, or a built-in name.

    Built-in names are ``digits`` and ``yin-yang``; ``digits:train`` names a split, otherwise it
    is ``split``. Raises DataError for whatever is not that: a missing or malformed file, object
    arrays (which could run code), values that are no numbers, more bytes than the memory holds.
    """
    return _load(source, split, lambda *_: None)


def load_for_model(
    source: str | os.PathLike[str],
    graph: Graph,
    *,
    split: Split = "test",
    limit: int | None = None,
    timesteps: int | None = None,
) -> Dataset:
    """:func:`load_dataset` and :func:`fit_to_model` in one: what cannot fit is refused by its header.

    An archive that would unpack into gigabytes of another shape costs nothing. Raises DataError as both.
    """
    name, inputs = os.fspath(source), [0]

    def accept(field: str, shape: Shape, dtype: np.dtype) -> None:
        # every value the same one: an array of this shape without memory
        stand_in = np.broadcast_to(np.zeros((), dtype), shape)
        if field == "x":
            _fit_shape(stand_in, graph, timesteps, name)
            inputs[0] = len(stand_in)
        else:
            _check_label_shape(stand_in, inputs[0], _classes(graph), name)

    return fit_to_model(_load(source, split, accept), graph, limit=limit, timesteps=timesteps)


def _load(source: str | os.PathLike[str], split: Split, accept: Accept) -> Dataset:
    name = os.fspath(source)
    built_in, _, asked_split = name.partition(":")
    if built_in in BUILT_IN:
        return _load_built_in(name, built_in, asked_split or split)
    path = Path(source)
    with _clear_errors(name):
        if not path.exists():
            known = ", ".join(BUILT_IN)
            raise DataError(f"{name}: no such file, and no built-in data of that name ({known})")
        if not path.is_file():
            raise DataError(f"{name}: expected an .npz or .npy file, found a folder or a device")
        with path.open("rb") as file:
            magic = file.read(6)
            file.seek(0)
            if magic[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
                return _load_npz(file, name, accept)
            if magic == np.lib.format.MAGIC_PREFIX:
                return Dataset(_read_array(file, path.stat().st_size, name, "x", accept), None, name)
        found = "an empty file" if not magic else f"a file that starts with {magic!r}"
        raise DataError(
            f"{name}: expected an .npz or .npy file, found {found}; write one with numpy.savez(x=…, y=…)"
        )


def fit_to_model(
    dataset: Dataset, graph: Graph, *, limit: int | None = None, timesteps: int | None = None
) -> Dataset:
    """Check ``dataset`` against what ``graph`` reads and bring it into that shape.

    ``x`` becomes float32 (N, *shape) for a constant input, (N, T, *shape) for spikes, where a
    missing channel axis is added if the model has one channel; ``y`` becomes int64 (N,).
    ``limit`` keeps the first inputs. Spike tensors have as many timesteps as the model; where
    ``timesteps`` asks for fewer, the first are kept. Nothing else is reshaped, scaled or cut.

    Raises DataError: empty, wrong shape, no number, NaN or infinite, outside the input's range
    by more than RANGE_TOLERANCE of it (where the model states one), labels that are not one
    class number for each input.
    """
    x, y, name = dataset.x, dataset.y, dataset.name
    _check_dtype(x.dtype, name, "x")
    if y is not None and x.ndim:
        y = _check_labels(y, len(x), _classes(graph), name)
    if limit is not None and x.ndim:
        x, y = x[:limit], None if y is None else y[:limit]
    x = _fit_shape(x, graph, timesteps, name)
    _check_values(x, graph.input, name)
    return replace(dataset, x=np.ascontiguousarray(x, np.float32), y=y)


def _load_built_in(name: str, built_in: str, split: str) -> Dataset:
    if split not in SPLITS:
        raise DataError(f"{name}: expected the split {', '.join(SPLITS)}, found {split!r}")
    x, y = BUILT_IN[built_in](split)  # type: ignore[arg-type]
    return Dataset(x, y, name)


def _fit_shape(x: np.ndarray, graph: Graph, timesteps: int | None, name: str) -> np.ndarray:
    if x.ndim == 0:
        raise DataError(f"{name}: x: expected an array of inputs, found a single number")
    x = _add_channel_axis(x, graph.input)
    _check_shape(x, graph.input, name)
    if graph.input.encoding == "spikes":
        x = _check_timesteps(x, graph.timesteps, timesteps, name)
    if x.size == 0:
        raise DataError(f"{name}: x: expected at least one input, found none (shape {_text(x.shape)})")
    return x


def _load_npz(file: IO[bytes], name: str, accept: Accept) -> Dataset:
    with zipfile.ZipFile(file) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if "x" not in members:
            found = ", ".join(repr(key) for key in list(members)[:5]) or "none"
            raise DataError(f"{name}: expected an array x (inputs) and perhaps y (labels), found {found}")
        arrays = {}
        for key in ("x", "y"):
            if key in members:
                if members[key].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise DataError(
                        f"{name}: {key}: unknown compression; write it with numpy.savez_compressed"
                    )
                with archive.open(members[key]) as member:
                    arrays[key] = _read_array(member, members[key].file_size, name, key, accept)
        return Dataset(arrays["x"], arrays.get("y"), name)


def _read_array(file: IO[bytes], size: int, name: str, field: str, accept: Accept) -> np.ndarray:
    """One array in NumPy's format, ``size`` bytes; its header is checked before memory is taken."""
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        found = f"{version[0]}.{version[1]}"
        raise DataError(
            f"{name}: {field}: expected NumPy's format 1.0, found {found}; write it with numpy.save"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    _check_dtype(dtype, name, field)
    if any(axis < 0 for axis in shape):
        raise DataError(f"{name}: {field}: malformed: its header says the shape {_text(shape)}")
    count = math.prod(shape)
    needed, held = count * dtype.itemsize, size - file.tell()
    if needed != held:
        raise DataError(
            f"{name}: {field}: expected {needed} bytes for shape {_text(shape)} {dtype.name}, found {held}: "
            "the file is cut off or damaged"
        )
    if count * (dtype.itemsize + 4) > _memory_bytes():
        raise DataError(
            f"{name}: {field}: {count} values do not fit into this machine's memory; split the file"
        )
    accept(field, shape, dtype)
    data, filled = np.empty(needed, np.uint8), 0
    while filled < needed:
        chunk = file.read(min(needed - filled, 1 << 22))
        if not chunk:
            raise DataError(f"{name}: {field}: expected {needed} bytes, found {filled}: the file is cut off")
        data[filled : filled + len(chunk)] = np.frombuffer(chunk, np.uint8)
        filled += len(chunk)
    values = data != 0 if dtype.kind == "b" else data.view(dtype)
    return values.reshape(shape, order="F" if fortran_order else "C")


def _memory_bytes() -> int:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return 1 << 36
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def _clear_errors(name: str) -> Iterator[None]:
    """Whatever reading a malformed file raises, as a DataError that names the file."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EINVAL:
            # a place before the file's begin, as a damaged archive asks for
            raise DataError(f"{name}: malformed .npz or .npy file: it names a place outside it") from error
        raise DataError(f"{name}: cannot be read: {error.strerror or error}") from error
    except MemoryError as error:
        raise DataError(f"{name}: does not fit into memory; split it") from error
    except (zipfile.BadZipFile, zlib.error, ValueError, TypeError, EOFError, LookupError, SyntaxError,
            tokenize.TokenError, RuntimeError, ArithmeticError) as error:  # fmt: skip
        reason = " ".join(str(error).split())[:120]
        raise DataError(f"{name}: malformed .npz or .npy file: {reason or type(error).__name__}") from error


def _check_dtype(dtype: np.dtype, name: str, field: str) -> None:
    if dtype.kind not in "biuf":
        what = "Python objects" if dtype.hasobject else f"dtype {dtype.name}"
        raise DataError(f"{name}: {field}: expected numbers (bool, integer or float), found {what}")


def _classes(graph: Graph) -> int:
    return math.prod(graph.readout.shape)


def _check_label_shape(y: np.ndarray, inputs: int, classes: int, name: str) -> None:
    if y.shape != (inputs,):
        hint = ""
        if y.shape == (inputs, classes) and classes > 1:
            hint = "; one-hot labels: use y.argmax(1)"
        elif y.shape == (inputs, 1):
            hint = "; use y[:, 0]"
        raise DataError(
            f"{name}: y: expected one label for each input, shape ({inputs},), found {_text(y.shape)}{hint}"
        )
    if y.dtype.kind not in "iu":
        raise DataError(f"{name}: y: expected integer class numbers, found {y.dtype.name}; use y.astype(int)")


def _check_labels(y: np.ndarray, inputs: int, classes: int, name: str) -> np.ndarray:
    _check_label_shape(y, inputs, classes, name)
    outside = np.flatnonzero((y < 0) | (y >= classes))
    if outside.size:
        first = outside[0]
        raise DataError(f"{name}: y[{first}]: expected a class 0 … {classes - 1}, found {y[first]}")
    return y.astype(np.int64)


def _add_channel_axis(x: np.ndarray, source: Input) -> np.ndarray:
    leading = 2 if source.encoding == "spikes" else 1
    shape = source.shape
    if len(shape) == 3 and shape[0] == 1 and x.ndim == leading + 2 and x.shape[leading:] == shape[1:]:
        return np.expand_dims(x, leading)
    return x


def _check_shape(x: np.ndarray, source: Input, name: str) -> None:
    shape = source.shape
    leading = ("N", "T") if source.encoding == "spikes" else ("N",)
    if x.ndim == len(leading) + len(shape) and x.shape[len(leading) :] == shape:
        return
    expected = _text(leading + shape)
    what = "a spike tensor" if source.encoding == "spikes" else "constant inputs"
    hint = _shape_hint(x.shape, shape, leading)
    raise DataError(f"{name}: x: the model reads {what} of shape {expected}, found {_text(x.shape)}{hint}")


def _shape_hint(found: Shape, shape: Shape, leading: tuple[str, ...]) -> str:
    count = len(leading)
    if found == shape:
        return "; a single input: use x[None]" if count == 1 else "; use x[None, None]"
    if count == 2 and len(found) == len(shape) + 1 and found[1:] == shape:
        return "; the time axis or the input axis is missing: use x[:, None] or x[None]"
    if count == 1 and len(found) == len(shape) + 2 and found[2:] == shape:
        return "; there is a time axis, but this model reads the same values at every timestep"
    rest = found[count:]
    if len(shape) == 3 and len(rest) == 3 and (rest[2], *rest[:2]) == shape:
        axes = (*range(count), count + 2, count, count + 1)
        return f"; channels are last: use x.transpose{axes}"
    if len(found) > count and math.prod(rest) == math.prod(shape) and 0 not in rest:
        leading_text = ", ".join(str(axis) for axis in found[:count])
        wanted = ", ".join(str(axis) for axis in shape)
        return f"; if the order of the values is right, use x.reshape({leading_text}, {wanted})"
    return "; this data is not for this model"


def _check_timesteps(x: np.ndarray, model: int, asked: int | None, name: str) -> np.ndarray:
    found = x.shape[1]
    if asked is None and found != model:
        advice = f"; ask for {min(found, model)} timesteps (--timesteps)" if found else ""
        raise DataError(f"{name}: x: expected {model} timesteps, found {found}{advice}")
    if asked is not None and found < asked:
        raise DataError(f"{name}: x: expected at least {asked} timesteps, as asked for, found {found}")
    return x if asked is None else x[:, :asked]


def _check_values(x: np.ndarray, source: Input, name: str) -> None:
    lowest, highest = float(x.min()), float(x.max())
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        bad = np.argwhere(~np.isfinite(x))
        where = ", ".join(str(axis) for axis in bad[0])
        value = x[tuple(bad[0])]
        raise DataError(
            f"{name}: x[{where}]: expected finite numbers, found {value} ({len(bad)} such values)"
        )
    largest = float(np.finfo(np.float32).max)
    low, high = max(source.low, -largest), min(source.high, largest)
    slack = RANGE_TOLERANCE * (high - low) if source.low > -largest and source.high < largest else 0.0
    if low - slack <= lowest and highest <= high + slack:
        return
    expected, found = f"{low:g} … {high:g}", f"{lowest:g} … {highest:g}"
    hint = f"scale or clip x to {expected}"
    if (low, high) == (0.0, 1.0) and lowest >= 0 and highest <= 255:
        if source.encoding == "spikes" and highest <= 16:
            hint = "several events in a bin: use numpy.minimum(x, 1)"
        elif x.dtype == np.uint8 or highest > 16:
            hint = "8-bit images: divide by 255"
    raise DataError(f"{name}: x: expected values in {expected}, found {found}; {hint}")


def _text(shape: tuple[object, ...]) -> str:
    return "(" + ", ".join(str(axis) for axis in shape) + ("," if len(shape) == 1 else "") + ")"
