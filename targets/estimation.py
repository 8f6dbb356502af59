"""From event counts to costs, and a dynamic run beside a static one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from snnrt.errors import DataError
from snnrt.ir.graph import Graph
from snnrt.results.counts import Counts
from snnrt.targets import in_memory, microcontroller, neuromorphic
from snnrt.targets.costs import Costs, CostSummary, Ledger, Totals, close_ledgers
from snnrt.targets.in_memory_mapping import mapping_of
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.loading import load_target
from snnrt.targets.quantities import engineering
from snnrt.targets.target import Microcontroller, Neuromorphic, Target
from snnrt.targets.variants import CHOICE, variants_of
from snnrt.targets.waiting import check_period, wait
from snnrt.targets.workload import check_counts

DOES_NOT_FIT = "does not fit"
"""How the warning of hardware that is too small begins."""


def estimate(
    graph: Graph,
    counts: Counts,
    target: Target | str | os.PathLike[str],
    *,
    period_s: float | None = None,
    arena_bytes: int | None = None,
    model_bytes: int | None = None,
    band: bool = True,
) -> Costs:
    """Energy, latency and energy-delay product of each input in ``counts`` on ``target``.

    ``counts`` come from a run of ``graph``. ``period_s``: inputs arrive every so many seconds, and what the
    hardware takes in between is added. ``arena_bytes`` and ``model_bytes``: what the
    network needs in RAM and flash, checked against the board. ``band``: also at the ends of the target's
    figures; without it, which is faster, bands are of no width. Formulas: docs/cost_models.md.

    Raises :class:`TargetError` for an unknown or malformed target, :class:`DataError` for counts of
    another network and a period that is not a positive number.
    """
    hardware = target if isinstance(target, Target) else load_target(target)
    check_counts(graph, counts)
    check_period(period_s)

    def booked(book: Callable[..., Ledger]) -> tuple[Ledger, dict[str, Totals]]:
        def whole(variant: Target) -> Ledger:
            ledger = book(graph, counts, variant)
            if period_s is not None:
                wait(graph, variant, ledger, period_s)
            return ledger

        variants = variants_of(hardware) if band else {}
        return whole(hardware), {name: whole(variant).totals for name, variant in variants.items()}

    if isinstance(hardware, Microcontroller):
        memory = microcontroller.memory(hardware, arena_bytes, model_bytes)
        return close_ledgers(
            hardware,
            counts.nodes,
            counts.timesteps,
            *booked(microcontroller.book),
            microcontroller.FORMULAS,
            microcontroller.warnings(memory),
            memory=memory,
        )
    if isinstance(hardware, InMemory):
        mapping = mapping_of(graph, hardware)
        return close_ledgers(
            hardware,
            counts.nodes,
            counts.timesteps,
            *booked(in_memory.book),
            in_memory.FORMULAS,
            in_memory.warnings(mapping, hardware),
            mapping=mapping,
            area_terms=in_memory.area_terms(graph, hardware, mapping),
        )
    assert isinstance(hardware, Neuromorphic)
    costs = close_ledgers(
        hardware,
        counts.nodes,
        counts.timesteps,
        *booked(neuromorphic.book),
        neuromorphic.FORMULAS,
        neuromorphic.warnings(graph, hardware),
    )
    return replace(costs, warnings=(*costs.warnings, *neuromorphic.power_warnings(costs, hardware)))


@dataclass(frozen=True)
class TargetReport:
    """A run with dynamic timesteps beside the same inputs at the full T, on one target.

    ``accuracy`` and ``static_accuracy`` are fractions, None without labels. ``predictions`` of the dynamic
    run and ``labels``, (N,) int64, where they are known.
    """

    target: Target
    dynamic: Costs
    static: Costs
    accuracy: float | None = None
    static_accuracy: float | None = None
    predictions: np.ndarray | None = None
    labels: np.ndarray | None = None

    @property
    def edp_reduction(self) -> float:
        """1 − mean EDP / static mean EDP (0.8: four fifths less; 0 where the static EDP is 0)."""
        static = self.static.summary().mean_edp_js
        return 1.0 - self.dynamic.summary().mean_edp_js / static if static > 0 else 0.0

    @property
    def product_of_means_edp_reduction(self) -> float:
        """The same from mean E × mean D."""
        static = self.static.summary().product_of_means_edp_js
        return 1.0 - self.dynamic.summary().product_of_means_edp_js / static if static > 0 else 0.0

    @property
    def edp_reduction_band(self) -> tuple[float, float]:
        """The least and the most of :attr:`edp_reduction` at any figure's ends and with either choice."""
        found = [self.edp_reduction, *(self._reduction_at(name) for name in self.dynamic.variants)]
        return min(found), max(found)

    @property
    def edp_reduction_by_choice(self) -> dict[str, float]:
        """:attr:`edp_reduction` with each value of ``static_layers``: layers that see a constant input
        computed once an input, and at every timestep; empty for targets without that choice."""
        return {
            name.split(" = ")[1]: self._reduction_at(name)
            for name in self.dynamic.variants
            if name.startswith(f"{CHOICE} = ") and name.count(" ") == 2
        }

    def _reduction_at(self, variant: str) -> float:
        (energy, latency), (static_energy, static_latency) = (
            costs.variants[variant] for costs in (self.dynamic, self.static)
        )
        static = float((static_energy * static_latency).mean())
        return 1.0 - float((energy * latency).mean()) / static if static > 0 else 0.0

    @property
    def fits(self) -> bool:
        """Whether the hardware holds the network; where not, its figures are of no hardware that there is."""
        return not any(line.startswith(DOES_NOT_FIT) for line in self.dynamic.warnings)

    def rows(self) -> list[dict[str, str | int | float | None]]:
        """A flat row an input, as ``pandas.DataFrame(report.rows())`` takes them.

        ``input`` 0 … N − 1, ``target``, ``prediction``, ``label`` (None where unknown), ``timesteps`` used,
        ``energy_j``, ``latency_s``, ``edp_js``, and the same at the full T as ``static_timesteps`` and so on.
        """
        columns: dict[str, list[int] | list[float]] = {}
        for prefix, costs in (("", self.dynamic), ("static_", self.static)):
            columns[f"{prefix}timesteps"] = costs.timesteps.tolist()
            for figure in ("energy_j", "latency_s", "edp_js"):
                columns[prefix + figure] = getattr(costs, figure).tolist()
        inputs = len(self.dynamic.timesteps)
        nothing = [None] * inputs
        predictions, labels = (
            nothing if known is None else known.tolist() for known in (self.predictions, self.labels)
        )
        return [
            {
                "input": index,
                "target": self.target.name,
                "prediction": predictions[index],
                "label": labels[index],
                **{name: values[index] for name, values in columns.items()},
            }
            for index in range(inputs)
        ]

    def __repr__(self) -> str:
        dynamic, static = self.dynamic.summary(), self.static.summary()
        lines = [
            f"<snnrt.TargetReport {self.target.name}: {len(self.dynamic.timesteps)} inputs, dynamic (all)"
        ]
        if self.accuracy is not None and self.static_accuracy is not None:
            lines.append(f"accuracy   {self.accuracy:.4f} ({self.static_accuracy:.4f})")
        steps = (self.dynamic.timesteps.mean(), self.static.timesteps.mean())
        lines.append(f"timesteps  {steps[0]:.3f} ({steps[1]:.3f})")
        for name, unit, figure in (("energy", "J", "mean_energy_j"), ("latency", "s", "mean_latency_s")):
            ours, theirs = (engineering(getattr(one, figure), unit) for one in (dynamic, static))
            lines.append(f"{name:9}  {ours} ({theirs})")
        lines.append(f"EDP        {dynamic.mean_edp_js:.4g} J·s ({static.mean_edp_js:.4g} J·s)")
        lines[-1] += f", {abs(self.edp_reduction):.1%} {'less' if self.edp_reduction >= 0 else 'more'}>"
        return "\n  ".join(lines)

    def to_dict(self) -> dict[str, object]:
        """JSON-able: the figures of the dynamic run, the same at full T as ``static_…``, reductions."""
        return {
            "target": self.target.name,
            "kind": self.target.kind,
            **_figures("", self.accuracy, self.dynamic),
            **_figures("static_", self.static_accuracy, self.static),
            "edp_reduction": self.edp_reduction,
            "edp_reduction_band": list(self.edp_reduction_band),
            "edp_reduction_by_static_layers": self.edp_reduction_by_choice,
            "product_of_means_edp_reduction": self.product_of_means_edp_reduction,
            "fits": self.fits,
            "warnings": list(self.dynamic.warnings),
        }


