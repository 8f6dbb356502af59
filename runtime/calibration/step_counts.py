"""What happens in an input that ends after 1 … T timesteps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snnrt.devices.base import Inputs, checked_request
from snnrt.devices.registry import find_device
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.results.counts import Counts

MOST_INPUTS = 400
"""Whose events stand for those of all: costs differ little from input to input."""


def step_counts(model: Model, x: Inputs, timesteps: int | None = None) -> list[Counts]:
    """Events (T of them) of the first inputs in the C core. Raises DataError for inputs that do not fit."""
    device = find_device("cpu")
    request = checked_request(model.graph, x, device.capabilities, timesteps=timesteps, exit=Exit.never())
    first = request.part(0, min(MOST_INPUTS, len(request)))
    with device.open(model) as session:
        return [
            session.run(replace(first, timesteps=int(step))).counts
            for step in np.arange(1, request.timesteps + 1)
        ]
