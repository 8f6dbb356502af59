"""The command on damaged and hostile files: exit codes and printable lines, never a traceback."""

from __future__ import annotations

import io
import json
import random
import tempfile
import warnings
from collections.abc import Callable
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import nir
import numpy as np
import pytest
from effort import effort
from file_fields import FileFields
from small_networks import SMALL_NETWORKS

from snnrt.cli import main
from snnrt.health.record import HealthRecord
from snnrt.network import Network

HOSTILE_TEXTS = (
    "\x1b[2J", "a\nb\r", "\x9b31m", "\u202egpj", "\ud800", "漢字", "</svg><script>", "*/ #error", "$\\frac{$",
    "", "_", "%s %d {0} @NAME@", "../../x", "x" * 5000, "\x00",
)  # fmt: skip
HOSTILE_VALUES = (None, True, -1, 2**70, 1e308, [], {}, [[]], {"framework": {}}, {"assumptions": [{}, None]})
NETWORKS = ("dense_lif", "every_kind")
EXPORTS = ("plain", "cmake", "zephyr", "arduino", "platformio", "esp-idf")


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def hostile(draw: random.Random) -> object:
    choice = draw.randrange(8)
    if choice == 0:
        return nested(draw.choice((10, 63, 64, 65, 900)))
    return draw.choice(HOSTILE_VALUES) if choice < 4 else draw.choice(HOSTILE_TEXTS)


