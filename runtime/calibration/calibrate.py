"""Choose an exit with a promise, on held-out inputs, on the device that will run it."""

from __future__ import annotations

import hashlib
import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from snnrt.calibration.outcomes import Outcomes
from snnrt.calibration.promise import KEY, LOSSES, Promise
from snnrt.devices.base import Device, Inputs, RunRequest, checked_request
from snnrt.devices.models import model_of
from snnrt.devices.registry import find_device
from snnrt.errors import DataError
from snnrt.exits import fixed_point, guarantee
from snnrt.exits.logit_scale import checked_scale, least_nll_scale
from snnrt.exits.reach import reach_of
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.ir.exit_rules import RULES

SCORED = ("entropy", "confidence", "margin")
"""Rules whose thresholds are a sequence worth going through."""
MODES = ("certain", "expected", "sets")
FITTED = 5
"""Of so many inputs one is for the logit scale, where that is fitted: in whatever order they are."""
Progress = Callable[[int, int], None]
Cost = Callable[[str, np.ndarray], float]
"""Of a rule and the timesteps (N,) that the inputs take, what is made as small as can be."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A rule's sequence of J exits on N inputs, most careful first, and the ``place`` of the last that is
    promised.

    ``losses`` and ``mean_timesteps`` (J,), on the worst chip and over chips; ``accuracy`` (J,), None without
    labels; ``cost``: of the exit at ``place``; ``steps`` (J, N): timesteps of each input, on the first
    chip."""

    rule: str
    thresholds: tuple[float, ...]
    place: int
    losses: np.ndarray
    mean_timesteps: np.ndarray
    accuracy: np.ndarray | None
    cost: float
    steps: np.ndarray

    @property
    def exit(self) -> Exit:
        """The one that is promised; never where none is."""
        return Exit.never() if self.place < 0 else Exit(self.rule, self.thresholds[self.place])  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Calibration:
    """What was found. ``model``: with the exit and the promise in it; ``needed``: the fewest inputs that
    certify the risk without a loss; ``allowed``: losses that ``samples`` inputs may have, −1: there are too
    few of them. ``static_accuracy`` (T,): of all inputs after t timesteps, None without labels.
    ``warnings``: what stands in the way of exits. ``logit_scale``: of the model; ``fitted``: the inputs that
    it was fitted on, which the promise does not count."""

    model: Model
    promise: Promise
    exit: Exit
    candidates: tuple[Candidate, ...]
    needed: int
    allowed: int
    static_accuracy: np.ndarray | None
    warnings: tuple[str, ...] = ()
    logit_scale: float = 1.0
    fitted: int = 0


@dataclass(frozen=True)
class Wish:
    """What is wanted: see :func:`calibrate`."""

    risk: float
    delta: float
    loss: Literal["dropped", "changed"]
    mode: str
    rules: tuple[str, ...]

    @property
    def delta_of_rule(self) -> float:
        """Rules share the confidence: whichever is chosen, its promise holds."""
        return self.delta / len(self.rules)


