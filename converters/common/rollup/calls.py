"""A recorded run of a network: every function of tensors, and each spiking neuron as one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_TO_PYTHON = ("bool", "float", "int", "index", "array", "complex")

ESCAPES = ("item", "tolist", "numpy", "equal", "allclose", *(f"Python's {one}" for one in _TO_PYTHON))
"""Functions that give a tensor's values to Python."""


@dataclass(eq=False)
class Value:
    """A tensor that depends on the network's input: what ``call`` (None: the caller) gave in ``place``.

    ``tensor``: NumPy's or PyTorch's. ``kept``: a copy of what a neuron or the caller gave.
    """

    call: Call | None = field(repr=False)
    place: int | str
    tensor: Any = field(repr=False)
    kept: Any = field(default=None, repr=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tensor."""
        return tuple(self.tensor.shape)


@dataclass(frozen=True)
class ActivationForm:
    """max(x, 0), at most ``ceiling``; ``levels``: rounded to so many steps up to the ceiling (QCFS)."""

    ceiling: float | None = None
    levels: int | None = None


@dataclass(eq=False)
class Call:
    """A function of tensors, or a neuron (``cell``).

    ``function``: its plain name in PyTorch (``add`` also for ``+=``), whose arguments it takes, whatever
    the source. ``arguments`` and ``options`` have a :class:`Value` where the network's own tensors stood.
    ``scope``: path of the module that called it, ``""`` for the outermost; of a cell its own. ``where``: file
    and line of the user's code. ``word``: the source's own for it. ``activation``: what it is, where it is
    known by its values.
    """

    function: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    scope: str
    where: str
    cell: Any = None
    activation: ActivationForm | None = None
    outputs: list[Value] = field(default_factory=list)
    word: str = ""

    def values(self) -> list[Value]:
        """The network's own tensors among its arguments, in order."""
        return list(values_in((self.arguments, self.options)))

    @property
    def title(self) -> str:
        """For messages: ``torch.relu at net.py:31``."""
        name = type(self.cell).__name__ if self.cell is not None else f"torch.{self.function}"
        return self.word or (f"{name} at {self.where}" if self.where else name)


@dataclass(eq=False)
class Recording:
    """Of one call: ``inputs`` as given, ``calls`` in order, and ``result`` with a Value for each tensor of
    the network's own."""

    inputs: tuple[Value, ...]
    calls: list[Call]
    result: Any


def as_array(tensor: Any) -> np.ndarray:
    """A tensor, NumPy's or PyTorch's, in NumPy; half precision as float32."""
    if not hasattr(tensor, "detach"):
        return np.asarray(tensor)
    tensor = tensor.detach().cpu()
    # NumPy has no bfloat16
    return np.asarray((tensor.float() if tensor.dtype.itemsize == 2 else tensor).numpy())


def values_in(tree: Any) -> Iterator[Value]:
    """The network's own tensors in a nesting of tuples, lists and mappings, in order."""
    if isinstance(tree, Value):
        yield tree
    elif isinstance(tree, Mapping):
        for one in tree.values():
            yield from values_in(one)
    elif isinstance(tree, (tuple, list)):
        for one in tree:
            yield from values_in(one)
