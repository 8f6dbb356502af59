"""A whole sweep: means that are the runs' own, resumed after an interrupt, grown, refused."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.errors import DataError, OutputError, TargetError
from snnrt.targets import load_target
from snnrt.targets.sweep import experiment, sweep
from snnrt.targets.sweep.experiment import plan_of, swept
from snnrt.targets.sweep.intervals import estimate_mean
from snnrt.targets.sweep.tasks import Task, run_task

VARY = ["adc.bits=4:5", "programming_error=0:0.2:0.2"]


def test_every_number_is_that_of_the_runs(case, work):
    network, x, y = case
    found = network.sweep(x, y, target="dt-snn", vary=VARY, chips=3, workers=1)
    assert found.fields == ("adc.bits", "programming_error") and len(found.points) == 4
    assert (found.chips, found.inputs, found.confidence, found.target) == (3, len(x), 0.95, "dt-snn")
    first = load_target("dt-snn").crossbar.seed
    for one in found.points:
        runs = [run_task(work, Task(one.point, first + chip)) for chip in range(3)]
        energy, latency = (
            np.stack([getattr(run, name) for run in runs]) for name in ("energy_j", "latency_s")
        )
        assert one.accuracy == estimate_mean(np.stack([run.correct for run in runs]), 0.95, fraction=True)
        assert one.energy_j == estimate_mean(energy, 0.95)
        assert one.edp_js == estimate_mean(energy * latency, 0.95)
        assert one.timesteps.mean == np.mean([run.timesteps for run in runs])
    deviations = [one.timesteps.chips_deviation for one in found.points]
    assert deviations[0] == deviations[2] == 0 and deviations[1] > 0


def test_no_field_is_one_point(case):
    network, x, y = case
    found = sweep(network.model, x, y, target=load_target("dt-snn"), workers=1)
    (point,) = found.points
    assert point.point == () and point.pareto and point.label == "as described"


class Interrupted(Exception):
    """In place of Ctrl-C."""


def test_it_goes_on_where_it_was_interrupted(case, tmp_path, monkeypatch):
    network, x, y = case
    options = {"target": "dt-snn", "vary": VARY, "chips": 2, "folder": tmp_path / "sweep", "workers": 1}
    seen = []

    def progress(done, total):
        seen.append((done, total))
        if done == 3:
            raise Interrupted

    with pytest.raises(Interrupted):
        network.sweep(x, y, progress=progress, **options)
    assert seen == [(0, 8), (1, 8), (2, 8), (3, 8)]
    ran = []
    monkeypatch.setattr(
        "snnrt.targets.sweep.schedulers.run_task", lambda work, task: ran.append(task) or run_task(work, task)
    )
    seen.clear()
    found = network.sweep(x, y, progress=lambda *counts: seen.append(counts), **options)
    assert len(ran) == 5 and seen[0] == (3, 8) and seen[-1] == (8, 8)
    assert found == network.sweep(x, y, **options | {"folder": None})
    # more chips and other values go on from it too
    ran.clear()
    grown = network.sweep(x, y, **options | {"chips": 3, "vary": ["adc.bits=3:5", VARY[1]]})
    assert len(ran) == 3 * 2 * 3 - 8 and grown.chips == 3


def test_another_sweep_s_folder_is_refused(case, tmp_path):
    network, x, y = case
    network.sweep(x, y, target="dt-snn", folder=tmp_path / "sweep", workers=1)
    with pytest.raises(OutputError, match="other data"):
        network.sweep(x[:5], y[:5], target="dt-snn", folder=tmp_path / "sweep", workers=1)


def test_processes_give_the_same_sweep(case):
    network, x, y = case
    one, two = (
        network.sweep(x, y, target="dt-snn", vary=VARY, chips=2, workers=workers) for workers in (1, 2)
    )
    assert one == two


@pytest.mark.parametrize(
    ("options", "error", "fragment"),
    [
        ({"target": "stm32u575"}, TargetError, "expected one target of kind imc"),
        ({"target": "dt-snn", "chips": 0}, DataError, "chips: expected a whole number from 1 to"),
        ({"target": "dt-snn", "chips": 2.0}, DataError, "chips: expected a whole number"),
        ({"target": "dt-snn", "workers": 0}, DataError, "workers: expected a whole number"),
        ({"target": "dt-snn", "confidence": 1}, DataError, "confidence: expected a number between 0 and 1"),
        ({"target": "dt-snn", "vary": ["adc.bitz=3"]}, TargetError, "did you mean adc_bits?"),
        ({"target": "dt-snn", "vary": ["adc.bits=1:8"]}, TargetError, "vary adc.bits=1: "),
        (
            {"target": "dt-snn", "workers": 1, "scheduler": "tcp://x:1"},
            DataError,
            "no meaning with a scheduler",
        ),
        (
            {"target": "dt-snn", "chips": 1_000_000, "vary": ["adc.bits=2:16"]},
            TargetError,
            "expected at most 10000000 runs, found 15 points × 1000000 chips",
        ),
    ],
)
def test_what_cannot_be_swept_is_said(case, options, error, fragment):
    network, x, y = case
    with pytest.raises(error) as found:
        network.sweep(x, y, **options)
    assert fragment in str(found.value)


def test_data_that_do_not_fit(case):
    network, x, y = case
    with pytest.raises(DataError, match="expected labels"):
        network.sweep(x, target="dt-snn")
    with pytest.raises(DataError, match="expected at least one input"):
        network.sweep(x[:0], y[:0], target="dt-snn")


def test_a_plan_has_every_point_and_chip(work):
    plan = plan_of(work, ["adc.bits=3:8", "programming_error=0:0.3:0.05"], 100)
    first = work.target.crossbar.seed
    assert len(plan.points) == 42 and plan.seeds == range(first, first + 100)


def test_finished_points_are_not_held(work, monkeypatch):
    """Of a point whose chips are done only the estimates stay."""
    held = []
    estimates = experiment._estimates
    monkeypatch.setattr(
        experiment,
        "_estimates",
        lambda outcomes, share: held.append(len(outcomes)) or estimates(outcomes, share),
    )
    counts = []
    swept(work, plan_of(work, VARY, 2), workers=1, progress=lambda done, _: counts.append((done, len(held))))
    assert counts == [(done, done // 2) for done in range(9)]
