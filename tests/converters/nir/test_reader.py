"""Bytes that are no NIR file, or a damaged one: one line of error or a network, never a crash or a hang."""

import re
from concurrent.futures import ThreadPoolExecutor

import h5py
import nir
import numpy as np
import pytest
from effort import effort
from nir_files import dense, ends, fails, lif, save

from snnrt.converters.nir import file, reader
from snnrt.converters.nir.importer import import_nir
from snnrt.errors import ModelError

F = np.float32


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
