"""snnrt convert."""

from __future__ import annotations

from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

import snnrt
from snnrt.data.load import load_dataset

USUAL = ("--framework", "snntorch", "--timesteps", "4")


def test_writes_a_model_and_says_what_it_assumed(snnrt_command, source, tmp_path):
    path = tmp_path / "out.snnrt"
    options = (
        "--exit",
        "entropy:0.25",
        "--class-names",
        "0,1,2,3,4,5,6,7,8,9",
        "--name",
        "demo",
    )
    outcome = snnrt_command("convert", source, "-o", path, *USUAL, *options)
    assert outcome.code == 0 and outcome.err == ""
    network = snnrt.load(path)
    graph = network.graph
    assert not graph.integer and graph.timesteps == 4
    assert (graph.exit.rule, graph.exit.threshold) == ("entropy", pytest.approx(0.25))
    assert graph.metadata["class_names"] == [str(digit) for digit in range(10)]
    assert graph.metadata["name"] == "demo"
    assert str(path) in outcome.out and "snntorch" in outcome.out.lower()
    assert network.assumptions
    for assumption in network.assumptions:
        assert assumption in outcome.out


def test_json(snnrt_command, source, tmp_path):
    path = tmp_path / "out.snnrt"
    document = snnrt_command("convert", source, "-o", path, *USUAL, "--json").json
    assert document["model"] == str(path) and document["file_bytes"] == path.stat().st_size
    assert document["timesteps"] == 4 and document["exit"] == "never" and document["classes"] == 10
    assert document["input_shape"] == [1, 8, 8] and document["numbers"] == "float32"
    assert document["assumptions"] == list(snnrt.load(path).assumptions)


def test_int8_with_calibration(snnrt_command, source, tmp_path):
    images = load_dataset("digits:train").x[:50]
    np.savez(tmp_path / "calibration.npz", x=images[:, 0])
    for data in (tmp_path / "calibration.npz", "digits"):
        options = ("--numbers", "int8", "--calibrate", data)
        document = snnrt_command(
            "convert", source, "-o", tmp_path / "out.snnrt", *USUAL, *options, "--json"
        ).json
        assert document["numbers"] == "int8"
        agreement = document["agreement"]
        assert agreement["class_agreement"] >= 0.96 and document["warnings"] == []
        assert [layer["name"] for layer in agreement["layers"]] == ["lif"]
        assert all(0 < layer["distance"] < 0.01 for layer in agreement["layers"])
        # only built-in data comes with labels here
        assert (agreement["accuracy"] is None) == (data != "digits")
    assert snnrt.load(tmp_path / "out.snnrt").graph.integer


def test_calibration_imports_the_source_once_and_gives_what_the_api_gives(
    snnrt_command, source, tmp_path, monkeypatch
):
    from snnrt.converters.nir import importer

    images = load_dataset("digits:train").x[:50]
    np.savez(tmp_path / "calibration.npz", x=images[:, 0])
    network = snnrt.convert(
        source, numbers="int8", framework="snntorch", timesteps=4, calibrate=images.astype(np.float32)
    )
    calls, original = [], importer.import_nir

    def counted(*arguments: object, **options: object) -> object:
        calls.append(arguments)
        return original(*arguments, **options)

    monkeypatch.setattr(importer, "import_nir", counted)
    options = ("--numbers", "int8", "--calibrate", tmp_path / "calibration.npz")
    path = tmp_path / "out.snnrt"
    assert snnrt_command("convert", source, "-o", path, *USUAL, *options).code == 0
    assert len(calls) == 1 and path.read_bytes() == network.to_bytes()


def test_options_reach_the_network(snnrt_command, source, tmp_path):
    path = tmp_path / "out.snnrt"
    options = (
        "--readout",
        "mean",
        "--reset",
        "zero",
        "--encoding",
        "spikes",
        "--dt",
        "1e-4",
        "--timesteps",
        "7",
    )
    assert snnrt_command("convert", source, "-o", path, "--framework", "snntorch", *options).code == 0
    graph = snnrt.load(path).graph
    assert graph.readout.mode == "mean" and graph.input.encoding == "spikes" and graph.timesteps == 7
    assert graph["lif"].reset == "value"


