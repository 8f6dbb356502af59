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
from difflib import get_close_matches
from pathlib import Path
from typing import IO

import numpy as np

from snnrt.data.builtin import BUILT_IN, SPLITS, Split
from snnrt.data.fit import (
    as_array,
    check_dtype,
    check_label_shape,
    class_count,
    fitted_inputs,
    fitted_labels,
    fitted_shape,
    shape_text,
)
from snnrt.data.formats import KNOWN, Wanted, read_files, read_other, wanted_by
from snnrt.data.preprocessing import Preprocessing
from snnrt.data.samples import as_numpy
from snnrt.errors import DataError, DataFileError
from snnrt.ir.graph import Graph, Shape
from snnrt.texts import quoted


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs ``x`` (N, …) of any numeric dtype, labels ``y`` (N,) if there are any.

    ``name`` is the file or the built-in set, for messages. ``prepared``: whether ``x`` is what a network's
    first node reads already, so that the model's own preprocessing is not for it.
    """

    x: np.ndarray
    y: np.ndarray | None
    name: str
    prepared: bool = False

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        labels = "no labels" if self.y is None else f"labels {self.y.shape}"
        return f"<snnrt.data.Dataset {quoted(self.name)}: x {self.x.dtype} {self.x.shape}, {labels}>"


MOST_ARRAYS = 4096
"""In one file."""

Accept = Callable[[str, Shape, np.dtype], None]
"""Raises DataError for an array (field, shape, dtype) whose values need not be read."""


def load_dataset(source: str | os.PathLike[str], split: Split = "test") -> Dataset:
    """Read DATA: an ``.npz`` with ``x`` (and ``y``), an ``.npy``, IDX (``.gz`` too), CSV, an image, a
    WAV file, a folder of these (folders in it are classes), or a built-in name. Recordings of events need a
    model, which says their bins: :func:`load_for_model`.

    Built-in names are ``digits`` and ``yin-yang``; ``digits:train`` names a split, otherwise it
    is ``split``. Raises DataError for whatever is not that: a missing or malformed file, object
    arrays (which could run code), values that are no numbers, more bytes than the memory holds.
    """
    return _load(source, split, lambda *_: None, None)


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
    chosen = Preprocessing.of_graph(graph)

    def accept(field: str, shape: Shape, dtype: np.dtype) -> None:
        # every value the same one: an array of this shape without memory
        stand_in = np.broadcast_to(np.zeros((), dtype), shape)
        if field == "x" and chosen is not None:
            inputs[0] = len(stand_in) if shape else 0
        elif field == "x":
            fitted_shape(stand_in, graph.input, graph.timesteps, timesteps, f"{name}: x")
            inputs[0] = len(stand_in)
        else:
            check_label_shape(shape, dtype, inputs[0], class_count(graph), f"{name}: y")

    wanted = wanted_by(graph, chosen, timesteps)
    return fit_to_model(_load(source, split, accept, wanted, limit), graph, limit=limit, timesteps=timesteps)


def _load(
    source: str | os.PathLike[str],
    split: Split,
    accept: Accept,
    wanted: Wanted | None,
    limit: int | None = None,
) -> Dataset:
    name = os.fspath(source)
    built_in, _, asked_split = name.partition(":")
    if built_in in BUILT_IN:
        return _load_built_in(name, built_in, asked_split or split)
    path = Path(source)
    with _clear_errors(name):
        if not path.exists():
            known = ", ".join(BUILT_IN)
            close = get_close_matches(built_in, BUILT_IN, n=1)
            hint = f"did you mean {close[0]}?" if close else "numpy.savez('data.npz', x=x, y=y) writes a file"
            raise DataFileError(f"{name}: no such file, and no built-in data of that name ({known}); {hint}")
        if path.is_dir():
            return Dataset(*read_files(path, name, wanted, _memory_bytes() // 2), name)
        if not path.is_file():
            raise DataFileError(f"{name}: expected a file, found a device; give a file")
        with path.open("rb") as file:
            magic = file.read(16)
            file.seek(0)
            if magic[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
                return _load_npz(file, name, accept)
            if magic.startswith(np.lib.format.MAGIC_PREFIX):
                return Dataset(_read_array(file, path.stat().st_size, name, "x", accept), None, name)
        other = read_other(path, name, magic, wanted, _memory_bytes() // 2)
        if other is not None:
            accept("x", other[0].shape, other[0].dtype)
            return Dataset(*other, name)
        found = "an empty file" if not magic else f"a file that starts with {magic[:6]!r}"
        if magic.startswith((b"SNNRT", b"\x89HDF")):
            found = "a model; the model comes first, then the data"
        raise DataError(
            f"{name}: expected an .npz or .npy file, {KNOWN}, found {found}; write one with "
            "numpy.savez(x=…, y=…)"
        )


def load_arrays(source: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Every array of an ``.npz``, by name. Raises DataError as :func:`load_dataset` does."""
    name, path = os.fspath(source), Path(source)
    with _clear_errors(name):
        if not path.is_file():
            raise DataFileError(f"{name}: no such file; expected an .npz")
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MOST_ARRAYS:
                raise DataError(f"{name}: expected at most {MOST_ARRAYS} arrays, found {len(members)}")
            if sum(member.file_size for member in members) > _memory_bytes() // 2:
                raise DataError(f"{name}: its arrays do not fit into this machine's memory; split it")
            return {
                (key := member.filename.removesuffix(".npy")): _read_member(
                    archive, member, name, quoted(key), lambda *_: None
                )
                for member in members
            }


