"""Names for the nodes that an importer adds."""

from __future__ import annotations

from collections.abc import Iterable


class Names:
    """Hands out names that no node has yet."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def fresh(self, wanted: str) -> str:
        """``wanted``, or ``wanted`` with a number."""
        name, count = wanted, 2
        while name in self._taken:
            name, count = f"{wanted}.{count}", count + 1
        self._taken.add(name)
        return name
