"""What inputs cost on a target: arrays over inputs, broken down by layer and by component."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from snnrt.brief import brief_repr
from snnrt.errors import TargetError
from snnrt.targets.figures import Corner, Figure
from snnrt.targets.target import Target

Quantity = Literal["energy", "latency"]
Totals = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Term:
    """One product of a sum: ``count`` (N,) × ``each`` (J, s, or instructions) × the ``factors``, by name.

    ``figure`` is where ``each`` comes from; None: it follows from the formula that ``counted`` names.
    """

    quantity: Quantity
    layer: str
    component: str
    counted: str
    count: np.ndarray
    each: float
    figure: Figure | None = None
    factors: tuple[tuple[str, float], ...] = ()

    @property
    def value(self) -> np.ndarray:
        """(N,) J or s."""
        product = self.each
        for _, factor in self.factors:
            product *= factor
        return self.count * product


@dataclass
class Ledger:
    """Energy (J) and latency (s) of N inputs, booked by layer and by component while a model runs."""

    inputs: int
    energy: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    latency: dict[str, np.ndarray] = field(default_factory=dict)
    terms: list[Term] = field(default_factory=list)

    def charge(
        self,
        layer: str,
        component: str,
        counted: str,
        count: np.ndarray | float,
        each: float,
        figure: Figure | None = None,
        *factors: tuple[str, float],
    ) -> None:
        """Add a term to the energy of a layer's component; arguments as the fields of :class:`Term`."""
        term = self._term("energy", layer, component, counted, count, each, figure, factors)
        key = (layer, component)
        self.energy[key] = self.energy.get(key, np.zeros(self.inputs)) + term.value

    def wait(
        self,
        layer: str,
        counted: str,
        count: np.ndarray | float,
        each: float,
        figure: Figure | None = None,
        *factors: tuple[str, float],
    ) -> None:
        """Add a term to a layer's latency."""
        term = self._term("latency", layer, "time", counted, count, each, figure, factors)
        self.latency[layer] = self.latency.get(layer, np.zeros(self.inputs)) + term.value

    def _term(
        self,
        quantity: Quantity,
        layer: str,
        component: str,
        counted: str,
        count: np.ndarray | float,
        each: float,
        figure: Figure | None,
        factors: tuple[tuple[str, float], ...],
    ) -> Term:
        counts = np.broadcast_to(np.asarray(count, np.float64), (self.inputs,))
        shown = tuple(factor for factor in factors if factor[1] != 1.0)
        term = Term(quantity, layer, component, counted, counts, each, figure, shown)
        self.terms.append(term)
        return term

    @property
    def totals(self) -> Totals:
        """Energy and latency, without what they are made of."""
        return self.total_energy, self.total_latency

    @property
    def total_energy(self) -> np.ndarray:
        """(N,) J."""
        return sum(self.energy.values(), np.zeros(self.inputs))

    @property
    def total_latency(self) -> np.ndarray:
        """(N,) s."""
        return sum(self.latency.values(), np.zeros(self.inputs))


@dataclass(frozen=True)
class CostSummary:
    """Means over the inputs. ``mean_edp_js`` is the mean of E·D, not the product of the means."""

    mean_energy_j: float
    mean_latency_s: float
    mean_edp_js: float
    product_of_means_edp_js: float
    energy_band_j: tuple[float, float]
    latency_band_s: tuple[float, float]


@dataclass(frozen=True)
class LayerMapping:
    """Where one dense or conv2d node lies on an in-memory chip.

    ``blocks`` is the number of processing elements (arrays, or groups of k² arrays where the profile maps
    kernel positions), ``utilisation`` the used fraction of their cells. The first of its blocks on the
    chip is ``first_block``; ``replicas`` copies lie side by side, each with ``blocks`` of its own.
    """

    layer: str
    row_blocks: int
    column_blocks: int
    blocks: int
    reads_per_timestep: int
    utilisation: float
    first_block: int = 0
    replicas: int = 1


@dataclass(frozen=True)
class Memory:
    """Bytes that the network needs against what the board has (None: unknown)."""

    arena_bytes: int | None
    ram_bytes: int | None
    model_bytes: int | None
    code_bytes: int | None
    flash_bytes: int | None

    @property
    def fits(self) -> bool:
        """Whether nothing that is known exceeds what is known of the board."""
        ram_ok = self.arena_bytes is None or self.ram_bytes is None or self.arena_bytes <= self.ram_bytes
        used = (self.model_bytes or 0) + (self.code_bytes or 0)
        return ram_ok and (self.flash_bytes is None or used <= self.flash_bytes)


@dataclass(frozen=True)
class AreaTerm:
    """``count`` pieces of a chip, of µm² ``each`` times the ``factors`` of laws, by a profile's
    ``figure``."""

    component: str
    piece: str
    count: float
    each: float
    factors: tuple[tuple[str, float], ...]
    figure: Figure

    @property
    def value(self) -> float:
        """µm²."""
        return self.count * self.each * math.prod(factor for _, factor in self.factors)

    def at(self, corner: Corner) -> float:
        """µm² with the figure at one end of its band."""
        each = self.figure.si
        return self.value * (self.figure.at(corner).si / each) if each else 0.0


def summed_areas(terms: Iterable[AreaTerm]) -> dict[str, float]:
    """µm² by component."""
    found: dict[str, float] = {}
    for term in terms:
        found[term.component] = found.get(term.component, 0.0) + term.value
    return found


