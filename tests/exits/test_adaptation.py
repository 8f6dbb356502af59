"""A threshold that follows: the core and the replay agree bit for bit; bands are kept, floors are held."""

from __future__ import annotations

import numpy as np
import pytest
from demo_network import demo_network

from snnrt._core import ffi, lib
from snnrt.calibration.outcomes import Outcomes
from snnrt.devices.core import RULES, Execution, address, aligned_copy
from snnrt.devices.core_values import CoreValues
from snnrt.errors import DataError
from snnrt.exits.adaptation import Adaptation
from snnrt.ir.exit_choice import Exit
from snnrt.network import Network

FIELDS = ("window", "low", "high", "step", "careful", "bold")


def of_the_core(network: Network, x: np.ndarray, settings: Adaptation) -> tuple[list[int], list[int]]:
    """Timesteps and the threshold after each input, of the compiled core."""
    execution = Execution(aligned_copy(network.to_bytes()), network.model.info)
    rule = RULES[settings.rule]
    assert (
        lib.snnrt_network_set_exit(execution.network, rule, settings.start, network.timesteps) == lib.SNNRT_OK
    )
    given, result = ffi.new("snnrt_adaptation *"), ffi.new("snnrt_result *")
    for name in FIELDS:
        setattr(given, name, getattr(settings, name))
    if settings.costs is not None:
        given.costs = ffi.cast("uint16_t *", address(settings.costs))
    assert lib.snnrt_network_adapt(execution.network, given) == lib.SNNRT_OK
    steps, thresholds = [], []
    for values in CoreValues(network.model).stored_input(x):
        assert lib.snnrt_network_run(execution.network, address(values), result) == lib.SNNRT_OK
        steps.append(result.timesteps)
        thresholds.append(given.threshold_q)
    return steps, thresholds


def outcomes(network: Network, x: np.ndarray) -> Outcomes:
    return Outcomes.of(network.graph, network.run(x, exit="never", record=["accumulators"]).accumulators)


@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize(
    ("exit", "floor", "costs"),
    [
        ("entropy:0.02", 0.6, None),
        ("entropy:0.5", 0.9, [1.0, 3.5, 8.0, 20.0]),
        ("confidence:0.99", 0.5, None),
        ("margin:3", 0.25, [1e-12, 2e-12, 3e-12, 5e-12]),
    ],
)
def test_the_core_is_the_replay(numbers, exit, floor, costs) -> None:
    network, x = demo_network(numbers)
    x = x[:300]
    unit = 1.0 if costs is None else costs[0]
    settings = Adaptation.keeping(
        exit, 1.1 * unit, 1.3 * unit, 10, floor=floor, window=7, moves=40, costs=costs
    )
    found = outcomes(network, x)
    steps, thresholds = settings.exit_steps(found.distances, found.classes)
    said, after = of_the_core(network, x, settings)
    assert said == steps.tolist()
    # the core says the threshold that the next input meets
    assert after[:-1] == thresholds[1:].tolist()
    assert len(set(thresholds.tolist())) > 3


def test_a_band_is_kept_as_images_drift_and_the_floor_is_held() -> None:
    network, x = demo_network("int8")
    rng = np.random.default_rng(0)
    usual = x[rng.integers(0, len(x), 1200)]
    noisy = np.clip(usual + rng.normal(0, 0.3, usual.shape), 0, 1).astype(np.float32)
    found = outcomes(network, np.concatenate([usual, noisy]))
    fixed = found.exit_steps(Exit.entropy(0.1), network.graph)
    settings = Adaptation.keeping("entropy:0.1", 1.1, 1.25, 10, floor=0.9, window=32, moves=32)
    steps, thresholds = settings.exit_steps(found.distances, found.classes)
    assert fixed[1600:].mean() > 1.3 and 1.05 <= steps[1600:].mean() <= 1.3
    assert thresholds[-1] > thresholds[0]
    floored = Adaptation.keeping("entropy:0.1", 1.0, 1.0, 10, floor=0.12, window=32, moves=4)
    _, thresholds = floored.exit_steps(found.distances, found.classes)
    assert thresholds.max() == floored.bold == round(0.12 * np.log(10) * 65536)