def test_narrow_states_take_less_memory(snnrt_command, source, tmp_path):
    arenas = []
    for bits in ("32", "16"):
        path = tmp_path / f"{bits}.snnrt"
        options = ("--framework", "snntorch", "--numbers", "int8", "--state-bits", bits)
        assert snnrt_command("convert", source, "-o", path, *options).code == 0
        network = snnrt.load(path)
        assert network.graph["lif"].state_bits == int(bits)
        arenas.append(network.file_info().arena_bytes)
    assert arenas[1] < arenas[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--exit", "never:0.5"), "expected never without a threshold"),
        (("--exit", "entropy"), "expected a threshold from 0 to 1 behind the rule, as entropy:0.2"),
        (("--calibrate", "digits"), "--calibrate sets the scales of int8: add --numbers int8"),
        (("--decays", "shift"), "--decays says how int8 neurons decay: add --numbers int8"),
        (("--state-bits", "16"), "--state-bits says how wide int8's membranes are: add --numbers int8"),
        (("--numbers", "int8", "--state-bits", "8"), "argument --state-bits: invalid choice: 8"),
        (("--numbers", "int4"), "invalid choice: 'int4'"),
        (("--framework", "keras"), "invalid choice: 'keras'"),
    ],
)
def test_wrong_usage(snnrt_command, source, tmp_path, options, message):
    snnrt_command("convert", source, "-o", tmp_path / "out", *options).failed(message, code=2)
    assert list(tmp_path.iterdir()) == []


def unknown_node(path: Path) -> None:
    """A NIR file with a primitive that nobody knows."""
    nir.write(path, nir.NIRGraph({"input": nir.Input({"input": np.array([4])})}, [], type_check=False))
    with h5py.File(path, "r+") as file:
        group = file["node/nodes"].create_group("mystery")
        group["type"] = "Warp"


