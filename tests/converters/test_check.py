"""snnrt.check: a verdict on each node of a NIR file."""

from __future__ import annotations

import random
from pathlib import Path

import h5py
import nir
import numpy as np
import pytest
from effort import effort
from nir_files import chain, ends, read, save

import snnrt
from snnrt.converters import check as module
from snnrt.converters.common.drafted import importing
from snnrt.converters.common.finish import Imported
from snnrt.converters.importers import Importer
from snnrt.errors import ArgumentTypeError, ModelError

F = np.float32
SHIPPED = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"


def lif(threshold=1.0):
    values = (2e-4, 2.0, 0.0, threshold, 0.0)
    return nir.LIF(*(np.full(4, value, F) for value in values))


@pytest.fixture
def broken(tmp_path) -> Path:
    """Two nodes that nobody knows, one with fields that do not fit, one with a threshold of 0."""
    nodes = ends(
        (4,), (2,), fc=nir.Linear(np.ones((4, 4), F)), a=lif(), b=nir.Scale(np.ones(4, F)), c=lif(0.0),
        d=nir.Linear(np.ones((2, 4), F)), e=nir.Threshold(np.ones(2, F)),
    )  # fmt: skip
    path = save(tmp_path / "net.nir", nodes)
    with h5py.File(path, "r+") as file:
        inner = file["node/nodes"]
        for name, kind in (("a", "LSTM"), ("b", "Softmax")):
            del inner[name]["type"]
            inner[name]["type"] = kind
        del inner["e"]["threshold"]
    return path


def test_every_unsupported_node_is_reported(broken):
    check = snnrt.check(broken, framework="nir")
    assert not check.supported and not check.faithful and check.framework == "nir"
    verdicts = {node.name: node.verdict for node in check.nodes}
    assert list(verdicts) == ["input", "fc", "a", "b", "c", "d", "e", "output"]
    assert [name for name, word in verdicts.items() if word == "unsupported"] == ["a", "b", "c", "e"]
    reasons = {node.name: node.reason for node in check.nodes}
    assert reasons["a"].startswith("type LSTM is not known; expected one of Input,")
    assert reasons["c"] == "v_threshold: expected values above 0, found 0.0"
    assert reasons["e"].startswith("fields do not fit the type (")
    assert check.verdict() == "8 nodes: 4 faithful, 4 unsupported"


def test_what_is_reported_is_what_convert_refuses(broken):
    with pytest.raises(ModelError, match=r"net.nir: node 'a' \(LSTM\): type LSTM is not known; .* replace"):
        snnrt.convert(broken, framework="nir")


def test_a_network_that_can_be_converted():
    check = snnrt.check(SHIPPED, framework="snntorch", encoding="spikes")
    assert check.supported and check.faithful and not check.problems
    rules = {row["name"]: row["rule"] for row in check.rows()}
    net = snnrt.convert(SHIPPED, framework="snntorch", encoding="spikes")
    assert rules["lif1"] == net.graph["lif1"].in_words()
    assert check.assumptions == net.assumptions
    assert rules["input"] == "values of 0 … 1, over time"
    assert "\n" not in rules["lif1"] and "lif1 (LIF): v = α·v + x; fires where v > θ" in str(check)


def test_a_framework_against_the_file_is_approximate(tmp_path):
    """The NIR paper's LIF, which Norse does not write so."""
    path = save(tmp_path / "net.nir", ends((4,), (4,), fc=nir.Linear(np.ones((4, 4), F)), a=nir.LIF(
        *(np.full(4, value, F) for value in (2.5e-3, 1.0, 0.0, 0.1, 0.0)))))  # fmt: skip
    check = snnrt.check(path, framework="norse", dt=1e-3)
    found = {node.name: node for node in check.nodes}
    assert check.supported and not check.faithful and found["fc"].verdict == "faithful"
    assert found["a"].verdict == "approximate" and "AGAINST the file" in found["a"].reason
    assert snnrt.check(path, framework="nir").faithful
    with pytest.raises(ModelError, match="framework: expected one, because"):
        snnrt.check(path)