def test_settings_in_integers_by_hand() -> None:
    found = Adaptation.keeping("confidence:0.9", 1.5, 2.0, 3, floor=0.5, window=10, moves=4, costs=[1, 2, 4])
    assert (found.start, found.careful, found.bold, found.step) == (58982, 65536, 32768, 8192)
    assert found.costs is not None and found.costs.tolist() == [16384, 32768, 65535]
    assert (found.low, found.high) == (245756, 327675)
    text = found.c_initialiser("follow")
    assert "follow_costs[3] = {16384u, 32768u, 65535u}" in text
    assert "{10u, 245756u, 327675u, 8192u, 65536u, 32768u, follow_costs, 0u, 0u, 0u}" in text
    bare = Adaptation.keeping("entropy:0.9", 1, 2, 3, floor=0.5)
    # what begins past the floor begins at it
    assert bare.start == bare.bold and ", 0, 0u, 0u, 0u}" in bare.c_initialiser()


@pytest.mark.parametrize(
    ("exit", "options", "word"),
    [
        ("patience:2", {}, "entropy, confidence, margin"),
        ("entropy:0.1 or budget:3", {}, "alone"),
        ("entropy:0.1", {"window": 0}, "window"),
        ("entropy:0.1", {"moves": 1.5}, "moves"),
        ("entropy:0.1", {"low": 3.0}, "band"),
        ("entropy:0.1", {"costs": [0, 0]}, "costs"),
        ("entropy:0.1", {"costs": [1, float("nan")]}, "costs"),
        ("entropy:0.1", {"careful": 0.7}, "bolder"),
        ("confidence:0.9", {"careful": 0.3}, "bolder"),
    ],
)
def test_what_makes_no_sense(exit, options, word) -> None:
    low = options.pop("low", 1.0)
    with pytest.raises(DataError, match=word):
        Adaptation.keeping(exit, low, 2.0, 3, floor=0.5, **options)


def test_the_core_refuses_what_makes_no_sense() -> None:
    network, _ = demo_network("int8")
    execution = Execution(aligned_copy(network.to_bytes()), network.model.info)
    given = ffi.new("snnrt_adaptation *")
    sound = {"window": 8, "low": 8, "high": 9, "step": 1, "careful": 0, "bold": 60000}

    def status(**changes: int) -> int:
        for name, value in (sound | changes).items():
            setattr(given, name, value)
        return lib.snnrt_network_adapt(execution.network, given)

    assert lib.snnrt_network_set_exit(execution.network, RULES["entropy"], 900, 4) == lib.SNNRT_OK
    assert status() == lib.SNNRT_OK and given.threshold_q == 900
    for wrong in ({"window": 0}, {"window": 65536}, {"low": 10}, {"step": 0}, {"careful": 60001}):
        assert status(**wrong) == lib.SNNRT_ERROR_ARGUMENT
    assert status(careful=1000) == lib.SNNRT_OK and given.threshold_q == 1000
    assert lib.snnrt_network_adapt(execution.network, ffi.NULL) == lib.SNNRT_OK
    for rule in ("never", "patience"):
        assert lib.snnrt_network_set_exit(execution.network, RULES[rule], 2, 4) == lib.SNNRT_OK
        assert status() == lib.SNNRT_ERROR_ARGUMENT
    assert lib.snnrt_network_set_exit(execution.network, RULES["confidence"], 60000, 4) == lib.SNNRT_OK
    assert status(careful=65537, bold=100) == lib.SNNRT_ERROR_ARGUMENT
    assert status(careful=65536, bold=100) == lib.SNNRT_OK
