"""Who wrote a NIR file, as far as its constants betray it, and what contradicts who is said to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.frameworks.registry import NAMES, find_framework
from snnrt.converters.nir.exports.export import Traits
from snnrt.converters.nir.exports.registry import EXPORTS
from snnrt.converters.nir.primitives import NirNode

OWN = "nir"
"""NIR's own equations: any file may mean them."""


@dataclass(frozen=True)
class Inference:
    """``candidates``: the frameworks under which the file may have been written, one where it is clear.

    ``reason``: why, in words.
    """

    candidates: tuple[str, ...]
    reason: str


def infer_framework(neurons: Mapping[str, NirNode]) -> Inference:
    """Whose the constants of ``neurons``, by name, are; a framework is taken only if it alone fits them all.

    Where none fits, the candidates are those that nothing contradicts, NIR's own equations among them.
    """
    telling = _telling(neurons)
    if not telling:
        return Inference((OWN,), "it has no neurons whose rules could differ")
    try:
        traits = [Traits(node) for node in telling.values()]
        fitting = [name for name in NAMES if all(map(EXPORTS[name].fits, traits))]
        if set(fitting) == {"snntorch", "spikingjelly"} and any(name.endswith("lif") for name in telling):
            fitting = ["snntorch"]
        if len(fitting) == 1 and fitting[0] != OWN:
            return Inference(tuple(fitting), f"inferred: {EXPORTS[fitting[0]].reason}")
        if fitting and fitting != [OWN]:
            possible = [name for name in NAMES if name in fitting or name == OWN]
            return Inference(tuple(possible), f"the constants fit {' and '.join(fitting)}")
        possible = [name for name in NAMES if not _contradicted(name, traits)]
        return Inference(tuple(possible), "the constants betray none of the frameworks known")
    except (TypeError, ValueError):
        # what is not numbers is refused, with the node's name, where the neuron is made
        return Inference((OWN,), "its constants are not all numbers")


def contradiction(neurons: Mapping[str, NirNode], framework: str, dt: float) -> str:
    """What says that ``framework``, with a step of ``dt``, did not write ``neurons``; empty where nothing."""
    export = EXPORTS[framework]
    for name, node in _telling(neurons).items():
        try:
            found = export.contradiction(Traits(node), dt)
        except (TypeError, ValueError):
            continue
        if found:
            return f"{SourceNode(name, node.kind)}: {found}"
    return ""


def _telling(neurons: Mapping[str, NirNode]) -> dict[str, NirNode]:
    return {name: node for name, node in neurons.items() if node.kind != "Threshold"}


def _contradicted(name: str, traits: list[Traits]) -> bool:
    return any(EXPORTS[name].contradiction(one, find_framework(name).dt) for one in traits)
