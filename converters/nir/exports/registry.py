"""The exports that snnrt can undo, by their framework's name."""

from __future__ import annotations

from snnrt.converters.nir.exports import lava, nir, norse, rockpool, sinabs, snntorch, spikingjelly
from snnrt.converters.nir.exports.export import Export

EXPORTS: dict[str, Export] = {
    "snntorch": snntorch.EXPORT,
    "spikingjelly": spikingjelly.EXPORT,
    "norse": norse.EXPORT,
    "sinabs": sinabs.EXPORT,
    "rockpool": rockpool.EXPORT,
    "lava": lava.EXPORT,
    "nir": nir.EXPORT,
}
