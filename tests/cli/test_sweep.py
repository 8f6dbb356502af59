"""snnrt sweep."""

from __future__ import annotations

import csv
import os
import re
import select
import signal
import subprocess
import sys

import pytest
from effort import whole

from snnrt.targets.sweep.folder import SweepFolder


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """The user's cache, of this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "snnrt" / "sweeps"


def test_one_command_gives_intervals_a_front_and_files(snnrt_command, int8_model, tmp_path, cache):
    plot, table = tmp_path / "sweep.svg", tmp_path / "sweep.csv"
    done = snnrt_command(
        "sweep", int8_model, "digits", "--limit", "30", "--target", "dt-snn", "--chips", "3",
        "--vary", "adc.bits=3:5", "--vary", "programming_error=0:0.2:0.2", "--plot", plot, "--csv", table,
    )  # fmt: skip
    assert done.code == 0 and done.err == "", done.err
    assert "6 points, each on 3 chips" in done.out and "dt-snn: " in done.out
    lines = [line for line in done.out.splitlines() if line.startswith("adc.bits=")]
    assert len(lines) == 6 and any("front" in line for line in lines)
    for line in lines:
        accuracy = re.search(r"(0\.\d{4}) \((0\.\d{4}) … ([01]\.\d{4})\)", line)
        assert accuracy is not None
        mean, low, high = map(float, accuracy.groups())
        assert low <= mean <= high
        assert " J·s (" in line and " s (" not in line
    assert "95 % confidence intervals over chips and inputs" in done.out
    assert plot.read_text("utf-8").startswith("<svg")
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert [(row["adc.bits"], row["programming_error"]) for row in rows[:2]] == [("3", "0.0"), ("3", "0.2")]
    # a sweep that is done leaves nothing in the cache
    assert list(cache.iterdir()) == []


def test_json_is_the_numbers_of_a_profile(snnrt_command, int8_model):
    chip = ("--target", "dt-snn", "--crossbar", "adc_bits=6", "--limit", "25", "--exit", "entropy:0.5")
    found = snnrt_command("sweep", int8_model, "digits", *chip, "--json").json
    (point,) = found["points"]
    (report,) = snnrt_command("profile", int8_model, "digits", *chip, "--device", "crossbar", "--json").json[
        "targets"
    ]
    assert found["model"] == str(int8_model) and found["exit"] == "entropy:0.5" and found["inputs"] == 25
    assert point["accuracy"]["mean"] == report["accuracy"]
    assert point["energy_j"]["mean"] == pytest.approx(report["mean_energy_j"], rel=1e-12)
    assert point["edp_js"]["mean"] == pytest.approx(report["mean_edp_js"], rel=1e-12)
    assert point["point"] == {} and point["pareto"] is True


@pytest.mark.parametrize(
    ("options", "code", "fragment"),
    [
        (("--vary", "adc.bitz=3"), 1, "vary adc.bitz: dt-snn has no such field; did you mean adc_bits?"),
        (("--vary", "adc.bits=1:3"), 1, "vary adc.bits=1: crossbar adc_bits: expected 0"),
        (("--vary", "adc.bits=8:3"), 1, "a last value not below the first, found '8:3'"),
        (("--vary", "adc.bits"), 1, "expected FIELD=VALUES, as adc.bits=3:8"),
        (("--vary", "programming_error=0:1:1e-9"), 1, "at most 10000 values"),
        (("--vary", "rows=1:1000", "--vary", "columns=64:1063"), 1, "at most 100000 points, found 1000000"),
        (("--chips", "0"), 2, "argument --chips: expected a whole number"),
        (("--confidence", "1"), 2, "expected a number between 0 and 1, found '1'"),
        (
            ("--scheduler", "tcp://127.0.0.1:1", "--workers", "2"),
            2,
            "--workers has no meaning with --scheduler",
        ),
        (("--scheduler", "nowhere"), 1, "expected the address of a Dask scheduler"),
        (("--crossbar", "adc_bitz=3"), 1, "unknown parameter 'adc_bitz'"),
        (("--plot", "/nowhere/plot.svg"), 1, "cannot write /nowhere/plot.svg"),
        (("--folder", "/proc/self/none"), 1, "cannot write /proc/self/none"),
    ],
)
def test_what_cannot_be_is_one_line(snnrt_command, int8_model, options, code, fragment):
    asked = ("sweep", int8_model, "digits", "--limit", "5", "--target", "dt-snn", "--json", *options)
    snnrt_command(*asked).failed(fragment, code=code)


def test_other_targets_models_and_data(snnrt_command, int8_model, float_model, tmp_path):
    snnrt_command("sweep", int8_model, "digits", "--target", "stm32u575").failed(
        "expected one target of kind imc"
    )
    snnrt_command("sweep", float_model, "digits", "--target", "dt-snn").failed("expected a graph in int8")
    snnrt_command("sweep", "digits", int8_model, "--target", "dt-snn").failed("the model comes first")
    snnrt_command("sweep", int8_model, "digits").failed("--target", code=2)


def test_a_folder_grows_and_belongs_to_one_sweep(snnrt_command, int8_model, tmp_path):
    asked = [
        "sweep",
        int8_model,
        "digits",
        "--limit",
        "10",
        "--target",
        "dt-snn",
        "--folder",
        tmp_path / "kept",
    ]
    first = snnrt_command(*asked, "--chips", "2", "--json").json
    files = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "kept").glob("*.npz")}
    assert len(files) == 2
    assert snnrt_command(*asked, "--chips", "2", "--json").json == first
    snnrt_command(*asked, "--chips", "3", "--json")
    again = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "kept").glob("*.npz")}
    assert len(again) == 3 and files.items() <= again.items()
    asked[4] = "9"
    snnrt_command(*asked, "--json").failed("it holds a sweep of other data (or --limit)")


def test_without_a_cache_it_runs_and_says_so(snnrt_command, int8_model, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    done = snnrt_command("sweep", int8_model, "digits", "--limit", "5", "--target", "dt-snn", "--json")
    assert done.json["inputs"] == 5
    assert "after an interrupt the sweep begins anew" in done.err


@whole
@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal and signals")
def test_progress_on_a_terminal_and_on_again_after_an_interrupt(int8_model, snnrt_command, cache):
    import pty

    asked = [
        "sweep", str(int8_model), "digits", "--target", "dt-snn", "--chips", "160", "--vary",
        "programming_error=0:0.2:0.1", "--json", "--workers", "2",
    ]  # fmt: skip
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "snnrt", *asked]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, env=os.environ | {"TERM": "xterm"}
    ) as child:
        os.close(theirs)
        drawn, sent = b"", False
        while True:
            ready, _, _ = select.select([ours], [], [], 60)
            try:
                chunk = os.read(ours, 1 << 16) if ready else b""
            except OSError:
                break
            if not chunk:
                break
            drawn += chunk
            if not sent and re.search(rb"[3-9]/480", drawn):
                child.send_signal(signal.SIGINT)
                sent = True
        out, _ = child.communicate(timeout=60)
    os.close(ours)
    assert child.returncode == 130 and out == b"" and b"chips" in drawn
    kept = re.search(rb"(\d+) of 480 runs are kept: the same command goes on from there", drawn)
    assert kept is not None
    (folder,) = cache.iterdir()
    before = len(list(folder.glob("*.npz")))
    assert before >= int(kept.group(1)) >= 3
    ran = []
    save = SweepFolder.save
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            SweepFolder, "save", lambda self, task, outcome: ran.append(task) or save(self, task, outcome)
        )
        found = snnrt_command(*asked).json
    assert len(ran) == 480 - before and found["chips"] == 160 and len(found["points"]) == 3
    assert list(cache.iterdir()) == []


@whole
def test_a_dask_cluster_gives_the_same(snnrt_command, int8_model):
    distributed = pytest.importorskip("distributed")
    asked = (
        "sweep", int8_model, "digits", "--limit", "20", "--target", "dt-snn", "--chips", "3", "--vary",
        "adc.bits=4:5", "--json",
    )  # fmt: skip
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        far = snnrt_command(*asked, "--scheduler", cluster.scheduler_address).json
    assert far == snnrt_command(*asked).json