def test_sources_that_are_no_networks(snnrt_command, source, tmp_path):
    output = tmp_path / "out.snnrt"
    output.write_bytes(b"the model of yesterday")
    whole = Path(source).read_bytes()
    cases = {
        "missing.nir": (None, "no such file"),
        "empty.nir": (b"", "empty.nir"),
        "text.nir": (b"hello", "text.nir"),
        "half.nir": (whole[: len(whole) // 2], "half.nir"),
    }
    for name, (content, message) in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        snnrt_command("convert", tmp_path / name, "-o", output, *USUAL).failed(message)
    (tmp_path / "model.pt").write_bytes(b"PK")
    snnrt_command("convert", tmp_path / "model.pt", "-o", output, *USUAL).failed(
        "model.pt", "no importer knows this kind of file", "expected a NIR file (.nir)"
    )
    unknown_node(tmp_path / "unknown.nir")
    snnrt_command("convert", tmp_path / "unknown.nir", "-o", output, *USUAL).failed("mystery", "Warp")
    snnrt_command("convert", tmp_path, "-o", output, *USUAL).failed(str(tmp_path))
    assert output.read_bytes() == b"the model of yesterday"
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_calibration_that_does_not_fit(snnrt_command, source, tmp_path):
    output = tmp_path / "out.snnrt"
    data = tmp_path / "data.npz"
    wrong = {
        "x: the model reads constant inputs of shape (N, 1, 8, 8), found (5, 28, 28)": np.zeros((5, 28, 28)),
        "expected finite numbers, found nan": np.full((5, 8, 8), np.nan),
        "expected at least one input, found none": np.zeros((0, 8, 8)),
        "8-bit images: divide by 255": np.full((5, 8, 8), 255, np.uint8),
    }
    for message, x in wrong.items():
        np.savez(data, x=x)
        options = ("--numbers", "int8", "--calibrate", data)
        snnrt_command("convert", source, "-o", output, *USUAL, *options).failed(str(data), message)
        assert not output.exists()


def test_places_where_nothing_can_be_written(snnrt_command, source, tmp_path, read_only_folder):
    before = Path(source).read_bytes()
    for place, message in (
        (tmp_path / "missing" / "out.snnrt", "does not exist; create it first"),
        (tmp_path, "it is a folder"),
        (read_only_folder / "out.snnrt", "choose a folder that is writable"),
        (source, "it is what the command reads"),
    ):
        snnrt_command("convert", source, "-o", place, *USUAL).failed(f"cannot write {place}", message)
    assert Path(source).read_bytes() == before


def test_a_failure_while_writing_leaves_the_old_file(snnrt_command, source, tmp_path, monkeypatch):
    path = tmp_path / "out.snnrt"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    snnrt_command("convert", source, "-o", path, *USUAL).failed("No space left on device", str(path))
    assert path.read_bytes() == b"old" and [entry.name for entry in tmp_path.iterdir()] == ["out.snnrt"]


def test_a_layer_that_never_fires_on_the_calibration_data(snnrt_command, source, tmp_path):
    np.save(tmp_path / "dark.npy", np.zeros((3, 1, 8, 8)))
    options = ("--framework", "snntorch", "--numbers", "int8", "--calibrate")
    outcome = snnrt_command("convert", source, "-o", tmp_path / "a.snnrt", *options, "digits")
    assert outcome.code == 0 and outcome.err == ""
    with h5py.File(source) as original, h5py.File(tmp_path / "high.nir", "w") as file:
        for key in original:
            original.copy(key, file)
        file["node/nodes/lif/v_threshold"][...] = 1000
    outcome = snnrt_command(
        "convert", tmp_path / "high.nir", "-o", tmp_path / "a.snnrt", *options, "digits", "--json"
    )
    assert outcome.code == 0 and outcome.err.startswith("snnrt: warning: layer 'lif' never fires for any of ")
    assert outcome.json["model"].endswith("a.snnrt")


def test_reset_delay(snnrt_command, source, tmp_path):
    path = tmp_path / "a.snnrt"
    options = ("--framework", "snntorch", "--timesteps", "4")
    assert snnrt_command("convert", source, "-o", path, *options, "--no-reset-delay").code == 0
    assert snnrt.load(path).graph["lif"].reset_ahead
    usual = ("validate", path, "--against", source, "--data", "digits", "--limit", "9", "--json")
    assert snnrt_command(*usual).json["spike_agreement"] == 1


def test_agreement_is_printed_with_what_is_poor(snnrt_command, source, tmp_path):
    options = (*USUAL, "--numbers", "int8", "--calibrate")
    outcome = snnrt_command("convert", source, "-o", tmp_path / "out.snnrt", *options, "digits")
    assert outcome.code == 0 and "warning" not in outcome.out
    assert "with float32, on 936 calibration inputs" in outcome.out
    rows = [line.split() for line in outcome.out.splitlines() if line.startswith("lif")]
    assert [(row[0], len(row)) for row in rows] == [("lif", 6)]
    # black images fire nothing
    np.save(tmp_path / "black.npy", np.zeros((20, 1, 8, 8), np.float32))
    outcome = snnrt_command("convert", source, "-o", tmp_path / "out.snnrt", *options, tmp_path / "black.npy")
    assert outcome.code == 0
    # once, though the agreement knows it too
    assert (outcome.out + outcome.err).count("never fires") == 1
    assert "warning: layer 'lif' never fires" in outcome.err


def test_layers_with_their_own_choices(snnrt_command, source, tmp_path):
    """Named once more, the choices of a layer add up; they are kept for validate."""
    path = tmp_path / "out.snnrt"
    graph = snnrt.convert(source, framework="snntorch").graph
    name = next(node.name for node in graph if node.kind == "neuron")
    layers = ("--layer", f"{name}:reset=zero", "--layer", f"{name}:reset-delay=false")
    assert snnrt_command("convert", source, "-o", path, *USUAL, *layers).code == 0
    graph = snnrt.load(path).graph
    assert graph[name].reset == "value"
    assert graph.metadata["source"]["options"]["layers"] == {name: {"reset": "zero", "reset_delay": False}}
    outcome = snnrt_command("convert", source, "-o", path, "--layer", "lif1=zero")
    assert outcome.code == 2 and "expected NAME:CHOICE=VALUE, as lif1:reset=zero" in outcome.err
    outcome = snnrt_command("convert", source, "-o", path, *USUAL, "--layer", "lif9:reset=zero")
    assert outcome.code == 1 and f"expected neurons of the file ({name}), found" in outcome.err


def test_a_framework_that_nothing_betrays_is_demanded(snnrt_command, tmp_path):
    one = np.ones(4, np.float32)
    nodes = {
        "input": nir.Input(np.array([4])),
        "if": nir.IF(one, one, 0 * one),
        "output": nir.Output(np.array([4])),
    }
    nir.write(tmp_path / "net.nir", nir.NIRGraph(nodes, [("input", "if"), ("if", "output")]))
    outcome = snnrt_command("convert", tmp_path / "net.nir", "-o", tmp_path / "out.snnrt")
    assert outcome.code == 1 and "framework: expected one" in outcome.err
    assert "--framework norse" in outcome.err and "results differ" in outcome.err
    assert not (tmp_path / "out.snnrt").exists()


def test_a_model_becomes_a_nir_file_and_comes_back(snnrt_command, source, tmp_path):
    model, written, back = (tmp_path / name for name in ("a.snnrt", "a.nir", "b.snnrt"))
    assert snnrt_command("convert", source, "-o", model, *USUAL, "--exit", "entropy:0.25").code == 0
    outcome = snnrt_command("convert", model, "-o", written)
    assert outcome.code == 0 and "not in NIR" in outcome.out and "reset: subtract" in outcome.out
    assert snnrt_command("convert", model, "-o", written, "--json").json["not_in_nir"]
    assert snnrt_command("convert", written, "-o", back).code == 0
    assert back.read_bytes() == model.read_bytes()
    outcome = snnrt_command("convert", model, "-o", back)
    assert outcome.code == 1 and "it is converted already" in outcome.err
    outcome = snnrt_command("convert", model, "-o", written, "--framework", "nir")
    assert outcome.code == 2 and "without options" in outcome.err


def test_an_option_of_another_kind_of_source(snnrt_command, source, tmp_path):
    path = tmp_path / "a.snnrt"
    outcome = snnrt_command("convert", source, "-o", path, "--example", "1,1,8,8")
    assert outcome.code == 1 and "example: expected none for a NIR source" in outcome.err
    assert "internal error" not in outcome.err and not path.exists()
