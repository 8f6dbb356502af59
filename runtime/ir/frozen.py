"""Values that nobody can change: what a checked graph holds must stay what was checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from snnrt.errors import ModelError

if TYPE_CHECKING:
    from snnrt.ir.graph import Node

DEEPEST_METADATA = 64
"""Levels of lists and mappings in a graph's metadata: JSON's own reader and writer recurse."""


def _refuse(self: object, *_: object, **__: object) -> NoReturn:
    raise TypeError("a graph does not change; make another with graph.with_(metadata={…})")


class FrozenMapping(dict[str, Any]):
    """A dict that refuses changes; JSON writes it, and it equals the dict with the same content."""

    __setitem__ = __delitem__ = __ior__ = _refuse  # type: ignore[assignment]
    clear = pop = popitem = setdefault = update = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenMapping, (dict(self),)


class FrozenList(list[Any]):
    """A list that refuses changes; JSON writes it, and it equals the list with the same content."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse  # type: ignore[assignment]
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenList, (list(self),)


def frozen_metadata(value: object, depth: int = 0) -> Any:
    """``value`` with every mapping, list and tuple in it frozen; other values as they are.

    Raises ModelError where it is nested more than DEEPEST_METADATA deep, or within itself.
    """
    if not isinstance(value, (dict, list, tuple)):
        return value
    if depth >= DEEPEST_METADATA:
        raise ModelError(
            f"metadata: expected at most {DEEPEST_METADATA} levels of lists and mappings, found more; "
            "flatten it"
        )
    if isinstance(value, dict):
        return FrozenMapping({key: frozen_metadata(item, depth + 1) for key, item in value.items()})
    return FrozenList(frozen_metadata(item, depth + 1) for item in value)


def frozen_array(array: np.ndarray) -> np.ndarray:
    """The array itself where nothing can write to it, else a copy that nothing can."""
    if not _writable(array):
        return array
    copy = np.array(array, order="K", subok=False)
    copy.setflags(write=False)
    return copy


def _writable(array: np.ndarray) -> bool:
    """Whether the array or what it is a view of can be written to."""
    part: object = array
    while isinstance(part, np.ndarray):
        if part.flags.writeable:
            return True
        part = part.base
    return not (part is None or isinstance(part, bytes))


def frozen_node(node: Node) -> Node:
    """The node with arrays that nothing can write to; itself where they are already so."""
    arrays = {name: value for name, value in vars(node).items() if isinstance(value, np.ndarray)}
    frozen = {name: frozen_array(array) for name, array in arrays.items()}
    if all(frozen[name] is array for name, array in arrays.items()):
        return node
    return node.with_(**frozen)
