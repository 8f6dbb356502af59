"""A model is its bytes: what was read is what runs, is saved and is known by its CRC; checked once."""

from __future__ import annotations

import dataclasses
import json
import tracemalloc

import numpy as np
import pytest
from file_fields import FileFields
from small_networks import SMALL_NETWORKS, dense_lif, image_conv

import snnrt
from snnrt.devices import core, cpu
from snnrt.errors import ModelError
from snnrt.format import file_format, model
from snnrt.health.record import model_crc
from snnrt.ir import graph_checks
from snnrt.network import Network
from snnrt.reference import run
from snnrt.results.counts import Counts


def of_another_writer(raw: bytes) -> bytes:
    """The same model with its metadata written with spaces and another order, as another program might."""
    fields = FileFields(raw)
    start = int(fields.get("header.metadata_offset"))
    metadata = json.loads(raw[start:])
    text = json.dumps(dict(reversed(metadata.items())), indent=1).encode()
    assert text != raw[start:]
    fields.raw[start:] = text
    fields.set("header.file_bytes", len(fields.raw))
    return bytes(fields.sealed())


@pytest.mark.parametrize("name", SMALL_NETWORKS)
def test_a_file_of_another_writer_keeps_its_bytes(name, tmp_path):
    graph, x = SMALL_NETWORKS[name]("int8")
    ours = Network(graph)
    raw = of_another_writer(ours.to_bytes())
    (tmp_path / "theirs.snnrt").write_bytes(raw)
    theirs = snnrt.load(tmp_path / "theirs.snnrt")
    theirs.save(tmp_path / "again.snnrt")
    assert (tmp_path / "again.snnrt").read_bytes() == raw == theirs.to_bytes()
    assert model_crc(theirs) == FileFields(raw).get("header.crc") != model_crc(ours)
    assert theirs.file_info().file_bytes == len(raw)
    np.testing.assert_array_equal(theirs.run(x).logits, ours.run(x).logits)


class CountedLibrary:
    """The compiled core; what checks a model in it is counted."""

    def __init__(self, lib, counted):
        self._lib, self._counted = lib, counted

    def __getattr__(self, name):
        function = getattr(self._lib, name)
        return (
            self._counted("c", function) if name in ("snnrt_model_check", "snnrt_network_init") else function
        )


def test_one_load_and_run_checks_once_in_python_and_once_in_c(monkeypatch, tmp_path):
    graph, x = dense_lif("int8")
    path = tmp_path / "model.snnrt"
    Network(graph).save(path)
    calls: list[str] = []

    def counted(name, function):
        def call(*arguments, **options):
            calls.append(name)
            return function(*arguments, **options)

        return call

    check_graph = counted("python", graph_checks.check_graph)
    for module in (graph_checks, file_format, model, run):
        monkeypatch.setattr(module, "check_graph", check_graph)
    library = CountedLibrary(core.lib, counted)
    for module in (core, cpu):
        monkeypatch.setattr(module, "lib", library)
    network = snnrt.load(path)
    network.run(x)
    network.run(x, device="reference")
    assert calls == ["c", "python"]


def test_a_graph_that_becomes_a_model_is_checked_once(monkeypatch):
    graph, _ = dense_lif("int8")
    calls: list[str] = []

    def counted(checked):
        calls.append(checked.numbers)
        return original(checked)

    original = graph_checks.check_graph
    for module in (graph_checks, file_format, model):
        monkeypatch.setattr(module, "check_graph", counted)
    Network(graph)
    assert calls == ["int8"]


def test_inputs_are_read_a_part_at_a_time(tmp_path):
    """A memory-mapped file of more inputs than may be in memory: what a run copies is bounded."""
    graph, x = image_conv("int8")
    network = Network(graph)
    inputs = 20_000
    path = tmp_path / "x.npy"
    mapped = np.lib.format.open_memmap(path, "w+", np.float64, (inputs, *x.shape[1:]))
    mapped[:] = x[0]
    size = mapped.nbytes
    del mapped
    network.run(x)
    tracemalloc.start()
    result = network.run(np.load(path, mmap_mode="r"), timesteps=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    counts = inputs * len(graph.nodes) * len(Counts.FIELDS) * 8
    assert len(result.predictions) == inputs
    assert peak < counts * 2 + inputs * 200 + size / 3


def test_nothing_of_a_model_or_a_network_is_changed():
    graph, _ = dense_lif("float32")
    network = Network(graph, ["said"])
    with pytest.raises(AttributeError):
        network.graph = graph.with_exit("never", 0.0)
    with pytest.raises(AttributeError):
        network.assumptions = ()
    with pytest.raises(dataclasses.FrozenInstanceError):
        network.model.raw = b""
    with pytest.raises(TypeError):
        network.model.types["input"] = "bits"
    other = Network(network.graph.with_exit("never", 0.0))
    assert other.to_bytes() != network.to_bytes() and network.graph.exit.rule == graph.exit.rule


def test_bytes_that_are_no_model_are_refused():
    for raw in (b"", b"x" * 200, Network(dense_lif("int8")[0]).to_bytes()[:-1]):
        with pytest.raises(ModelError):
            Network.from_bytes(raw)
