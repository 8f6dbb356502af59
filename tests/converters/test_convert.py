"""Import, exit rule, metadata, numbers."""

from pathlib import Path

import numpy as np
import pytest

import snnrt
from snnrt.converters import convert
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


def test_a_calibrated_conversion_knows_its_agreement() -> None:
    source = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"
    options = {"framework": "snntorch", "timesteps": 4, "numbers": "int8"}
    network = snnrt.convert(source, calibrate="digits", **options)
    assert network.agreement is not None
    assert network.agreement.inputs == 1000 and network.agreement.timesteps == 4
    assert network.agreement.class_agreement > 0.99
    assert snnrt.convert(source, **options).agreement is None
    assert snnrt.Network(network.graph).agreement is None
