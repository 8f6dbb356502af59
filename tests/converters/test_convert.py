"""Import, exit rule, metadata, numbers."""

from pathlib import Path

import numpy as np
import pytest

import snnrt
from snnrt.converters import convert
from snnrt.converters.common.finish import Imported
from snnrt.converters.convert import convert_source, import_source, in_numbers
from snnrt.converters.nir import importer
from snnrt.errors import DataError, ModelError

DIGITS = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"
USUAL = {"framework": "snntorch", "timesteps": 4}
IMAGES = np.random.default_rng(0).random((20, 1, 8, 8)).astype(np.float32)


def same(one, other):
    assert [node.name for node in one] == [node.name for node in other]
    for mine, theirs in zip(one, other):
        np.testing.assert_equal(vars(mine), vars(theirs))
    assert (one.metadata, one.numbers, one.timesteps) == (other.metadata, other.numbers, other.timesteps)


@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_whole_or_in_two_steps(numbers):
    options = {**USUAL, "exit": "entropy:0.25", "readout": "mean"}
    images = IMAGES if numbers == "int8" else None
    whole = convert_source(DIGITS, numbers=numbers, calibrate=images, **options)
    parts = in_numbers(import_source(DIGITS, **options), numbers, images)
    same(whole.graph, parts.graph)
    assert whole.assumptions == parts.assumptions
    network = snnrt.convert(DIGITS, numbers=numbers, calibrate=images, **options)
    assert network.to_bytes() == snnrt.Network(whole.graph).to_bytes()


def test_metadata():
    names = [f"c{index}" for index in range(10)]
    graph = import_source(DIGITS, **USUAL, name="demo", class_names=names, reset="zero", dt=None).graph
    assert graph.metadata["name"] == "demo" and graph.metadata["class_names"] == names
    assert graph.metadata["source"]["options"] == {"reset": "zero"}
    assert (graph.exit.rule, graph.timesteps) == ("never", 4)


def test_decays_by_shifts_say_what_they_change():
    """The digits' 0.5 is one; with a shorter timestep it is none."""
    product = convert_source(DIGITS, numbers="int8", **USUAL)
    same(convert_source(DIGITS, numbers="int8", decays="product", **USUAL).graph, product.graph)
    assert not any(node.shift_decay for node in product.graph if node.kind == "neuron")
    found = convert_source(DIGITS, numbers="int8", decays="shift", **USUAL)
    firing = [node for node in found.graph if node.kind == "neuron"]
    assert len(firing) == 2 and all(node.shift_decay and node.membrane == 1 for node in firing)
    assert found.assumptions == product.assumptions
    network = snnrt.convert(DIGITS, numbers="int8", decays="shift", **USUAL)
    assert network.to_bytes() == snnrt.Network(found.graph).to_bytes()
    shorter = convert_source(DIGITS, numbers="int8", decays="shift", dt=3e-5, **USUAL)
    lines = [line for line in shorter.assumptions if "a decay of 0.85 becomes 0.875 (1 − 2^−3)" in line]
    assert [line.split("'")[1] for line in lines] == [node.name for node in firing]
    assert shorter.graph.metadata["source"]["assumptions"] == list(shorter.assumptions)
    with pytest.raises(
        ModelError, match=r"decays: expected none: only int8 has .*, found 'shift' with loihi"
    ):
        convert_source(DIGITS, numbers="loihi", decays="shift", **USUAL)
    with pytest.raises(ModelError, match="decays: expected 'product' or 'shift', found 'half'"):
        convert_source(DIGITS, numbers="int8", decays="half", **USUAL)


def test_state_bits():
    graph = convert_source(DIGITS, numbers="int8", state_bits=32, **USUAL).graph
    assert {node.state_bits for node in graph if node.kind == "neuron"} == {32}


@pytest.mark.parametrize(
    "options, message",
    [
        ({"timesteps": 0}, "timesteps: expected 1 to 65535, found 0"),
        ({"timesteps": 1.5}, "timesteps: expected 1 to 65535, found 1.5"),
        ({"class_names": ["a"]}, "class_names: expected 10 names, found 1"),
        ({"exit": "entropy:2.0"}, "threshold"),
        ({"framework": "keras"}, "framework: expected one of"),
    ],
)
def test_refused(options, message):
    with pytest.raises((ModelError, DataError), match=message):
        import_source(DIGITS, **options)


def test_unknown_numbers_are_refused_before_anything_is_read():
    with pytest.raises(ModelError, match="numbers: expected one of 'float32', 'int8', 'loihi', found 'int4'"):
        convert_source("missing.nir", numbers="int4")


def test_calibration_that_does_not_fit():
    with pytest.raises(DataError, match="calibrate: x: the model reads"):
        convert_source(DIGITS, numbers="int8", calibrate=np.zeros((3, 5)), **USUAL)


def test_one_import(monkeypatch):
    calls = []
    original = importer.import_nir

    def counted(*arguments, **options):
        calls.append(arguments)
        return original(*arguments, **options)

    monkeypatch.setattr(importer, "import_nir", counted)
    convert.convert_source(DIGITS, numbers="int8", calibrate=IMAGES, **USUAL)
    assert len(calls) == 1


def test_a_current_that_could_wrap_on_loihi_is_in_the_metadata():
    g = snnrt.GraphBuilder((40,), encoding="spikes", timesteps=200)
    current = g.dense(g.input, np.ones((2, 40), np.float32))
    fields = {"membrane": 0.5, "threshold": 1, "strict": True, "reset": "value"}
    lines = {}
    for synapse in (0.5, 1.0):
        graph = g.finish(g.neuron(current, name=f"by {synapse}", synapse=synapse, **fields))
        told = in_numbers(Imported(graph.with_(metadata={"source": {"format": "ours"}}), ("one",)), "loihi")
        assert told.graph.metadata["source"] == {"format": "ours", "assumptions": list(told.assumptions)}
        lines[synapse] = [line for line in told.assumptions if "its current wraps beyond 8388607" in line]
    assert lines[0.5] == [] and [line.split("'")[1] for line in lines[1.0]] == ["by 1.0"]


def test_a_calibrated_conversion_knows_its_agreement() -> None:
    source = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"
    options = {"framework": "snntorch", "timesteps": 4, "numbers": "int8"}
    network = snnrt.convert(source, calibrate="digits", **options)
    assert network.agreement is not None
    # of 1,000, those that roundings were not fitted to
    assert network.agreement.inputs == 936 and network.agreement.timesteps == 4
    assert network.agreement.class_agreement > 0.99
    assert snnrt.convert(source, **options).agreement is None
    assert snnrt.Network(network.graph).agreement is None
