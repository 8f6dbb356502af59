"""Where neurons fire in a traced model: comparisons with a threshold, and numbers of spikes.

The membrane that is compared is a base; what follows from a base and constants alone is a polynomial of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from snnrt.converters.onnx.elementwise import COMPARES, carries, is_elementwise, moves, polynomial_of, rounds
from snnrt.converters.onnx.polynomial import Atom, NotPolynomial, Polynomial
from snnrt.converters.onnx.tensors import Tensor, Trace, TracedNode

V: Atom = ("v",)
"""The membrane itself."""


@dataclass(eq=False)
class Tables:
    """What atoms stand for: thresholds of ``z`` and ``floor``, polynomials of ``clamp``."""

    thresholds: dict[object, np.ndarray] = field(default_factory=dict)
    clamps: dict[Atom, Polynomial] = field(default_factory=dict)

    def jump(self, node: TracedNode, found: Polynomial) -> Polynomial:
        """A comparison, floor, sign, absolute value or lower bound of ``found``. Raises NotPolynomial."""
        kind = node.kind
        if kind in ("Relu", "Max", "Clip"):
            atom: Atom = ("clamp", found.key())
            self.clamps[atom] = found
            return Polynomial.atom(atom)
        if kind in COMPARES:
            scale, offset = found.linear_in(V)
            strict = kind in ("Greater", "Less")
            if (scale > 0).all():
                return Polynomial.atom(self._spikes(-offset / scale, strict))
            if (scale < 0).all():
                # v < θ is what does not fire at v ≥ θ
                return Polynomial.constant(1.0) - Polynomial.atom(self._spikes(-offset / scale, not strict))
            raise NotPolynomial
        if rounds(node):
            atom = V if V in found.atoms() else ("abs",)
            scale, offset = found.linear_in(atom)
            if offset.any() or not (scale > 0).all():
                raise NotPolynomial
            return Polynomial.atom(("floor", self._key(1 / scale)))
        scale, offset = found.linear_in(V)
        if offset.any() or not (scale > 0).all():
            raise NotPolynomial
        if kind == "Sign":
            return Polynomial.atom(("sign",))
        return Polynomial({(("abs",),): scale})

    def _spikes(self, threshold: np.ndarray, strict: bool) -> Atom:
        return ("z", strict, self._key(threshold))

    def _key(self, threshold: np.ndarray) -> object:
        # 1 / (1 / θ) is not always θ: thresholds are float32
        single = np.asarray(threshold, np.float32)
        key = (single.shape, single.tobytes())
        self.thresholds[key] = single
        return key


@dataclass(eq=False)
class Fires:
    """``bases`` in order and as the set ``known``, ``related``: the base of a tensor and its polynomial,
    where it follows from that and constants; ``odd``: comparisons of two things that both change."""

    bases: list[Tensor]
    related: dict[Tensor, tuple[Tensor, Polynomial]]
    odd: list[TracedNode]
    tables: Tables
    known: set[Tensor] = field(default_factory=set)

    def spikes_of(self, tensor: Tensor) -> Tensor | None:
        """The base whose spikes ``tensor`` is, as they are; None for anything else."""
        found = self.related.get(tensor)
        if found is None or tensor.shape != found[0].shape:
            return None
        atoms = found[1].atoms()
        atom = next(iter(atoms)) if len(atoms) == 1 else None
        is_spikes = atom is not None and atom[0] in ("z", "n") and found[1].is_atom(atom)
        return found[0] if is_spikes else None

    def is_local(self, tensor: Tensor) -> bool:
        """Is it made of one neuron's spikes and constants?"""
        found = self.related.get(tensor)
        return found is not None and all(atom[0] in ("z", "n") for atom in found[1].atoms())


def find_fires(trace: Trace) -> Fires:
    """Those of ``trace``."""
    bases: dict[Tensor, None] = {}
    odd: list[TracedNode] = []
    for node in trace.nodes:
        if node.kind in COMPARES:
            base = _compared(node)
            if base is not None:
                bases[base] = None
            elif node.outputs[0].array.size > 1:
                odd.append(node)
        elif rounds(node):
            inner = node.tensors()[0]
            while inner.node is not None and inner.node.kind in ("Abs", "Div", "Mul"):
                sources = [one for one in inner.node.tensors() if one.varies]
                if len(sources) != 1:
                    break
                inner = sources[0]
            bases[inner] = None
    tables = Tables()
    found = Fires(sorted(bases, key=lambda one: one.number), {}, odd, tables, set(bases))
    for tensor in trace.tensors:
        if tensor in bases:
            found.related[tensor] = (tensor, Polynomial.atom(V))
        elif is_elementwise(tensor):
            _relate(found, tensor)
    return found


def _relate(found: Fires, tensor: Tensor) -> None:
    node = tensor.node
    assert node is not None
    sources = [one for one in node.tensors() if one.varies]
    if any(one not in found.related for one in sources) or (moves(node) and tensor.shape != sources[0].shape):
        return
    owners = {found.related[one][0] for one in sources}
    if len(owners) != 1:
        return
    try:
        made = polynomial_of(node, lambda one: found.related[one][1] if one.varies else Polynomial.constant(
            one.array), found.tables.jump)  # fmt: skip
    except NotPolynomial:
        return
    found.related[tensor] = (owners.pop(), made)


def _compared(node: TracedNode) -> Tensor | None:
    """The membrane that a comparison is about."""
    sources = [one for one in node.tensors() if one.varies]
    if len(sources) != 1 or len(node.inputs) != 2:
        return None
    other = next(one for one in node.tensors() if one is not sources[0])
    before = sources[0].node
    if before is not None and before.kind in ("Sub", "Add", "Div", "Mul"):
        inner = [one for one in before.tensors() if one.varies]
        constant = next((one.array for one in before.tensors() if not one.varies), None)
        if len(inner) == 1 and constant is not None and inner[0].shape == sources[0].shape:
            zero = not other.array.any()
            first = before.tensors()[0] is inner[0]
            below = (before.kind == "Sub" and first and bool((constant > 0).all())) or (
                before.kind == "Add" and bool((constant < 0).all())
            )
            scaled = before.kind in ("Div", "Mul") and first and bool((constant > 0).all())
            if (zero and below) or (not zero and scaled and not below):
                return inner[0]
    return sources[0]


def linked(found: Fires) -> list[list[Tensor]]:
    """The bases of each neuron, one timestep after the other."""
    known = set(found.bases)
    before = {base: previous(base, known, found) for base in found.bases}
    taken: set[Tensor] = set()
    chains: dict[Tensor, list[Tensor]] = {}
    for base in found.bases:
        earlier = before[base]
        if earlier is not None and earlier not in taken and earlier.shape == base.shape:
            taken.add(earlier)
            chain = chains.pop(earlier)
            chain.append(base)
            chains[base] = chain
        else:
            chains[base] = [base]
    return sorted(chains.values(), key=lambda chain: chain[0].number)


def previous(tensor: Tensor, known: set[Tensor], found: Fires) -> Tensor | None:
    """The latest of ``known`` from which a membrane goes on to ``tensor``."""
    pending, seen, reached = [tensor], {tensor}, []
    while pending:
        one = pending.pop()
        if one is not tensor and one in known:
            reached.append(one)
            continue
        if not carries(one) or (one is not tensor and found.is_local(one)):
            continue
        assert one.node is not None
        for source in one.node.tensors():
            if source.varies and source not in seen:
                seen.add(source)
                pending.append(source)
    return max(reached, key=lambda one: one.number, default=None)
