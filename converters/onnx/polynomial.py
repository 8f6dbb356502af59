"""What elementwise operators compute, as sums of products of atoms with constant coefficients.

An atom is a name: ``v`` a membrane, ``z`` its spikes (0 or 1), ``n`` numbers of them, a drive, a current.
z·z = z, so that resets come out alike however an exporter wrote them: z·v_r + (1 − z)·v, v − z·(v − v_r),
Where(z, v_r, v).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_TERMS = 48

Atom = tuple[Any, ...]
"""A kind and what tells it from others; kinds: v, z, n, drive, current, clamp, and floor, sign, abs of v."""

Monomial = tuple[Atom, ...]


class NotPolynomial(Exception):
    """It is something else."""


@dataclass(frozen=True, eq=False)
class Polynomial:
    """Coefficients (float64, of the tensor's shape or (), broadcast) by monomial."""

    terms: Mapping[Monomial, np.ndarray]

    @staticmethod
    def constant(values: Any) -> Polynomial:
        """A number, or an array of the tensor's shape."""
        array = _compressed(np.asarray(values, np.float64))
        return Polynomial({(): array} if array.any() else {})

    @staticmethod
    def atom(atom: Atom) -> Polynomial:
        """1·atom."""
        return Polynomial({(atom,): np.ones(())})

    def __add__(self, other: Polynomial) -> Polynomial:
        terms = dict(self.terms)
        for monomial, value in other.terms.items():
            terms[monomial] = terms[monomial] + value if monomial in terms else value
        return _made(terms)

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + other.scaled(np.asarray(-1.0))

    def __mul__(self, other: Polynomial) -> Polynomial:
        terms: dict[Monomial, np.ndarray] = {}
        for first, a in self.terms.items():
            for second, b in other.terms.items():
                monomial = _product(first, second)
                value = a * b
                terms[monomial] = terms[monomial] + value if monomial in terms else value
        return _made(terms)

    def scaled(self, factor: np.ndarray) -> Polynomial:
        """Each coefficient times ``factor``."""
        return _made({monomial: value * factor for monomial, value in self.terms.items()})

    def get(self, *monomial: Atom) -> np.ndarray:
        """The coefficient of a monomial; 0 where there is none."""
        return self.terms.get(tuple(sorted(monomial, key=repr)), np.zeros(()))

    @property
    def offset(self) -> np.ndarray:
        """The constant term."""
        return self.get()

    @property
    def is_constant(self) -> bool:
        """Has it no atoms?"""
        return not any(self.terms)

    def is_atom(self, atom: Atom) -> bool:
        """Is it 1·atom?"""
        return list(self.terms) == [(atom,)] and bool((self.terms[(atom,)] == 1).all())

    def linear_in(self, atom: Atom) -> tuple[np.ndarray, np.ndarray]:
        """(scale, offset) of scale·atom + offset. Raises NotPolynomial where it is something else."""
        if not set(self.terms) <= {(), (atom,)} or (atom,) not in self.terms:
            raise NotPolynomial
        return self.terms[(atom,)], self.offset

    def atoms(self) -> set[Atom]:
        """All in it."""
        return {atom for monomial in self.terms for atom in monomial}

    def key(self) -> tuple[Any, ...]:
        """Equal for equal ones."""
        found = ((repr(monomial), value.shape, value.tobytes()) for monomial, value in self.terms.items())
        return tuple(sorted(found))


def close(a: np.ndarray, b: np.ndarray, within: float = 1e-5) -> bool:
    """Equal, as float32 constants that were computed in different ways are."""
    scale = np.maximum(np.abs(a), np.abs(b))
    return bool((np.abs(a - b) <= within * np.maximum(scale, 1e-3)).all())


def _made(terms: Mapping[Monomial, np.ndarray]) -> Polynomial:
    kept = {}
    for monomial, value in terms.items():
        value = _compressed(value)
        if value.any():
            kept[monomial] = value
    if len(kept) > MAX_TERMS:
        raise NotPolynomial
    return Polynomial(kept)


def _compressed(value: np.ndarray) -> np.ndarray:
    if value.size and (value == value.flat[0]).all():
        return value.reshape(-1)[:1].reshape(())
    return value


def _product(first: Monomial, second: Monomial) -> Monomial:
    atoms = list(first)
    for atom in second:
        if atom[0] == "z" and atom in atoms:
            continue
        atoms.append(atom)
    # floor(|v| / θ)·sign(v), where v is above 0, are the spikes of a neuron that may fire several times
    floors = [atom for atom in atoms if atom[0] == "floor"]
    masks = [atom for atom in atoms if atom[0] == "z"]
    if len(floors) == 1 and masks and all(atom[0] in ("floor", "z", "sign") for atom in atoms):
        return (("n", floors[0][1]),)
    return tuple(sorted(atoms, key=repr))
