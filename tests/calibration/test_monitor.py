"""A monitor of a network: C core, NumPy and firmware agree bit for bit; it survives files; it sees drift."""

from __future__ import annotations

import numpy as np
import pytest
from demo_network import demo_network
from device_programs import need_core
from small_networks import dense_lif

import snnrt
from snnrt._core import ffi, lib
from snnrt.calibration.monitor import KEY, MonitorPromise, monitor_of, with_monitor
from snnrt.devices.core import RULES, Execution, address, aligned_copy
from snnrt.devices.core_values import CoreValues
from snnrt.errors import DataError, ModelError
from snnrt.ir.exit_choice import Exit
from snnrt.network import Network

EXITS = [
    "never",
    "entropy:0.1",
    "confidence:0.9",
    "margin:2",
    "patience:2",
    "margin:4 and patience:2 or budget:3",
]


def watched(exit: str, numbers: str = "int8", **options: float) -> tuple[Network, np.ndarray]:
    network, x = demo_network(numbers)
    chosen = Network(network.graph.with_exit(exit))
    return chosen.with_monitor(x[:300], **options), x


class OnTheCore:
    """An execution of the C core, input by input."""

    def __init__(self, network: Network) -> None:
        self.values = CoreValues(network.model)
        self.execution = Execution(aligned_copy(network.to_bytes()), network.model.info)
        self.network = self.execution.network

    def run(self, x: np.ndarray) -> list[int]:
        result, found = ffi.new("snnrt_result *"), []
        for values in self.values.stored_input(x):
            assert lib.snnrt_network_run(self.network, address(values), result) == lib.SNNRT_OK
            found.append(self.level()[0])
        return found

    def level(self) -> tuple[int, bool]:
        level, alarm = ffi.new("int32_t *"), ffi.new("_Bool *")
        assert lib.snnrt_network_monitor(self.network, level, alarm) == lib.SNNRT_OK
        return level[0], bool(alarm[0])


@pytest.mark.parametrize("exit", EXITS)
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_the_core_is_the_replay(exit: str, numbers: str) -> None:
    network, x = watched(exit, numbers, mean_run=50.0)
    drifted = np.concatenate([x[300:400], np.clip(x[300:360] * 0.3, 0, 1)]).astype(np.float32)
    core = OnTheCore(network)
    expected = network.drift(drifted)
    assert core.run(drifted) == expected.levels_q.tolist()
    assert core.level()[1] == (expected.levels_q[-1] >= expected.alarm_q)
    assert len(set(expected.levels_q.tolist())) > 5


@pytest.mark.firmware
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4", "rv32"])
@pytest.mark.parametrize("exit", ["entropy:0.1", "margin:4 and patience:2 or budget:3"])
def test_firmware_is_the_replay(core: str, exit: str) -> None:
    need_core(core)
    network, x = watched(exit)
    found = network.run(x[300:330], device=f"emulator:{core}")
    np.testing.assert_array_equal(found.monitor_levels, network.drift(x[300:330]).levels_q)
    # another exit is not the one that is watched
    assert network.run(x[300:302], device=f"emulator:{core}", exit="entropy:0.3").monitor_levels is None


def test_the_reference_device_gives_the_same() -> None:
    network, x = watched("entropy:0.1")
    here, there = network.drift(x[300:340]), network.drift(x[300:340], device="reference")
    np.testing.assert_array_equal(here.levels_q, there.levels_q)


def test_set_and_go_on() -> None:
    network, x = watched("entropy:0.1")
    core = OnTheCore(network)
    core.run(x[300:320])
    kept = max(core.level()[0], 0)
    other = OnTheCore(network)
    assert lib.snnrt_network_set_monitor(other.network, kept) == lib.SNNRT_OK
    again = other.run(x[320:340])
    assert again == core.run(x[320:340]) == network.drift(x[320:340], level=kept).levels_q.tolist()
    assert lib.snnrt_network_set_monitor(other.network, 2**31 - 1) == lib.SNNRT_OK
    assert other.level() == (monitor_of(network.graph).alarm, True)
    assert lib.snnrt_network_set_monitor(other.network, -5) == lib.SNNRT_OK
    assert other.level() == (0, False)


