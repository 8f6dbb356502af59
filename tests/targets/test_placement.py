"""Where a network lies on a chip."""

from __future__ import annotations

import pytest
from published_networks import Builder, vgg9_convolutions

from snnrt.errors import TargetError
from snnrt.targets.placement import placement


def test_every_block_is_drawn_once():
    found = placement(vgg9_convolutions(), "spikesim-65nm")
    lines = found.lines()
    drawn = "".join(line for line in lines if line.startswith("|")).replace("|", "")
    assert len(drawn) == 48 and "·" not in drawn
    assert [drawn.count(letter) for letter in "ABCDEFG"] == [layer.blocks for layer in found.layers]
    assert "48 blocks in 6 tiles of 8; 0 blocks of them empty" in lines
    assert "area 8.4255 mm²" in lines
    document = found.to_dict()
    assert (document["blocks"], document["tiles"], document["empty_blocks"]) == (48, 6, 0)


def test_empty_blocks_and_tiles():
    graph = Builder((64, 8, 8), encoding="spikes").conv(64).neuron().flatten().graph()
    lines = placement(graph, "spikesim-65nm").lines()
    assert "|A·······|" in lines
    assert "1 block in 1 tiles of 8; 7 blocks of them empty" in lines
    lines = placement(graph, "hermes").lines()
    assert "the chip has 64 blocks in 64 tiles: 61 tiles empty" in lines


def test_what_a_neuromorphic_chip_is_asked_for():
    graph = Builder((300,), encoding="spikes").dense(10).neuron().graph(numbers="int8")
    lines = placement(graph, "odin").lines()
    assert "neurons: 10, of a chip 256" in lines and "fan in: 300, of a chip 256" in lines
    assert any(line.startswith("warning: does not fit") for line in lines)
    with pytest.raises(TargetError, match="stm32u575: a microcontroller has no places for layers"):
        placement(graph, "stm32u575")
