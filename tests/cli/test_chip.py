"""The chip's options of ``run``, ``profile`` and ``sweep``: calibrated, saved, loaded, measured."""

from __future__ import annotations

import numpy as np
import pytest

import snnrt
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.device import Crossbar
from snnrt.ir.graph import Weighted

POOR = (
    "--device",
    "crossbar",
    "--crossbar",
    "adc_bits=3",
    "--crossbar",
    "adc_offset=0.7",
    "--crossbar",
    "seed=2",
)
DATA = ("digits", "--limit", "60")


@pytest.fixture(scope="module")
def labelled(int8_model, tmp_path_factory):
    """Digits with the network's own classes as labels: what errors of a chip change is lost."""
    data = snnrt.data.load_dataset("digits")
    path = tmp_path_factory.mktemp("labelled") / "own.npz"
    np.savez(path, x=data.x[:150], y=snnrt.load(int8_model).run(data.x[:150]).predictions)
    return path


def measured(path, model, **changed):
    """Conductances of an ideal chip with the default parameters, differential, in slices of 4 and 3 bits."""
    arrays = {}
    for node in snnrt.load(model).graph:
        if isinstance(node, Weighted):
            weights = node.weights.reshape(1, len(node.weights), 1, -1).astype(np.int64)
            for side, sign in (("positive", 1), ("negative", -1)):
                held = np.maximum(sign * weights, 0)
                arrays[f"{node.name}.{side}"] = np.concatenate([(held & 15) / 15, (held >> 4) / 7], axis=2)
    np.savez(path, **arrays | changed)
    return arrays


def test_a_calibrated_chip_says_what_it_gained(snnrt_command, int8_model, labelled):
    plain = snnrt_command("run", int8_model, labelled, *POOR, "--json").json
    found = snnrt_command("run", int8_model, labelled, *POOR, "--calibrate-chip", "digits", "--json").json
    calibration = found["calibration"]
    assert calibration["accuracy_before"] == plain["accuracy"] < found["accuracy"]
    assert calibration["accuracy_gain"] == pytest.approx(found["accuracy"] - plain["accuracy"])
    errors, before = calibration["rms_error_after"], calibration["rms_error_before"]
    assert set(errors) == {"conv", "dense"} and all(errors[name] < before[name] for name in errors)
    assert (calibration["method"], calibration["per"], calibration["corrected"]) == (
        "least-error",
        "tile",
        True,
    )
    shown = snnrt_command("run", int8_model, labelled, *POOR, "--calibrate-chip", "digits")
    assert f"accuracy {plain['accuracy']:.4f} before, +" in shown.out and "points gained" in shown.out
    assert "RMS error of a layer's sums: conv" in shown.out


def test_how_it_is_calibrated(snnrt_command, int8_model, labelled):
    asked = (
        "run",
        int8_model,
        labelled,
        *POOR,
        "--crossbar",
        "rows=16",
        "--calibrate-chip",
        labelled,
        "--json",
    )
    found = [
        snnrt_command(*asked, *options).json["calibration"]
        for options in (
            (), ("--adc-range-by", "percentile:90"), ("--adc-range-per", "layer"), ("--no-correction",)
        )
    ]  # fmt: skip
    assert (
        found[1]["method"] == "percentile" and found[1]["percentile"] == 90 and found[0]["percentile"] is None
    )
    assert found[2]["per"] == "layer" and not found[3]["corrected"]
    errors = [one["rms_error_after"]["dense"] for one in found]
    assert len(set(errors)) == 4 and errors[0] < errors[3]


def test_a_profile_runs_and_costs_the_calibrated_chip(snnrt_command, int8_model, labelled):
    asked = ("profile", int8_model, labelled, "--target", "neurosim-32nm", *POOR, "--json")
    plain = snnrt_command(*asked).json
    found = snnrt_command(*asked, "--calibrate-chip", "digits").json
    assert found["calibration"]["accuracy_before"] == plain["targets"][0]["accuracy"]
    assert found["targets"][0]["accuracy"] > plain["targets"][0]["accuracy"]
    assert found["targets"][0]["mean_energy_j"] != plain["targets"][0]["mean_energy_j"]
    shown = snnrt_command(*asked[:-1], "--calibrate-chip", "digits")
    assert "calibrated" in shown.out and "points gained" in shown.out


