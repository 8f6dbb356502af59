"""What happens in an input that ends after 1 … T timesteps."""

from __future__ import annotations

from dataclasses import replace

from snnrt.devices.base import Device, Inputs, checked_request
from snnrt.devices.registry import find_device
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.results.counts import Counts

MOST_INPUTS = 400
"""Whose events stand for those of all: costs differ little from input to input."""
EACH = 16
"""Up to so many timesteps each has a run of its own; of longer runs some have, for costs grow evenly."""


def counted_steps(timesteps: int) -> list[int]:
    """The timesteps t ≤ T after which events are counted: each of the first, then ever fewer, and T."""
    found = list(range(1, min(EACH, timesteps) + 1))
    while found[-1] < timesteps:
        found.append(min(timesteps, found[-1] + max(1, found[-1] // 4)))
    return found


def step_counts(
    model: Model,
    x: Inputs,
    timesteps: int | None = None,
    *,
    device: str | Device = "cpu",
    most_inputs: int = MOST_INPUTS,
) -> list[Counts]:
    """Events of the first ``most_inputs`` inputs, were they to end after each of :func:`counted_steps`.

    Raises DataError for inputs that do not fit.
    """
    chosen = find_device(device)
    request = checked_request(model.graph, x, chosen.capabilities, timesteps=timesteps, exit=Exit.never())
    first = request.part(0, min(most_inputs, len(request)))
    with chosen.open(model) as session:
        return [
            session.run(replace(first, timesteps=step)).counts for step in counted_steps(request.timesteps)
        ]
