"""The choice of an exit: on a network whose every answer is known."""

from __future__ import annotations

import numpy as np
import pytest

import snnrt
from snnrt.calibration.calibrate import calibrate, choose, fingerprint, wish
from snnrt.calibration.outcomes import Outcomes
from snnrt.calibration.promise import Promise
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.device import Crossbar
from snnrt.devices.crossbar.session import CrossbarDevice
from snnrt.devices.registry import find_device
from snnrt.errors import DataError
from snnrt.exits import guarantee
from snnrt.exits.reach import reach_of
from snnrt.network import Network
from snnrt.results.request import checked_request

STEPS, CLASSES = 4, 5


def voting(numbers: str = "float32") -> Network:
    """Adds its input over the timesteps, a vote a class."""
    integer = {"arithmetic": "integer", "peak": 50, "scale": 0.1} if numbers == "int8" else {}
    g = snnrt.GraphBuilder(CLASSES, timesteps=STEPS, encoding="spikes", low=-5.0, high=5.0, **integer)
    eye = np.eye(CLASSES, dtype=np.int8 if integer else np.float32)
    scale = {"scale": np.full(CLASSES, 0.1, np.float32)} if integer else {}
    return Network(g.finish(g.dense(g.input, eye), **scale))


def votes(rng: np.random.Generator, inputs: int, noise: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
    """Noisy votes for a label, (N, T, K), and the labels."""
    y = rng.integers(0, CLASSES, inputs)
    x = rng.normal(0, noise, (inputs, STEPS, CLASSES))
    x[np.arange(inputs), :, y] += 1.5
    return np.clip(x, -5, 5).astype(np.float32), y


def risk_of(network: Network, x: np.ndarray, y: np.ndarray) -> float:
    """The share that is wrong where all timesteps are right."""
    ended, whole = network.run(x).predictions, network.run(x, exit="never").predictions
    return float(((ended != y) & (whole == y)).mean())


@pytest.mark.parametrize("numbers", ["float32", "int8"])
@pytest.mark.parametrize("rules", [("entropy",), ("entropy", "confidence", "margin")])
def test_what_is_promised_holds_and_something_is_gained(numbers: str, rules: tuple[str, ...]) -> None:
    rng = np.random.default_rng(0)
    network = voting(numbers)
    found = network.calibrate(*votes(rng, 2000), max_drop=3.0, confidence=0.999, rules=rules)
    calibrated = Network.from_bytes(Network(found.model).to_bytes())
    x, y = votes(rng, 20_000)
    assert risk_of(calibrated, x, y) <= 0.03
    assert calibrated.run(x).timesteps.mean() < 0.9 * STEPS
    promise = Promise.of(calibrated.graph)
    assert promise == found.promise and promise.is_of(calibrated.exit)
    assert promise.losses <= guarantee.allowed_losses(2000, 0.03, (1 - 0.999) / len(rules)) == found.allowed
    assert promise.mean_timesteps == calibrated.run(votes(np.random.default_rng(0), 2000)[0]).timesteps.mean()


def test_the_promise_fails_in_at_most_delta_of_random_splits() -> None:
    """2,000 of them, drawn from one run of 20,000 inputs: the whole way from accumulators to an exit."""
    rng = np.random.default_rng(1)
    network, delta, risk, samples = voting(), 0.1, 0.03, 600
    x, y = votes(rng, 20_000)
    accumulators = network.run(x, exit="never", record=["accumulators"]).accumulators
    outcomes = Outcomes.of(network.graph, accumulators)
    grid = tuple(i / 60 for i in range(61))
    lost = outcomes.lost(outcomes.steps_of_rule("entropy", grid, CLASSES), y)
    true = lost.mean(axis=1)
    above = 0
    for _ in range(2000):
        rows = rng.integers(0, len(y), samples)
        place = guarantee.last_that_passes(lost[:, rows].sum(axis=1), samples, risk, delta)
        above += place >= 0 and true[place] > risk
    assert 0 < above <= 2000 * delta + 3 * np.sqrt(2000 * delta * (1 - delta))


def test_too_few_inputs_promise_nothing_but_never() -> None:
    network = voting()
    found = network.calibrate(*votes(np.random.default_rng(2), 100), max_drop=0.5, confidence=0.9)
    assert (found.needed, found.allowed, str(found.exit)) == (460, -1, "never")
    assert Network(found.model).exit == snnrt.Exit.never()


def test_without_labels_an_answer_that_changes_is_lost() -> None:
    network = voting()
    x, _ = votes(np.random.default_rng(3), 1500)
    found = network.calibrate(x, max_drop=3.0, confidence=0.9)
    assert found.promise.loss == "changed" and found.static_accuracy is None
    calibrated = Network(found.model)
    changed = calibrated.run(x).predictions != calibrated.run(x, exit="never").predictions
    assert int(changed.sum()) == found.promise.losses


def test_on_average_is_less_careful_than_with_confidence() -> None:
    x, y = votes(np.random.default_rng(4), 1500)
    certain, expected = (
        voting().calibrate(x, y, max_drop=3.0, confidence=0.99, mode=mode) for mode in ("certain", "expected")
    )
    assert expected.promise.mean_timesteps < certain.promise.mean_timesteps
    assert (expected.promise.losses + 1) / 1501 <= 0.03


def test_sets_hold_the_label() -> None:
    rng = np.random.default_rng(5)
    network = voting("int8")
    found = network.calibrate(*votes(rng, 2000), max_drop=10.0, mode="sets")
    assert [term.rule for term in found.exit.terms] == ["margin"] * STEPS
    x, y = votes(rng, 10_000)
    result = Network(found.model).run(x, exit=found.exit)
    missed = 0
    margins = np.array(found.candidates[0].thresholds)
    for row, label, step in zip(result.logits.astype(np.float64), y, result.timesteps):
        missed += row.max() - row[label] > margins[step - 1] + 1e-4
    assert missed / len(y) <= 0.1
    # nothing could be promised, not even of never ending early
    with pytest.raises(DataError, match="mode sets: expected 39 inputs or more at 4 timesteps, found 30"):
        network.calibrate(*votes(rng, 30), max_drop=10.0, mode="sets")


def test_chips_are_certified_together() -> None:
    rng = np.random.default_rng(6)
    network = voting("int8")
    x, y = votes(rng, 800)
    chips = [CrossbarDevice(Crossbar(CrossbarConfig(programming_error=0.05, seed=seed))) for seed in range(8)]
    found = network.calibrate(
        x, y, max_drop=8.0, confidence=0.8, device=chips, chip_share=0.7, rules=("margin",)
    )
    promise = found.promise
    assert (promise.chips, promise.chip_share) == (8, 0.7) and str(found.exit) != "never"
    assert "at least 70 % of chips" in promise.sentences()[0]
    # 0.7^8 is under half of 0.2, 0.7^4 is not: four chips can't certify that share
    few = network.calibrate(x, y, max_drop=8.0, confidence=0.8, device=chips[:4], chip_share=0.7)
    assert str(few.exit) == "never"


def test_one_chip_that_loses_too_much_stops_the_sequence() -> None:
    network = voting()
    x, y = votes(np.random.default_rng(7), 1000)
    request = checked_request(network.graph, x, find_device("cpu").capabilities, y=y)
    good = Outcomes.of(network.graph, network.run(x, exit="never", record=["accumulators"]).accumulators)
    bad = Outcomes(good.classes.copy(), good.distances)
    # always sure and wrong at first
    bad.classes[:, 0] = (y + 1) % CLASSES
    wanted = wish(3.0, 0.8, None, "certain", ("margin",), labels=True)
    whole = choose(network.model, request, [good] * 20, wanted, 0.8, None, "cpu")
    spoilt = choose(network.model, request, [good] * 10 + [bad] * 10, wanted, 0.8, None, "cpu")
    assert spoilt.promise.mean_timesteps > whole.promise.mean_timesteps


def test_the_least_cost_is_taken() -> None:
    x, y = votes(np.random.default_rng(8), 1500)
    costs = {"entropy": 3.0, "margin": 1.0, "confidence": 2.0}
    found = calibrate(
        voting().model, x, y, max_drop=3.0, rules=tuple(costs), cost=lambda rule, steps: costs[rule]
    )
    assert found.exit.rule == "margin"
    edp = voting("int8").calibrate(x, y, max_drop=3.0, minimize="edp", target="dt-snn")
    assert edp.candidates[0].cost > 0


def test_the_fingerprint_is_of_inputs_and_labels() -> None:
    network = voting()
    x, y = votes(np.random.default_rng(9), 300)
    other = x.copy()
    other[299, 0, 0] += 0.5
    capabilities = find_device("cpu").capabilities
    found = {
        fingerprint(checked_request(network.graph, one, capabilities, y=labels))
        for one, labels in ((x, y), (other, y), (x, (y + 1) % CLASSES), (x[:299], y[:299]), (x, None))
    }
    assert len(found) == 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_drop": 0}, "max_drop: expected a number above 0"),
        ({"max_drop": float("nan")}, "max_drop"),
        ({"confidence": 1.0}, "confidence: expected a number above 0 and below 1"),
        ({"rules": ("median",)}, "rule: expected some of entropy"),
        ({"rules": ()}, "rule: expected some of"),
        ({"mode": "sure"}, "mode: expected one of certain"),
        ({"loss": "money"}, "loss: expected one of"),
        ({"loss": "dropped", "y": None}, "expected data with labels"),
        ({"mode": "sets", "y": None}, "expected data with labels"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, object], words: str) -> None:
    x, y = votes(np.random.default_rng(10), 20)
    with pytest.raises(DataError, match=words):
        voting().calibrate(x, **({"y": y} | options))


