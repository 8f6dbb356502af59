"""A sweep: each point of the design space on many chips, with intervals and the Pareto front."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from snnrt.devices.crossbar.calibration import Choice
from snnrt.devices.models import with_exit
from snnrt.devices.registry import find_device
from snnrt.errors import DataError, TargetError
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.results.request import Inputs, Progress, checked_data, checked_request
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.profiling import OneTarget, chip_of, targets_of
from snnrt.targets.sweep.findings import Sweep, SweepPoint, pareto_front
from snnrt.targets.sweep.folder import SweepFolder
from snnrt.targets.sweep.grid import Axis, Point, axes_of, points_of
from snnrt.targets.sweep.intervals import Estimate, estimate_mean
from snnrt.targets.sweep.schedulers import Done, available_cores, run_in_processes, run_on_cluster
from snnrt.targets.sweep.tasks import Outcome, Task, Work, check_fit

MOST_CHIPS = 1_000_000
MOST_RUNS = 10_000_000
MOST_WORKERS = 4096
Estimates = dict[str, Estimate]
"""By the name of a quantity, of QUANTITIES."""


class Options(TypedDict, total=False):
    """What :meth:`snnrt.Network.sweep` takes beside the data: arguments of :func:`sweep`."""

    vary: Mapping[str, object] | Sequence[str]
    chips: int
    confidence: float
    timesteps: int | None
    exit: Exit | str | None
    calibration: Inputs | None
    choice: Choice | None
    folder: str | os.PathLike[str] | None
    workers: int | None
    scheduler: str | None
    progress: Progress | None


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
    calibration: Inputs | None = None,
    choice: Choice | None = None,
    folder: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Accuracy and cost of many chips, at each point of a design space, with confidence intervals.

    ``model``: a network's ``model``. ``target``: an in-memory chip. ``vary``: fields of its description, as
    ``{"adc.bits": range(3, 9)}`` or ``["adc.bits=3:8", "programming_error=0:0.3:0.05"]``; every combination
    is run on the same ``chips``, whose errors are drawn from the description's seed and those after it.
    ``calibration``: inputs that each chip is calibrated from, as ``choice`` says
    (:mod:`snnrt.devices.crossbar.calibration`). ``folder``: one small file
    for each finished run; with the same arguments a sweep goes on where it ended.
    ``workers`` processes (all cores), or a Dask ``scheduler``, ``"tcp://host:8786"``.
    ``progress(done, total)`` counts runs. The rest as :meth:`snnrt.Network.profile`. Raises TargetError for
    fields and values that the chip cannot have, DataError for wrong data, OutputError for a folder of
    something else.
    """
    work = work_of(
        model, x, y, target=target, timesteps=timesteps, exit=exit, calibration=calibration, choice=choice
    )
    return swept(
        work, plan_of(work, vary, chips), confidence=confidence, folder=folder, workers=workers,
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
    calibration: Inputs | None = None,
    choice: Choice | None = None,
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
    # a device reads an exit of several terms in the model
    raw = with_exit(model, exit).raw
    inputs = (
        None if calibration is None else checked_data(model.graph, calibration, timesteps, split="train")[0]
    )
    return Work(
        raw, request.inputs, labels, request.timesteps, request.exit, chip, inputs, choice or Choice()
    )


@dataclass(frozen=True)
class Plan:
    """The ``points`` of ``axes``, each on the same chips, by their ``seeds``: compared on one draw."""

    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    seeds: range


def plan_of(work: Work, vary: Mapping[str, object] | Sequence[str] = (), chips: int = 1) -> Plan:
    """What is to be run; each point can be built. Raises TargetError, DataError."""
    _whole("chips", chips, MOST_CHIPS)
    axes = axes_of(vary)
    points = points_of(axes)
    if len(points) * chips > MOST_RUNS:
        raise TargetError(
            f"sweep: expected at most {MOST_RUNS} runs, found {len(points)} points × {chips} chips; vary less"
        )
    for point in points:
        check_fit(work, point)
    first = work.target.crossbar.seed
    return Plan(axes, points, range(first, first + chips))


def swept(
    work: Work,
    plan: Plan,
    *,
    confidence: float = 0.95,
    folder: str | os.PathLike[str] | SweepFolder | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """The sweep of ``work``; what ``folder`` has is not run again. Arguments as of :func:`sweep`."""
    if workers is not None:
        _whole("workers", workers, MOST_WORKERS)
    if not isinstance(confidence, (int, float)) or not 0 < confidence < 1:
        raise DataError(f"confidence: expected a number between 0 and 1, found {confidence!r}")
    points, seeds, chips = plan.points, plan.seeds, len(plan.seeds)
    kept = SweepFolder(folder, work) if isinstance(folder, (str, os.PathLike)) else folder
    found: dict[Point, Estimates] = {}
    begun: dict[Point, dict[int, Outcome]] = {}
    left: list[Task] = []
    for point in points:
        known = {} if kept is None else kept.outcomes(point, seeds)
        left += [Task(point, seed) for seed in seeds if seed not in known]
        # what is finished is kept as its estimates alone
        if len(known) == chips:
            found[point] = _estimates([known[seed] for seed in seeds], confidence)
        else:
            begun[point] = known
    count, total = len(points) * chips - len(left), len(points) * chips
    if progress is not None:
        progress(count, total)
    with closing(_schedule(work, left, workers, scheduler)) as done:  # type: ignore[type-var]
        for task, outcome in done:
            if kept is not None:
                kept.save(task, outcome)
            of_chips = begun[task.point]
            of_chips[task.seed] = outcome
            if len(of_chips) == chips:
                found[task.point] = _estimates([of_chips[seed] for seed in seeds], confidence)
                del begun[task.point]
            count += 1
            if progress is not None:
                progress(count, total)
    front = pareto_front(
        np.array([found[point]["accuracy"].mean for point in points]),
        np.array([found[point]["edp_js"].mean for point in points]),
    )
    return Sweep(
        target=work.target.name,
        fields=tuple(axis.field for axis in plan.axes),
        points=tuple(
            SweepPoint(point, **found[point], pareto=bool(best))
            for point, best in zip(points, front, strict=True)
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


def _estimates(outcomes: Sequence[Outcome], confidence: float) -> Estimates:
    def stacked(name: str) -> np.ndarray:
        return np.stack([getattr(outcome, name) for outcome in outcomes])

    energy, latency = stacked("energy_j"), stacked("latency_s")
    values = {"timesteps": stacked("timesteps"), "energy_j": energy, "latency_s": latency}
    values["edp_js"] = energy * latency
    return {
        "accuracy": estimate_mean(stacked("correct"), confidence, fraction=True),
        **{name: estimate_mean(array, confidence) for name, array in values.items()},
    }


def _whole(name: str, value: object, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= most:
        raise DataError(f"{name}: expected a whole number from 1 to {most}, found {value!r}")
