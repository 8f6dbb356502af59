"""A model against its source, and against what was recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import snnrt
from snnrt.data.load import load_dataset
from snnrt.errors import DataError

SHIPPED = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"
X = load_dataset("digits").x[:30]
RECORD = ("spikes", "membranes")


@pytest.fixture(scope="module")
def net():
    return snnrt.convert(SHIPPED, framework="snntorch", timesteps=4)


def recorded(network, **options):
    """What another runtime would have written."""
    out = network.run(X, exit="never", record=RECORD, device="reference", **options)
    spikes = {f"spikes/{name}": values for name, values in out.spikes.items()}
    membranes = {f"membranes/{name}": values for name, values in out.membranes.items()}
    return {"logits": out.logits} | spikes | membranes


def test_what_was_recorded_right(net, tmp_path):
    np.savez(tmp_path / "recorded.npz", **recorded(net))
    found = net.validate(tmp_path / "recorded.npz", X)
    assert found.spike_agreement == found.class_agreement == 1 and found.first_difference is None
    assert found.logits_max_difference == 0 and found.silent_layers == ()
    assert found.step_spike_agreement == (1, 1, 1, 1) and found.step_class_agreement is None


def test_a_wrong_reset_agrees_with_the_source_and_not_with_what_was_recorded():
    wrong = snnrt.convert(SHIPPED, framework="snntorch", timesteps=4)
    trained = snnrt.convert(SHIPPED, framework="snntorch", timesteps=4, reset="zero")
    assert wrong.validate(SHIPPED, X).spike_agreement == 1
    outputs = recorded(trained)
    found = wrong.validate(outputs, X)
    assert found.spike_agreement < 1
    first = found.first_difference
    assert first["node"] == "lif1"
    at = (first["input"], first["timestep"] - 1, *first["neuron"])
    ours = wrong.run(X, exit="never", record=RECORD)
    assert (first["spikes"], first["expected_spikes"]) == (
        ours.spikes["lif1"][at], outputs["spikes/lif1"][at],
    )  # fmt: skip
    assert first["spikes"] != first["expected_spikes"] and first["threshold"] == 1
    assert first["membrane"] == ours.membranes["lif1"][at]
    assert first["expected_membrane"] == outputs["membranes/lif1"][at]
    # nothing before it differs
    before = ours.spikes["lif1"][: at[0]] == outputs["spikes/lif1"][: at[0]]
    assert before.all()
    assert (ours.spikes["lif1"][at[0], : at[1]] == outputs["spikes/lif1"][at[0], : at[1]]).all()
    # without the membranes that nobody recorded
    del outputs["membranes/lif1"]
    assert wrong.validate(outputs, X).first_difference["expected_membrane"] is None


def test_int8_has_rates(net):
    small = snnrt.convert(SHIPPED, framework="snntorch", timesteps=4, numbers="int8", calibrate="digits")
    found, against = small.validate(recorded(net), X), small.validate(net, X)
    assert 0.9 < found.spike_agreement < 1 and found.spike_agreement == against.spike_agreement
    assert found.node_rate_distance == against.node_rate_distance
    assert all(0 < distance < 0.05 for distance in found.node_rate_distance.values())
    assert found.first_difference == against.first_difference | {
        "expected_membrane": found.first_difference["expected_membrane"]
    }
    assert found.first_difference["threshold"] == pytest.approx(1, rel=0.01)


def test_logits_at_each_step_are_compared(net):
    logits = np.stack([net.run(X, timesteps=t, exit="never").logits for t in range(1, 5)], 1)
    found = net.validate({"logits": logits}, X)
    assert found.step_class_agreement == (1, 1, 1, 1) and found.spike_agreement is None
    logits[:, 1] = -logits[:, 1]
    found = net.validate({"logits": logits}, X)
    assert found.step_class_agreement == (1, 0, 1, 1) and found.class_agreement == 1


def test_as_many_timesteps_as_were_recorded(net):
    outputs = recorded(net, timesteps=2)
    found = net.validate({key: values[:, :2] for key, values in outputs.items() if key != "logits"}, X)
    assert found.timesteps == 2 and found.spike_agreement == 1 and found.class_agreement is None


def test_labels_make_accuracies(net):
    found = net.validate({"logits": recorded(net)["logits"]}, snnrt.data.Dataset(X, np.arange(30) % 10, "x"))
    assert found.accuracy == found.source_accuracy and found.accuracy_loss == 0


def test_as_many_inputs_as_were_recorded(net):
    with pytest.raises(DataError, match="expected outputs of the data's 29 inputs, found 30"):
        net.validate(recorded(net), X[:29])