def counting(numbers: str) -> tuple[Network, np.ndarray, np.ndarray]:
    """Spikes of ten neurons, counted: the best fires most, and no exit by hand can be reached."""
    rng = np.random.default_rng(2)
    integer = {"arithmetic": "integer", "peak": 50, "scale": 0.1} if numbers == "int8" else {}
    g = snnrt.GraphBuilder(10, timesteps=STEPS, encoding="spikes", low=-5.0, high=5.0, **integer)
    eye = np.eye(10, dtype=np.int8 if integer else np.float32)
    cell = g.if_(g.dense(g.input, eye), threshold=10 if integer else 1.0)
    scale = {"scale": np.ones(10, np.float32)} if integer else {}
    y = rng.integers(0, 10, 3000)
    x = rng.normal(0.0, 0.35, (3000, STEPS, 10))
    x[np.arange(3000), :, y] += 0.9
    return Network(g.finish(cell, exit="entropy:0.2", **scale)), np.clip(x, -5, 5).astype(np.float32), y


@pytest.mark.parametrize("numbers", ["float32", "int8"])
@pytest.mark.parametrize("labels", [True, False])
def test_a_fitted_scale_makes_an_exit_reachable_and_keeps_the_promise(numbers: str, labels: bool) -> None:
    network, x, y = counting(numbers)
    assert network.run(x[:100]).timesteps.min() == STEPS
    given = y[:2000] if labels else None
    found = network.calibrate(x[:2000], given, max_drop=3.0, logit_scale="fit")
    assert found.logit_scale > 1.5 and found.fitted == 400 and found.promise.samples == 1600
    chosen = Network.from_bytes(Network(found.model).to_bytes())
    assert chosen.graph.readout.exit_scale == np.float32(found.logit_scale)
    # the reference and the core agree on it, and logits are shown without it
    runs = [chosen.run(x[2000:2400], device=device) for device in ("cpu", "reference")]
    for name in ("timesteps", "predictions", "logits", "scores"):
        np.testing.assert_array_equal(getattr(runs[0], name), getattr(runs[1], name))
    assert runs[0].timesteps.mean() < STEPS and runs[0].logits.max() <= STEPS
    whole = chosen.run(x[2000:], exit="never").predictions
    np.testing.assert_array_equal(whole, network.run(x[2000:], exit="never").predictions)
    ended = chosen.run(x[2000:]).predictions
    lost = (ended != whole) & ((whole == y[2000:]) | (not labels))
    assert lost.mean() <= 0.03
    assert not reach_of(chosen.graph).warning(chosen.exit)
    # a threshold by hand is reached too
    assert chosen.run(x[:100], exit="entropy:0.2").timesteps.min() < STEPS


