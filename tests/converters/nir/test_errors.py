"""Files that are not what they should be: one line that names file, node and field; never a crash."""

import re
from concurrent.futures import ThreadPoolExecutor

import h5py
import nir
import numpy as np
import pytest
from effort import effort
from nir_files import ends, save

from snnrt.converters.nir import file, reader
from snnrt.converters.nir.importer import import_nir
from snnrt.errors import ModelError

F = np.float32


def full(value, shape=(4,)):
    return np.full(shape, value, np.float32)


def lif(tau=2e-4, r=1.0, leak=0.0, threshold=1.0, reset=0.0, shape=(4,)):
    return nir.LIF(*(full(value, shape) for value in (tau, r, leak, threshold, reset)))


def dense(outputs=4, inputs=4):
    return nir.Linear(np.ones((outputs, inputs), F))


def conv(weight=(2, 2, 3, 3), stride=1, padding=0, dilation=1, groups=1, bias=2):
    return nir.Conv2d(None, np.ones(weight, F), stride, padding, dilation, groups, np.ones(bias, F))


def write(path, nodes, edges=None):
    for node in nodes.values():
        if isinstance(node, (nir.Conv1d, nir.Conv2d)):
            node.input_shape = 1
    return save(path, nodes, edges)


def fails(path, message, isolated=False, **options):
    with pytest.raises(ModelError, match=message) as caught:
        import_nir(path, isolated=isolated, **options)
    text = str(caught.value)
    assert "\n" not in text and len(text) < 500
    return text


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


@pytest.mark.parametrize("isolated", [True, False])
def test_not_a_nir_file(tmp_path, isolated):
    path = tmp_path / "net.nir"
    path.write_bytes(b"")
    fails(path, "not a readable NIR file", isolated)
    path.write_text("not HDF5\n" * 100)
    fails(path, "not a readable NIR file", isolated)
    with h5py.File(path, "w") as file:
        file["weights"] = np.ones(3)
    fails(path, "HDF5 without the group 'node'", isolated)
    with h5py.File(path, "w") as file:
        file["node"] = np.ones(3)
    fails(path, "HDF5 without the group 'node'")
    nir.write(path, dense())
    fails(path, "holds a single Linear; expected a NIRGraph")


def edited(path, change):
    """A small good file with ``change`` made to its HDF5 group 'node'."""
    save(path, ends((4,), (3,), a=dense(), lif=lif(), b=dense(3)))
    with h5py.File(path, "r+") as file:
        change(file["node"])
    return path


def replaced(key, value):
    def change(node):
        del node[key]
        if value is not None:
            node[key] = value

    return change


@pytest.mark.parametrize(
    "change, message",
    [
        (
            replaced("nodes/a/type", "MaxPool2d"),
            r"node 'a' \(MaxPool2d\): type MaxPool2d is not known; expected one of Input",
        ),
        (replaced("nodes/a/type", None), "node 'a': has no type"),
        (replaced("nodes/a/type", 3), "node 'a': has no type"),
        (replaced("nodes/a/type", "LIF"), r"node 'a' \(LIF\): fields do not fit the type"),
        (replaced("nodes/a/weight", None), r"node 'a' \(Linear\): fields do not fit the type"),
        (replaced("nodes/a/weight", "text"), r"node 'a' \(Linear\): weight: expected numbers"),
        (
            replaced("nodes/a/weight", np.array([[b"x"] * 4] * 4)),
            r"node 'a' \(Linear\): weight: expected numbers",
        ),
        (replaced("nodes/a/weight", np.ones((4, 4), complex)), r"weight: expected numbers"),
        (replaced("nodes/lif/r", np.ones(4, complex)), r"node 'lif' \(LIF\): r: expected numbers"),
        (replaced("nodes/lif/tau", np.array([b"x"] * 4)), r"node 'lif' \(LIF\): tau: expected numbers"),
        (replaced("nodes/lif/r", np.array([b"x"] * 4)), r"node 'lif' \(LIF\): r: expected numbers"),
        (replaced("nodes/lif/r", np.ones(3, F)), r"'lif' \(LIF\): r: expected one value, .*, found \(3,\)"),
        (replaced("nodes/a", np.ones(3)), "node 'a': has no type"),
        (replaced("nodes/input/shape", np.array([b"x"])), "shape: expected one to three sizes"),
        (replaced("nodes", None), "expected 'nodes' and 'edges'"),
        (replaced("edges", None), "expected 'nodes' and 'edges'"),
        (
            replaced("edges", np.array([[b"input", b"nowhere"]])),
            "'input' → 'nowhere' names 'nowhere', which is not a node",
        ),
        (
            replaced("edges", np.array([b"input", b"output"])),
            r"edges: expected pairs of node names, found shape \(2,\)",
        ),
        (replaced("edges", np.zeros((0, 2), "S4")), "no path leads"),
        (replaced("edges", h5py.SoftLink("/version")), "is a link"),
        (
            replaced("nodes/a/weight", h5py.ExternalLink("/etc/passwd", "x")),
            "is a link; expected the data itself",
        ),
        (replaced("nodes/a/weight", h5py.SoftLink("/node/nodes/b/weight")), "is a link"),
    ],
)
def test_edited_files(tmp_path, change, message):
    fails(edited(tmp_path / "net.nir", change), message, framework="nir")


