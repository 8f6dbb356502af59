"""Bytes that belong to nothing (docs/ir.md, "File"): zero in what we write, not looked at in what we read."""

from __future__ import annotations

import numpy as np
import pytest
from file_fields import FileFields
from malformed_models import core_status
from small_networks import SMALL_NETWORKS

from snnrt._core import lib
from snnrt.ir.graph import Graph
from snnrt.network import Network

HEADER_BYTES = 40


def gaps(fields: FileFields, graph: Graph) -> list[int]:
    """Places of a file between its sections and arrays."""
    raw = fields.raw
    free = set(range(HEADER_BYTES + 2 * len(fields.names), int(fields.get("header.metadata_offset"))))
    for record in fields.records:
        edges, words, arrays = raw[record + 3 : record + 6]
        free -= set(range(record, record + 24 + 4 * edges + 4 * words + 8 * arrays))
    for node, name in {(key, name) for key, name in fields.arrays if key in fields.names}:
        if fields.get(f"{node}.{name}.granularity") == 1:
            continue
        value = getattr(graph[node], name)
        if name == "multipliers":
            value = graph[node].in_fixed_point()[0]
        start = int(fields.get(f"{node}.{name}"))
        count = value.size
        granularity = fields.get(f"{node}.{name}.granularity")
        if granularity == 2:
            count = graph[node].shape[0]
        elif granularity == 3:
            count = graph[node].elements
        free -= set(range(start, start + count * value.itemsize))
    return sorted(free)


@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize("name", SMALL_NETWORKS)
def test_what_lies_between_is_written_as_zero_and_read_as_nothing(name: str, numbers: str) -> None:
    graph, x = SMALL_NETWORKS[name](numbers)
    ours = Network(graph)
    fields = FileFields(ours.to_bytes())
    places = gaps(fields, graph)
    assert len(places) > 8 and not any(fields.raw[place] for place in places)
    for place in places:
        fields.raw[place] = 0xA5
    raw = fields.sealed()
    assert core_status(raw)[0] == lib.SNNRT_OK
    theirs = Network.from_bytes(raw)
    assert theirs.to_bytes() == raw
    np.testing.assert_array_equal(theirs.run(x).logits, ours.run(x).logits)
