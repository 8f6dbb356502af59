"""Modules by name, weights from files, examples in every form."""

import numpy as np
import pytest
from module_parity import framework, torch

import snnrt
from snnrt.cli import main
from snnrt.converters.torch.source import example_inputs, find_module, load_weights
from snnrt.errors import ArgumentTypeError, DataFileError, ModelError, ModelFileError

framework("snntorch")

CODE = """
import torch, snntorch as snn
from torch import nn

def make():
    return nn.Sequential(nn.Linear(6, 9), snn.Leaky(0.8, init_hidden=True), nn.Linear(9, 3),
                         snn.Leaky(0.7, init_hidden=True))

def make_with_example():
    return make(), torch.rand(2, 6)

net = make()
number = 3

def needy(size):
    return make()

def broken():
    return 1 / 0
"""


@pytest.fixture
def code(tmp_path, monkeypatch):
    (tmp_path / "their_network.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name", ["their_network.py:make", "their_network:net", "./their_network.py:make_with_example"]
)
def test_names(code, name):
    module, example = find_module(name)
    assert isinstance(module, torch.nn.Sequential) and (example is not None) == name.endswith("example")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("their_network.py:nothing", "has no 'nothing'"),
        ("their_network.py:number", "found int"),
        ("their_network.py:needy", "expected it to take no arguments"),
        ("their_network.py:broken", "fails with ZeroDivisionError: division by zero"),
        ("nowhere.py:make", "can't be read"),
        ("no_such_package:make", "can't be imported"),
    ],
)
def test_names_that_lead_nowhere(code, name, words):
    with pytest.raises(ModelError, match=words):
        find_module(name)


def test_code_that_does_not_run(code):
    (code / "wrong.py").write_text("x = (")
    with pytest.raises(ModelError, match="fails when imported, with SyntaxError"):
        find_module("wrong.py:make")


def test_the_command(code, capsys):
    weights = find_module("their_network.py:make")[0].state_dict()
    torch.save(weights, "weights.pt")
    words = [
        "convert",
        "their_network.py:make",
        "--example",
        "1,6",
        "--weights",
        "weights.pt",
        "-o",
        "a.snnrt",
    ]
    assert main(words) == 0
    assert "from snntorch" in capsys.readouterr().out
    found = snnrt.load("a.snnrt").graph
    np.testing.assert_array_equal(found["0"].weights, weights["0.weight"].numpy())
    assert "weights" not in found.metadata["source"]["options"]
    assert main(["convert", "their_network.py:make", "-o", "b.snnrt"]) == 1
    assert "--example 1,1,28,28" in capsys.readouterr().err and not (code / "b.snnrt").exists()


def test_weights(tmp_path):
    net = torch.nn.Linear(3, 2)
    other = torch.nn.Linear(3, 2)
    load_weights(net, {"model_state_dict": other.state_dict(), "epoch": 3})
    assert torch.equal(net.weight, other.weight)
    torch.save(torch.nn.Linear(4, 2).state_dict(), tmp_path / "w.pt")
    with pytest.raises(ModelError, match=r"w.pt: do not fit the module: .*size mismatch for weight"):
        load_weights(net, tmp_path / "w.pt")
    torch.save(net, tmp_path / "whole.pt")
    with pytest.raises(ModelError, match=r"whole.pt: no file of weights alone; save them with torch.save"):
        load_weights(net, tmp_path / "whole.pt")
    (tmp_path / "text.pt").write_text("weights")
    with pytest.raises(ModelError, match="no file of weights alone"):
        load_weights(net, tmp_path / "text.pt")
    with pytest.raises(ModelFileError, match="can't be read"):
        load_weights(net, tmp_path / "missing.pt")
    with pytest.raises(ArgumentTypeError, match="expected a state_dict"):
        load_weights(net, 3)


def test_examples(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((2, 3), np.float32))
    np.savez(tmp_path / "x.npz", x=np.ones((2, 3), np.float32))
    for given in (torch.ones(2, 3), np.ones((2, 3)), (2, 3), tmp_path / "x.npy", str(tmp_path / "x.npz")):
        assert [tuple(one.shape) for one in example_inputs(given)] == [(2, 3)]
    assert len(example_inputs((torch.ones(2, 3), torch.zeros(2)))) == 2


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (None, ModelError), ("nowhere.npy", DataFileError), ((0, 3), ModelError), ("text", ArgumentTypeError),
        (torch.zeros(0, 3), ModelError), (torch.full((1, 2), float("nan")), ModelError),
        ({}, ArgumentTypeError),
        (torch.zeros(2, dtype=torch.complex64), ModelError),
    ],
)  # fmt: skip
def test_no_examples(tmp_path, monkeypatch, given, error):
    monkeypatch.chdir(tmp_path)
    if given == "text":
        given = ("a", "b")
    with pytest.raises(error, match="example: "):
        example_inputs(given)


def test_a_file_that_is_no_array(tmp_path):
    (tmp_path / "x.npy").write_text("no array")
    with pytest.raises(DataFileError, match=r"expected an array saved by numpy\.save"):
        example_inputs(tmp_path / "x.npy")