def _figures(prefix: str, accuracy: float | None, costs: Costs) -> dict[str, object]:
    summary: CostSummary = costs.summary()
    figures: dict[str, object] = {
        "accuracy": None if accuracy is None else float(accuracy),
        "mean_timesteps": float(costs.timesteps.mean()),
        "mean_energy_j": summary.mean_energy_j,
        "mean_latency_s": summary.mean_latency_s,
        "mean_edp_js": summary.mean_edp_js,
        "product_of_means_edp_js": summary.product_of_means_edp_js,
        "energy_band_j": list(summary.energy_band_j),
        "latency_band_s": list(summary.latency_band_s),
    }
    return {f"{prefix}{key}": value for key, value in figures.items()}


def compare(
    graph: Graph,
    dynamic: Counts,
    static: Counts,
    target: Target | str | os.PathLike[str],
    *,
    accuracy: float | None = None,
    static_accuracy: float | None = None,
    period_s: float | None = None,
    arena_bytes: int | None = None,
    model_bytes: int | None = None,
    predictions: np.ndarray | None = None,
    labels: np.ndarray | None = None,
) -> TargetReport:
    """``dynamic`` counts of ``graph`` with its exit rule beside ``static`` ones of the same inputs at full T.

    The static run is costed without an exit rule. Raises as :func:`estimate`, and :class:`DataError` where
    the two runs have different numbers of inputs.
    """
    hardware = target if isinstance(target, Target) else load_target(target)
    if dynamic.timesteps.shape != static.timesteps.shape:
        raise DataError(
            f"the dynamic run has {dynamic.timesteps.shape[0]} inputs, the static one "
            f"{static.timesteps.shape[0]}; run both on the same data"
        )
    full = graph.with_exit("never")
    options = {"period_s": period_s, "arena_bytes": arena_bytes, "model_bytes": model_bytes}
    return TargetReport(
        target=hardware,
        dynamic=estimate(graph, dynamic, hardware, **options),  # type: ignore[arg-type]
        static=estimate(full, static, hardware, **options),  # type: ignore[arg-type]
        accuracy=accuracy,
        static_accuracy=static_accuracy,
        predictions=predictions,
        labels=labels,
    )
