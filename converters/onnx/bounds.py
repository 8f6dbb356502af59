"""How much one operator may make and compute."""

from __future__ import annotations

MAX_ELEMENTS = 2**26
"""Of one array."""

MAX_WORK = 2 * 10**10
"""Products of one operator."""


class TooLarge(Exception):
    """An operator's result is larger than any network's."""


def count(elements: int, products: int = 0) -> None:
    """Raise TooLarge for more ``elements`` of an array, or more ``products``, than a network has."""
    if elements > MAX_ELEMENTS:
        raise TooLarge(f"{elements} elements")
    if products > MAX_WORK:
        raise TooLarge(f"{products} products")