@dataclass(frozen=True)
class Costs:
    """Energy (J), latency (s) and their product for N inputs, L layers and C components.

    ``energy_band_j`` and ``latency_band_s`` are (2, N): every figure of the profile at its low and at its
    high end. ``layer_energy_j`` and ``layer_latency_s`` are (N, L), ``component_energy_j`` (N, C).
    ``terms`` are the products that these are sums of, ``variants`` the energy (N,) and latency (N,) at other
    figures and choices, by what differs; ``area_terms`` the chip's parts. ``formulas`` say how they were
    computed, ``warnings`` what does not fit the hardware.
    """

    target: Target
    timesteps: np.ndarray
    energy_j: np.ndarray
    latency_s: np.ndarray
    energy_band_j: np.ndarray
    latency_band_s: np.ndarray
    layers: tuple[str, ...]
    layer_energy_j: np.ndarray
    layer_latency_s: np.ndarray
    components: tuple[str, ...]
    component_energy_j: np.ndarray
    formulas: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    mapping: tuple[LayerMapping, ...] = ()
    memory: Memory | None = None
    terms: tuple[Term, ...] = ()
    variants: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    area_terms: tuple[AreaTerm, ...] = ()

    __repr__ = brief_repr

    @property
    def edp_js(self) -> np.ndarray:
        """(N,) energy times latency of each input, J·s."""
        return self.energy_j * self.latency_s

    @property
    def blocks(self) -> int:
        """Processing elements that the network takes (in-memory targets; else 0)."""
        return sum(layer.blocks * layer.replicas for layer in self.mapping)

    @property
    def areas(self) -> dict[str, float]:
        """Area of the tiles that the network takes, µm², by component."""
        return summed_areas(self.area_terms)

    @property
    def area_mm2(self) -> float:
        """Area of the chip that the network takes (in-memory targets that give areas; else 0)."""
        return sum(self.areas.values()) / 1e6

    @property
    def tiles(self) -> int:
        """Tiles that hold the blocks, where the profile says how many a tile has; else 0."""
        per_tile = getattr(self.target, "blocks_per_tile", None)
        return -(-self.blocks // int(per_tile.value)) if per_tile is not None else 0

    def summary(self) -> CostSummary:
        """Means over the inputs."""
        energy, latency = float(self.energy_j.mean()), float(self.latency_s.mean())
        low_j, high_j = (float(band) for band in self.energy_band_j.mean(axis=1))
        low_s, high_s = (float(band) for band in self.latency_band_s.mean(axis=1))
        return CostSummary(
            mean_energy_j=energy,
            mean_latency_s=latency,
            mean_edp_js=float(self.edp_js.mean()),
            product_of_means_edp_js=energy * latency,
            energy_band_j=(low_j, high_j),
            latency_band_s=(low_s, high_s),
        )


def close_ledgers(
    target: Target,
    order: tuple[str, ...],
    timesteps: np.ndarray,
    nominal: Ledger,
    variants: Mapping[str, Totals],
    formulas: tuple[str, ...],
    warnings: tuple[str, ...],
    mapping: tuple[LayerMapping, ...] = (),
    memory: Memory | None = None,
    area_terms: tuple[AreaTerm, ...] = (),
) -> Costs:
    """The :class:`Costs` of a model that was run with the target as it is, and with its ``variants``.

    Layers come in the ``order`` of the graph's nodes, what belongs to no node after them. The band reaches
    from the least to the most of all variants.
    """
    booked = dict.fromkeys([*(layer for layer, _ in nominal.energy), *nominal.latency])
    layers = (*(name for name in order if name in booked), *(name for name in booked if name not in order))
    components = tuple(dict.fromkeys(component for _, component in nominal.energy))
    inputs = nominal.inputs
    layer_energy, layer_latency = np.zeros((inputs, len(layers))), np.zeros((inputs, len(layers)))
    component_energy = np.zeros((inputs, len(components)))
    for (layer, component), joules in nominal.energy.items():
        layer_energy[:, layers.index(layer)] += joules
        component_energy[:, components.index(component)] += joules
    for layer, seconds in nominal.latency.items():
        layer_latency[:, layers.index(layer)] += seconds
    energies = np.stack([nominal.total_energy, *(energy for energy, _ in variants.values())])
    latencies = np.stack([nominal.total_latency, *(latency for _, latency in variants.values())])
    energy_band = np.stack([energies.min(axis=0), energies.max(axis=0)])
    latency_band = np.stack([latencies.min(axis=0), latencies.max(axis=0)])
    if not (np.isfinite(energy_band).all() and np.isfinite(latency_band).all()):
        raise TargetError(f"{target.path}: its figures give an infinite energy or latency; check their units")
    return Costs(
        target=target,
        timesteps=timesteps,
        energy_j=nominal.total_energy,
        latency_s=nominal.total_latency,
        energy_band_j=energy_band,
        latency_band_s=latency_band,
        layers=layers,
        layer_energy_j=layer_energy,
        layer_latency_s=layer_latency,
        components=components,
        component_energy_j=component_energy,
        formulas=formulas,
        warnings=warnings,
        mapping=mapping,
        memory=memory,
        terms=tuple(nominal.terms),
        variants=variants,
        area_terms=area_terms,
    )
