"""Several frameworks may have written a file: is the network the same under all of them?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np

from snnrt.converters.common.drafted import Drafted
from snnrt.converters.common.finish import Imported
from snnrt.converters.frameworks.registry import find_framework
from snnrt.converters.nir.infer import OWN, Inference
from snnrt.errors import ModelError
from snnrt.ir.graph import Graph

Draft = Callable[[str, Sequence[str]], Drafted]


def agreed(found: Inference, draft: Draft) -> Drafted:
    """The network that all candidates give: equal in every field of every node, so in every spike.

    ``draft`` reads under a framework, with lines for the assumptions. Candidates under which that can't be
    finished are none; where none is left, it is the first of them. Raises ModelError, which lists the
    candidates, where two networks differ.
    """
    first: Imported | None = None
    able: list[str] = []
    difference = ""
    for name in found.candidates:
        try:
            built = draft(name, ()).finished()
        except ModelError:
            continue
        able.append(name)
        if first is None:
            first = built
        elif not difference:
            difference = first_difference(first.graph, built.graph)
    if first is None:
        # what is wrong has no framework, and whoever finishes it is told
        return draft(found.candidates[0], [f"framework = {found.candidates[0]} ({found.reason})"])
    if not difference:
        words = "under which the network is the same" if len(able) > 1 else "the only one that can hold it"
        return draft(able[0], [f"framework = {able[0]} ({found.reason}: {', '.join(able)}; {words})"])
    briefs = "; ".join(find_framework(name).brief for name in able)
    raise ModelError(
        f"framework: expected one, because {found.reason}, and results differ ({difference}). Give whose "
        f"rules hold, as --framework {able[0]}: {briefs}. {OWN}: NIR's own equations"
    )


def first_difference(one: Graph, other: Graph) -> str:
    """Node and field that differ first, in words; empty where the graphs compute the same."""
    mine, theirs = one.nodes, other.nodes
    if [(node.name, node.kind) for node in mine] != [(node.name, node.kind) for node in theirs]:
        return "in their nodes"
    for node, twin in zip(mine, theirs):
        for field in fields(node):
            if not _same(getattr(node, field.name), getattr(twin, field.name)):
                return f"node {node.name!r}: {field.name}"
    return ""


def _same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return type(one) is type(other) and one == other
