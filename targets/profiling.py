"""What inputs cost on targets: run twice, by the exit rule and for all timesteps, and costed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np

from snnrt.devices.crossbar.device import Crossbar
from snnrt.devices.models import with_exit
from snnrt.devices.registry import find_device
from snnrt.errors import TargetError
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.results.request import Inputs, Progress, RunRequest, checked_request
from snnrt.results.result import Result
from snnrt.targets.estimation import TargetReport, compare
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.loading import list_targets, load_target
from snnrt.targets.target import Target

ProgressBar = Callable[[str], AbstractContextManager[Progress | None]]


@dataclass(frozen=True)
class Profile:
    """``request``: what was run; its result ``dynamic``; ``static`` for all timesteps, with the readout's
    accumulators where asked for; a report a target."""

    request: RunRequest
    dynamic: Result
    static: Result
    reports: list[TargetReport]


class Options(TypedDict, total=False):
    """What :meth:`snnrt.Network.profile` takes beside data and targets."""

    timesteps: int | None
    exit: Exit | str | None
    progress: Progress | None
    device: object
    period_s: float | None
    report: str | os.PathLike[str] | None


MOST_RECORDED = 2**30
"""Bytes of a readout's values after every timestep."""
OneTarget = str | os.PathLike[str] | Target
ALL = "all"
"""In place of a name: every target that snnrt ships."""


def is_one_target(wanted: object) -> bool:
    """Whether one report answers it: a name, a path or a Target, and not ``all``."""
    return isinstance(wanted, (str, os.PathLike, Target)) and wanted != ALL and len(_split(wanted)) == 1


def _split(one: OneTarget) -> list[OneTarget]:
    """Names with commas between them as several, unless a file is called so."""
    if not isinstance(one, str) or "," not in one or os.path.exists(one):
        return [one]
    return [name.strip() for name in one.split(",") if name.strip()]


def targets_of(wanted: OneTarget | Sequence[OneTarget]) -> list[Target]:
    """Names, paths of profiles, or Targets, one or several (``"a,b"`` too), or ``all``, as Targets.

    Raises TargetError for what is unknown, and where two have one name, which results could not tell apart.
    """
    given = [wanted] if isinstance(wanted, (str, os.PathLike, Target)) else list(wanted)
    several = [name for one in given for name in _split(one)]
    if not several:
        raise TargetError("target: expected at least one, found none; 'all' takes every one that snnrt ships")
    targets: list[Target] = []
    for one in several:
        names = list_targets() if one == ALL else (one,)
        targets += [name if isinstance(name, Target) else load_target(name) for name in names]
    found: dict[str, Target] = {}
    for target in targets:
        other = found.setdefault(target.name, target)
        if other is not target:
            where = f"in {other.path} and {target.path}" if other.path != target.path else "twice"
            raise TargetError(
                f"target {target.name!r} is there {where}: name each once; of a profile of your own, change "
                "the name in its file"
            )
    return targets


def chip_of(targets: Sequence[Target]) -> Crossbar:
    """The crossbar of the one in-memory target. Raises TargetError where there is none, or more."""
    if len(targets) != 1 or not isinstance(targets[0], InMemory):
        found = ", ".join(f"{target.name} ({target.kind})" for target in targets)
        raise TargetError(
            f"device crossbar: expected one target of kind imc, whose chip the network runs on, found "
            f"{found}; "
            "name one, or a chip of its own: crossbar:FILE.toml"
        )
    return Crossbar(targets[0].crossbar)


def profile(
    model: Model,
    x: Inputs,
    y: np.ndarray | None,
    targets: Sequence[Target],
    *,
    timesteps: int | None = None,
    exit: Exit | str | None = None,
    progress: Progress | None = None,
    progress_bar: ProgressBar | None = None,
    device: object = "cpu",
    period_s: float | None = None,
    every_step: bool = False,
) -> Profile:
    """Run ``model`` on ``x`` and cost it on each target; arguments as of a network's ``run``.

    ``y`` (N,) labels give the accuracies (None: those of ``x``). ``progress_bar(title)`` opens a bar for
    each of the two runs, in place of ``progress``. ``device``: where it runs, the C core by default;
    ``crossbar``: on the chip of the one in-memory target, with its errors, so that accuracy, timesteps and
    energy are of one run. ``period_s``: an input arrives every so many seconds. ``every_step``: the static
    run records what the readout has after each timestep, where the device can and MOST_RECORDED bytes hold
    it. Raises DataError for data
    that does not fit, TargetError where ``crossbar`` has not one in-memory target to run on.
    """
    bar: ProgressBar = progress_bar or (lambda title: nullcontext(progress))
    device = find_device(chip_of(targets) if device == "crossbar" else device)
    request = checked_request(model.graph, x, device.capabilities, y=y, timesteps=timesteps, exit=exit)
    labels = request.labels
    bytes_kept = 4 * len(request) * request.timesteps * model.graph.readout.elements
    kept = every_step and "accumulators" in device.capabilities.records and bytes_kept <= MOST_RECORDED
    full = replace(request.for_all_timesteps(), record=("accumulators",) if kept else ())
    with device.open(with_exit(model, exit)) as session:
        with bar("full timesteps") as shown:
            static = session.run(full.showing(shown))
        dynamic = static
        if request.exit.rule != "never":
            with bar("dynamic timesteps") as shown:
                dynamic = session.run(request.showing(shown))
    graph = model.graph.with_exit(request.exit).with_(timesteps=request.timesteps)
    accuracy, static_accuracy = (
        None if labels is None else result.accuracy(labels) for result in (dynamic, static)
    )
    reports = [
        compare(
            graph, dynamic.counts, static.counts, target, accuracy=accuracy, static_accuracy=static_accuracy,
            arena_bytes=model.info.arena_bytes, model_bytes=len(model.raw),
            predictions=dynamic.predictions, labels=labels, period_s=period_s,
        )
        for target in targets
    ]  # fmt: skip
    return Profile(request, dynamic, static, reports)
