"""Models, by the core's check: of a graph, of a file's bytes, of a file."""

from __future__ import annotations

import os
from pathlib import Path

from snnrt.devices.core import check_model
from snnrt.errors import ModelError, ModelFileError
from snnrt.format.file_format import LARGEST_FILE
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Graph
from snnrt.ir.spec import MAGIC

MADE_BY = "'snnrt convert SOURCE -o MODEL' makes one of a trained network"
_HDF5 = b"\x89HDF\r\n\x1a\n"


def model_of(graph: Graph) -> Model:
    """The checked model of a graph. Raises ModelError where the graph breaks a rule of the IR."""
    return Model.from_graph(graph, check_model)


def read_model(raw: bytes) -> Model:
    """The checked model of a file's bytes. Raises ModelError for any bytes that are no valid model."""
    return Model.from_bytes(raw, check_model)


def with_exit(model: Model, exit: Exit | str | None) -> Model:
    """``model``, or where ``exit`` is one of several terms that it has not, the model that has them: a device
    reads terms in the model. Raises DataError, and ModelError for an exit that the model cannot have."""
    if exit is None:
        return model
    chosen = Exit.of(exit)
    if chosen.rule != "combined" or chosen == Exit.of(model.graph.exit):
        return model
    return model_of(model.graph.with_exit(chosen))


def load_model(path: str | os.PathLike[str]) -> Model:
    """The checked model of a file. Raises ModelError that names the file, what is wrong and where."""
    name = os.fspath(path)
    try:
        with Path(path).open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise ModelFileError(f"{name}: no such file; expected a .snnrt file, which {MADE_BY}") from None
    except OSError as error:
        raise ModelFileError(f"{name}: can't be read ({error.strerror or error}); check the path") from None
    if len(raw) > LARGEST_FILE:
        raise ModelError(f"{name}: expected fewer than {LARGEST_FILE} bytes, found more; not a snnrt model")
    if not MAGIC.startswith(raw[: len(MAGIC)]):
        what = f"; {MADE_BY}"
        if raw.startswith(_HDF5) or name.endswith(".onnx"):
            kind = "an ONNX file" if name.endswith(".onnx") else "a NIR file"
            output = Path(name).with_suffix(".snnrt")
            what = f"; {kind} must be converted first: 'snnrt convert {name} -o {output}'"
        raise ModelError(f"{name}: not a snnrt model (wrong magic number){what}")
    try:
        return read_model(raw)
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from None
    except MemoryError:
        raise ModelError(f"{name}: the model needs more memory than this machine has") from None
