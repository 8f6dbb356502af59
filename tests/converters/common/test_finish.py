"""An importer in miniature: drafts of a made-up source become a graph, with no reader of any format."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from snnrt.converters.common.connections import connect
from snnrt.converters.common.drafts import DelayDraft, InputDraft, LayerDraft, NeuronDraft, OutputDraft
from snnrt.converters.common.finish import GraphOptions, finish
from snnrt.converters.common.layers import dense, scale
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.neuron import INTEGRATOR, Dynamics, spiking_neuron
from snnrt.converters.frameworks.rules import choose_rules
from snnrt.errors import ModelError
from snnrt.reference.run import Reference

CONVERTERS = Path(__file__).parents[3] / "converters"
WEIGHTS = np.array([[1, 0, 0, 0], [0, 2, 0, 0], [0.5, 0, 0, 1]], np.float32)


def linear(name, weights=WEIGHTS):
    where = SourceNode(name, "Gemm")
    return LayerDraft("Gemm", lambda shape: dense(where, shape, weights, None), features=weights.shape[1])


def integrate_and_fire(name, seen=None):
    rules = choose_rules("sinabs", Choices(multiple=False))

    def build(shape, recurrent):
        if seen is not None:
            seen.append((name, shape, recurrent))
        return spiking_neuron(
            name, shape, Dynamics(INTEGRATOR), rules, np.array(1, np.float32), None, recurrent
        )

    return NeuronDraft("IF", build)


def imported(between, edges, sizes=(4,), options=None):
    drafts = {"x": InputDraft("Placeholder", sizes), **between, "y": OutputDraft("Result")}
    kinds = {name: draft.kind for name, draft in drafts.items()}
    connections = connect(kinds, edges, ["x"], ["y"])
    drafts = {name: drafts[name] for name in connections.reads}
    options = options or GraphOptions(timesteps=3, encoding="spikes", high=9.0)
    return finish(drafts, connections, options, name="toy", origin={"format": "toy"}, assumed=["a guess"])


def test_a_chain_runs():
    seen = []
    between = {"fc": linear("fc"), "if": integrate_and_fire("if", seen)}
    found = imported(between, [("x", "fc"), ("fc", "if"), ("if", "y")])
    assert seen == [("if", (3,), False)]
    assert found.assumptions == ("a guess",)
    assert found.graph.metadata == {"name": "toy", "source": {"format": "toy", "assumptions": ["a guess"]}}
    assert [node.kind for node in found.graph] == ["input", "dense", "neuron", "readout", "exit"]
    x = np.tile(np.array([1, 0.25, 0, 0], np.float32), (1, 3, 1))
    np.testing.assert_array_equal(Reference(found.graph).run(x).logits, [[3, 1, 1]])


def test_defaults_are_said():
    found = imported({"fc": linear("fc")}, [("x", "fc"), ("fc", "y")], options=GraphOptions())
    assert found.graph.timesteps == 16 and found.graph.input.encoding == "constant"
    assert found.assumptions[0] == "a guess" and found.assumptions[2] == "timesteps = 16"
    assert found.assumptions[1].startswith("input: a constant current")


def test_recurrence_is_cut_and_said():
    seen = []
    between = {"fc": linear("fc", np.eye(4, dtype=np.float32)), "if": integrate_and_fire("if", seen)}
    between["back"] = linear("back", np.eye(4, dtype=np.float32))
    edges = [("x", "fc"), ("fc", "if"), ("if", "back"), ("back", "if"), ("if", "y")]
    found = imported(between, edges)
    assert found.assumptions[1:] == ("recurrence: 'back' reads 'if' of the step before",)
    assert seen == [("if", (4,), True)] and "if.sum" in [node.name for node in found.graph]


def test_a_map_is_flattened_for_a_vector_and_for_the_readout():
    wide = np.ones((2, 8), np.float32)
    found = imported({"fc": linear("fc", wide)}, [("x", "fc"), ("fc", "y")], (2, 2, 2))
    assert "'fc' reads its input of shape (2, 2, 2) flattened" in found.assumptions
    found = imported({}, [("x", "y")], (2, 2, 2))
    assert found.graph.readout.shape == (8,)


def test_delays_and_scales_leave_no_node():
    between = {"fc": linear("fc"), "late": DelayDraft("Hold", np.array(2e-3), 1e-3)}
    where = SourceNode("half", "Mul")
    between["half"] = LayerDraft("Mul", lambda shape: scale(where, shape, 0.5))
    found = imported(between, [("x", "late"), ("late", "fc"), ("fc", "half"), ("half", "y")])
    assert "half" not in [node.name for node in found.graph]
    np.testing.assert_array_equal(found.graph["fc"].weights, WEIGHTS / 2)
    x = np.tile(np.array([2, 2, 0, 0], np.float32), (1, 3, 1))
    np.testing.assert_array_equal(Reference(found.graph).run(x).logits, [[1, 2, 0.5]])


def test_errors_name_the_source():
    with pytest.raises(ModelError, match=r"node 'fc' \(Gemm\): input: expected a vector of 4"):
        imported({"fc": linear("fc")}, [("x", "fc"), ("fc", "y")], (5,))


@pytest.mark.parametrize("folder", ["common", "frameworks"])
def test_nothing_shared_knows_a_format(folder):
    """Neither a format's package nor the importer's own folder is imported; frameworks are only described."""
    files = sorted((CONVERTERS / folder).rglob("*.py"))
    assert files
    foreign = ("nir", "h5py", "onnx", "torch", "snntorch", "norse", "sinabs", "spikingjelly")
    importers = tuple(f"snnrt.converters.{name}" for name in ("nir", "onnx", "torch", "spyketorch", "ann"))
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                assert name.split(".")[0] not in foreign, f"{file}: {name}"
                assert not any(name == one or name.startswith(f"{one}.") for one in importers), (
                    f"{file}: {name}"
                )


def test_finishing_loads_no_format():
    program = (
        "import sys; import snnrt.converters.common.finish, snnrt.converters.frameworks.neuron as n\n"
        "from snnrt.converters.frameworks.registry import NAMES, find_framework\n"
        "[find_framework(name) for name in NAMES]\n"
        "print([m for m in ('nir', 'h5py', 'torch', 'snnrt.converters.nir') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
