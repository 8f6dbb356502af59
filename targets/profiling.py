"""What inputs cost on targets: run twice, by the exit rule and for all timesteps, and costed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np

from snnrt.devices.registry import find_device
from snnrt.errors import DataError
from snnrt.format.model import Model
from snnrt.results.request import Progress, RunRequest, checked_request
from snnrt.results.result import Result
from snnrt.targets.estimation import TargetReport, compare
from snnrt.targets.loading import load_target
from snnrt.targets.target import Target

ProgressBar = Callable[[str], AbstractContextManager[Progress | None]]


@dataclass(frozen=True)
class Profile:
    """``request``: what was run; its result ``dynamic``; ``static`` for all timesteps; a report a target."""

    request: RunRequest
    dynamic: Result
    static: Result
    reports: list[TargetReport]


def targets_of(
    wanted: str | os.PathLike[str] | Target | Sequence[str | os.PathLike[str] | Target],
) -> list[Target]:
    """Names, paths of profiles, or Targets, one or several, as Targets. Raises TargetError."""
    several = [wanted] if isinstance(wanted, (str, os.PathLike, Target)) else wanted
    return [one if isinstance(one, Target) else load_target(one) for one in several]


def profile(
    model: Model,
    x: np.ndarray,
    y: np.ndarray | None,
    targets: Sequence[Target],
    *,
    steps: int | None = None,
    exit_rule: str | None = None,
    threshold: float | None = None,
    progress: Progress | None = None,
    progress_bar: ProgressBar | None = None,
) -> Profile:
    """Run ``model`` on ``x`` in the C core and cost it on each target; arguments as of a network's ``run``.

    ``y`` (N,) labels give the accuracies. ``progress_bar(title)`` opens a bar for each of the two runs, in
    place of ``progress``. Raises DataError for data that does not fit.
    """
    bar: ProgressBar = progress_bar or (lambda title: nullcontext(progress))
    device = find_device("cpu")
    request = checked_request(
        model.graph, x, device.capabilities, steps=steps, exit_rule=exit_rule, threshold=threshold
    )
    labels = None if y is None else np.asarray(y)
    if labels is not None and labels.shape != (len(request),):
        raise DataError(f"y: expected shape {(len(request),)}, found {labels.shape}")
    with device.open(model) as session:
        with bar("full timesteps") as shown:
            static = session.run(request.for_all_timesteps().showing(shown))
        dynamic = static
        if request.rule != "never":
            with bar("dynamic timesteps") as shown:
                dynamic = session.run(request.showing(shown))
    graph = model.graph.with_exit(request.rule, request.threshold).with_(timesteps=request.timesteps)
    accuracy, static_accuracy = (
        None if labels is None else float((result.classes == labels).mean()) for result in (dynamic, static)
    )
    reports = [
        compare(
            graph, dynamic.counts, static.counts, target, accuracy=accuracy, static_accuracy=static_accuracy,
            arena_bytes=model.info.arena_bytes, model_bytes=len(model.raw),
        )
        for target in targets
    ]  # fmt: skip
    return Profile(request, dynamic, static, reports)
