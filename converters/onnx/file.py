"""An ONNX file as a model whose tensors are arrays, read so that a hostile or damaged file stays harmless."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import onnx
from onnx import inliner, numpy_helper

from snnrt.converters.common.content import find_content
from snnrt.errors import ModelError, ModelFileError
from snnrt.texts import printable

MOST_BYTES = 2**30
"""Of a file, and of the data beside it."""

MAX_NODES = 100_000
"""Once local functions are expanded."""

NEWEST_OPSET = 30
DOMAINS = ("", "ai.onnx")
_PARTS = (onnx.TensorProto.UNDEFINED, onnx.TensorProto.STRING)

# onnx raises nearly anything on a damaged model
DAMAGED = (
    ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, NotImplementedError, OSError,
    RecursionError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


@dataclass(frozen=True)
class OnnxModel:
    """A model: its ``graph``, ``folder`` of its external data (None: a model in memory), ``opset`` of ONNX's
    own operators, and the ``producer`` that it names."""

    graph: onnx.GraphProto
    folder: Path | None
    opset: int
    producer: str

    def array(self, tensor: onnx.TensorProto) -> np.ndarray:
        """The values of ``tensor``. Raises ModelError where it is damaged, too large, or elsewhere."""
        name = printable(tensor.name)
        size = math.prod(tensor.dims)
        if tensor.data_type in _PARTS or min(tensor.dims, default=0) < 0 or size * 8 > MOST_BYTES:
            raise ModelError(
                f"tensor {name!r}: expected numbers, at most {MOST_BYTES >> 20} MiB, found "
                f"type {tensor.data_type} of shape {tuple(tensor.dims)[:8]}"
            )
        try:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                return self._external(tensor, size)
            array = numpy_helper.to_array(tensor)
        except DAMAGED as error:
            raise ModelError(
                f"tensor {name!r}: its data do not fit its shape {tuple(tensor.dims)[:8]} ({_brief(error)}); "
                "export the model again"
            ) from None
        return _number(array)

    def _external(self, tensor: onnx.TensorProto, size: int) -> np.ndarray:
        name = printable(tensor.name)
        fields = {as_text(one.key): as_text(one.value) for one in tensor.external_data}
        place = PurePosixPath(fields.get("location", "").replace("\\", "/"))
        if self.folder is None:
            raise ModelError(
                f"tensor {name!r}: its data lie in {printable(str(place))!r}; give the path of the file, or "
                "load the data into the model first (onnx.load does)"
            )
        if not place.name or place.is_absolute() or ".." in place.parts:
            raise ModelError(
                f"tensor {name!r}: its data lie in {printable(str(place))!r}; expected a file beside the "
                "model"
            )
        path = self.folder / place
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
        try:
            if not path.is_file() or not path.resolve().is_relative_to(self.folder.resolve()):
                raise FileNotFoundError(2, "no such file beside the model")
            offset = int(fields.get("offset", 0))
            if size * dtype.itemsize + offset > min(path.stat().st_size, MOST_BYTES):
                raise ModelError(
                    f"tensor {name!r}: {printable(str(place))!r} is too short for it; "
                    "copy the whole file beside the model"
                )
            found = np.fromfile(path, dtype, size, offset=offset)
        except OSError as error:
            raise ModelFileError(
                f"tensor {name!r}: its data in {printable(str(place))!r} can't be read "
                f"({error.strerror or error}); copy that file beside the model"
            ) from None
        return _number(found.reshape(tuple(tensor.dims)))


def read_onnx(source: object) -> OnnxModel:
    """The model of a path or of an ``onnx.ModelProto``, its local functions expanded.

    Raises ModelError for what is no model, is damaged or too large, or has operators of others.
    """
    if isinstance(source, onnx.ModelProto):
        return _checked(source, None)
    path = Path(os.fspath(source))  # type: ignore[call-overload]
    if not path.is_file():
        raise ModelFileError(f"{path}: no such file; expected an ONNX model (.onnx)")
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise ModelFileError(f"{path}: can't be read ({error.strerror or error}); check the path") from None
    if size > MOST_BYTES:
        raise ModelError(f"expected at most {MOST_BYTES >> 20} MiB, found {size} bytes")
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception:
        # protobuf's own
        model = onnx.ModelProto()
    if not model.graph.node and not model.graph.input:
        what, remedy = find_content(path) or ("", "export the network again with torch.onnx.export")
        what = what if what and what != "an ONNX model" else "a damaged file"
        raise ModelError(f"expected an ONNX model, found {what}; {remedy}")
    return _checked(model, path.parent)


def _checked(model: onnx.ModelProto, folder: Path | None) -> OnnxModel:
    opset = {one.domain: one.version for one in model.opset_import}
    own = max((opset[one] for one in DOMAINS if one in opset), default=1)
    if not 1 <= own <= NEWEST_OPSET:
        raise ModelError(f"opset {own}: expected 1 to {NEWEST_OPSET}; export with opset_version=20")
    if model.functions:
        model = _inlined(model)
    if _count(model.graph) > MAX_NODES:
        raise ModelError(f"the model has more than {MAX_NODES} nodes; expected fewer timesteps, or a loop")
    return OnnxModel(model.graph, folder, own, printable(model.producer_name))


def _inlined(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without its local functions."""
    sizes: dict[tuple[str, str], int] = {}
    bodies = {(one.domain, one.name): one for one in model.functions}

    def size(key: tuple[str, str], above: tuple[tuple[str, str], ...]) -> int:
        if key in above or len(above) > 64:
            raise ModelError(f"the function {printable(key[1])!r} calls itself; export the network again")
        if key not in sizes:
            sizes[key] = sum(
                size(called, (*above, key)) if called in bodies else 1
                for called in ((node.domain, node.op_type) for node in bodies[key].node)
            )
        return sizes[key]

    total = sum(size((n.domain, n.op_type), ()) for n in model.graph.node if (n.domain, n.op_type) in bodies)
    if total > MAX_NODES:
        raise ModelError(f"its functions expand to more than {MAX_NODES} nodes; expected fewer")
    try:
        inlined: onnx.ModelProto = inliner.inline_local_functions(model)
    except DAMAGED as error:
        raise ModelError(f"its functions can't be expanded ({_brief(error)}); export it again") from None
    return inlined


