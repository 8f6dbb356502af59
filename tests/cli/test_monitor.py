"""snnrt monitor."""

from __future__ import annotations

import numpy as np
import pytest

import snnrt
from snnrt.data.load import load_dataset


@pytest.fixture(scope="module")
def watched(int8_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("monitor") / "watched.snnrt"
    network = snnrt.load(int8_model)
    network.with_monitor(load_dataset("digits").x[:400], mean_run=200.0).save(path)
    return path


def test_make_one(snnrt_command, int8_model, watched, tmp_path):
    out = tmp_path / "out.snnrt"
    done = snnrt_command("monitor", int8_model, "digits", "--limit", 400, "--mean-run", 200, "-o", out)
    assert done.code == 0, done.err
    assert "after 200 inferences or more on average, with a confidence of 90 %" in done.out
    assert snnrt.load(out).graph.exit.monitor.tolist() == snnrt.load(watched).graph.exit.monitor.tolist()
    shown = snnrt_command("inspect", out)
    assert "after 200 inferences" in shown.out and "monitor_promise" not in shown.out
    promise = snnrt_command(
        "monitor",
        int8_model,
        "digits",
        "--limit",
        50,
        "--confidence",
        0.8,
        "-o",
        tmp_path / "b.snnrt",
        "--json",
    ).json["promise"]
    assert (promise["samples"], promise["confidence"], promise["mean_run"]) == (50, 0.8, 1000.0)


def test_replay(snnrt_command, watched, tmp_path):
    done = snnrt_command("monitor", watched, "digits", "--replay", "--json")
    assert done.json["first_alarm"] is None and len(done.json["levels_q"]) == 797
    drifted = tmp_path / "drifted.npz"
    images = load_dataset("digits").x
    ran = snnrt.load(watched).run(images)
    np.savez(drifted, x=images[np.lexsort((ran.scores, ran.timesteps))[-60:]])
    found = snnrt_command("monitor", watched, drifted, "--replay")
    assert found.code == 1 and "ALARM at input" in found.out
    later = snnrt_command("monitor", watched, drifted, "--replay", "--level", 20000)
    assert int(later.out.split("ALARM at input ")[1].split()[0]) < int(
        found.out.split("ALARM at input ")[1].split()[0]
    )


def test_calibrate_adds_one(snnrt_command, int8_model, tmp_path):
    out = tmp_path / "both.snnrt"
    done = snnrt_command(
        "calibrate", int8_model, "digits", "--max-drop", 5, "--confidence", 0.9, "--monitor", "-o", out
    )
    assert done.code == 0 and "monitor" in done.out
    network = snnrt.load(out)
    # the exits that were tried share what the confidence leaves
    assert network.graph.metadata["monitor_promise"]["tried"] == 441
    assert network.graph.exit.monitor is not None and network.graph.metadata["exit_promise"]


def test_wrong_words(snnrt_command, int8_model, watched, tmp_path):
    out = tmp_path / "x.snnrt"
    snnrt_command("monitor", int8_model, "digits").failed("either -o OUT.snnrt", code=2)
    snnrt_command("monitor", watched, "digits", "--replay", "-o", out).failed("either -o", code=2)
    snnrt_command("monitor", watched, "digits", "--replay", "--mean-run", 9).failed("--mean-run", code=2)
    snnrt_command("monitor", watched, "digits", "-o", out, "--level", 9).failed("--level", code=2)
    snnrt_command("monitor", int8_model, "digits", "--replay").failed("the model has none")
    snnrt_command("monitor", int8_model, "digits", "-o", out, "--mean-run", 1).failed("mean_run")
    snnrt_command("calibrate", int8_model, "digits", "--monitor", "--mode", "sets").failed(
        "use snnrt monitor", code=2
    )
    assert not out.exists()
