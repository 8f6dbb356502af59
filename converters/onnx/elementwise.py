"""Which operators work element by element, and what each makes of polynomials."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snnrt.converters.onnx.evaluate import axes_of, slices
from snnrt.converters.onnx.polynomial import NotPolynomial, Polynomial
from snnrt.converters.onnx.tensors import Tensor, TracedNode

LINEAR = frozenset({
    "Add", "Sub", "Mul", "Div", "Neg", "Sum", "Where", "Identity", "Cast", "Relu", "Max", "Clip", "Dropout",
    "Pow", "Min", "CastLike",
})  # fmt: skip
"""Through which a membrane goes on."""

MOVES = frozenset({"Reshape", "Unsqueeze", "Squeeze", "Flatten", "Expand", "Slice", "Gather", "Concat"})
"""Which keep all elements in their order, where they keep the number of elements."""

COMPARES = frozenset({"Greater", "GreaterOrEqual", "Less", "LessOrEqual"})
JUMPS = frozenset({*COMPARES, "Floor", "Sign", "Abs", "Not"})
"""Through which only spikes go on."""


def moves(node: TracedNode) -> bool:
    """Does it give all elements of its first input in their order?"""
    if node.kind not in MOVES or not node.inputs or not isinstance(node.inputs[0], Tensor):
        return False
    if node.kind == "Concat" and len(node.inputs) > 1:
        return False
    source = node.inputs[0]
    return source.varies and node.outputs[0].array.size == source.array.size


def rounds(node: TracedNode) -> bool:
    """Does it round towards zero, or down?"""
    if node.kind in ("Cast", "CastLike"):
        before, after = node.tensors()[0].array.dtype.kind, node.outputs[0].array.dtype.kind
        return before == "f" and after in "iu"
    return node.kind == "Floor"


def is_elementwise(tensor: Tensor) -> bool:
    """Was it computed element by element?"""
    node = tensor.node
    return node is not None and (node.kind in LINEAR or node.kind in JUMPS or moves(node))


def carries(tensor: Tensor) -> bool:
    """Does a membrane go on through what gave it?"""
    node = tensor.node
    return node is not None and (node.kind in LINEAR or moves(node))


def polynomial_of(
    node: TracedNode, of: Callable[[Tensor], Polynomial], jump: Callable[[TracedNode, Polynomial], Polynomial]
) -> Polynomial:
    """What an elementwise ``node`` computes; ``of``: its inputs' polynomials. ``jump``: of a node that is
    none of its input's. Raises NotPolynomial."""
    kind, shape = node.kind, node.outputs[0].shape
    parts = [_reshaped(of(one), one.shape, shape) for one in node.tensors()] if not moves(node) else []
    if moves(node):
        first = node.inputs[0]
        assert isinstance(first, Tensor)
        return _moved(of(first), first.shape, shape)
    if kind in ("Identity", "Cast", "Dropout", "CastLike"):
        whole = all(atom[0] in ("z", "n") for atom in parts[0].atoms())
        return jump(node, parts[0]) if rounds(node) and not whole else parts[0]
    if kind in ("Add", "Sum"):
        total = parts[0]
        for one in parts[1:]:
            total = total + one
        return total
    if kind == "Sub":
        return parts[0] - parts[1]
    if kind == "Mul":
        return parts[0] * parts[1]
    if kind == "Neg":
        return parts[0].scaled(np.asarray(-1.0))
    if kind == "Div":
        if not parts[1].is_constant or not np.all(parts[1].offset):
            raise NotPolynomial
        return parts[0].scaled(1 / parts[1].offset)
    if kind == "Pow":
        if not parts[1].is_constant or not (parts[1].offset == 1).all():
            raise NotPolynomial
        return parts[0]
    if kind == "Where":
        return parts[0] * parts[1] + (Polynomial.constant(1.0) - parts[0]) * parts[2]
    if kind == "Not":
        return Polynomial.constant(1.0) - parts[0]
    if kind in COMPARES:
        if kind.startswith("Less"):
            parts.reverse()
        return jump(node, parts[0] - parts[1])
    if kind in ("Max", "Clip"):
        return _raised(node, parts, jump)
    if kind == "Relu":
        return jump(node, parts[0])
    if kind in ("Floor", "Sign", "Abs"):
        return jump(node, parts[0])
    raise NotPolynomial


def _raised(
    node: TracedNode, parts: list[Polynomial], jump: Callable[[TracedNode, Polynomial], Polynomial]
) -> Polynomial:
    """max(x, low) = relu(x − low) + low."""
    if node.kind == "Clip":
        bounds = [node.constant(1), node.constant(2)]
        if len(node.inputs) == 1:
            bounds = [np.asarray(node.attributes[key]) if key in node.attributes else None
                      for key in ("min", "max")]  # fmt: skip
        if bounds[0] is None or (bounds[1] is not None and bool(np.all(bounds[1] < 1e30))):
            raise NotPolynomial
        low = Polynomial.constant(bounds[0])
        return jump(node, parts[0] - low) + low
    if len(parts) != 2 or not (parts[0].is_constant or parts[1].is_constant):
        raise NotPolynomial
    low, other = parts if parts[0].is_constant else reversed(parts)
    return jump(node, other - low) + low


def _reshaped(found: Polynomial, before: tuple[int, ...], shape: tuple[int, ...]) -> Polynomial:
    """Coefficients as broadcasting spreads them."""
    if before == shape or all(value.ndim == 0 for value in found.terms.values()):
        return found
    return Polynomial({monomial: value if value.ndim == 0 else np.broadcast_to(
        np.broadcast_to(value, before), shape) for monomial, value in found.terms.items()})  # fmt: skip


def _moved(found: Polynomial, before: tuple[int, ...], shape: tuple[int, ...]) -> Polynomial:
    return Polynomial({monomial: value if value.ndim == 0 else np.broadcast_to(value, before).reshape(shape)
                       for monomial, value in found.terms.items()})  # fmt: skip


def place_of(node: TracedNode) -> tuple[int, int] | None:
    """(axis, place) where ``node`` takes one place of an axis, which is then gone or of one; else None."""
    source = node.inputs[0] if node.inputs else None
    if not isinstance(source, Tensor):
        return None
    if node.kind == "Gather":
        index = node.constant(1)
        axis = int(node.attributes.get("axis", 0)) % len(source.shape)
        if index is None or index.size != 1:
            return None
        return axis, int(index.reshape(-1)[0]) % source.shape[axis]
    if node.kind == "Slice":
        arrays = [None if one is None else one.array for one in node.inputs if not isinstance(one, list)]
        given = slices(arrays, node.attributes, len(source.shape))
        cut = [axis for axis, one in enumerate(given)
               if len(range(*one.indices(source.shape[axis]))) != source.shape[axis]]  # fmt: skip
        if len(cut) == 1 and node.outputs[0].shape[cut[0]] == 1:
            return cut[0], given[cut[0]].indices(source.shape[cut[0]])[0]
    return None


def axes(node: TracedNode) -> list[int] | None:
    """Of a Squeeze, Unsqueeze or reduction."""
    return axes_of([None if one is None or isinstance(one, list) else one.array for one in node.inputs],
                   node.attributes)  # fmt: skip
