"""Here, in processes, on a Dask cluster: the same outcomes, and the same errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest
from effort import whole

from snnrt.errors import SnnrtError, TargetError
from snnrt.targets.sweep import schedulers
from snnrt.targets.sweep.schedulers import available_cores, run_in_processes, run_on_cluster
from snnrt.targets.sweep.tasks import Task, run_task

TASKS = [Task((("adc.bits", bits),), seed) for bits in (5, 6) for seed in range(3)]


def assert_the_same(work, found):
    assert {task.name for task in found} == {task.name for task in TASKS}
    for task, outcome in found.items():
        expected = run_task(work, task)
        np.testing.assert_array_equal(outcome.timesteps, expected.timesteps)
        np.testing.assert_array_equal(outcome.correct, expected.correct)
        np.testing.assert_array_equal(outcome.energy_j, expected.energy_j)


@pytest.mark.parametrize("workers", [1, 3])
def test_processes_give_what_this_one_gives(work, workers):
    assert_the_same(work, dict(run_in_processes(work, TASKS, workers)))


def test_errors_of_a_run_come_out_of_its_process(work):
    bad = Task((("weight_bits", 2),), 0)
    for workers in (1, 2):
        with pytest.raises(TargetError, match="weight_bits"):
            list(run_in_processes(work, [bad, bad], workers))


def test_leaving_ends_the_processes(work, monkeypatch):
    started = []
    popen = subprocess.Popen

    def remembered(*args, **options):
        started.append(popen(*args, **options))
        return started[-1]

    monkeypatch.setattr(schedulers.subprocess, "Popen", remembered)
    with closing(run_in_processes(work, TASKS, 2)) as done:
        next(done)
    assert len(started) == 2 and all(process.returncode is not None for process in started)


def test_a_process_that_is_killed_is_an_error(work, monkeypatch):
    popen = subprocess.Popen

    def doomed(*args, **options):
        process = popen(*args, **options)
        os.kill(process.pid, signal.SIGKILL)
        return process

    monkeypatch.setattr(schedulers.subprocess, "Popen", doomed)
    with pytest.raises(SnnrtError, match=r"a worker process ended by itself \(signal 9\).*fewer workers"):
        list(run_in_processes(work, TASKS, 2))


def test_cores_are_those_of_this_process():
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


@pytest.fixture(scope="module")
def cluster():
    """The address of a scheduler with two workers, each a process."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as found:
        yield found.scheduler_address


@whole
def test_a_cluster_of_processes_gives_the_same(work, cluster):
    assert_the_same(work, dict(run_on_cluster(work, TASKS, cluster)))


@whole
def test_a_cluster_holds_few_runs_at_a_time(work, cluster, monkeypatch):
    distributed = pytest.importorskip("distributed")
    submitted = []
    submit = distributed.Client.submit
    monkeypatch.setattr(
        distributed.Client,
        "submit",
        lambda self, *args, **options: submitted.append(args) or submit(self, *args, **options),
    )
    monkeypatch.setattr(schedulers, "PENDING_A_THREAD", 1)
    many = [Task((), seed) for seed in range(9)]
    found = []
    for task, _ in run_on_cluster(work, many, cluster):
        found.append(task)
        assert len(submitted) <= len(found) + 2
    assert sorted(task.seed for task in found) == list(range(9))


@whole
def test_errors_of_a_run_come_back_from_the_cluster(work, cluster):
    with pytest.raises(TargetError, match="weight_bits"):
        list(run_on_cluster(work, [Task((("weight_bits", 2),), 0)], cluster))
    # and it goes on
    with closing(run_on_cluster(work, TASKS, cluster)) as done:
        task, outcome = next(done)
    np.testing.assert_array_equal(outcome.correct, run_task(work, task).correct)


@whole
def test_a_worker_without_snnrt_s_task_is_an_error_in_words(work, cluster, monkeypatch):
    def broken(shared, task):
        raise ImportError("No module named 'snnrt'")

    monkeypatch.setattr(schedulers, "run_task", broken)
    with pytest.raises(SnnrtError, match=r"a worker failed \(.*the same version of snnrt"):
        list(run_on_cluster(work, TASKS[:1], cluster))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "tcp://host.invalid:80"])
def test_nobody_answers(work, monkeypatch, address):
    pytest.importorskip("distributed")
    monkeypatch.setattr(schedulers, "CONNECT_S", 1)
    with pytest.raises(SnnrtError, match=f"scheduler {address}: expected the address of a Dask scheduler"):
        list(run_on_cluster(work, TASKS, address))


def test_without_dask_the_extra_is_named(work, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SnnrtError, match=r"pip install 'snnrt\[cluster\]'"):
        list(run_on_cluster(work, TASKS, "tcp://127.0.0.1:8786"))
