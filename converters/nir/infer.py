"""Who wrote a NIR file, as far as its constants betray it."""

from __future__ import annotations

from collections.abc import Mapping

import nir

from snnrt.converters.nir.exports.export import Traits
from snnrt.converters.nir.exports.registry import EXPORTS

UNKNOWN = "nir"


def infer_framework(neurons: Mapping[str, nir.NIRNode]) -> tuple[str, str]:
    """The framework's name, and why it is thought so; ``nir`` where the constants do not say.

    ``neurons`` are the NIR neurons by name. A framework is taken only if it alone fits all of them.
    """
    telling = {name: node for name, node in neurons.items() if not isinstance(node, nir.Threshold)}
    if not telling:
        return UNKNOWN, "it has no neurons whose rules could differ"
    try:
        traits = [Traits(node) for node in telling.values()]
        candidates = {name for name, export in EXPORTS.items() if all(map(export.fits, traits))}
    except (TypeError, ValueError):
        # what is not numbers is refused, with the node's name, where the neuron is made
        return UNKNOWN, "its constants are not all numbers"
    if candidates == {"snntorch", "spikingjelly"} and any(name.endswith("lif") for name in telling):
        candidates = {"snntorch"}
    if len(candidates) != 1:
        fits = " or ".join(sorted(candidates)) or "none of the frameworks known"
        return UNKNOWN, f"the constants fit {fits}; give framework if you know who wrote the file"
    name = candidates.pop()
    return name, f"inferred: {EXPORTS[name].reason}"
