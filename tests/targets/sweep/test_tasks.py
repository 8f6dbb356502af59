"""One run: one chip at one point, the same in any process."""

from __future__ import annotations

import dataclasses
import pickle
from contextlib import suppress

import numpy as np
import pytest
from effort import effort

from snnrt.data.preprocessing import KEY, Preprocessing
from snnrt.devices.crossbar.calibration import Choice, calibrate
from snnrt.devices.crossbar.device import Crossbar
from snnrt.devices.crossbar.session import CrossbarDevice
from snnrt.errors import DataError, TargetError
from snnrt.network import Network
from snnrt.targets import load_target
from snnrt.targets.profiling import profile
from snnrt.targets.sweep.experiment import work_of
from snnrt.targets.sweep.tasks import Outcome, Task, check_fit, run_task

TASK = Task((("adc.bits", 6), ("programming_error", 0.05)), 3)


def test_a_run_is_the_profile_of_that_chip(case, work):
    network, x, y = case
    chip = load_target("dt-snn").with_parameters({"adc_bits": 6, "programming_error": 0.05, "seed": 3})
    expected = profile(network.model, x, y, [chip], device="crossbar")
    (report,) = expected.reports
    found = run_task(work, TASK)
    np.testing.assert_array_equal(found.timesteps, expected.dynamic.timesteps)
    np.testing.assert_array_equal(found.correct, expected.dynamic.predictions == y)
    np.testing.assert_allclose(found.energy_j, report.dynamic.energy_j, rtol=1e-12)
    np.testing.assert_allclose(found.latency_s, report.dynamic.latency_s, rtol=1e-12)


def test_another_process_gives_the_same(work):
    again = pickle.loads(pickle.dumps(work))
    first, second = run_task(work, TASK), run_task(again, pickle.loads(pickle.dumps(TASK)))
    for field in dataclasses.fields(Outcome):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name))
    assert again.checksums == work.checksums


def test_the_model_s_preprocessing_is_applied_once(case):
    network, x, y = case
    graph = network.graph.with_(metadata={KEY: Preprocessing(std=(2.0,)).to_dict()})
    halved = Network(graph)
    chip = load_target("dt-snn")
    shared = work_of(halved.model, x, y, target=chip)
    expected = halved.run(x, device=CrossbarDevice(Crossbar(chip.crossbar)))
    found = run_task(shared, Task((), chip.crossbar.seed))
    np.testing.assert_array_equal(found.timesteps, expected.timesteps)
    np.testing.assert_array_equal(found.correct, expected.predictions == y)
    assert not np.array_equal(shared.inputs, x)


def test_each_chip_is_calibrated_the_same_in_any_order(case):
    network, x, y = case
    chip = load_target("dt-snn").with_parameters({"adc_bits": 3})
    shared = work_of(
        network.model, x, y, target=chip, calibration=x, choice=Choice("percentile", 99.0, "layer")
    )
    first = run_task(shared, Task((), 0))
    again = pickle.loads(pickle.dumps(shared))
    run_task(again, Task((), 7))
    np.testing.assert_array_equal(run_task(again, Task((), 0)).energy_j, first.energy_j)
    crossbar = Crossbar(chip.crossbar)
    calibrate(crossbar, network.model, x, shared.choice)
    expected = network.run(x, device=crossbar)
    np.testing.assert_array_equal(first.correct, expected.predictions == y)
    np.testing.assert_array_equal(first.timesteps, expected.timesteps)
    plain = work_of(network.model, x, y, target=chip)
    assert not np.array_equal(run_task(plain, Task((), 0)).energy_j, first.energy_j)
    other = work_of(network.model, x, y, target=chip, calibration=x)
    assert len({work.checksums["description"] for work in (shared, plain, other)}) == 3


def test_an_exit_of_several_terms_is_the_model_s(case):
    network, x, y = case
    exit = "confidence:0.4 and patience:2"
    shared = work_of(network.model, x, y, target="dt-snn", exit=exit)
    chip = CrossbarDevice(Crossbar(load_target("dt-snn").crossbar))
    expected = network.run(x, exit=exit, device=chip)
    assert (
        run_task(shared, Task((), chip.crossbar.config.seed)).timesteps.tolist()
        == expected.timesteps.tolist()
    )
    assert len(set(expected.timesteps)) > 1


def test_what_does_not_fit_is_said_before_anything_runs(work):
    check_fit(work, ())
    with pytest.raises(TargetError, match="vary weight_bits=1: crossbar weight_bits"):
        check_fit(work, (("weight_bits", 1),))


def test_names_are_of_the_point_whatever_its_place():
    one = Task((("a", 1), ("b", 2.0)), 0)
    assert one.name == Task((("b", 2.0), ("a", 1)), 0).name and len(one.name) == 24
    assert len({one.name, Task(one.point, 1).name, Task((("a", 1),), 0).name}) == 3


def test_outcomes_come_back_from_their_files(work, tmp_path):
    found, path = run_task(work, TASK), tmp_path / "one.npz"
    path.write_bytes(found.to_bytes())
    again = Outcome.read(path, len(work.inputs))
    for field in dataclasses.fields(Outcome):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(found, field.name))
    with pytest.raises(DataError, match="correct: expected bool"):
        Outcome.read(path, len(work.inputs) + 1)


def test_any_other_bytes_are_no_outcome(work, tmp_path):
    raw, path = run_task(work, TASK).to_bytes(), tmp_path / "one.npz"
    random = np.random.default_rng(0)
    for bad in (b"", b"PK", b"\x93NUMPY", raw[: len(raw) // 2], pickle.dumps({})):
        path.write_bytes(bad)
        with pytest.raises(DataError):
            Outcome.read(path, len(work.inputs))
    for _ in range(effort(400, 40)):
        damaged = bytearray(raw)
        for place in random.integers(0, len(raw), 3):
            damaged[place] ^= 1 << int(random.integers(8))
        path.write_bytes(damaged)
        with suppress(DataError):
            found = Outcome.read(path, len(work.inputs))
            assert found.timesteps.shape == (len(work.inputs),)
