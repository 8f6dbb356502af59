"""What a profile knows beyond costs, for its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from snnrt.calibration.calibrate import fingerprint
from snnrt.calibration.outcomes import Outcomes
from snnrt.calibration.promise import KEY, Promise
from snnrt.devices.registry import find_device
from snnrt.format.model import Model
from snnrt.reporting import provenance
from snnrt.reporting.sweeping import needed_outcomes, outcomes_of, sweep_of
from snnrt.results.request import RunRequest
from snnrt.summary import class_names
from snnrt.targets.profiling import Profile
from snnrt.targets.report.chosen_inputs import probabilities_of
from snnrt.targets.report.details import Document, RunDetails


def run_details(
    model: Model, profiled: Profile, outcomes: Outcomes | None, *, sweep: Document | None = None,
    made: Mapping[str, str] | None = None, period_s: float | None = None,
) -> RunDetails:  # fmt: skip
    """``outcomes`` of the profile's run of all timesteps, ``sweep`` and ``made``
    (:mod:`snnrt.reporting.provenance`) where they are known."""
    dynamic = profiled.dynamic
    promised, lines = promise_of(model, profiled.request)
    return RunDetails(
        inputs=profiled.request.inputs,
        classes=None if outcomes is None else outcomes.classes,
        probabilities=probabilities_of(dynamic.logits, dynamic.predictions),
        dynamic=dynamic.counts,
        static=profiled.static.counts,
        class_names=class_names(model.graph),
        sweep=sweep,
        promised=promised,
        promise=lines,
        made=made or {},
        period_s=period_s,
    )


def promise_of(model: Model, request: RunRequest) -> tuple[bool, list[str]]:
    """Whether the file promises something of the exit that was run, and what; of another exit, that it does
    not hold for this."""
    promise = Promise.of(model.graph)
    if promise is None:
        unread = KEY in model.graph.metadata
        return False, ["the file has a promise that can't be read"] if unread else []
    if not promise.is_of(request.exit) or promise.timesteps != request.timesteps:
        return False, [
            f"none for {request.exit} with {request.timesteps} timesteps: the file's promise was given for "
            f"{promise.exit} with {promise.timesteps}"
        ]
    seen = fingerprint(request) == promise.data
    return True, [*promise.sentences(), *(["these are the inputs that it was calibrated on"] if seen else [])]


def whole_details(
    model: Model, profiled: Profile, *, device: object = "cpu", rules: Sequence[str] = (), swept: bool = True,
    needed: bool = False, model_name: str = "", data_name: str = "", command: Sequence[str] = (),
    period_s: float | None = None,
) -> RunDetails:  # fmt: skip
    """Everything that a report has, of a profile that recorded every step; the names and the ``command``
    where there are any.

    ``swept``: with the sweep of ``rules`` (none: the exit's own), where the device recorded what that takes;
    ``needed``: or else DataError.
    """
    outcomes = needed_outcomes(model, profiled, device) if needed else outcomes_of(model, profiled.static)
    document = None
    if swept and outcomes is not None:
        document = sweep_of(model, profiled, outcomes, rules, device)
    facts = provenance.made(
        model, profiled.request, model_name=model_name, data_name=data_name, command=command,
        device=device if isinstance(device, str) else find_device(device).capabilities.name,
    )  # fmt: skip
    return run_details(model, profiled, outcomes, sweep=document, made=facts, period_s=period_s)
