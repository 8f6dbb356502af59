"""Every threshold of exit rules beside the costs on targets, from a profile's one run of all timesteps."""

from __future__ import annotations

from collections.abc import Sequence

from snnrt.calibration.outcomes import Outcomes
from snnrt.calibration.step_counts import MOST_INPUTS, counted_steps, step_counts
from snnrt.calibration.sweep import sweep, swept_rules
from snnrt.data.load import Dataset
from snnrt.devices.registry import find_device
from snnrt.errors import DataError
from snnrt.format.model import Model
from snnrt.results.result import Result
from snnrt.targets.profiling import MOST_RECORDED, Profile, chip_of
from snnrt.targets.swept_costs import Document, sweep_document

TIMESTEPS_RUN = 20_000
"""Of all inputs together, to count events after each timestep, where that is more than MOST_INPUTS take."""


def outcomes_of(model: Model, static: Result) -> Outcomes | None:
    """What every exit would do, of a run of all timesteps; None where its accumulators were not recorded."""
    return None if static.accumulators is None else Outcomes.of(model.graph, static.accumulators)


def needed_outcomes(model: Model, profiled: Profile, device: object) -> Outcomes:
    """The same. Raises DataError where they were not recorded."""
    found = outcomes_of(model, profiled.static)
    if found is None:
        raise DataError(
            f"sweep: expected a device that records the readout after each timestep, and at most "
            f"{MOST_RECORDED} bytes of that; found {len(profiled.request)} inputs of "
            f"{profiled.request.timesteps} timesteps and {model.graph.readout.elements} classes on {device}; "
            "take fewer inputs, or the device cpu"
        )
    return found


def sweep_of(
    model: Model, profiled: Profile, outcomes: Outcomes, rules: Sequence[str] = (), device: object = "cpu"
) -> Document:
    """The document of a sweep (:func:`snnrt.targets.swept_costs.sweep_document`) on the profile's targets.

    ``rules``: none for those of the profile's exit. Only events after each timestep take further runs, of
    the first inputs, on the ``device`` of the profile. Raises DataError for rules that there are not.
    """
    request, targets = profiled.request, [report.target for report in profiled.reports]
    found = sweep(
        outcomes,
        model.graph,
        request.labels,
        rules or swept_rules(request.exit, model.graph.readout.elements),
    )
    most = max(MOST_INPUTS, TIMESTEPS_RUN // sum(counted_steps(request.timesteps)))
    inputs = Dataset(request.inputs[:most], None, "x", prepared=True)
    counts = step_counts(
        model, inputs, request.timesteps, most_inputs=most,
        device=find_device(chip_of(targets) if device == "crossbar" else device),
    )  # fmt: skip
    return sweep_document(model, found, counts, targets)