def with_bytes_changed(raw: bytes, draw: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(draw.randint(1, 4)):
        if changed:
            place = draw.randrange(len(changed))
            action = draw.randrange(4)
            if action == 0:
                changed[place] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
            elif action == 1:
                changed[place] ^= 1 << draw.randrange(8)
            elif action == 2:
                del changed[place : place + draw.randint(1, 16)]
            else:
                changed[place:place] = bytes(draw.randrange(256) for _ in range(draw.randint(1, 16)))
    return bytes(changed[: draw.randrange(len(changed) + 1)] if draw.random() < 0.1 else changed)


def models(draw: random.Random) -> bytes:
    """A model with other bytes and a right checksum, with other metadata, or damaged."""
    graph, _ = SMALL_NETWORKS[draw.choice(NETWORKS)](draw.choice(("int8", "float32")))
    raw = Network(graph).to_bytes()
    kind = draw.randrange(5)
    if kind == 0:
        return with_bytes_changed(raw, draw)
    fields = FileFields(raw)
    offset = fields.get("header.metadata_offset")
    if kind == 1:
        for _ in range(draw.randint(1, 3)):
            fields.raw[draw.randrange(8, offset)] ^= 1 << draw.randrange(8)
        # not for hours
        fields.set("header.timesteps", draw.randint(0, 5))
        return fields.sealed()
    metadata = json.loads(raw[offset:])
    classes = graph.readout.shape[0]
    metadata |= {"name": hostile(draw), "class_names": [hostile(draw) for _ in range(classes)]}
    metadata["source"] = draw.choice(
        ({"framework": hostile(draw), "assumptions": [hostile(draw)]}, hostile(draw))
    )
    metadata[str(hostile(draw))] = hostile(draw)
    if kind == 2:
        end = draw.choice(HOSTILE_TEXTS)
        metadata["node_names"] = [name + end for name in metadata["node_names"]]
    text = json.dumps(metadata).encode()
    if kind == 3:
        text = with_bytes_changed(text, draw)
    fields.raw[offset:] = text
    fields.set("header.file_bytes", len(fields.raw))
    return fields.sealed()


def data(draw: random.Random) -> bytes:
    """Arrays of other shapes, dtypes and values, or damaged."""
    _, x = SMALL_NETWORKS["dense_lif"]("float32")
    y: np.ndarray = np.zeros(len(x), np.int64)
    kind = draw.randrange(4)
    if kind == 1:
        x = x.astype(draw.choice(("f2", ">f8", "u1", "i8", "?", "c8", "U3", "O", "M8[s]", "V3")))
    elif kind == 2:
        x = x.reshape(draw.choice(((-1,), (1, -1), (-1, 1, 1), x.shape[::-1])))[: draw.randint(0, 3)]
    elif kind == 3:
        y = np.resize(np.array(draw.choice(([-1], [2**40], [0.5], ["\x1b"], [None]))), draw.randint(0, 9))
    x = x.copy()
    if x.size and x.dtype.kind == "f" and draw.random() < 0.3:
        x.flat[draw.randrange(x.size)] = draw.choice((np.nan, np.inf, -1e30, 1e4))
    file = io.BytesIO()
    draw.choice((np.savez, np.savez_compressed))(file, x=x, **{draw.choice(("y", "y", "\x1b[2J")): y})
    raw = file.getvalue()
    return with_bytes_changed(raw, draw) if draw.random() < 0.3 else raw


def profiles(draw: random.Random) -> bytes:
    """A target's profile with a line exchanged, or damaged."""
    folder = files("snnrt.targets") / "profiles"
    name = draw.choice(("dt-snn", "loihi", "stm32u575"))
    raw = (folder / f"{name}.toml").read_bytes()
    if draw.random() < 0.2:
        return with_bytes_changed(raw, draw)
    lines = raw.decode().splitlines()
    values = ("0", "1", "5e-324", "1e-300", "1e15", "123456.75")
    if draw.random() < 0.5:
        for place, line in enumerate(lines):
            if line.startswith(("value = ", "times = ")) and draw.random() < 0.3:
                lines[place] = line.partition(" = ")[0] + " = " + draw.choice(values)
        return "\n".join(lines).encode()
    place = draw.choice([index for index, line in enumerate(lines) if " = " in line])
    key = lines[place].partition(" = ")[0]
    value = draw.choice(
        ("nan", "-1", "1e400", "0", "[]", "{}", "true", "1979-05-27", "9" * 400, '"\\u001b[2J"')
    )
    lines[place] = f"{key} = {value}" if draw.random() < 0.8 else '"\\u202e" = 1'
    return "\n".join(lines).encode()


def dumps(draw: random.Random) -> bytes:
    record = HealthRecord.empty(7, draw.choice(("never", "entropy", "confidence")), 9, draw.randint(1, 99), 3)
    raw = record.to_bytes() if draw.random() < 0.5 else b"SNNH\x01\x00\xb0\x00" * 30 + record.to_bytes() * 3
    return with_bytes_changed(raw, draw) if draw.random() < 0.8 else raw


def sources(draw: random.Random) -> bytes:
    """A NIR file with hostile names and fields, or damaged."""
    names = ["input", "dense", "if", "output"]
    if draw.random() < 0.5:
        # what HDF5 takes as a name
        end = draw.choice([text for text in HOSTILE_TEXTS if not set(text) & set("/\ud800\x00")])
        names = [name + end for name in names]
    sound = draw.random() < 0.6
    weight = np.eye(3, 4, dtype=np.float32)
    weight[0, 0] = 1 if sound else draw.choice((1, 1e30, np.nan, -np.inf))
    threshold = np.full(3, 1 if sound else draw.choice((1, 0, -1, np.nan)), draw.choice(("f4", "f8")))
    nodes = dict(
        zip(
            names,
            (
                nir.Input({"input": np.array([4 if sound else draw.choice((4, 5, 0))])}),
                nir.Affine(weight=weight, bias=np.zeros(3, np.float32)),
                nir.IF(r=np.ones(3, np.float32), v_threshold=threshold, v_reset=np.zeros(3, np.float32)),
                nir.Output({"output": np.array([3])}),
            ),
            strict=True,
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "source.nir"
        nir.write(path, nir.NIRGraph(nodes, list(pairwise(names)), type_check=False))
        raw = path.read_bytes()
    return with_bytes_changed(raw, draw) if draw.random() < 0.2 else raw


def outputs(draw: random.Random) -> bytes:
    """What a framework recorded of the sound model, or not quite."""
    graph, x = SMALL_NETWORKS["dense_lif"]("float32")
    if draw.random() < 0.4:
        out = Network(graph).run(x[:2], exit="never", record=("spikes",))
        file = io.BytesIO()
        np.savez(file, logits=out.logits, **out.spikes)
        return file.getvalue()
    layer = next(node for node in graph if node.kind == "neuron")
    times = (2, int(graph.timesteps))
    shapes = {
        "logits": (2, *graph.readout.shape), "outputs": (*times, *graph.readout.shape),
        f"spikes/{layer.name}": (*times, *layer.shape), f"membranes/{layer.name}": (*times, *layer.shape),
    }  # fmt: skip
    arrays = {}
    for name in draw.sample(sorted(shapes), draw.randint(1, len(shapes))):
        shape = (
            shapes[name] if draw.random() < 0.8 else draw.choice(((), (0,), (2,), (3, 2), shapes[name][::-1]))
        )
        values = np.full(shape, draw.choice((0, 1, 1, 0.5, -1, 1e30, np.nan, np.inf)))
        arrays[name + (draw.choice(("", "2", "\x1b[2J")) if draw.random() < 0.2 else "")] = values.astype(
            draw.choice(("f4", "f8"))
        )
    file = io.BytesIO()
    np.savez(file, **arrays)
    return with_bytes_changed(file.getvalue(), draw) if draw.random() < 0.3 else file.getvalue()


class Bench:
    """A folder with sound files, beside which one file is exchanged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        graph, x = SMALL_NETWORKS["dense_lif"]("float32")
        self.model, self.data = str(folder / "sound.snnrt"), str(folder / "sound.npz")
        Network(graph).save(self.model)
        np.savez(self.data, x=x[:2], y=np.zeros(2, np.int64))
        for name in NETWORKS:
            np.save(folder / f"{name}.npy", SMALL_NETWORKS[name]("float32")[1][:2])

    def arguments(self, kind: str, path: Path, draw: random.Random) -> list[str]:
        model, inputs, given = self.model, self.data, str(path)
        if kind == "model":
            inputs = str(self.folder / f"{draw.choice(NETWORKS)}.npy")
        short = ["--limit", "2", "--timesteps", "2"]
        commands = {
            "model": [
                ["inspect", given], ["inspect", given, "--json"], ["run", given, inputs, *short],
                ["run", given, inputs, "--json", *short, "--output", str(self.folder / "out.npz")],
                ["profile", given, inputs, "--target", draw.choice(("dt-snn", "stm32u575")), *short],
                ["export", given, "-o", str(self.folder / "out"), "--force",
                 "--project", draw.choice(EXPORTS)],
                ["validate", given, "--against", model, "--data", inputs, "--limit", "2"],
                ["validate", model, "--against", given, "--data", inputs, "--limit", "2"],
                ["health", "--model", given, "--record", inputs, *short],
            ],
            "data": [
                ["run", model, given, *short[:2]], ["profile", model, given, "--target", "loihi"],
                ["validate", model, "--against", model, "--data", given],
                ["health", "--model", model, "--record", given],
                ["export", model, "--sample", given, "-o", str(self.folder / "out"), "--force"],
            ],
            "source": [
                ["convert", given, "-o", str(self.folder / "out.snnrt")],
                ["convert", given, "-o", str(self.folder / "out.snnrt"), "--json", "--framework", "snntorch"],
                ["check", given], ["check", given, "--json", "--framework", "norse"],
            ],
            "outputs": [
                ["validate", model, "--against", given, "--data", inputs],
                ["validate", model, "--against", given, "--data", inputs, "--limit", "2", "--json"],
            ],
            "profile": [
                ["targets", given], ["targets", given, "--json"],
                ["profile", model, inputs, "--target", given],
                ["profile", model, inputs, "--target", given, "--json"],
            ],
            "dump": [["health", given], ["health", given, "--json"], ["health", given, "--model", model],
                     ["health", given, "--against", given], ["health", given, "--offset", "240"]],
        }  # fmt: skip
        report = ["--report", str(self.folder / "out.html")]
        chosen = list(draw.choice(commands[kind]))
        return chosen + report if chosen[0] == "profile" and draw.random() < 0.2 else chosen


MAKERS: dict[str, tuple[Callable[[random.Random], bytes], str]] = {
    "model": (models, ".snnrt"),
    "data": (data, ".npz"),
    "outputs": (outputs, ".npz"),
    "profile": (profiles, ".toml"),
    "dump": (dumps, ".bin"),
    "source": (sources, ".nir"),
}
# a NIR file is read by a process of its own: a third of a second
QUICK = {"source": 12}


def attempt(bench: Bench, kind: str, seed: int, capsys: pytest.CaptureFixture[str]) -> int:
    """One command on one file; its exit code."""
    draw = random.Random(f"{kind} {seed}")
    make, ending = MAKERS[kind]
    path = bench.folder / (draw.choice(("file", "a\x1b[2J", "a\nb", "漢")) + ending)
    path.write_bytes(make(draw))
    argv = bench.arguments(kind, path, draw)
    capsys.readouterr()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        code = main(argv)
    printed = capsys.readouterr()
    said = f"seed {seed}: {argv}\n{printed.err}"
    assert code in (0, 1), said
    assert "Traceback" not in printed.err and "internal error" not in printed.err, said
    assert not warned, f"{said}\n{warned[0].message}"
    assert all(c.isprintable() or c == "\n" for c in printed.out + printed.err), said
    lines = [line for line in printed.err.splitlines() if not line.startswith("snnrt: warning: ")]
    assert not lines or (code == 1 and len(lines) == 1), said
    assert not list(bench.folder.glob(".*")), said
    if code == 0 and "--json" in argv:
        json.loads(printed.out.encode())
    path.unlink()
    return code


@pytest.mark.parametrize("kind", MAKERS)
def test_a_few_hundred_damaged_files(kind, tmp_path, capsys):
    bench = Bench(tmp_path)
    codes = [attempt(bench, kind, seed, capsys) for seed in range(effort(QUICK.get(kind, 80), 12))]
    assert 0 in codes and 1 in codes


@pytest.mark.long
@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("block", range(1, 9))
def test_thousands_of_damaged_files(kind, block, tmp_path, capsys):
    bench = Bench(tmp_path)
    for seed in range(1000 * block, 1000 * block + 5 * QUICK.get(kind, 100)):
        attempt(bench, kind, seed, capsys)