def test_a_sweep_calibrates_each_chip(snnrt_command, int8_model, labelled, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked = (
        "sweep", int8_model, labelled, "--target", "neurosim-32nm", "--crossbar", "adc_bits=3", "--chips",
        "2", "--workers", "1", "--json",
    )  # fmt: skip
    plain, found = (
        snnrt_command(*asked, *options).json["points"][0]["accuracy"]["mean"]
        for options in ((), ("--calibrate-chip", "digits"))
    )
    assert found > plain


def test_a_saved_chip_is_the_same_chip(snnrt_command, int8_model, labelled, tmp_path):
    chip = tmp_path / "chip.npz"
    options = ("--calibrate-chip", "digits", "--save-chip", chip)
    first = snnrt_command("run", int8_model, labelled, *POOR, *options, "--json").json
    again = snnrt_command("run", int8_model, labelled, "--device", f"crossbar:{chip}", "--json").json
    for name in ("accuracy", "mean_timesteps", "spikes_per_input", "crossbar"):
        assert again[name] == first[name]
    shown = snnrt_command("run", int8_model, *DATA, *POOR, *options).out
    assert shown.split()[-2:] == ["written", str(chip)]
    profiled = snnrt_command(
        "profile", int8_model, labelled, "--target", "neurosim-32nm", "--device", f"crossbar:{chip}", "--json"
    )
    assert profiled.json["targets"][0]["accuracy"] == first["accuracy"]
    assert "neurosim-32nm costs a chip of other parameters than crossbar:" in profiled.err
    fixed = ("run", int8_model, *DATA, "--device", f"crossbar:{chip}")
    snnrt_command(*fixed, "--crossbar", "adc_bits=4").failed(
        "is programmed already, and its parameters are fixed"
    )
    measured(tmp_path / "measured.npz", int8_model)
    snnrt_command(*fixed, "--conductances", tmp_path / "measured.npz").failed("is programmed already")


def test_a_chip_of_another_network_is_refused(snnrt_command, int8_model, other_source, tmp_path):
    chip, model = tmp_path / "chip.npz", tmp_path / "other.snnrt"
    snnrt_command("run", int8_model, *DATA, *POOR, "--save-chip", chip)
    snnrt_command(
        "convert", other_source, "-o", model, "--framework", "snntorch", "--timesteps", "4", "--numbers",
        "int8", "--calibrate", "digits", "--fine", "none",
    )  # fmt: skip
    snnrt_command("run", model, *DATA, "--device", f"crossbar:{chip}").failed(
        "chip.npz: node 'conv': expected a chip that was saved with this network on it, found other weights"
    )


def test_measured_conductances_are_what_is_read(snnrt_command, int8_model, tmp_path):
    path = tmp_path / "measured.npz"
    arrays = measured(path, int8_model)
    options = ("run", int8_model, *DATA, "--device", "crossbar", "--json")
    ideal = snnrt_command(*options).json
    found = snnrt_command(*options, "--conductances", path).json
    assert found["spikes_per_input"] == ideal["spikes_per_input"]
    np.savez(path, **{name: array / 2 for name, array in arrays.items()})
    halved = snnrt_command(*options, "--conductances", path).json
    assert halved["spikes_per_input"] != ideal["spikes_per_input"]
    # one layer alone is measured, the other programmed as usual
    np.savez(path, **{name: array / 2 for name, array in arrays.items() if name.startswith("conv")})
    alone = snnrt_command(*options, "--conductances", path).json["spikes_per_input"]
    assert alone not in (halved["spikes_per_input"], ideal["spikes_per_input"])


@pytest.mark.parametrize(
    ("changed", "fragment"),
    [
        ({"lif.positive": np.ones((1, 4, 2, 9)), "lif.negative": np.ones((1, 4, 2, 9))}, "found 'lif'"),
        ({"conv.positive": np.ones((1, 4, 2, 8))}, "expected measured conductances of shape (4, 2, 9)"),
        ({"conv.positive": -np.ones((1, 4, 2, 9))}, "expected conductances of at least 0"),
        ({"conv": np.ones(3)}, "expected arrays NODE.positive and NODE.negative, found 'conv'"),
    ],
)
def test_conductances_of_something_else(snnrt_command, int8_model, tmp_path, changed, fragment):
    path = tmp_path / "measured.npz"
    measured(path, int8_model, **changed)
    asked = ("run", int8_model, *DATA, "--device", "crossbar", "--conductances", path)
    snnrt_command(*asked).failed(str(path), fragment)


@pytest.mark.parametrize(
    ("options", "code", "fragment"),
    [
        (("--calibrate-chip", "digits"), 2, "--calibrate-chip has no meaning on cpu: add --device crossbar"),
        (("--save-chip", "chip.npz"), 2, "--save-chip has no meaning on cpu: add --device crossbar"),
        (("--device", "crossbar", "--no-correction"), 2, "--no-correction says how a crossbar is calibrated"),
        (("--device", "crossbar", "--adc-range-by", "median"), 2, "expected least-error or percentile:99.9"),
        (
            ("--device", "crossbar", "--adc-range-by", "percentile:0"),
            2,
            "expected least-error or percentile:99.9",
        ),
        (("--device", "crossbar", "--save-chip", "chip.bin"), 2, "expected a name that ends in .npz"),
        (("--device", "crossbar", "--save-chip", "/nowhere/chip.npz"), 1, "cannot write /nowhere/chip.npz"),
        (("--device", "crossbar", "--conductances", "none.npz"), 1, "none.npz: no such file"),
        (("--device", "crossbar", "--calibrate-chip", "yin-yang"), 1, "yin-yang"),
        (("--device", "crossbar:absent.npz"), 1, "absent.npz: no such file"),
        (("--device", "crossbar:dtsnn"), 1, "did you mean dt-snn?"),
    ],
)
@pytest.mark.parametrize("command", ["run", "profile"])
def test_what_means_nothing_is_said(snnrt_command, int8_model, options, code, fragment, command):
    target = ("--target", "neurosim-32nm") if command == "profile" else ()
    snnrt_command(command, int8_model, *DATA, *target, *options).failed(fragment, code=code)


def test_a_damaged_chip_is_a_line(snnrt_command, int8_model, tmp_path):
    chip = tmp_path / "chip.npz"
    snnrt_command("run", int8_model, *DATA, *POOR, "--save-chip", chip)
    raw = chip.read_bytes()
    for content in (b"", raw[:100], raw[: len(raw) // 2], b"PK" + raw[2:][::-1]):
        chip.write_bytes(content)
        snnrt_command("run", int8_model, *DATA, "--device", f"crossbar:{chip}").failed(str(chip))


def test_the_chip_of_a_target_is_its_parameters(snnrt_command, int8_model):
    found = snnrt_command(
        "run", int8_model, *DATA, "--device", "crossbar:dt-snn", "--crossbar", "seed=4", "--json"
    )
    expected = snnrt.targets.load_target("dt-snn").crossbar
    assert CrossbarConfig.from_dict(found.json["crossbar"] | {"seed": expected.seed}) == expected
    assert found.json["crossbar"]["seed"] == 4
    network = snnrt.load(int8_model)
    x = snnrt.data.load_dataset("digits").x[:60]
    same = network.run(x, device=Crossbar(CrossbarConfig.from_dict(found.json["crossbar"])))
    assert found.json["mean_timesteps"] == same.timesteps.mean()
