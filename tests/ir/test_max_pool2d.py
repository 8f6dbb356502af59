"""Maximum pooling by hand, from its file, and in int8."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from device_programs import need_core
from file_fields import FileFields

import snnrt
from snnrt.converters.passes.quantise import quantise
from snnrt.errors import ModelError
from snnrt.ir.graph import Graph
from snnrt.targets.emulator import CORES


def spiking(mode: str) -> Graph:
    """Spikes where the input is 1, pooled, and each of the four channels summed to a class."""
    g = snnrt.GraphBuilder((4, 2, 2), encoding="spikes", timesteps=3)
    x = g.if_(g.input, threshold=1.0)
    x = g.flatten(g.max_pool2d(x, kernel=2, stride=2, mode=mode, name="it"))
    return g.finish(x)


@pytest.mark.parametrize("device", ["cpu", "reference", *(f"emulator:{core}" for core in CORES)])
@pytest.mark.parametrize(("mode", "spikes"), [("any", [2, 1, 0, 1]), ("earliest", [1, 1, 0, 1])])
def test_spikes_by_hand(mode: str, spikes: list[int], device: str) -> None:
    if device.startswith("emulator:"):
        need_core(device.removeprefix("emulator:"))
    x = np.zeros((1, 3, 4, 2, 2), np.float32)
    x[0, 0, 0, 0, 1] = x[0, 2, 0, 1, 1] = 1  # channel 0 at steps 1 and 3
    x[0, 1, 1] = 1  # all of channel 1 at once
    x[0, 2, 3, 1, 0] = 1
    result = snnrt.Network(spiking(mode)).run(x, device=device)
    assert result.logits[0].tolist() == spikes


def test_a_state_that_nobody_keeps_has_no_place() -> None:
    network = snnrt.Network(spiking("any"))
    fields = FileFields(network.to_bytes())
    start = fields.place("it.kind")[0]
    edges = fields.raw[start + 3]
    place = start + 24 + 4 * edges
    assert struct.unpack_from("<I", fields.raw, place) == (0xFFFFFFFF,)
    struct.pack_into("<I", fields.raw, place, 0)
    with pytest.raises(ModelError, match="memory plan"):
        snnrt.Network.from_bytes(fields.sealed())


@pytest.mark.parametrize("on", ["spikes", "input"])
def test_int8_keeps_the_classes(on: str) -> None:
    rng = np.random.default_rng(3)
    g = snnrt.GraphBuilder((2, 8, 8), timesteps=4)
    x = g.input
    if on == "spikes":
        x = g.lif(g.conv2d(x, rng.normal(0, 0.5, (6, 2, 3, 3)).astype(np.float32), padding=1), beta=0.5)
    x = g.max_pool2d(x, kernel=2, stride=2)
    weights = rng.normal(0, 0.5, (5, x.shape[0] * 16)).astype(np.float32)
    graph = g.finish(g.dense(g.flatten(x), weights))
    images = rng.random((200, 2, 8, 8)).astype(np.float32)
    wanted = snnrt.Network(graph).run(images)
    found = snnrt.Network(quantise(graph, images)).run(images)
    assert (wanted.predictions == found.predictions).mean() > 0.95