def wish(
    max_drop: float, confidence: float, loss: str | None, mode: str, rules: Sequence[str], labels: bool
) -> Wish:
    """Raises DataError for what makes no sense."""
    for name, value, top in (("max_drop", max_drop, 100.0), ("confidence", confidence, 1.0)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 < value < top:
            share = name == "confidence" and isinstance(value, (int, float)) and 1.0 < value < 100.0
            hint = f"; {value:g} % is {value / 100:g}" if share else ""
            raise DataError(f"{name}: expected a number above 0 and below {top:g}, found {value!r}{hint}")
    if mode not in MODES:
        raise DataError(f"mode: expected one of {', '.join(MODES)}, found {mode!r}")
    if loss is not None and loss not in LOSSES:
        raise DataError(f"loss: expected one of {', '.join(LOSSES)}, found {loss!r}")
    if not labels and (loss == "dropped" or mode == "sets"):
        raise DataError(
            f"{'mode sets' if mode == 'sets' else 'loss dropped'}: expected data with labels, found none; "
            "give y, or loss 'changed', which needs none"
        )
    if isinstance(rules, str):
        rules = [rule.strip() for rule in rules.split(",")]
    unknown = [rule for rule in rules if rule not in RULES or rule == "never"]
    if unknown or not rules:
        known = ", ".join(rule for rule in RULES if rule != "never")
        raise DataError(f"rule: expected some of {known}, found {unknown or 'none'}")
    chosen: Any = loss or ("dropped" if labels else "changed")
    return Wish(max_drop / 100.0, 1.0 - confidence, chosen, mode, tuple(dict.fromkeys(rules)))


def calibrate(
    model: Model, x: Inputs, y: np.ndarray | None = None, *, max_drop: float = 0.5, confidence: float = 0.95,
    rules: Sequence[str] = ("entropy",), loss: str | None = None, mode: str = "certain",
    device: str | Device | Sequence[Device] = "cpu", chip_share: float = 0.9, timesteps: int | None = None,
    logit_scale: float | Literal["fit"] | None = None, cost: Cost | None = None,
    progress: Progress | None = None,
) -> Calibration:  # fmt: skip
    """The exit with the least ``cost`` (mean timesteps) that loses at most ``max_drop`` percent of inputs.

    ``rules``: whose thresholds are tried, each from the most careful on in the order of its grid. ``loss``:
    ``"dropped"``, an answer that is wrong where all timesteps are right (bounds the drop of accuracy in
    points; needs labels), or ``"changed"``, another answer than all timesteps give. ``mode``: ``"certain"``,
    with ``confidence`` over the draw of the inputs; ``"expected"``, on average over it; ``"sets"``: margins a
    timestep, so that the classes within them hold the label of all but ``max_drop`` percent of inputs.
    ``device``: a name or device, or several chips, of whose kind at least ``chip_share`` are to hold. Inputs
    must not have been trained on, and be drawn as those in the field are.

    ``logit_scale``: exit rules see the logits times so much; None: what the model has; ``"fit"``: what every
    fifth input says (:func:`snnrt.exits.logit_scale.least_nll_scale`: of its label, or with the loss
    ``"changed"`` of the answer that all timesteps give), and the promise is of the others.

    Raises DataError for arguments and data that do not fit.
    """
    several = not isinstance(device, str) and isinstance(device, Sequence)
    if several and not device:
        raise DataError("device: expected a device or several chips, found none")
    chips: list[Device] = list(device) if several else [find_device(device)]  # type: ignore[arg-type]
    request = checked_request(
        model.graph, x, chips[0].capabilities, y=y, timesteps=timesteps, exit=Exit.never(),
        record=("accumulators",),
    )  # fmt: skip
    wanted = wish(max_drop, confidence, loss, mode, rules, request.labels is not None)
    if request.timesteps == 1:
        raise DataError("timesteps: expected 2 or more, found 1: no run can end before its last timestep")
    needed = _needed(wanted, 1.0, request.timesteps)
    if mode == "sets" and len(request) < needed:
        raise DataError(
            f"mode sets: expected {needed} inputs or more at {request.timesteps} timesteps, found "
            f"{len(request)}; give more, or a larger max_drop"
        )
    if logit_scale is not None and logit_scale != "fit":
        model = model_of(model.graph.with_logit_scale(checked_scale(logit_scale)))
    fitted = np.zeros(len(request), bool)
    outcomes = []
    for place, chip in enumerate(chips):
        shown = None if progress is None else _part(progress, place, len(chips))
        with chip.open(model) as session:
            found = session.run(request.showing(shown)).accumulators
        assert found is not None
        if place == 0 and logit_scale == "fit":
            if len(request) < 2 * FITTED:
                raise DataError(
                    f"logit_scale fit: expected {2 * FITTED} inputs or more, found {len(request)}: one of "
                    f"{FITTED} is for the scale"
                )
            fitted[::FITTED] = True
            labels = request.labels if wanted.loss == "dropped" or wanted.mode == "sets" else None
            model = _fitted(model, found[fitted], None if labels is None else labels[fitted])
        outcomes.append(Outcomes.of(model.graph, found))
    name = chips[0].capabilities.name
    return choose(model, request, outcomes, wanted, chip_share, cost, name, fitted)


def _fitted(model: Model, accumulators: np.ndarray, labels: np.ndarray | None) -> Model:
    """With the logit scale that the accumulators (n, T, K) of some inputs give."""
    steps = accumulators.shape[1]
    if steps == 1:
        raise DataError("logit_scale: expected several timesteps, found 1: there is no exit to scale for")
    readout = model.graph.readout
    logits = [
        fixed_point.real_logits(accumulators[:, step], readout.scale, readout.mode, step + 1)
        for step in range(steps)
    ]
    wanted = logits[-1].argmax(axis=1) if labels is None else labels
    # at the last timestep no rule is asked
    scale = least_nll_scale(np.stack(logits[:-1], axis=1), wanted)
    return model_of(model.graph.with_logit_scale(scale))


def _part(progress: Progress, place: int, parts: int) -> Progress:
    return lambda done, total: progress(place * total + done, parts * total)


def choose(
    model: Model, request: RunRequest, outcomes: Sequence[Outcomes], wanted: Wish, chip_share: float,
    cost: Cost | None, device: str, fitted: np.ndarray | None = None,
) -> Calibration:  # fmt: skip
    """Of the outcomes of the same inputs on one or more chips; the promise is not of those that something
    was ``fitted`` (N,) bool on."""
    counted = np.ones(len(request), bool) if fitted is None else ~fitted
    samples, chips = int(counted.sum()), len(outcomes)
    delta = wanted.delta_of_rule
    if chips > 1:
        if not 0.0 < chip_share < 1.0:
            raise DataError(f"chip_share: expected a number above 0 and below 1, found {chip_share!r}")
        # half for the chips that were not seen; the other half for the inputs, on each chip that was
        delta = delta / 2
    of_chip = delta / chips
    cost_of: Cost = cost or (lambda rule, steps: float(steps.mean()))
    candidates: tuple[Candidate, ...]
    if wanted.mode == "sets":
        candidates = (_sets(model, request, outcomes, wanted, cost_of, counted),)
    else:
        candidates = tuple(
            _sequence(model, request, outcomes, wanted, rule, (delta, of_chip, chip_share), cost_of, counted)
            for rule in wanted.rules
        )
    best = min(candidates, key=lambda one: (one.place < 0, one.cost))
    exit = _sets_exit(best) if wanted.mode == "sets" else best.exit
    # of the timesteps that the promise is of
    graph = model.graph.with_exit(exit).with_(timesteps=request.timesteps)
    place = max(best.place, 0)
    promise = Promise(
        exit=str(Exit.of(graph.exit)), mode=wanted.mode,
        loss="label" if wanted.mode == "sets" else wanted.loss,
        risk=wanted.risk, confidence=1.0 - wanted.delta, samples=samples,
        losses=int(best.losses[place]) if best.place >= 0 else 0,
        mean_timesteps=float(best.mean_timesteps[place]) if best.place >= 0 else float(request.timesteps),
        timesteps=request.timesteps, device=device, data=fingerprint(request),
        model=f"{zlib.crc32(model.raw):08x}", tried=len(wanted.rules), chips=chips,
        chip_share=chip_share if chips > 1 else 1.0,
    )  # fmt: skip
    graph = graph.with_(metadata=dict(graph.metadata) | {KEY: promise.to_dict()})
    labels = request.labels
    static = None if labels is None else (outcomes[0].classes == labels[:, None])[counted].mean(axis=0)
    reach = reach_of(model.graph)
    warnings = [text for rule in wanted.rules if (text := reach.warning(_usual(rule)))]
    if labels is not None and samples > 1 and (labels == labels[0]).all():
        warnings.append(
            f"all labels are of class {labels[0]}: the promise is of inputs of that class alone; expected "
            "inputs that are drawn as those in the field are"
        )
    return Calibration(
        model_of(graph), promise, exit, candidates, _needed(wanted, of_chip, request.timesteps),
        guarantee.allowed_losses(samples, wanted.risk, of_chip), static, tuple(warnings),
        model.graph.readout.exit_scale, len(request) - samples,
    )  # fmt: skip


def _needed(wanted: Wish, delta: float, timesteps: int) -> int:
    """The fewest inputs that can certify anything."""
    if wanted.mode == "expected":
        return math.ceil(1.0 / wanted.risk - 1e-9) - 1
    if wanted.mode == "sets":
        return math.ceil(timesteps / wanted.risk - 1e-9) - 1
    return guarantee.least_samples(wanted.risk, delta)


def _usual(rule: str) -> Exit:
    """What people take by hand."""
    return Exit.of(f"{rule}:{ {'entropy': 0.2, 'confidence': 0.9}.get(rule, RULES[rule].least) }")


def _sequence(
    model: Model, request: RunRequest, outcomes: Sequence[Outcomes], wanted: Wish, rule: str,
    deltas: tuple[float, float, float], cost_of: Cost, counted: np.ndarray,
) -> Candidate:  # fmt: skip
    """One rule's grid: the last exit before the first that fails."""
    delta, of_chip, chip_share = deltas
    grid, classes = RULES[rule].grid(), model.graph.readout.shape[0]
    labels = request.labels if wanted.loss == "dropped" else None
    steps = [one.steps_of_rule(rule, grid, classes) for one in outcomes]
    lost = [one.lost(taken, labels)[:, counted] for one, taken in zip(outcomes, steps)]
    losses = np.stack([one.sum(axis=1) for one in lost])
    samples = int(counted.sum())
    if len(outcomes) > 1:
        allowed = guarantee.allowed_losses(samples, wanted.risk, of_chip)
        failed = np.minimum.accumulate(losses <= allowed, axis=1) == 0
        place = guarantee.last_that_passes(failed.sum(axis=0), len(outcomes), 1.0 - chip_share, delta)
    elif wanted.mode == "expected":
        place = guarantee.last_in_expectation(lost[0], wanted.risk)
    else:
        place = guarantee.last_that_passes(losses[0], samples, wanted.risk, of_chip)
    accuracy = None
    if request.labels is not None:
        right = [(one.answers(taken) == request.labels)[:, counted] for one, taken in zip(outcomes, steps)]
        accuracy = np.mean([one.mean(axis=1) for one in right], axis=0)
    taken = np.concatenate([one[max(place, 0)] for one in steps])
    cost = cost_of(rule, taken) if place >= 0 else float("inf")
    mean = np.mean([one[:, counted].mean(axis=1) for one in steps], axis=0)
    return Candidate(rule, grid, place, losses.max(axis=0), mean, accuracy, cost, steps[0])


def _sets(
    model: Model, request: RunRequest, outcomes: Sequence[Outcomes], wanted: Wish, cost_of: Cost,
    counted: np.ndarray,
) -> Candidate:  # fmt: skip
    """Margins a timestep; ``thresholds`` are those margins, and the sequence has one exit only."""
    if len(outcomes) > 1:
        raise DataError("mode sets: expected one device, found several chips; use mode certain")
    labels = request.needed_labels()
    margins = guarantee.set_margins(outcomes[0].distances[counted], labels[counted], wanted.risk)
    if margins is None:
        nothing = np.zeros(1)
        return Candidate("margin", (), -1, nothing, nothing, None, float("inf"), np.zeros((1, 0), np.int64))
    thresholds = tuple(float(one) / 65536 for one in margins)
    steps = outcomes[0].exit_steps(Exit.margin(list(thresholds)), model.graph)
    at = np.take_along_axis(outcomes[0].distances, (steps - 1)[:, None, None], axis=1)[:, 0]
    of_label = np.take_along_axis(at, labels[:, None], axis=1)[:, 0]
    missed = int((of_label > margins[steps - 1])[counted].sum())
    accuracy = np.array([(outcomes[0].answers(steps) == labels)[counted].mean()])
    cost = cost_of("margin", steps)
    mean = np.array([steps[counted].mean()])
    return Candidate("margin", thresholds, 0, np.array([missed]), mean, accuracy, cost, steps[None])


def _sets_exit(found: Candidate) -> Exit:
    return Exit.never() if found.place < 0 else Exit.margin(list(found.thresholds))


def fingerprint(request: RunRequest) -> str:
    """Of inputs and labels: sixteen hexadecimal digits of a SHA-256, and how many inputs."""
    digest = hashlib.sha256(str(request.inputs.shape).encode())
    for start in range(0, len(request), 256):
        digest.update(np.ascontiguousarray(request.values(start, start + 256)).tobytes())
    if request.labels is not None:
        digest.update(request.labels.tobytes())
    return f"{digest.hexdigest()[:16]} ({len(request)} inputs)"


def reported(found: Calibration) -> dict[str, object]:
    """JSON-able."""
    return {
        "exit": str(found.exit),
        "promise": found.promise.to_dict(),
        "logit_scale": found.logit_scale,
        "fitted_inputs": found.fitted,
        "needed": found.needed,
        "allowed_losses": found.allowed,
        "candidates": [
            {
                "rule": one.rule,
                "exit": str(_sets_exit(one) if found.promise.mode == "sets" else one.exit),
                "losses": int(one.losses[max(one.place, 0)]),
                "mean_timesteps": float(one.mean_timesteps[max(one.place, 0)]),
                "accuracy": None if one.accuracy is None else float(one.accuracy[max(one.place, 0)]),
            }
            for one in found.candidates
            if one.place >= 0
        ],
        "static_accuracy": None if found.static_accuracy is None else found.static_accuracy.tolist(),
        "warnings": list(found.warnings),
    }


__all__ = ["Calibration", "Candidate", "calibrate", "choose", "fingerprint", "reported", "wish"]