def _count(graph: onnx.GraphProto, depth: int = 0) -> int:
    if depth > 16:
        raise ModelError("loops nested deeper than 16; expected a network's")
    inner = sum(
        _count(attribute.g, depth + 1) for node in graph.node for attribute in node.attribute
        if attribute.type == onnx.AttributeProto.GRAPH
    )  # fmt: skip
    return len(graph.node) + inner


def _number(array: np.ndarray) -> np.ndarray:
    """In a type that NumPy computes with."""
    if array.dtype.kind not in "biuf":
        array = array.astype(np.float32)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _brief(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def as_text(value: str | bytes) -> str:
    """A name: protobuf gives bytes for what is no UTF-8."""
    return value if isinstance(value, str) else value.decode("utf8", "replace")


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """By name: numbers, lists, bytes decoded, tensors and graphs as they are. Raises ModelError."""
    found: dict[str, Any] = {}
    for one in node.attribute:
        try:
            value = onnx.helper.get_attribute_value(one)
            if isinstance(value, bytes):
                value = value.decode("utf8")
        except DAMAGED as error:
            raise ModelError(
                f"node {printable(node.name)!r} ({printable(node.op_type)}): {printable(one.name)}: "
                f"is damaged ({_brief(error)})"
            ) from None
        found[as_text(one.name)] = list(value) if not isinstance(value, (int, float, str)) and hasattr(
            value, "__iter__") else value  # fmt: skip
    return found
