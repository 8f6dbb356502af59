"""Where a network lies on an in-memory chip: layers → blocks of arrays → tiles on a mesh."""

from __future__ import annotations

import math
from dataclasses import replace

from snnrt.ir.graph import Graph
from snnrt.targets.costs import LayerMapping
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.workload import Synapses, all_synapses, pooled_positions


def mapping_of(graph: Graph, target: InMemory) -> tuple[LayerMapping, ...]:
    """Where each dense and conv2d node lies: blocks one after the other in the order of nodes, copies of a
    layer side by side."""
    synapses = all_synapses(graph)
    layers = [_mapping(graph, item, target) for item in synapses]
    work = [positions_of(graph, item, target) * passes_of(item, target) for item in synapses]
    most = 1 if target.replicas is None else int(target.replicas.si)
    first, placed = 0, []
    for layer, windows in zip(layers, work, strict=True):
        replicas = min(most, -(-windows // min(work)))
        placed.append(replace(layer, first_block=first, replicas=replicas))
        first += layer.blocks * replicas
    return tuple(placed)


def _mapping(graph: Graph, synapses: Synapses, target: InMemory) -> LayerMapping:
    crossbar = target.crossbar
    fan_in = synapses.channels_in if target.mapping == "kernel_positions" else synapses.inputs
    row_blocks = -(-fan_in // crossbar.rows)
    column_blocks = -(-synapses.outputs // crossbar.outputs_per_tile)
    blocks = synapses.groups * row_blocks * column_blocks
    reads = positions_of(graph, synapses, target) * blocks * passes_of(synapses, target)
    cells = row_blocks * crossbar.rows * column_blocks * crossbar.columns
    utilisation = fan_in * synapses.outputs * crossbar.slices / cells
    return LayerMapping(synapses.name, row_blocks, column_blocks, blocks, reads, utilisation)


def positions_of(graph: Graph, synapses: Synapses, target: InMemory) -> int:
    """Windows of a group that a layer presents in a timestep."""
    pooled = pooled_positions(graph, synapses.name) if target.positions == "after_pooling" else None
    return synapses.positions if pooled is None else pooled


def passes_of(synapses: Synapses, target: InMemory) -> int:
    """Reads of a window: one, or one for each bit of the largest value."""
    if target.values == "one_read" or synapses.peak == 1:
        return 1
    return int(target.input_bits.si) if synapses.peak is None else synapses.peak.bit_length()


def blocks_used(mapping: tuple[LayerMapping, ...]) -> int:
    """Blocks of all layers and their copies."""
    return sum(layer.blocks * layer.replicas for layer in mapping)


def tiles_used(mapping: tuple[LayerMapping, ...], target: InMemory) -> int:
    """Tiles that hold them; a tile is a block where the profile does not say how many it has."""
    return -(-blocks_used(mapping) // blocks_a_tile(target))


def blocks_a_tile(target: InMemory) -> int:
    """Blocks of one tile."""
    return 1 if target.blocks_per_tile is None else int(target.blocks_per_tile.si)


def mean_hops(source: LayerMapping, reader: LayerMapping, tiles: int, target: InMemory) -> float:
    """Mesh links between the middle tiles of two layers; tiles lie row by row on the smallest square."""
    side = max(1, math.isqrt(max(0, tiles - 1)) + 1)
    places = []
    for layer in (source, reader):
        middle = layer.first_block + layer.blocks * layer.replicas // 2
        places.append(divmod(middle // blocks_a_tile(target), side))
    return float(abs(places[0][0] - places[1][0]) + abs(places[0][1] - places[1][1]))


def drawing(mapping: tuple[LayerMapping, ...], target: InMemory, width: int = 16) -> list[str]:
    """The chip in characters: a letter a block, its layer's; ``·`` an empty one; tiles between bars.

    With the key to the letters, how full the cells of each layer are, and the empty tiles of the chip.
    """
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    used = blocks_used(mapping)
    a_tile = blocks_a_tile(target)
    owners = [
        letters[number % len(letters)]
        for number, layer in enumerate(mapping)
        for _ in range(min(layer.blocks * layer.replicas, MOST_DRAWN))
    ][:MOST_DRAWN]
    tiles = [owners[start : start + a_tile] for start in range(0, len(owners), a_tile)]
    cells = ["".join(tile).ljust(min(a_tile, 64), "·") for tile in tiles]
    a_row = max(1, width * 4 // (len(cells[0]) + 1)) if cells else 1
    lines = ["|" + "|".join(cells[start : start + a_row]) + "|" for start in range(0, len(cells), a_row)]
    if used > MOST_DRAWN:
        lines.append(f"… and {used - MOST_DRAWN} blocks more")
    for number, layer in enumerate(mapping):
        copies = f" × {layer.replicas} copies" if layer.replicas > 1 else ""
        lines.append(
            f"{letters[number % len(letters)]}  {layer.layer}: {_blocks(layer.blocks)}{copies} "
            f"({layer.row_blocks} × {layer.column_blocks} a group), {100 * layer.utilisation:.1f} % "
            f"of its cells used"
        )
    taken = -(-used // a_tile)
    lines.append(
        f"{_blocks(used)} in {taken} tiles of {a_tile}; {_blocks(taken * a_tile - used)} of them empty"
    )
    if target.blocks_available is not None:
        there = int(target.blocks_available.si)
        left = there // a_tile - taken
        lines.append(
            f"the chip has {there} blocks in {there // a_tile} tiles: "
            + (f"{left} tiles empty" if left >= 0 else f"{-left} tiles too few")
        )
    return lines


def _blocks(count: int) -> str:
    return f"{count} block{'s' if count != 1 else ''}"


MOST_DRAWN = 4096