def test_unknown_field(tmp_path):
    def change(node):
        node["nodes/lif/refractory"] = np.ones(4)

    fails(
        edited(tmp_path / "net.nir", change),
        r"node 'lif' \(LIF\): fields do not fit the type .*refractory",
        framework="nir",
    )


def test_a_group_that_holds_itself(tmp_path):
    def change(node):
        node["nodes/a/again"] = node["nodes"]

    fails(edited(tmp_path / "net.nir", change), "nested deeper than 32|more than 100000 entries")


def test_data_that_unpacks_to_more_than_the_bound(tmp_path, monkeypatch):
    def change(node):
        del node["nodes/a/weight"]
        node.create_dataset("nodes/a/weight", (2**20, 2**20), F, chunks=(1024, 1024), compression="gzip")

    fails(
        edited(tmp_path / "net.nir", change),
        "/nodes/a/weight alone 4398046511104; expected at most 256 MiB",
    )


def test_data_in_another_file(tmp_path):
    (tmp_path / "raw").write_bytes(bytes(64))

    def change(node):
        del node["nodes/a/weight"]
        node.create_dataset("nodes/a/weight", (4, 4), F, external=[(str(tmp_path / "raw"), 0, 64)])

    fails(edited(tmp_path / "net.nir", change), "lies in another file")


def test_metadata_that_are_data(tmp_path):
    def change(node):
        node["metadata"] = np.ones(3)
        node["nodes/lif/metadata"] = "text"

    path = edited(tmp_path / "net.nir", change)
    assert import_nir(path, framework="nir", isolated=False).graph["lif"].kind == "neuron"


def test_a_node_called_metadata(tmp_path):
    path = save(tmp_path / "net.nir", ends((4,), (4,), metadata=dense()))
    assert import_nir(path, isolated=False).graph["metadata"].kind == "dense"


def test_too_many_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "MAX_OBJECTS", 20)
    fails(edited(tmp_path / "net.nir", lambda node: None), "more than 20 entries")


def test_a_long_name(tmp_path):
    path = save(tmp_path / "net.nir", ends((4,), (4,), **{"x" * 2000: dense()}))
    fails(path, "a name of 2000 characters; expected at most 1000")


def test_old_files_without_v_reset(tmp_path):
    path = edited(tmp_path / "net.nir", replaced("nodes/lif/v_reset", None))
    assert import_nir(path, framework="nir", isolated=False).graph["lif"].reset_value == 0


def test_isolated_and_not_give_the_same(tmp_path):
    path = edited(tmp_path / "net.nir", lambda node: None)
    one, other = (import_nir(path, framework="nir", isolated=isolated) for isolated in (True, False))
    assert one.assumptions == other.assumptions
    for mine, theirs in zip(one.graph, other.graph):
        np.testing.assert_equal(vars(mine), vars(theirs))


def test_a_reader_that_dies_or_hangs_is_an_error(tmp_path, monkeypatch):
    path = edited(tmp_path / "net.nir", lambda node: None)
    program = tmp_path / "program.py"
    monkeypatch.setattr(reader, "__file__", str(program))
    program.write_text("import os\nos.abort()\n")
    fails(path, "not a readable NIR file .the HDF5 library failed on it", isolated=True)
    program.write_text("print('{')\n")
    fails(path, "not a readable NIR file", isolated=True)
    monkeypatch.setattr(file, "SECONDS_TO_READ", 0.2)
    program.write_text("import time\ntime.sleep(60)\n")
    fails(path, "not read within 0.2 s", isolated=True)
    program.write_text(
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True:\n    pass\n"
    )
    monkeypatch.setattr(file, "SECONDS_TO_READ", 7.0)
    fails(path, "not read within 7.0 s", isolated=True)


def damage(good, seed):
    generator = np.random.default_rng(seed)
    data = bytearray(good)
    for place in generator.integers(0, len(good), int(generator.integers(1, 12))):
        data[place] = int(generator.integers(0, 256))
    return bytes(data)


def import_damaged(path, data):
    path.write_bytes(data)
    try:
        import_nir(path, framework="nir")
        return "network"
    except ModelError as error:
        assert re.match(re.escape(str(path)), str(error)) and "\n" not in str(error)
        return "error"
    finally:
        path.unlink()


@pytest.mark.parametrize("count", [effort(24, 6), pytest.param(2000, marks=pytest.mark.long)])
def test_damaged_files(tmp_path, monkeypatch, count):
    """Truncated anywhere, or with bytes changed: an error of ours, or a network."""
    monkeypatch.setattr(file, "SECONDS_TO_READ", 5.0)
    good = edited(tmp_path / "net.nir", lambda node: None).read_bytes()
    cuts = [good[: int(size)] for size in np.linspace(0, len(good) - 1, count // 3)]
    files = cuts + [damage(good, seed) for seed in range(count)]
    with ThreadPoolExecutor(2) as pool:
        names = [tmp_path / f"{index}.nir" for index in range(len(files))]
        outcomes = list(pool.map(import_damaged, names, files))
    assert set(outcomes[: len(cuts)]) == {"error"}
    assert set(outcomes[len(cuts) :]) == {"error", "network"}
