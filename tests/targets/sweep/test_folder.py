"""Finished runs are kept, taken up again, and never taken for another sweep's."""

from __future__ import annotations

import dataclasses
import os

import numpy as np
import pytest

from snnrt.errors import OutputError
from snnrt.targets.sweep import folder as module
from snnrt.targets.sweep.folder import MANIFEST, SweepFolder
from snnrt.targets.sweep.tasks import Task, run_task

POINT = (("adc.bits", 6),)


def test_what_is_kept_is_found_by_point_and_seed(work, tmp_path):
    kept = SweepFolder(tmp_path / "new" / "sweep", work)
    outcome = run_task(work, Task(POINT, 2))
    kept.save(Task(POINT, 2), outcome)
    again = SweepFolder(tmp_path / "new" / "sweep", work)
    found = again.outcomes(POINT, range(4))
    assert list(found) == [2] and again.outcomes((), range(4)) == {}
    np.testing.assert_array_equal(found[2].energy_j, outcome.energy_j)


@pytest.mark.parametrize("content", [b"", b"not an npz", None])
def test_a_damaged_result_is_run_again(work, tmp_path, content):
    kept = SweepFolder(tmp_path, work)
    kept.save(Task(POINT, 0), run_task(work, Task(POINT, 0)))
    raw = kept.place(Task(POINT, 0)).read_bytes()
    kept.place(Task(POINT, 0)).write_bytes(raw[:-40] if content is None else content)
    assert kept.load(Task(POINT, 0)) is None


def test_another_sweep_s_folder_is_refused_in_words(work, tmp_path):
    SweepFolder(tmp_path, work)
    other = dataclasses.replace(work, inputs=work.inputs * np.float32(0.5))
    with pytest.raises(OutputError, match=r"it holds a sweep of other data \(or --limit\); choose another"):
        SweepFolder(tmp_path, other)
    other = dataclasses.replace(work, target=work.target.with_parameters({"adc_bits": 9}), timesteps=3)
    with pytest.raises(OutputError, match="another chip description or calibration, other timesteps"):
        SweepFolder(tmp_path, other)


def test_folders_of_something_else(work, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(OutputError, match="it holds something else than a sweep"):
        SweepFolder(tmp_path, work)
    with pytest.raises(OutputError, match="choose another folder"):
        SweepFolder(tmp_path / "mine.txt", work)
    with pytest.raises(OutputError, match="choose another folder"):
        SweepFolder("a\0b", work)
    assert (tmp_path / "mine.txt").read_text() == "precious"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"{" * 100_000])
def test_a_damaged_manifest_is_said(work, tmp_path, content):
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(OutputError, match=r"sweep\.json in it is damaged"):
        SweepFolder(tmp_path, work)


def test_the_cache_is_one_folder_for_one_work(work, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first, second = SweepFolder.cached(work), SweepFolder.cached(work)
    other = SweepFolder.cached(dataclasses.replace(work, timesteps=3))
    assert first.path == second.path != other.path and tmp_path in first.path.parents
    first.save(Task(POINT, 0), run_task(work, Task(POINT, 0)))
    first.remove()
    assert not first.path.exists() and other.path.exists()
    # one that works on it at the same time goes on
    second.save(Task(POINT, 1), run_task(work, Task(POINT, 1)))
    assert list(SweepFolder.cached(work).outcomes(POINT, range(2))) == [1]


def test_only_its_own_files_are_removed(work, tmp_path):
    kept = SweepFolder(tmp_path / "sweep", work)
    (kept.path / "notes.txt").write_text("mine")
    kept.remove()
    assert os.listdir(kept.path) == ["notes.txt"]


def test_no_home_and_no_cache(work, monkeypatch):
    def homeless():
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(module.Path, "home", homeless)
    with pytest.raises(OutputError, match="cannot keep results: no home"):
        SweepFolder.cached(work)