def fit_to_model(
    dataset: Dataset, graph: Graph, *, limit: int | None = None, timesteps: int | None = None
) -> Dataset:
    """``dataset`` as ``graph`` reads it, all of it converted: :mod:`snnrt.data.fit` states the rule.

    ``x`` becomes float32 (N, *shape) for a constant input, (N, T, *shape) for spikes; ``y`` int64 (N,).
    ``limit`` keeps the first inputs; ``timesteps`` the first of spikes. Nothing else is reshaped, scaled or
    cut. Raises DataError.
    """
    x, y, name = as_array(dataset.x, f"{dataset.name}: x"), dataset.y, dataset.name
    if y is not None and x.ndim:
        y = fitted_labels(y, len(x), class_count(graph), f"{name}: y")
    if limit is not None and x.ndim:
        x, y = x[:limit], None if y is None else y[:limit]
    x = prepared_inputs(x, graph, timesteps, f"{name}: x", dataset.prepared)
    return replace(dataset, x=np.ascontiguousarray(x, np.float32), y=y, prepared=True)


def prepared_inputs(
    x: object, graph: Graph, timesteps: int | None, name: str, prepared: bool = False
) -> np.ndarray:
    """``x`` through the model's own preprocessing, unless it is ``prepared``, and held against the rule
    (:func:`snnrt.data.fit.fitted_inputs`). Raises DataError."""
    x = as_numpy(x)
    chosen = None if prepared else Preprocessing.of_graph(graph)
    if chosen is not None:
        array = as_array(x, name)
        x = chosen.apply(array, graph, name, timesteps) if array.ndim else array
    return fitted_inputs(x, graph.input, graph.timesteps, timesteps, name)


def _load_built_in(name: str, built_in: str, split: str) -> Dataset:
    if split not in SPLITS:
        raise DataError(f"{name}: expected the split {', '.join(SPLITS)}, found {split!r}")
    x, y = BUILT_IN[built_in](split)  # type: ignore[arg-type]
    return Dataset(x, y, name)


def _load_npz(file: IO[bytes], name: str, accept: Accept) -> Dataset:
    with zipfile.ZipFile(file) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if "x" not in members:
            found = ", ".join(repr(key) for key in list(members)[:5]) or "none"
            raise DataError(f"{name}: expected an array x (inputs) and perhaps y (labels), found {found}")
        arrays = {}
        for key in ("x", "y"):
            if key in members:
                arrays[key] = _read_member(archive, members[key], name, key, accept)
        return Dataset(arrays["x"], arrays.get("y"), name)


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, field: str, accept: Accept
) -> np.ndarray:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{name}: {field}: unknown compression; write it with numpy.savez_compressed")
    with archive.open(member) as file:
        return _read_array(file, member.file_size, name, field, accept)


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
    check_dtype(dtype, f"{name}: {field}")
    if any(axis < 0 for axis in shape):
        raise DataError(f"{name}: {field}: malformed: its header says the shape {shape_text(shape)}")
    count = math.prod(shape)
    needed, held = count * dtype.itemsize, size - file.tell()
    if needed != held:
        raise DataError(
            f"{name}: {field}: expected {needed} bytes for shape {shape_text(shape)} {dtype.name}, "
            f"found {held}: the file is cut off or damaged"
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
    except DataError:
        raise
    except OSError as error:
        if error.errno == errno.EINVAL:
            # a place before the file's begin, as a damaged archive asks for
            raise DataError(f"{name}: malformed .npz or .npy file: it names a place outside it") from error
        raise DataFileError(f"{name}: cannot be read: {error.strerror or error}; check the path") from error
    except MemoryError as error:
        raise DataError(f"{name}: does not fit into memory; split it") from error
    except (zipfile.BadZipFile, zlib.error, ValueError, TypeError, EOFError, LookupError, SyntaxError,
            tokenize.TokenError, RuntimeError, ArithmeticError) as error:  # fmt: skip
        reason = " ".join(str(error).split())[:120]
        raise DataError(f"{name}: malformed .npz or .npy file: {reason or type(error).__name__}") from error