def test_a_problem_of_the_whole_network(tmp_path):
    nodes = ends((4,), (4,), fc=nir.Linear(np.eye(4, dtype=F)), back=nir.Linear(np.eye(4, dtype=F)))
    edges = [("input", "fc"), ("fc", "back"), ("back", "fc"), ("fc", "output")]
    check = snnrt.check(save(tmp_path / "net.nir", nodes, edges), framework="nir")
    assert not check.supported and "form a cycle without a neuron" in check.problems[0]
    assert check.verdict().endswith("the network as a whole can't be converted")
    assert "problem: the nodes" in str(check)


def test_what_is_no_network(tmp_path):
    with pytest.raises(ModelError, match="no such file"):
        snnrt.check(tmp_path / "missing.nir")
    with pytest.raises(ModelError, match="no path leads"):
        snnrt.check(save(tmp_path / "net.nir", ends((4,), (4,)), []))
    with pytest.raises(ArgumentTypeError, match="expected the path of a NIR file"):
        snnrt.check(7)


@pytest.mark.parametrize("whole", [False, True])
def test_an_importer_that_gives_the_graph_itself(monkeypatch, whole):
    net = snnrt.convert(SHIPPED, framework="snntorch", timesteps=4)

    def read_wire(source, **options):
        if source == "bad.wire":
            raise ModelError("bad.wire: node 'x' (Wire): is broken")
        return Imported(net.graph, ("all of it",))

    monkeypatch.setattr(Importer, "load", lambda self: importing(read_wire) if whole else read_wire)
    wire = Importer("a wire", (".wire",), b"", "wires", "read")
    monkeypatch.setattr(module, "find_importer", lambda source: wire)
    check = snnrt.check("net.wire")
    assert check.faithful and check.framework == "snntorch" and check.assumptions == ("all of it",)
    assert [node.name for node in check.nodes] == [node.name for node in net.graph][:-1]
    assert check.nodes[2].rule == net.graph["lif1"].in_words()
    with pytest.raises(ModelError, match="is broken"):
        snnrt.check("bad.wire")


def a_node(draw: random.Random) -> nir.NIRNode:
    shape = draw.choice([(1,), (4,), (3,), (2, 4, 4), (2, 1, 1)])

    def full(value: float) -> np.ndarray:
        return np.full(shape, value, F)

    threshold = draw.choice((1.0, 1.0, 1.0, 0.0))
    return draw.choice((
        lambda: nir.LIF(full(2e-4), full(2.0), full(0), full(threshold), full(0)),
        lambda: nir.IF(full(1), full(threshold), full(0)),
        lambda: nir.Linear(np.ones((draw.choice((4, 3)), draw.choice((4, 3, 32, 8))), F)),
        lambda: nir.Conv2d((4, 4), np.ones((2, draw.choice((2, 1)), 3, 3), F), 1, 1, 1, 1, np.ones(2, F)),
        lambda: nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0])),
        lambda: nir.Flatten({"input": np.array([2, 4, 4])}, 0, -1),
        lambda: nir.Scale(full(draw.choice((0.5, np.nan)))),
        lambda: nir.Delay(full(draw.choice((1e-4, 1.5e-4)))),
    ))()  # fmt: skip


def test_a_network_is_supported_exactly_where_it_can_be_converted(tmp_path):
    converted = 0
    for seed in range(effort(200)):
        draw = random.Random(seed)
        between = {f"n{index}": a_node(draw) for index in range(draw.randint(1, 5))}
        nodes = ends(draw.choice(((4,), (2, 4, 4), (3,))), (4,), **between)
        names = list(nodes)
        more = [(draw.choice(names[:-1]), draw.choice(names[1:])) for _ in range(draw.choice((0, 0, 1, 2)))]
        path = save(tmp_path / "net.nir", nodes, chain(nodes) + more)
        try:
            imported = read(path, framework="nir")
        except ModelError as error:
            said, imported = str(error), None
        try:
            check = snnrt.check(path, framework="nir", isolated=False)
        except ModelError as error:
            assert str(error) == said, seed
            continue
        assert check.supported == (imported is not None), (seed, str(check))
        if imported is not None:
            converted += 1
            assert check.assumptions == imported.assumptions, seed
    assert converted
