"""What a tensor is made of, whatever the timestep: equal for the tensors of one layer at all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from snnrt.converters.onnx.elementwise import is_elementwise, place_of
from snnrt.converters.onnx.tensors import Tensor, Trace


class Signatures:
    """Those of the tensors of ``trace``; ``bases``: the number of the neuron whose membrane a tensor is."""

    def __init__(self, trace: Trace, bases: Mapping[Tensor, int]) -> None:
        self._constants: dict[int, bytes] = {}
        # an id stands for an array only as long as that lives
        self._alive: list[np.ndarray] = []
        self.of: dict[Tensor, bytes] = {}
        for tensor in trace.tensors:
            self.of[tensor] = self._sign(tensor, bases)

    def first_like(self, tensor: Tensor, base: Tensor) -> Tensor | None:
        """What is to the membrane ``base`` of the first timestep what ``tensor`` is to a later one."""
        wanted, pending, seen = self.of[tensor], [base], {base}
        while pending:
            one = pending.pop()
            if self.of[one] == wanted and one is not base:
                return one
            if one.node is None or not is_elementwise(one):
                continue
            for source in one.node.tensors():
                if source.varies and source not in seen:
                    seen.add(source)
                    pending.append(source)
        return None

    def _sign(self, tensor: Tensor, bases: Mapping[Tensor, int]) -> bytes:
        found = hashlib.blake2b(digest_size=16)
        if tensor in bases:
            found.update(b"neuron %d" % bases[tensor])
            return found.digest()
        node = tensor.node
        if node is None:
            found.update(b"input " + tensor.name.encode("utf8", "replace"))
            return found.digest()
        place = place_of(node)
        found.update(node.kind.encode("utf8", "replace"))
        found.update(b"%d" % node.outputs.index(tensor))
        sources = node.tensors()[:1] if place is not None else node.tensors()
        if place is None:
            found.update(
                repr(
                    sorted(
                        (key, value)
                        for key, value in node.attributes.items()
                        if isinstance(value, (int, float, str, list))
                    )
                ).encode("utf8", "replace")
            )
        for source in sources:
            found.update(self.of[source] if source.varies else self._constant(source.array))
        return found.digest()

    def _constant(self, array: np.ndarray) -> bytes:
        if id(array) not in self._constants:
            self._alive.append(array)
            whole = array.dtype.str.encode() + repr(array.shape).encode() + array.tobytes()
            self._constants[id(array)] = hashlib.blake2b(whole, digest_size=16).digest()
        return self._constants[id(array)]