def test_another_exit_is_not_watched() -> None:
    network, _ = watched("entropy:0.1")
    core = OnTheCore(network)
    own = network.graph.exit
    for threshold_q, steps, status in (
        (own.integer_threshold + 1, network.timesteps, lib.SNNRT_ERROR_ARGUMENT),
        (own.integer_threshold, network.timesteps - 1, lib.SNNRT_ERROR_ARGUMENT),
        (own.integer_threshold, network.timesteps, lib.SNNRT_OK),
    ):
        changed = lib.snnrt_network_set_exit(core.network, RULES["entropy"], threshold_q, steps)
        assert changed == lib.SNNRT_OK
        assert lib.snnrt_network_monitor(core.network, ffi.NULL, ffi.NULL) == status


def test_a_model_without_one() -> None:
    network, x = demo_network("int8")
    core = OnTheCore(network)
    assert lib.snnrt_network_monitor(core.network, ffi.NULL, ffi.NULL) == lib.SNNRT_ERROR_ARGUMENT
    with pytest.raises(ModelError, match="snnrt monitor"):
        network.drift(x[:5])


def test_it_is_in_the_file_and_goes_with_its_exit() -> None:
    network, x = watched("entropy:0.1", mean_run=500, confidence=0.8)
    again = Network.from_bytes(network.to_bytes())
    assert again.to_bytes() == network.to_bytes()
    np.testing.assert_array_equal(again.graph.exit.monitor, network.graph.exit.monitor)
    promise = MonitorPromise.of(again.graph)
    assert promise is not None and promise.exit == "entropy:0.1"
    assert (promise.mean_run, promise.confidence, promise.samples, promise.tried) == (500, 0.8, 300, 1)
    assert "500 inferences" in promise.sentences()[0] and "80 %" in promise.sentences()[0]
    other = again.graph.with_exit(Exit.margin(1))
    assert other.exit.monitor is None and KEY not in other.metadata
    # the answers are those without
    bare, _ = demo_network("int8")
    plain = Network(bare.graph.with_exit("entropy:0.1")).run(x[:50])
    np.testing.assert_array_equal(plain.timesteps, again.run(x[:50]).timesteps)


def test_exits_tried_on_the_same_inputs_share_the_confidence() -> None:
    network, x = demo_network("int8")
    one = monitor_of(with_monitor(network.model, x[:300]).graph).bets.astype(int)
    many = monitor_of(with_monitor(network.model, x[:300], tried=400).graph).bets.astype(int)
    assert (many <= one).all() and (many < one).any()


def test_drift_is_seen_and_its_absence_is_not() -> None:
    network, x = watched("entropy:0.1")
    rng = np.random.default_rng(0)
    usual = x[rng.integers(300, len(x), 1500)]
    assert network.drift(usual).first_alarm is None
    noisy = np.clip(usual + rng.normal(0, 0.35, usual.shape), 0, 1).astype(np.float32)
    first = network.drift(noisy).first_alarm
    assert first is not None and first < 300


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"mean_run": 1.0}, "mean_run"),
        ({"confidence": 1.0}, "confidence"),
        ({"confidence": 0.3}, "confidence"),
        ({"confidence": "sure"}, "confidence: expected a number"),
        ({"mean_run": None}, "mean_run: expected a number"),
    ],
)
def test_what_can_not_be_promised(options: dict, word: str) -> None:
    network, x = demo_network("int8")
    with pytest.raises(DataError, match=word):
        network.with_monitor(x[:50], **options)


def test_too_few_inputs() -> None:
    network, x = demo_network("int8")
    with pytest.raises(DataError, match="20 reference inputs or more, found 19"):
        network.with_monitor(x[:19])


def test_a_network_of_one_class() -> None:
    g = snnrt.GraphBuilder(2, timesteps=3)
    network = Network(g.finish(g.dense(g.input, np.ones((1, 2)))))
    found = network.with_monitor(np.ones((30, 2), np.float32)).drift(np.ones((5, 2), np.float32))
    assert found.first_alarm is None and found.alarm == pytest.approx(9.966, abs=1e-3)


def test_what_is_no_promise() -> None:
    graph = dense_lif("int8")[0]
    assert MonitorPromise.of(graph) is None
    for wrong in (7, {}, {"exit": 3}):
        assert MonitorPromise.of(graph.with_(metadata={KEY: wrong})) is None
