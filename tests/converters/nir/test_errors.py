"""Files that are not what they should be: one line that names file, node and field; never a crash."""

import nir
import numpy as np
import pytest
from nir_files import dense, ends, fails, full, lif, save

F = np.float32


def conv(weight=(2, 2, 3, 3), stride=1, padding=0, dilation=1, groups=1, bias=2):
    return nir.Conv2d(None, np.ones(weight, F), stride, padding, dilation, groups, np.ones(bias, F))


def write(path, nodes, edges=None):
    for node in nodes.values():
        if isinstance(node, (nir.Conv1d, nir.Conv2d)):
            node.input_shape = 1
    return save(path, nodes, edges)


IMAGE, VECTOR = (2, 5, 5), (4,)

# what stands between Input and Output, the input's shape, and what the message says
WRONG = {
    "delay of half a step": (
        nir.Delay(full(1.5e-4)),
        VECTOR,
        r"'x' \(Delay\): expected whole numbers of timesteps",
    ),
    "negative delay": (nir.Delay(full(-1e-4)), VECTOR, "whole number"),
    "long delay": (nir.Delay(full(1)), VECTOR, r"0 to 1024"),
    "delay of NaN": (nir.Delay(full(np.nan)), VECTOR, "whole number"),
    "delay of nothing": (nir.Delay(np.zeros(0, F)), VECTOR, "found nothing"),
    "weights of three axes": (
        nir.Linear(np.ones((2, 4, 4), F)),
        VECTOR,
        r"weight: expected shape \(outputs, inputs\)",
    ),
    "weights for other inputs": (dense(4, 3), VECTOR, r"input: expected a vector of 3 .* found \(4,\)"),
    "dense on a map": (dense(4, 5), IMAGE, r"'x' \(Linear\): input: expected a vector of 5"),
    "weights of NaN": (nir.Linear(full(np.nan, (4, 4))), VECTOR, "weight: expected finite numbers"),
    "weights beyond float32": (nir.Linear(np.full((4, 4), 1e300)), VECTOR, "weight: expected finite numbers"),
    "bias of another length": (
        nir.Affine(np.ones((4, 4), F), np.ones(3, F)),
        VECTOR,
        r"bias: expected shape \(4,\)",
    ),
    "convolution of a vector": (conv(), VECTOR, r"input: expected \(channels, height, width\)"),
    "a map that no file holds": (
        conv((8, 1, 1, 1), bias=8),
        (1, 8192, 8192),
        r"'x' \(conv2d\): shape: expected .* 134217728 in all",
    ),
    "channels that differ": (conv((2, 3, 3, 3)), IMAGE, "for 2 input channels in 1 group"),
    "groups that do not divide": (
        conv((3, 1, 3, 3), groups=2, bias=3),
        IMAGE,
        "for 2 input channels in 2 group",
    ),
    "kernel too large": (
        conv((2, 2, 6, 3)),
        IMAGE,
        "kernel: expected one that fits the padded input of 5, found 6",
    ),
    "stride of zero": (conv(stride=0), IMAGE, "stride: expected 2 integer"),
    "stride of half": (conv(stride=np.array([0.5, 1])), IMAGE, "stride: expected 2 integer"),
    "three paddings": (conv(padding=np.array([1, 1, 1])), IMAGE, "padding: expected 2 integer"),
    "negative padding": (conv(padding=np.array([-1, 0])), IMAGE, "padding: expected 2 integer"),
    "padding without end": (conv(padding=np.array([60000, 60000])), IMAGE, "an output of at most"),
    "'same' with a stride": (conv(stride=2, padding="same"), IMAGE, "where the stride is not 1"),
    "no groups": (conv(groups=0), IMAGE, "groups: expected an integer from 1"),
    "a kernel of another rank": (conv((2, 2, 3)), IMAGE, "weight: expected 4 axes"),
    "conv1d on a map": (
        nir.Conv1d(None, np.ones((2, 2, 3), F), 1, 0, 1, 1, np.ones(2, F)),
        IMAGE,
        r"\(channels, length\)",
    ),
    "pool of a vector": (
        nir.AvgPool2d((2, 2), (2, 2), (0, 0)),
        VECTOR,
        r"input: expected \(channels, height, width\)",
    ),
    "pool too large": (nir.SumPool2d((9, 2), (2, 2), (0, 0)), IMAGE, "kernel: expected one that fits"),
    "pool of text": (nir.SumPool2d("2", (2, 2), (0, 0)), IMAGE, "kernel_size: expected 2 integer"),
    "flatten of two axes": (
        nir.Flatten(np.array(IMAGE), 0, 1),
        IMAGE,
        r"expected all of \(2, 5, 5\) flattened",
    ),
    "flatten out of range": (nir.Flatten(np.array(IMAGE), 0, 7), IMAGE, "end_dim: expected an axis of"),
    "scale of another shape": (nir.Scale(np.ones(3, F)), VECTOR, "scale: expected one value, one a channel"),
    "neurons of another number": (
        lif(shape=(3,)),
        VECTOR,
        r"'x' \(LIF\): tau: expected one value, one a channel",
    ),
    "tau of zero": (lif(tau=0), VECTOR, "tau: expected a time above 0"),
    "tau of NaN": (lif(tau=np.nan), VECTOR, "tau: expected finite numbers"),
    "r of infinity": (lif(r=np.inf), VECTOR, "r: expected finite numbers"),
    "leak of infinity": (lif(leak=-np.inf), VECTOR, "v_leak: expected finite numbers"),
    "threshold of zero": (lif(threshold=0), VECTOR, "v_threshold: expected values above 0"),
    "threshold beyond float32": (
        nir.IF(np.ones(4), np.full(4, 1e300), np.zeros(4)),
        VECTOR,
        "that float32 can hold",
    ),
    "memoryless threshold below 0": (
        nir.Threshold(full(-1)),
        VECTOR,
        r"'x' \(Threshold\): threshold: expected values above 0",
    ),
    "synapse faster than a step": (
        nir.CubaLIF(full(5e-5), full(2e-4), full(1), full(0), full(1), full(0)),
        VECTOR,
        r"tau_syn: expected at least dt",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_nodes(tmp_path, case):
    node, shape, message = WRONG[case]
    path = write(tmp_path / "net.nir", ends(shape, (4,), x=node))
    assert fails(path, message, framework="nir").startswith(f"{path}: node 'x' (")


JOINTS = {
    "two inputs": (
        {"input": nir.Input([4]), "i2": nir.Input([4]), "output": nir.Output([4])},
        [("input", "output"), ("i2", "output")],
        "2 Input nodes: 'i2', 'input'; expected exactly one",
    ),
    "no input": (
        {"a": dense(), "output": nir.Output([4])},
        [("a", "output")],
        "0 Input nodes; expected exactly one",
    ),
    "two outputs": (
        {"input": nir.Input([4]), "o1": nir.Output([4]), "o2": nir.Output([4])},
        [("input", "o1"), ("input", "o2")],
        "2 Output nodes: 'o1', 'o2'",
    ),
    "no way": (
        {"input": nir.Input([4]), "a": dense(), "output": nir.Output([4])},
        [("input", "a")],
        r"no path leads from 'input' \(Input\) to 'output' \(Output\)",
    ),
    "a layer that reads nothing": (
        {"input": nir.Input([4]), "a": dense(), "output": nir.Output([4])},
        [("input", "output"), ("a", "output")],
        r"'a' \(Linear\): reads nothing",
    ),
    "an edge into the input": (
        {"input": nir.Input([4]), "a": dense(), "output": nir.Output([4])},
        [("input", "a"), ("a", "input"), ("a", "output")],
        r"'input' \(Input\): has an edge into it",
    ),
    "an edge out of the output": (
        {"input": nir.Input([4]), "a": dense(), "output": nir.Output([4])},
        [("input", "output"), ("output", "a"), ("a", "output")],
        "has an edge out of it",
    ),
    "a cycle without a neuron": (
        {"input": nir.Input([4]), "a": dense(), "b": dense(), "output": nir.Output([4])},
        [("input", "a"), ("a", "b"), ("b", "a"), ("b", "output")],
        "'a', 'b' form a cycle without a neuron",
    ),
    "a delay that reads itself": (
        {"input": nir.Input([4]), "a": nir.Delay(full(1e-4)), "output": nir.Output([4])},
        [("input", "a"), ("a", "a"), ("a", "output")],
        r"'a' \(Delay\): reads itself",
    ),
    "a sum of two shapes": (
        {"input": nir.Input([4]), "a": dense(), "b": dense(3), "output": nir.Output([4])},
        [("input", "a"), ("input", "b"), ("a", "output"), ("b", "output")],
        r"'output' \(Output\): expected inputs of equal shape, found 'a' \(4,\), 'b' \(3,\)",
    ),
    "nested graph of two inputs": (
        {
            "input": nir.Input([4]),
            "output": nir.Output([4]),
            "g": nir.NIRGraph(
                {"i1": nir.Input([4]), "i2": nir.Input([4]), "o": nir.Output([4])}, [("i1", "o"), ("i2", "o")]
            ),
        },
        [("input", "g"), ("g", "output")],
        r"'g' \(NIRGraph\): has 2 Input nodes; expected one",
    ),
    "delays without end": (
        {
            "input": nir.Input([4]),
            **{f"d{i}": nir.Delay(full(0.1)) for i in range(2)},
            "output": nir.Output([4]),
        },
        [("input", "d0"), ("d0", "d1"), ("d1", "output")],
        "delays add up to 2000 steps; expected at most 1024",
    ),
    "input without a shape": (
        {"input": nir.Input(np.zeros(0, int)), "output": nir.Output([4])},
        [("input", "output")],
        r"'input' \(Input\): shape: expected one to three sizes",
    ),
    "input of a negative size": (
        {"input": nir.Input([-4]), "output": nir.Output([4])},
        [("input", "output")],
        "shape: expected",
    ),
    "input of five axes": (
        {"input": nir.Input([1, 2, 3, 4, 5]), "output": nir.Output([4])},
        [("input", "output")],
        "shape: expected",
    ),
    "input of a huge size": (
        {"input": nir.Input([2**40]), "output": nir.Output([4])},
        [("input", "output")],
        "at most 134217728 elements",
    ),
}


@pytest.mark.parametrize("case", JOINTS)
def test_wrong_joints(tmp_path, case):
    nodes, edges, message = JOINTS[case]
    assert fails(save(tmp_path / "net.nir", nodes, edges), message).startswith(f"{tmp_path / 'net.nir'}: ")


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"framework": "keras"},
            "framework: expected one of snntorch, spikingjelly, .*, rockpool, lava, nir, found 'keras'",
        ),
        ({"reset": "soft"}, "reset: expected one of subtract, subtract_now, zero, none, found 'soft'"),
        ({"dt": 0.0}, "dt: expected seconds above 0"),
        ({"dt": float("nan")}, "dt: expected seconds above 0"),
        ({"framework": "sinabs", "strict": True}, "strict: expected not set"),
        ({"framework": "snntorch", "multiple": True}, "multiple: snnTorch resets one spike"),
        ({"framework": "sinabs", "max_spikes": 0}, "max_spikes: expected 1 to 32767"),
        ({"lower_bound": float("inf")}, "lower_bound: expected a finite number"),
        ({"timesteps": 0}, "timesteps: expected 1 to 65535"),
        ({"encoding": "rate"}, "encoding: expected constant or spikes"),
        ({"readout": "product"}, "mode: expected one of sum, mean, last, maximum, first_spike"),
        ({"low": 2.0}, "range: expected finite low"),
    ],
)
def test_wrong_options(tmp_path, options, message):
    fails(save(tmp_path / "net.nir", ends((4,), (4,), lif=lif())), message, **options)


def test_no_such_file(tmp_path):
    fails(tmp_path / "no.nir", "no such file; expected a NIR file")
    fails(tmp_path, "no such file")
