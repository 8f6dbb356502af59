"""Devices by name, ours and those of other packages."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.devices.base import Session
from snnrt.devices.crossbar.device import Crossbar, CrossbarConfig
from snnrt.devices.registry import device_names, find_device
from snnrt.errors import DataError, TargetError
from snnrt.network import Network

OTHER = """
from snnrt.devices.base import Capabilities, Session
from snnrt.devices.registry import find_device

opened = []


class Bench:
    def __init__(self, port):
        self.capabilities = Capabilities(f"bench:{port}", records=())

    def open(self, model):
        return Open(model)


class Open(Session):
    def __init__(self, model):
        self.inner = find_device("cpu").open(model)
        opened.append("open")

    def run(self, request):
        if request.timesteps == 3:
            raise RuntimeError("pulled out")
        return self.inner.run(request)

    def close(self):
        opened.append("closed")


def names():
    return ("bench:PORT",)


def find(argument):
    return Bench(argument)
"""


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A package with a device, as an installed distribution has it."""
    (tmp_path / "snnrt_bench.py").write_text(OTHER)
    (tmp_path / "snnrt_broken.py").write_text("raise OSError('no driver')")
    (tmp_path / "snnrt_empty.py").write_text("")
    facts = tmp_path / "snnrt_bench-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: snnrt-bench\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(
        "[snnrt.devices]\nbench = snnrt_bench\nbroken = snnrt_broken\nempty = snnrt_empty\n"
        "cpu = snnrt_empty\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in ("snnrt_bench", "snnrt_broken", "snnrt_empty"):
        sys.modules.pop(name, None)


def test_every_device_runs_under_its_name():
    graph, x = dense_lif("int8")
    network = Network(graph)
    expected = network.run(x, record=("spikes",))
    # chips have errors
    names = [name for name in device_names() if not name.startswith(("emulator", "crossbar:"))]
    assert {"cpu", "cpu:portable", "reference", "crossbar"} <= set(names)
    for name in names:
        found = network.run(x, device=name, record=("spikes",))
        np.testing.assert_array_equal(found.logits, expected.logits)
        np.testing.assert_array_equal(found.timesteps, expected.timesteps)
        for node, spikes in expected.spikes.items():
            np.testing.assert_array_equal(found.spikes[node], spikes)


def test_a_crossbar_of_a_file_is_one_of_its_parameters(tmp_path):
    graph, x = dense_lif("int8")
    path = tmp_path / "chip.toml"
    path.write_text("[crossbar]\nread_noise = 0.2\nseed = 3\n")
    network = Network(graph)
    named = network.run(x, device=f"crossbar:{path}")
    chip = Crossbar(CrossbarConfig(read_noise=0.2, seed=3))
    given = network.run(x, device=chip)
    assert chip.events
    np.testing.assert_array_equal(named.logits, given.logits)
    assert (named.logits != network.run(x).logits).any()
    with pytest.raises(TargetError, match=r"no\.toml: cannot be read"):
        network.run(x, device="crossbar:no.toml")


@pytest.mark.parametrize("name", ["gpu", "", "cpu:", "CPU", "emulator:", ":avx2"])
def test_an_unknown_name_lists_the_known_ones(name):
    with pytest.raises(
        DataError, match=r"device: expected one of cpu, cpu:portable, .*emulator:cortex-m4, "
    ) as caught:
        find_device(name)
    assert f", found {name!r}" in str(caught.value)


@pytest.mark.parametrize("name", ["cpu:nonsense", "reference:2", "emulator:z80", "emulator"])
def test_a_known_device_tells_what_stands_after_the_colon(name):
    with pytest.raises(DataError, match=f"device {name.partition(':')[0]}: expected"):
        find_device(name)


@pytest.mark.parametrize("device", [None, 3, object()])
def test_what_is_no_device_is_refused(device):
    with pytest.raises(DataError, match="device: expected a name"):
        find_device(device)


def test_another_package_s_device_runs_and_is_closed(bench):
    import snnrt_bench

    graph, x = dense_lif("int8")
    network = Network(graph)
    assert "bench" in device_names()
    found = network.run(x, device="bench:usb0")
    np.testing.assert_array_equal(found.logits, network.run(x).logits)
    with pytest.raises(DataError, match="record: expected nothing on device bench:usb0"):
        network.run(x, device="bench:usb0", record=("spikes",))
    assert snnrt_bench.opened == ["open", "closed"]
    with pytest.raises(RuntimeError, match="pulled out"):
        network.run(x, device="bench:usb0", timesteps=3)
    assert snnrt_bench.opened == ["open", "closed"] * 2
    assert isinstance(find_device("bench:usb0").open(network.model), Session)


def test_another_package_cannot_take_our_names_and_tells_its_faults(bench):
    assert find_device("cpu").capabilities.name == "cpu"
    with pytest.raises(DataError, match="device broken: snnrt_broken cannot be imported: no driver"):
        find_device("broken")
    with pytest.raises(DataError, match="device empty: expected a function 'find' in snnrt_empty"):
        find_device("empty")
