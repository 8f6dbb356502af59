"""snnrt calibrate."""

from __future__ import annotations

import snnrt
from snnrt.calibration.promise import KEY


def test_one_command_from_a_model_to_a_promise(snnrt_command, int8_model, tmp_path):
    out, plot = tmp_path / "certain.snnrt", tmp_path / "plot.svg"
    done = snnrt_command(
        "calibrate", int8_model, "digits", "-o", out, "--max-drop", "5", "--confidence", "0.9",
        "--rule", "entropy,margin", "--minimize", "edp", "--target", "dt-snn", "--plot", plot,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "needed" in done.out and "at most 5 % of new inputs" in done.out and "90 %" in done.out
    assert plot.read_text().startswith("<svg") and "EDP on dt-snn" in plot.read_text()
    shown = snnrt_command("inspect", out)
    assert "at most 5 % of new inputs" in shown.out and KEY not in shown.out
    assert snnrt_command("inspect", out, "--json").json["metadata"][KEY]["risk"] == 0.05
    assert str(snnrt.load(out).exit) == snnrt_command("inspect", out, "--json").json["exit"]


def test_json_and_a_crossbar(snnrt_command, int8_model):
    found = snnrt_command(
        "calibrate", int8_model, "digits", "--limit", "120", "--max-drop", "20", "--confidence", "0.8",
        "--device", "crossbar", "--chips", "3", "--chip-share", "0.4", "--json",
    ).json  # fmt: skip
    assert found["promise"]["chips"] == 3 and found["promise"]["device"] == "crossbar"
    assert found["needed"] >= 1 and len(found["static_accuracy"]) == 4


def test_too_few_inputs_are_said_before_and_after(snnrt_command, int8_model):
    done = snnrt_command("calibrate", int8_model, "digits", "--limit", "50", "--confidence", "0.9")
    assert "460 inputs with no loss among them, 777 with one, 1063 with two" in done.out
    assert "at least 460 inputs are needed, 50 are there" in done.out


def test_a_logit_scale(snnrt_command, int8_model, tmp_path):
    out = tmp_path / "scaled.snnrt"
    arguments = ("calibrate", int8_model, "digits", "-o", out, "--max-drop", "5")
    arguments += ("--loss", "changed", "--logit-scale")
    done = snnrt_command(*arguments, "fit")
    assert done.code == 0 and "fitted on 160 of the inputs" in done.out and "637 inputs," in done.out
    scale = snnrt.load(out).graph.readout.exit_scale
    assert scale != 1 and f"times {scale:g} for exit rules" in snnrt_command("inspect", out).out
    assert snnrt_command("inspect", out, "--json").json["logit_scale"] == scale
    assert snnrt_command(*arguments, "2.5", "--json").json["logit_scale"] == 2.5
    snnrt_command(*arguments, "warm").failed("expected a number or fit, found 'warm'", code=2)
    snnrt_command(*arguments, "-3", "--json").failed("logit_scale: expected 'fit' or a number")
    snnrt_command(*arguments, "fit", "--monitor").failed("snnrt monitor", code=2)


def test_wrong_words(snnrt_command, int8_model):
    snnrt_command("calibrate", int8_model, "digits", "--minimize", "edp").failed("add --target", code=2)
    snnrt_command("calibrate", int8_model, "digits", "--chips", "3").failed("--device crossbar", code=2)
    snnrt_command("calibrate", int8_model, "digits", "--rule", " ,").failed(
        "--rule: expected some of", code=2
    )
    snnrt_command("calibrate", int8_model, "digits", "--plot", "a.png").failed("ends in .svg", code=2)
    done = snnrt_command("calibrate", int8_model, "digits", "--rule", "median", "--json")
    done.failed("rule: expected some of entropy")
