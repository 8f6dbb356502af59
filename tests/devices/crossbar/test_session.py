"""The crossbar as a device: its parameters from files; runs on one chip repeat."""

from __future__ import annotations

import numpy as np
import pytest
from effort import effort
from hypothesis import given, settings
from hypothesis import strategies as st
from small_networks import dense_lif
from strategies import graphs

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.device import Crossbar
from snnrt.devices.crossbar.session import CrossbarDevice, find, names, read_parameters
from snnrt.errors import TargetError
from snnrt.network import Network


def test_parameters_of_a_file_or_of_its_table(tmp_path) -> None:
    alone, within = tmp_path / "chip.toml", tmp_path / "all.toml"
    alone.write_text("rows = 7\nseed = 3\n")
    within.write_text('name = "x"\n[crossbar]\nrows = 8\n')
    assert read_parameters(str(alone)) == {"rows": 7, "seed": 3}
    assert read_parameters(str(within)) == {"rows": 8}
    assert find(str(alone)).crossbar.config == CrossbarConfig(rows=7, seed=3)
    assert find("").crossbar.config == CrossbarConfig()
    assert names() == ("crossbar", "crossbar:FILE.toml")
    with pytest.raises(TargetError, match=r"absent.toml: cannot be read: No such file"):
        read_parameters(str(tmp_path / "absent.toml"))
    for bad in (b"rows = = 3", b"\xff\xfe", b"a = " + b"[" * 5000):
        (tmp_path / "bad.toml").write_bytes(bad)
        with pytest.raises(TargetError, match=r"bad.toml: is not a TOML file"):
            read_parameters(str(tmp_path / "bad.toml"))


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
