"""snnrt validate."""

from __future__ import annotations

import json

import numpy as np
import pytest

import snnrt
from snnrt.data.load import load_dataset


def test_float32_gives_the_spikes_of_its_source(snnrt_command, float_model, source):
    options = ("--against", source, "--data", "digits", "--limit", "100")
    document = snnrt_command("validate", float_model, *options, "--json").json
    assert document["agrees"] is True and document["disagreements"] == []
    assert document["spike_agreement"] == document["class_agreement"] == 1
    assert document["node_spike_agreement"] == {"lif": 1.0} and document["first_difference"] is None
    assert document["accuracy"] == document["source_accuracy"]
    assert document["inputs"] == 100 and document["timesteps"] == 4
    outcome = snnrt_command("validate", float_model, *options)
    assert outcome.code == 0 and outcome.out.endswith("\nagrees\n")


def test_accuracies_are_those_of_all_timesteps(snnrt_command, int8_model, source):
    options = ("digits", "--limit", "200", "--json")
    static = snnrt_command("run", int8_model, *options, "--exit", "never").json
    limits = ("--min-class-agreement", "0", "--max-accuracy-loss", "1")
    validated = snnrt_command("validate", int8_model, "--against", source, "--data", *options, *limits).json
    assert validated["accuracy"] == static["accuracy"]
    assert validated["limits"] == {"min_spike_agreement": 0, "min_class_agreement": 0, "max_accuracy_loss": 1}
    assert 0.9 < validated["spike_agreement"] < 1 and 0 < validated["logits_mean_difference"] < 0.5
    assert validated["logits_mean_difference"] <= validated["logits_max_difference"]


def test_the_source_may_be_a_model(snnrt_command, int8_model, float_model, source):
    usual = (
        "--data",
        "digits",
        "--limit",
        "50",
        "--json",
        "--min-class-agreement",
        "0",
        "--max-accuracy-loss",
        "1",
    )
    against_model = snnrt_command("validate", int8_model, "--against", float_model, *usual).json
    against_source = snnrt_command("validate", int8_model, "--against", source, *usual).json
    for key in ("spike_agreement", "class_agreement", "logits_max_difference"):
        assert against_model[key] == against_source[key]
    snnrt_command("validate", float_model, "--against", int8_model, *usual).failed(
        "expected float32", "found int8"
    )


def test_other_weights_disagree(snnrt_command, float_model, other_source):
    usual = ("validate", float_model, "--against", other_source, "--data", "digits", "--limit", "20")
    outcome = snnrt_command(*usual)
    assert outcome.code == 1 and outcome.err == "" and "\ndisagrees: spikes agree for 0." in outcome.out
    document = json.loads(snnrt_command(*usual, "--json").out)
    assert document["agrees"] is False and document["spike_agreement"] < 1
    first = document["first_difference"]
    assert first["node"] == "lif" and first["input"] == 0 and 1 <= first["timestep"] <= 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--min-spike-agreement", "1"), "spikes agree for"),
        (("--min-class-agreement", "1"), "classes agree for"),
        (("--max-accuracy-loss", "0"), "the accuracy falls by"),
    ],
)
def test_limits_of_int8(snnrt_command, int8_model, other_source, options, message):
    lenient = {"--min-spike-agreement": "0", "--min-class-agreement": "0", "--max-accuracy-loss": "1"}
    usual = ("validate", int8_model, "--against", other_source, "--data", "digits")
    assert snnrt_command(*usual, *(text for pair in lenient.items() for text in pair)).code == 0
    lenient[options[0]] = options[1]
    outcome = snnrt_command(*usual, *(text for pair in lenient.items() for text in pair), "--json")
    document = json.loads(outcome.out)
    broken = [text for text in document["disagreements"] if message in text]
    if options[0] == "--max-accuracy-loss":
        assert bool(broken) == (document["accuracy"] < document["source_accuracy"])
    else:
        assert broken
    assert outcome.code == (1 if broken else 0)


def test_timesteps_readout_range_and_framework_are_those_of_the_model(snnrt_command, source, tmp_path):
    path = tmp_path / "mean.snnrt"
    options = (
        "--readout",
        "mean",
        "--reset",
        "zero",
        "--timesteps",
        "5",
        "--framework",
        "snntorch",
        "--high",
        "2",
    )
    assert snnrt_command("convert", source, "-o", path, *options).code == 0
    usual = ("validate", path, "--against", source, "--data", "digits", "--limit", "20", "--json")
    document = snnrt_command(*usual, "--reset", "zero").json
    assert document["spike_agreement"] == 1 and document["timesteps"] == 5
    assert snnrt_command(*usual, "--reset", "none").code == 1


def test_import_options_in_the_metadata_are_used_again(snnrt_command, source, tmp_path):
    path = tmp_path / "zero.snnrt"
    graph = snnrt.convert(source, framework="snntorch", timesteps=4, reset="zero").graph
    origin = graph.metadata["source"] | {"options": {"reset": "zero"}}
    snnrt.Network(graph.with_(metadata=graph.metadata | {"source": origin})).save(path)
    usual = ("validate", path, "--against", source, "--data", "digits", "--limit", "20", "--json")
    assert snnrt_command(*usual).json["spike_agreement"] == 1


