"""NIR's layers without state as nodes of the IR, with shapes inferred here from their inputs.

Shapes are canonical: ``(features,)``, or ``(channels, height, width)`` with height 1 for NIR's
one-dimensional ``(channels, length)``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import nir
import numpy as np

from snnrt.converters.frameworks.neurons import compress, fit
from snnrt.converters.passes.fold import Scale
from snnrt.errors import ModelError
from snnrt.ir.graph import AvgPool2d, Conv2d, Dense, Flatten, Node, Shape, SumPool2d

LARGEST = 65535
MAX_ELEMENTS = 2**27


def complain(name: str, node: nir.NIRNode, field: str, expected: str, found: object) -> ModelError:
    """The one-line error about ``field`` of a NIR node."""
    words = " ".join(str(found).split())
    words = words if len(words) <= 100 else words[:97] + "..."
    return ModelError(f"node {name!r} ({type(node).__name__}): {field}: expected {expected}, found {words}")


def is_dense(node: nir.NIRNode) -> bool:
    """Does the node read a vector?"""
    return isinstance(node, (nir.Affine, nir.Linear))


def input_shape(name: str, node: nir.Input, readers: Iterable[nir.NIRNode]) -> tuple[Shape, str | None]:
    """The canonical shape of the Input, and what was assumed about it.

    An axis of 1 in front of (channels, height, width), or of a vector that a dense layer reads, is
    the batch that some exporters leave in.
    """
    stored = np.asarray(node.input_type.get("input"))
    if (
        stored.ndim != 1
        or stored.size == 0
        or stored.dtype.kind not in "iu"
        or stored.size > 8
        or (stored < 1).any()
    ):
        raise complain(
            name,
            node,
            "shape",
            "one to three sizes of at least 1",
            stored.tolist() if stored.size < 16 else "more",
        )
    shape = tuple(int(size) for size in stored)
    if math.prod(shape) > MAX_ELEMENTS:
        raise complain(name, node, "shape", f"at most {MAX_ELEMENTS} elements", shape)
    wide = max(
        (np.ndim(getattr(reader, "weight", 0)) for reader in readers if not is_dense(reader)), default=0
    )
    dense = any(is_dense(reader) and np.shape(reader.weight)[-1] == shape[-1] for reader in readers)
    batch = len(shape) == 4 or (len(shape) == 2 and dense) or (len(shape) == 3 and wide == 3)
    note = None
    if batch and shape[0] == 1:
        note = f"the leading 1 of the input shape {shape} is a batch axis"
        shape = shape[1:]
    if len(shape) > 3:
        raise complain(
            name, node, "shape", "(features,), (channels, length) or (channels, height, width)", shape
        )
    if len(shape) == 2:
        return (shape[0], 1, shape[1]), f"the input shape {shape} is (channels, height 1, width)"
    return shape, note


def make_layer(name: str, node: nir.NIRNode, shape: Shape) -> Node | None:
    """The IR node for a NIR layer that reads ``shape``, inputs left empty; None where it changes nothing.

    Raises ModelError where the layer's fields are wrong or do not fit ``shape``.
    """
    if is_dense(node):
        return _dense(name, node, shape)
    if isinstance(node, nir.Conv2d):
        return _convolution(name, node, shape, np.asarray(node.weight), 2)
    if isinstance(node, nir.Conv1d):
        return _convolution(name, node, shape, np.asarray(node.weight), 1)
    if isinstance(node, (nir.SumPool2d, nir.AvgPool2d)):
        return _pool(name, node, shape)
    if isinstance(node, nir.Flatten):
        return _flatten(name, node, shape)
    if isinstance(node, nir.Scale):
        factors = _numbers(name, node, "scale", node.scale)
        factors = fit(
            factors,
            shape,
            lambda found: complain(name, node, "scale", f"one value, one a channel or shape {shape}", found),
        )
        return Scale(name, (), shape, compress(factors))
    raise ModelError(
        f"node {name!r} ({type(node).__name__}): snnrt has no node for it; "
        "replace it in the framework before the export"
    )


def features_of(node: nir.NIRNode) -> int | None:
    """How many inputs a dense layer reads."""
    return int(np.shape(node.weight)[1]) if is_dense(node) and np.ndim(node.weight) == 2 else None


def _numbers(name: str, node: nir.NIRNode, field: str, values: object) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype.kind not in "fiu" or array.size == 0:
        raise complain(name, node, field, "numbers", f"{array.dtype} of shape {array.shape}")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise complain(name, node, field, "finite numbers that float32 can hold", "NaN or infinity")
    return array


def _integers(
    name: str, node: nir.NIRNode, field: str, values: object, count: int, lowest: int
) -> tuple[int, ...]:
    """``count`` integers; one alone stands for all."""
    array = np.asarray(values).reshape(-1)
    expected = (
        f"{count} integer(s) from {lowest} to {LARGEST}"
        if count > 1
        else f"an integer from {lowest} to {LARGEST}"
    )
    if array.dtype.kind not in "iuf" or array.size not in (1, count):
        raise complain(name, node, field, expected, values)
    if not ((array == np.floor(array)) & (array >= lowest) & (array <= LARGEST)).all():
        raise complain(name, node, field, expected, array.tolist())
    return tuple(int(value) for value in np.broadcast_to(array, (count,)))


def _bias(name: str, node: nir.NIRNode, outputs: int) -> np.ndarray | None:
    values = getattr(node, "bias", None)
    if values is None:
        return None
    bias = _numbers(name, node, "bias", values)
    if bias.size != outputs:
        raise complain(name, node, "bias", f"shape ({outputs},)", bias.shape)
    return bias.reshape(outputs) if bias.any() else None


def _dense(name: str, node: nir.NIRNode, shape: Shape) -> Dense:
    weights = _numbers(name, node, "weight", node.weight)
    if weights.ndim != 2:
        raise complain(name, node, "weight", "shape (outputs, inputs)", weights.shape)
    if shape != (weights.shape[1],):
        raise complain(
            name,
            node,
            "input",
            f"a vector of {weights.shape[1]} as the weights say",
            f"{shape}; check the layer before it",
        )
    return Dense(name, (), (weights.shape[0],), weights=weights, bias=_bias(name, node, weights.shape[0]))


def _convolution(name: str, node: nir.NIRNode, shape: Shape, stored: np.ndarray, axes: int) -> Conv2d:
    weights = _numbers(name, node, "weight", stored)
    if weights.ndim != axes + 2:
        raise complain(
            name, node, "weight", f"{axes + 2} axes (outputs, inputs / groups, kernel)", weights.shape
        )
    if len(shape) != 3 or (axes == 1 and shape[1] != 1):
        wanted = "(channels, height, width)" if axes == 2 else "(channels, length)"
        raise complain(name, node, "input", wanted, shape)
    if axes == 1:
        weights = weights[:, :, None, :]
    stride = _axes(name, node, "stride", node.stride, axes, 1)
    dilation = _axes(name, node, "dilation", node.dilation, axes, 1)
    (groups,) = _integers(name, node, "groups", node.groups, 1, 1)
    outputs, inputs = weights.shape[:2]
    if shape[0] != inputs * groups or outputs % groups:
        raise complain(
            name,
            node,
            "weight",
            f"(outputs, inputs / groups, …) for {shape[0]} input channels in {groups} group(s)",
            weights.shape,
        )
    padding = _padding(name, node, weights.shape[2:], stride, dilation, axes)
    size = _window(name, node, shape, weights.shape[2:], stride, padding, dilation)
    return Conv2d(
        name, (), (outputs, *size), weights=weights, bias=_bias(name, node, outputs),
        stride=stride, padding=padding, dilation=dilation, groups=groups,
    )  # fmt: skip


def _axes(
    name: str, node: nir.NIRNode, field: str, values: object, axes: int, lowest: int
) -> tuple[int, int]:
    numbers = _integers(name, node, field, values, axes, lowest)
    return (numbers[0], numbers[1]) if axes == 2 else (1 if lowest else 0, numbers[0])


def _padding(
    name: str,
    node: nir.NIRNode,
    kernel: tuple[int, ...],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    axes: int,
) -> tuple[int, int, int, int]:
    """(top, bottom, left, right); ``same`` adds the odd zero at the end, as PyTorch does."""
    stored = node.padding
    if isinstance(stored, bytes):
        stored = stored.decode("utf8", "replace")
    if isinstance(stored, str):
        if stored == "valid":
            return (0, 0, 0, 0)
        if stored != "same":
            raise complain(name, node, "padding", "integers, 'same' or 'valid'", repr(stored[:40]))
        if stride != (1, 1):
            raise complain(name, node, "padding", "integers where the stride is not 1", "'same'")
        total = [dilation[axis] * (kernel[axis] - 1) for axis in (0, 1)]
        return (total[0] // 2, total[0] - total[0] // 2, total[1] // 2, total[1] - total[1] // 2)
    rows, columns = _axes(name, node, "padding", stored, axes, 0)
    return (rows, rows, columns, columns)


def _window(
    name: str, node: nir.NIRNode, shape: Shape, kernel: tuple[int, ...], stride: tuple[int, int],
    padding: tuple[int, int, int, int], dilation: tuple[int, int],
) -> tuple[int, int]:  # fmt: skip
    sizes = []
    for axis in (0, 1):
        padded = shape[1 + axis] + padding[2 * axis] + padding[2 * axis + 1]
        room = padded - dilation[axis] * (kernel[axis] - 1) - 1
        if room < 0:
            raise complain(name, node, "kernel", f"one that fits the padded input of {padded}", kernel[axis])
        sizes.append(room // stride[axis] + 1)
    if shape[0] * sizes[0] * sizes[1] > MAX_ELEMENTS:
        raise complain(
            name, node, "padding", f"an output of at most {MAX_ELEMENTS} elements", (shape[0], *sizes)
        )
    return (sizes[0], sizes[1])


def _pool(name: str, node: nir.NIRNode, shape: Shape) -> Node:
    if len(shape) != 3:
        raise complain(name, node, "input", "(channels, height, width)", shape)
    kernel = _axes(name, node, "kernel_size", node.kernel_size, 2, 1)
    stride = _axes(name, node, "stride", node.stride, 2, 1)
    rows, columns = _axes(name, node, "padding", node.padding, 2, 0)
    padding = (rows, rows, columns, columns)
    size = _window(name, node, shape, kernel, stride, padding, (1, 1))
    kind = SumPool2d if isinstance(node, nir.SumPool2d) else AvgPool2d
    return kind(name, (), (shape[0], *size), kernel=kernel, stride=stride, padding=padding)


def _flatten(name: str, node: nir.Flatten, shape: Shape) -> Flatten | None:
    rank = len(shape)
    dims = []
    for field in ("start_dim", "end_dim"):
        value = np.asarray(getattr(node, field))
        if (
            value.size != 1
            or value.dtype.kind not in "iu"
            or not -rank <= int(value.reshape(())) < max(rank, 2)
        ):
            raise complain(name, node, field, f"an axis of {shape}", value.tolist())
        axis = int(value.reshape(()))
        dims.append(axis + rank if axis < 0 else axis)
    if rank == 3 and shape[1] == 1 < shape[2] and dims == [0, 1]:
        raise complain(name, node, "end_dim", "-1, since (channels, length) has a height of 1 here", 1)
    start, end = min(dims[0], rank - 1), min(dims[1], rank - 1)
    flat = (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])
    if len(flat) == 1:
        return None if rank == 1 else Flatten(name, (), flat)
    if rank == 3 and (flat == shape or (len(flat) == 2 and (flat[0], 1, flat[1]) == shape)):
        return None
    raise complain(
        name,
        node,
        "start_dim, end_dim",
        f"all of {shape} flattened (0, -1: NIR has no batch axis)",
        (dims[0], dims[1]),
    )


def flattens_behind_batch(node: nir.NIRNode, shape: Shape) -> bool:
    """Is it a Flatten from axis 1, as one writes who counts a batch axis?"""
    if not isinstance(node, nir.Flatten) or len(shape) != 3 or np.size(node.end_dim) != 1:
        return False
    return np.array_equal(node.start_dim, 1) and np.asarray(node.end_dim).reshape(()) in (-1, 3)
