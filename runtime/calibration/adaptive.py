"""A network whose threshold follows its inputs, as a device would run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from snnrt.calibration.outcomes import Outcomes
from snnrt.devices.base import Device, Inputs, checked_request
from snnrt.devices.registry import find_device
from snnrt.exits.adaptation import Adaptation
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.ir.exit_rules import RULES

__all__ = ["Adaptation", "Adapted", "adapted"]


@dataclass(frozen=True, eq=False)
class Adapted:
    """N inputs in turn: ``timesteps`` (N,) int64, the ``predictions`` (N,) int64, and the ``thresholds`` (N,)
    float64 in force, bit for bit as a device with ``settings``. ``accuracy``: None without labels."""

    settings: Adaptation
    timesteps: np.ndarray
    predictions: np.ndarray
    thresholds: np.ndarray
    accuracy: float | None


def adapted(
    model: Model, x: Inputs, settings: Adaptation, *, device: str | Device = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> Adapted:  # fmt: skip
    """Run ``x`` once for all timesteps, and let the threshold follow. Raises DataError for data that do not
    fit."""
    chosen = find_device(device)
    request = checked_request(
        model.graph, x, chosen.capabilities, exit=Exit.never(), record=("accumulators",), progress=progress
    )
    with chosen.open(model) as session:
        found = session.run(request).accumulators
    assert found is not None
    outcomes = Outcomes.of(model.graph, found)
    steps, integers = settings.exit_steps(outcomes.distances, outcomes.classes)
    predictions = outcomes.answers(steps)
    classes = model.graph.readout.shape[0]
    thresholds = np.array([RULES[settings.rule].threshold(int(one), classes) for one in integers])
    right = None if request.labels is None else float((predictions == request.labels).mean())
    return Adapted(settings, steps, predictions, thresholds, right)