def test_the_inputs_that_a_scale_was_fitted_on_certify_nothing() -> None:
    network, x, y = counting("float32")
    spoilt = y[:1000].copy()
    # answers of a fifth that are all lost, so that they would forbid every exit
    whole = network.run(x[:1000], exit="never").predictions
    spoilt[::5] = whole[::5]
    clean = network.calibrate(x[:1000], y[:1000], max_drop=3.0, logit_scale=4.0)
    fitted = network.calibrate(x[:1000], spoilt, max_drop=3.0, logit_scale="fit")
    assert clean.fitted == 0 and clean.promise.samples == 1000 and clean.logit_scale == 4.0
    place = fitted.candidates[0].place
    kept = np.arange(1000) % 5 != 0
    ended = Network(fitted.model).run(x[:1000]).predictions
    lost = (ended != spoilt) & (whole == spoilt)
    assert fitted.candidates[0].losses[place] == lost[kept].sum() == fitted.promise.losses


@pytest.mark.parametrize("wrong", ["fitted", 0, -1.0, float("nan"), float("inf"), True])
def test_wrong_scales(wrong: object) -> None:
    with pytest.raises(DataError, match="logit_scale: expected 'fit' or a number"):
        voting().calibrate(*votes(np.random.default_rng(0), 20), logit_scale=wrong)


