"""A sweep: each point of the design space on many chips, with intervals and the Pareto front."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from snnrt.brief import brief_repr
from snnrt.devices.registry import find_device
from snnrt.errors import DataError, TargetError
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.results.request import Inputs, Progress, checked_request
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.profiling import chip_of, targets_of
from snnrt.targets.sweep.folder import SweepFolder
from snnrt.targets.sweep.grid import Point, axes_of, chip_at, points_of
from snnrt.targets.sweep.intervals import Estimate, estimate_mean
from snnrt.targets.sweep.schedulers import Done, available_cores, run_in_processes, run_on_cluster
from snnrt.targets.sweep.tasks import Outcome, Task, Work

if TYPE_CHECKING:
    from snnrt.targets.profiling import OneTarget

MOST_CHIPS = 1_000_000
MOST_RUNS = 10_000_000
QUANTITIES = ("accuracy", "timesteps", "energy_j", "latency_s", "edp_js")


@dataclass(frozen=True)
class SweepPoint:
    """``point``: the varied fields with their values. Means over chips and inputs with their intervals:
    ``accuracy`` (fraction), ``timesteps``, ``energy_j``, ``latency_s`` and ``edp_js`` (the mean of each
    input's E·D) an input. ``pareto``: no other point is as accurate for less EDP, or more for no more."""

    point: Point
    accuracy: Estimate
    timesteps: Estimate
    energy_j: Estimate
    latency_s: Estimate
    edp_js: Estimate
    pareto: bool

    __repr__ = brief_repr

    @property
    def label(self) -> str:
        """The fields in one line."""
        return ", ".join(f"{field}={value}" for field, value in self.point) or "as described"

    def to_dict(self) -> dict[str, object]:
        """JSON-able."""
        estimates = {name: getattr(self, name).to_dict() for name in QUANTITIES}
        return {"point": dict(self.point), **estimates, "pareto": self.pareto}


@dataclass(frozen=True)
class Sweep:
    """``points`` in the grid's order, each of ``chips`` chips and ``inputs`` inputs. ``fields``: what was
    varied; ``confidence`` of the intervals; ``exit`` and ``timesteps`` of the runs."""

    target: str
    fields: tuple[str, ...]
    points: tuple[SweepPoint, ...]
    chips: int
    inputs: int
    confidence: float
    exit: Exit
    timesteps: int

    __repr__ = brief_repr

    @property
    def pareto(self) -> tuple[SweepPoint, ...]:
        """The front, accuracy against EDP, the cheapest first."""
        return tuple(sorted((one for one in self.points if one.pareto), key=lambda one: one.edp_js.mean))

    def to_dict(self) -> dict[str, object]:
        """JSON-able."""
        return {
            "target": self.target,
            "chips": self.chips,
            "inputs": self.inputs,
            "confidence": self.confidence,
            "exit": str(self.exit),
            "timesteps": self.timesteps,
            "points": [point.to_dict() for point in self.points],
        }

    def rows(self) -> list[dict[str, object]]:
        """A flat row a point, as ``pandas.DataFrame(sweep.rows())`` takes them: the fields, then of each
        quantity the mean, ``_low`` and ``_high`` over chips and inputs, and the chips' ``_deviation``."""
        rows = []
        for point in self.points:
            row: dict[str, object] = dict(point.point)
            for name in QUANTITIES:
                found: Estimate = getattr(point, name)
                row |= {name: found.mean, f"{name}_low": found.interval[0], f"{name}_high": found.interval[1]}
                row[f"{name}_deviation"] = found.chips_deviation
            rows.append(row | {"pareto": int(point.pareto)})
        return rows

    def to_csv(self) -> str:
        """:meth:`rows` as CSV with a header."""
        buffer, rows = io.StringIO(), self.rows()
        writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return buffer.getvalue()

    def to_svg(self) -> str:
        """Accuracy against EDP with intervals and the front, an ``<svg>`` element. Raises SnnrtError without
        matplotlib."""
        from snnrt.targets.plots import accuracy_against_edp

        def pairs(name: str) -> tuple[np.ndarray, np.ndarray]:
            found: list[Estimate] = [getattr(point, name) for point in self.points]
            return np.array([one.mean for one in found]), np.array([one.interval for one in found]).T

        labels = [point.label for point in self.points]
        front = np.array([point.pareto for point in self.points])
        return accuracy_against_edp(*pairs("edp_js"), *pairs("accuracy"), front, labels)


def sweep(
    model: Model,
    x: Inputs,
    y: np.ndarray | None = None,
    *,
    target: OneTarget,
    vary: Mapping[str, object] | Sequence[str] = (),
    chips: int = 1,
    confidence: float = 0.95,
    timesteps: int | None = None,
    exit: Exit | str | None = None,
    folder: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Accuracy and cost of many chips, at each point of a design space, with confidence intervals.

    ``model``: a network's ``model``. ``target``: an in-memory chip. ``vary``: fields of its description, as
    ``{"adc.bits": range(3, 9)}`` or ``["adc.bits=3:8", "programming_error=0:0.3:0.05"]``; every combination
    is run on the same ``chips``, whose errors are drawn from the description's seed and those after it.
    ``folder``: one small file for each finished run; with the same arguments a sweep goes on where it ended.
    ``workers`` processes (all cores), or a Dask ``scheduler``, ``"tcp://host:8786"``.
    ``progress(done, total)`` counts runs. The rest as :meth:`snnrt.Network.profile`. Raises TargetError for
    fields and values that the chip cannot have, DataError for wrong data, OutputError for a folder of
    something else.
    """
    work = work_of(model, x, y, target=target, timesteps=timesteps, exit=exit)
    return swept(
        work, vary=vary, chips=chips, confidence=confidence, folder=folder, workers=workers,
        scheduler=scheduler, progress=progress,
    )  # fmt: skip


def work_of(
    model: Model,
    x: Inputs,
    y: np.ndarray | None,
    *,
    target: OneTarget,
    timesteps: int | None = None,
    exit: Exit | str | None = None,
) -> Work:
    """What all runs share. Raises TargetError for a target that is no in-memory chip, DataError for inputs
    or labels that do not fit or are not there."""
    targets = targets_of(target)
    capabilities = find_device(chip_of(targets)).capabilities
    (chip,) = targets
    assert isinstance(chip, InMemory)
    request = checked_request(model.graph, x, capabilities, y=y, timesteps=timesteps, exit=exit)
    if len(request) == 0:
        raise DataError("x: expected at least one input, found none")
    labels = request.needed_labels()
    return Work(model.raw, request.inputs, labels, request.timesteps, request.exit, chip)


def swept(
    work: Work,
    *,
    vary: Mapping[str, object] | Sequence[str],
    chips: int = 1,
    confidence: float = 0.95,
    folder: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """The sweep of ``work``; what ``folder`` has is not run again."""
    _whole("chips", chips, MOST_CHIPS)
    if workers is not None:
        _whole("workers", workers, 4096)
    if not isinstance(confidence, (int, float)) or not 0 < confidence < 1:
        raise DataError(f"confidence: expected a number between 0 and 1, found {confidence!r}")
    axes = axes_of(vary)
    points, first = points_of(axes), work.target.crossbar.seed
    if len(points) * chips > MOST_RUNS:
        raise TargetError(
            f"sweep: expected at most {MOST_RUNS} runs, found {len(points)} points × {chips} chips"
        )
    for point in points:
        # what cannot be built is said before anything runs
        chip_at(work.target, point, first)
    # the same chips and inputs at every point: points are compared on one draw
    tasks = [Task(point, first + number) for point in points for number in range(chips)]
    kept = SweepFolder(folder, work) if folder is not None else None
    outcomes: dict[Task, Outcome] = {}
    for task in tasks if kept is not None else ():
        if (outcome := kept.load(task)) is not None:  # type: ignore[union-attr]
            outcomes[task] = outcome
    left = [task for task in tasks if task not in outcomes]
    if progress is not None:
        progress(len(outcomes), len(tasks))
    with closing(_schedule(work, left, workers, scheduler)) as done:  # type: ignore[type-var]
        for task, outcome in done:
            outcomes[task] = outcome
            if kept is not None:
                kept.save(task, outcome)
            if progress is not None:
                progress(len(outcomes), len(tasks))
    found = [
        _estimates([outcomes[task] for task in tasks if task.point == point], confidence) for point in points
    ]
    front = pareto_front(
        np.array([one["accuracy"].mean for one in found]), np.array([one["edp_js"].mean for one in found])
    )
    return Sweep(
        target=work.target.name,
        fields=tuple(axis.field for axis in axes),
        points=tuple(
            SweepPoint(point, **one, pareto=bool(best))
            for point, one, best in zip(points, found, front, strict=True)
        ),
        chips=chips,
        inputs=len(work.inputs),
        confidence=float(confidence),
        exit=work.exit,
        timesteps=work.timesteps,
    )


def _schedule(work: Work, tasks: Sequence[Task], workers: int | None, scheduler: str | None) -> Done:
    if not tasks:
        return _nothing()
    if scheduler is not None:
        if workers is not None:
            raise DataError(
                "workers: have no meaning with a scheduler, whose workers are its own; leave one out"
            )
        return run_on_cluster(work, tasks, scheduler)
    return run_in_processes(work, tasks, workers or available_cores())


def _nothing() -> Iterator[tuple[Task, Outcome]]:
    yield from ()


def _estimates(outcomes: Sequence[Outcome], confidence: float) -> dict[str, Estimate]:
    def stacked(name: str) -> np.ndarray:
        return np.stack([getattr(outcome, name) for outcome in outcomes])

    energy, latency = stacked("energy_j"), stacked("latency_s")
    values = {"timesteps": stacked("timesteps"), "energy_j": energy, "latency_s": latency}
    values["edp_js"] = energy * latency
    return {
        "accuracy": estimate_mean(stacked("correct"), confidence, fraction=True),
        **{name: estimate_mean(array, confidence) for name, array in values.items()},
    }


def pareto_front(gain: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """(P,) bool: which points no other point beats in one of ``gain`` and ``cost`` (P,) without losing in
    the other."""
    front = np.zeros(len(gain), bool)
    best, last = -math.inf, (math.nan, math.nan)
    for place in np.lexsort((-gain, cost)):
        here = (float(gain[place]), float(cost[place]))
        if here[0] > best or here == last:
            front[place] = True
            best, last = here[0], here
    return front


def _whole(name: str, value: object, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= most:
        raise DataError(f"{name}: expected a whole number from 1 to {most}, found {value!r}")
