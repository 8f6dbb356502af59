"""The core and ``snnrt.load`` give one answer: of files changed in one place, with the checksum made right,
what the core takes is a graph that follows every rule of the IR."""

from __future__ import annotations

import struct

import pytest
from effort import EVERY
from file_fields import FileFields
from malformed_models import NETWORKS, core_status

from snnrt._core import lib
from snnrt.format.file_format import decode
from snnrt.network import Network

CRC = range(16, 20)


def changed_bytes(byte: int) -> set[int]:
    """Each bit flipped, the neighbours, and ends of ranges."""
    flipped = {byte ^ 1 << bit for bit in range(8)}
    return (flipped | {0, 1, 0x7F, 0x80, 0xFF, (byte + 1) % 256, (byte - 1) % 256}) - {byte}


@pytest.mark.parametrize(
    "model", ["dense_lif", "every_kind", "value_chain", "max_pools", "moved_values", "competition"]
)
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_what_the_core_takes_is_a_graph(model, numbers):
    raw = Network(NETWORKS[model](numbers)[0]).to_bytes()
    (metadata,) = struct.unpack_from("<I", raw, 36)
    taken = refused = 0
    for place in range(8, metadata, EVERY):
        if place in CRC:
            continue
        for value in changed_bytes(raw[place]):
            fields = FileFields(raw)
            fields.raw[place] = value
            sealed = fields.sealed()
            if core_status(sealed)[0] != lib.SNNRT_OK:
                refused += 1
            elif fields.get("header.metadata_offset") == metadata:
                decode(sealed)
                taken += 1
    assert taken > 500 // EVERY and refused > 500 // EVERY