def test_a_promise_and_a_monitor_are_not_those_of_another_scale() -> None:
    rng = np.random.default_rng(0)
    network = Network(voting().calibrate(*votes(rng, 500), max_drop=5.0).model)
    watched = network.with_monitor(votes(rng, 300)[0])
    scaled = watched.with_logit_scale(2.0)
    assert scaled.exit == network.exit and scaled.graph.exit.monitor is None
    assert Promise.of(scaled.graph) is None and "monitor_promise" not in scaled.graph.metadata
    assert scaled.with_logit_scale(1).graph.readout.logit_scale is None


def test_what_promises_nothing_is_refused_or_said() -> None:
    x, y = votes(np.random.default_rng(0), 60)
    network = voting()
    with pytest.raises(DataError, match=r"confidence: .*; 95 % is 0\.95"):
        network.calibrate(x, y, confidence=95)
    with pytest.raises(DataError, match="timesteps: expected 2 or more"):
        network.calibrate(x, y, timesteps=1)
    with pytest.raises(DataError, match="logit_scale fit: expected 10 inputs or more, found 9"):
        network.calibrate(x[:9], y[:9], logit_scale="fit")
    with pytest.raises(DataError, match="device: expected a device or several chips, found none"):
        network.calibrate(x, y, device=[])
    with pytest.raises(DataError, match="logit_scale"):
        network.with_logit_scale("large")  # type: ignore[arg-type]
    both = network.calibrate(x, y, max_drop=30.0, rules="entropy, margin")
    assert [one.rule for one in both.candidates] == ["entropy", "margin"]
    same = network.calibrate(x[y == 2], y[y == 2], max_drop=30.0)
    assert [text for text in same.warnings if "all labels are of class 2" in text]
    assert not network.calibrate(x, y, max_drop=30.0).warnings


def test_fewer_timesteps_are_those_of_the_file_too() -> None:
    x, y = votes(np.random.default_rng(0), 300)
    found = voting().calibrate(x[:, :2], y, max_drop=5.0, timesteps=2)
    assert found.model.graph.timesteps == found.promise.timesteps == 2
    assert Network(found.model).run(x[:, :2]).timesteps.max() == 2
