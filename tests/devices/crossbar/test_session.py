"""The crossbar as a device: its parameters from files; runs on one chip repeat."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import numpy as np
import pytest
from effort import effort
from hypothesis import given, settings
from hypothesis import strategies as st
from small_networks import dense_lif
from strategies import graphs

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.device import Crossbar
from snnrt.devices.crossbar.saved import save_chip
from snnrt.devices.crossbar.session import CrossbarDevice, find, names, read_parameters, shipped
from snnrt.errors import TargetError
from snnrt.ir.graph import Dense
from snnrt.network import Network
from snnrt.targets import load_target


def test_parameters_of_a_file_or_of_its_table(tmp_path) -> None:
    alone, within = tmp_path / "chip.toml", tmp_path / "all.toml"
    alone.write_text("rows = 7\nseed = 3\n")
    within.write_text('name = "x"\n[crossbar]\nrows = 8\n')
    assert read_parameters(str(alone)) == {"rows": 7, "seed": 3}
    assert read_parameters(str(within)) == {"rows": 8}
    assert find(str(alone)).crossbar.config == CrossbarConfig(rows=7, seed=3)
    assert find("").crossbar.config == CrossbarConfig()
    with pytest.raises(TargetError, match=r"absent.toml: cannot be read: No such file"):
        read_parameters(str(tmp_path / "absent.toml"))
    for bad in (b"rows = = 3", b"\xff\xfe", b"a = " + b"[" * 5000):
        (tmp_path / "bad.toml").write_bytes(bad)
        with pytest.raises(TargetError, match=r"bad.toml: is not a TOML file"):
            read_parameters(str(tmp_path / "bad.toml"))


def test_a_whole_description_is_checked_before_it_runs(tmp_path) -> None:
    """What `snnrt targets check` refuses computes nothing either."""
    text = (resources.files("snnrt.targets") / "profiles" / "dt-snn.toml").read_text("utf-8")
    path = tmp_path / "chip.toml"
    path.write_text(text, "utf-8")
    assert find(str(path)).crossbar.config == load_target("dt-snn").crossbar
    path.write_text(text.replace('unit = "nm"', 'unit = "pJ"', 1), "utf-8")
    with pytest.raises(TargetError, match=r"chip.toml: figures.node.unit: expected one of nm, found 'pJ'"):
        find(str(path))


def test_a_shipped_target_is_a_chip_by_its_name(tmp_path, monkeypatch) -> None:
    assert {"crossbar", "crossbar:FILE.toml", "crossbar:dt-snn", "crossbar:CHIP.npz"} <= set(names())
    assert "crossbar:loihi" not in names()
    for name in shipped():
        assert find(name).crossbar.config == load_target(name).crossbar
    assert find("dt-snn").crossbar.config.adc_bits == 5
    for name, fragment in (
        ("dtsnn", "found 'dtsnn', which is unknown; did you mean dt-snn?"),
        ("loihi", "found 'loihi', which is of another kind; one of dt-snn, hermes"),
    ):
        with pytest.raises(TargetError) as error:
            find(name)
        assert fragment in str(error.value)
    # a file of that name comes first
    (tmp_path / "dt-snn").write_text("rows = 9\n")
    monkeypatch.chdir(tmp_path)
    assert find("dt-snn").crossbar.config == CrossbarConfig(rows=9)


def test_a_saved_chip_runs_the_network_that_it_was_saved_with(tmp_path) -> None:
    graph, x = dense_lif("int8")
    network, crossbar = Network(graph), Crossbar(CrossbarConfig(rows=3, programming_error=0.1, seed=4))
    first = network.run(x, device=crossbar)
    path = tmp_path / "chip.npz"
    save_chip(crossbar, path)
    np.testing.assert_array_equal(network.run(x, device=f"crossbar:{path}").logits, first.logits)
    (node, *_) = [node for node in graph if isinstance(node, Dense)]
    for changed, fragment in (
        (node.with_(weights=(node.weights // 2).astype(np.int8)), "found other weights; program it anew"),
        (node.with_(name="other"), "node 'other': expected a chip that was saved with this network on it, "),
    ):
        edges = {node.name: changed.name}
        nodes = tuple(
            changed
            if one is node
            else one.with_(
                inputs=tuple(replace(edge, source=edges.get(edge.source, edge.source)) for edge in one.inputs)
            )
            if one.inputs
            else one
            for one in graph
        )
        with pytest.raises(TargetError) as error:
            Network(graph.with_(nodes=nodes)).run(x, device=f"crossbar:{path}")
        assert fragment in str(error.value) and str(path) in str(error.value)


def test_runs_on_one_chip_repeat_and_count_anew() -> None:
    """Noise and events start again with each run, also in another session of the same chip."""
    graph, x = dense_lif("int8")
    network = Network(graph)
    crossbar = Crossbar(CrossbarConfig(rows=3, read_noise=2.0, seed=4))
    first = network.run(x, device=CrossbarDevice(crossbar))
    reads = {name: events.reads.sum() for name, events in crossbar.events.items()}
    second = network.run(x, device=CrossbarDevice(crossbar))
    np.testing.assert_array_equal(first.logits, second.logits)
    assert not np.array_equal(first.logits, network.run(x).logits)
    assert {name: events.reads.sum() for name, events in crossbar.events.items()} == reads
    assert sum(reads.values()) > 0


@pytest.mark.parametrize(
    "config",
    [
        CrossbarConfig(rows=5),
        CrossbarConfig(rows=7, adc_bits=16, adc_range="level", cell_bits=3),
        CrossbarConfig(rows=300, adc_bits=16, adc_range="level", mapping="offset", cell_bits=2),
    ],
    ids=["ideal", "converted", "offset"],
)
@given(data=st.data())
@settings(deadline=None, max_examples=effort(40))
def test_any_network_runs_on_an_ideal_chip_bit_for_bit(config, data) -> None:
    graph, x = data.draw(graphs("int8"))
    network = Network(graph)
    expected = network.run(x, record=("spikes", "membranes"))
    found = network.run(x, record=("spikes", "membranes"), device=Crossbar(config))
    for field in ("logits", "predictions", "timesteps", "scores"):
        np.testing.assert_array_equal(getattr(found, field), getattr(expected, field))
    for recorded in ("spikes", "membranes"):
        for name, values in getattr(expected, recorded).items():
            np.testing.assert_array_equal(getattr(found, recorded)[name], values)
    for field in expected.counts.FIELDS:
        np.testing.assert_array_equal(getattr(found.counts, field), getattr(expected.counts, field))


def test_noise_does_not_depend_on_threads_or_parts() -> None:
    graph, x = dense_lif("int8")
    network, many = Network(graph), np.concatenate([x] * 40)
    noisy = CrossbarConfig(rows=3, device_read_noise=0.3, adc_bits=6, seed=4)
    one = network.run(many, device=Crossbar(noisy), threads=1)
    two = network.run(many, device=Crossbar(noisy), threads=2)
    np.testing.assert_array_equal(one.logits, two.logits)
    np.testing.assert_array_equal(network.run(many[:3], device=Crossbar(noisy)).logits, one.logits[:3])
