"""ONNX models made by hand: steps, loops, what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx_models import (
    CONSTANTS,
    INPUTS,
    NEURONS,
    T,
    loop,
    model,
    one_step,
    ordinary,
    scan,
    stateless,
    step_nodes,
)

import snnrt
from snnrt.cli import main

RANDOM = np.random.default_rng(5)


def expected_spikes(x: np.ndarray) -> np.ndarray:
    """(T, NEURONS) of the model's own step, by ONNX's reference, for ``x`` (T, INPUTS)."""
    run, v, found = ReferenceEvaluator(one_step()), np.zeros((1, NEURONS), np.float32), []
    for now in x:
        v, spikes = run.run(None, {"v": v, "x": now[None]})
        found.append(spikes[0])
    return np.stack(found)


def test_one_step_whose_state_comes_first_among_its_inputs():
    net = snnrt.convert(one_step(), timesteps=T)
    x = RANDOM.random((7, INPUTS)).astype(np.float32)
    out = net.run(x, exit="never", record=("spikes",))
    expected = np.stack([expected_spikes(np.repeat(one[None], T, axis=0)) for one in x])
    assert expected.any() and not expected.all()
    np.testing.assert_array_equal(out.spikes["neuron1"].reshape(expected.shape), expected)
    assert any("'v' from 'v_next'" in line for line in net.assumptions)


@pytest.mark.parametrize(("make", "readout"), [(loop, "sum"), (scan, "mean")])
def test_loops_are_rolled_up(make, readout):
    net = snnrt.convert(make())
    assert (net.timesteps, net.graph.input.encoding, net.graph.readout.mode) == (T, "spikes", readout)
    x = RANDOM.random((7, T, INPUTS)).astype(np.float32)
    found = net.run(x, exit="never", record=("spikes",)).spikes["neuron1"]
    expected = np.stack([expected_spikes(one) for one in x])
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)


@pytest.mark.parametrize("make", [one_step, loop, scan])
def test_validation_runs_the_file_itself(tmp_path, make):
    onnx.save(make(), tmp_path / "net.onnx")
    net = snnrt.convert(tmp_path / "net.onnx", timesteps=T)
    shape = (5, INPUTS) if make is one_step else (5, T, INPUTS)
    comparison = net.validate(str(tmp_path / "net.onnx"), RANDOM.random(shape).astype(np.float32))
    assert comparison.spike_agreement == 1 and comparison.class_agreement == 1


def test_the_command_checks_and_converts(tmp_path, capsys):
    onnx.save(one_step(), tmp_path / "net.onnx")
    assert main(["check", str(tmp_path / "net.onnx")]) == 0
    assert "fires where v ≥ θ; reset: to 0 at once" in capsys.readouterr().out
    assert main(["convert", str(tmp_path / "net.onnx"), "-o", str(tmp_path / "net.snnrt")]) == 0
    assert main(["check", str(tmp_path / "ann.onnx")]) == 1


def test_a_file_of_another_suffix_is_known_by_its_content(tmp_path):
    made = one_step()
    made.producer_name = "pytorch"
    onnx.save(made, tmp_path / "net.model")
    assert snnrt.convert(tmp_path / "net.model").graph.readout.shape == (NEURONS,)


@pytest.mark.parametrize(
    ("make", "options", "words"),
    [
        (stateless, {}, "a neuron without state.*export one step with the membranes"),
        (ordinary, {}, r"an ordinary network; .* snnrt convert net\.onnx --spiking --calibrate data\.npz"),
        (one_step, {"spiking": True}, "has spiking neurons already.*'v' are its states"),
        (loop, {"spiking": True}, "has spiking neurons already"),
        (one_step, {"negative_spikes": True}, "add spiking=True"),
        (ordinary, {"spiking": True, "max_spikes": 0}, "max_spikes: expected 1"),
        (one_step, {"framework": "norse"}, "framework: an ONNX model says itself"),
        (one_step, {"example": (2, 3, 4)}, "fails on the example"),
        (one_step, {"logits": "nothing"}, "logits: the module gives one result"),
    ],
)  # fmt: skip
def test_refusals(tmp_path, make, options, words):
    path = tmp_path / "net.onnx"
    onnx.save(make(), path)
    with pytest.raises(snnrt.ModelError, match=words) as caught:
        snnrt.convert(path, **options)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def changed(**others: tuple[str, list[str]]) -> onnx.ModelProto:
    """The one step, some nodes with another operator and other inputs."""
    nodes = step_nodes("x", "v", "spikes", "v_next")
    for node in nodes:
        if node.name in others:
            kind, inputs = others[node.name]
            node.op_type = kind
            del node.input[:]
            node.input.extend(inputs)
    constants = [numpy_helper.from_array(np.asarray(value, np.float32), name)
                 for name, value in {**CONSTANTS, "half": 0.5}.items()]  # fmt: skip
    return model(nodes, {"x": (1, INPUTS), "v": (1, NEURONS)},
                 {"spikes": (1, NEURONS), "v_next": (1, NEURONS)}, constants)  # fmt: skip


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"quiet": ("Sub", ["half", "spikes"])}, "a reset that keeps a part of the membrane"),
        ({"leak": ("Mul", ["v", "v"])}, "a membrane that is multiplied by another one|no sum of products"),
        ({"fire": ("GreaterOrEqual", ["u", "current"])}, "compares two things that both change"),
        ({"leak": ("Tanh", ["v"])}, "input 'v': no output is its next value"),
    ],
)
def test_steps_that_have_no_form(others, words):
    with pytest.raises(snnrt.ModelError, match=words):
        snnrt.convert(changed(**others))


def ordinary_with(shape: tuple[int, ...], constant: tuple[int, ...]) -> onnx.ModelProto:
    """An input of ``shape``, a ReLU and a sum with a constant."""
    nodes = [
        helper.make_node("Relu", ["x"], ["r"], "relu"),
        helper.make_node("Add", ["r", "c"], ["y"], "add"),
    ]
    return model(nodes, {"x": shape}, {"y": ("n",) * len(shape)},
                 [numpy_helper.from_array(np.ones(constant, np.float32), "c")])  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "constant", "words"),
    [
        ((1, 1, 4), (3, 4), r"node 'layer1' \(Add\): a constant of shape \(3, 4\) that repeats \(1, 4\)"),
        ((65536, 255, 6), (6,), "input 'x': expected at most 33554432 elements"),
    ],
)
def test_sizes_that_have_no_form(shape, constant, words):
    with pytest.raises(snnrt.ModelError, match=words):
        snnrt.convert(ordinary_with(shape, constant), spiking=True)


def test_a_comparison_the_other_way_round_is_the_same_neuron():
    """v < θ is what does not fire."""
    nodes = step_nodes("x", "v", "spikes", "v_next")
    fire, cast = nodes[3], nodes[4]
    fire.op_type = "Less"
    fire.output[0] = "below"
    nodes.insert(4, helper.make_node("Not", ["below"], ["fires"], "not"))
    assert cast.input[0] == "fires"
    constants = [
        numpy_helper.from_array(np.asarray(one, np.float32), name) for name, one in CONSTANTS.items()
    ]
    made = model(nodes, {"x": (1, INPUTS), "v": (1, NEURONS)},
                 {"spikes": (1, NEURONS), "v_next": (1, NEURONS)}, constants)  # fmt: skip
    assert (
        snnrt.convert(made).graph["neuron1"].in_words()
        == snnrt.convert(one_step()).graph["neuron1"].in_words()
    )


SPIKINGJELLY_2 = Path(__file__).parents[2] / "fixtures" / "spikingjelly_2"


@pytest.mark.parametrize("form", ["step", "unroll", "multi"])
@pytest.mark.parametrize("neuron", ["if", "lif", "soft"])
def test_files_of_spikingjelly_2(neuron: str, form: str) -> None:
    """As torch.onnx.export(…, dynamo=True) writes its own operators: spikes of ONNX's own reference."""
    path = SPIKINGJELLY_2 / f"{neuron}_{form}.onnx"
    net = snnrt.convert(path, **({"timesteps": 6} if form == "step" else {}))
    x = np.random.default_rng(6).random((4, net.timesteps, 6)).astype(np.float32)
    if net.graph.input.encoding == "constant":
        x = x[:, 0]
    (found,) = net.run(x, record=["spikes"]).spikes.values()
    run, fired = ReferenceEvaluator(onnx.load(path)), 0
    for one, spikes in zip(x, found):
        if form == "step":
            state, expected = np.zeros((1, 5), np.float32), []
            for _ in range(6):
                fires, state = run.run(None, {"v": state, run.input_names[0]: one[None]})
                expected.append(fires[0])
        else:
            fed = one[None] if form == "unroll" else one[:, None]
            (out,) = run.run(None, {run.input_names[0]: fed})
            expected = list(out[:, 0])
        np.testing.assert_array_equal(spikes, np.stack(expected))
        fired += int(np.sum(expected))
    assert fired > 0