def test_unlabelled_data(snnrt_command, float_model, source, tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, load_dataset("digits").x[:5])
    document = snnrt_command("validate", float_model, "--against", source, "--data", path, "--json").json
    assert document["accuracy"] is None and document["source_accuracy"] is None and document["agrees"]


def test_another_network(snnrt_command, float_model, smaller_source):
    usual = ("validate", float_model, "--data", "digits", "--against")
    snnrt_command(*usual, smaller_source).failed("the source is another network", "input shape")


def test_what_cannot_be_read(snnrt_command, float_model, source, tmp_path):
    snnrt_command("validate", float_model, "--against", tmp_path / "missing.nir", "--data", "digits").failed(
        "missing.nir", "no such file"
    )
    snnrt_command("validate", float_model, "--against", source, "--data", "yin-yang").failed(
        "found (1000, 4)"
    )
    snnrt_command("validate", source, "--against", source, "--data", "digits").failed(str(source))


@pytest.fixture
def recorded(float_model, tmp_path):
    """What the framework gave for ten digits."""
    out = snnrt.load(float_model).run(
        load_dataset("digits").x[:10], exit="never", record=("spikes", "membranes")
    )
    arrays = {"logits": out.logits, "spikes/lif": out.spikes["lif"], "membranes/lif": out.membranes["lif"]}

    def write(**changed):
        np.savez(tmp_path / "recorded.npz", **(arrays | changed))
        return tmp_path / "recorded.npz"

    return write


def test_recorded_outputs(snnrt_command, float_model, recorded):
    usual = ("validate", float_model, "--against", recorded(), "--data", "digits", "--limit", "10")
    document = snnrt_command(*usual, "--json").json
    assert document["agrees"] and document["spike_agreement"] == document["class_agreement"] == 1
    assert document["limits"]["max_logits_difference"] == 0.001 and document["silent_layers"] == []
    assert snnrt_command(*usual).out.endswith("\nagrees\n")


def test_recorded_outputs_that_differ(snnrt_command, float_model, recorded):
    spikes = np.load(recorded())["spikes/lif"]
    spikes[3, 2, 1, 4, 5] ^= 1
    usual = ("validate", float_model, "--against", recorded(**{"spikes/lif": spikes}), "--data", "digits")
    outcome = snnrt_command(*usual, "--limit", "10")
    assert outcome.code == 1 and outcome.err == ""
    assert "node lif, input 3, timestep 3, neuron [1, 4, 5]\n" in outcome.out
    ours = 1 - spikes[3, 2, 1, 4, 5]
    assert f"spikes {ours}, expected {1 - ours}; membrane after the step " in outcome.out
    assert "(threshold 1)" in outcome.out and "disagrees: spikes agree for 0.99" in outcome.out
    assert snnrt_command(*usual, "--limit", "10", "--min-spike-agreement", "0.999").code == 0
    # one input less: what differs is not among them
    assert snnrt_command(*usual, "--limit", "3").code == 0


def test_recorded_logits_that_differ(snnrt_command, float_model, recorded):
    path = recorded(logits=np.load(recorded())["logits"] * 1.25)
    usual = ("validate", float_model, "--against", path, "--data", "digits", "--limit", "10")
    outcome = snnrt_command(*usual)
    assert outcome.code == 1 and "disagrees: logits differ by up to" in outcome.out
    assert snnrt_command(*usual, "--max-logits-difference", "0.3").code == 0


def test_recorded_outputs_of_another_network(snnrt_command, float_model, recorded):
    usual = ("validate", float_model, "--data", "digits", "--limit", "10", "--against")
    snnrt_command(*usual, recorded(lif3=np.ones((10, 4, 7)))).failed(
        "'lif3': the model has no layer of neurons of that name; it has lif"
    )
    snnrt_command(*usual, "missing.npz").failed("missing.npz: no such file; expected an .npz")
    snnrt_command(*usual, recorded(), "--reset", "zero").failed(
        "--reset says how a source is read, and OUTPUTS were recorded: leave it out", code=2
    )


def test_silent_layers(snnrt_command, float_model, tmp_path):
    np.save(tmp_path / "dark.npy", np.zeros((3, 1, 8, 8)))
    graph = snnrt.load(float_model).graph
    quiet = [node.with_(bias=None) if node.name == "conv" else node for node in graph]
    path = tmp_path / "quiet.snnrt"
    snnrt.Network(graph.with_(nodes=tuple(quiet))).save(path)
    outcome = snnrt_command("validate", path, "--against", path, "--data", tmp_path / "dark.npy")
    assert outcome.code == 0 and outcome.err.startswith(
        "snnrt: warning: layer 'lif' never fires for any of these 3 inputs: check framework, dt, reset"
    )
    outcome = snnrt_command("run", path, tmp_path / "dark.npy", "--json")
    assert "warning: layer 'lif' never fires" in outcome.err and outcome.json["silent_layers"] == ["lif"]
