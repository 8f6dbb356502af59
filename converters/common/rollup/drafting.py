"""An interpreted network as drafts."""

from __future__ import annotations

from snnrt.converters.common.connections import Connections
from snnrt.converters.common.drafts import Draft, InputDraft, OutputDraft
from snnrt.converters.common.names import Names
from snnrt.converters.common.rollup.interpreter import Interpretation
from snnrt.converters.common.rollup.template import Template
from snnrt.errors import ModelError
from snnrt.ir.graph import Shape


def draft_names(found: Interpretation, output: int) -> tuple[dict[str, Draft], Connections, dict[int, str]]:
    """Drafts by name, what each reads, and the names by place in the template."""
    template: Template = found.template
    kept = template.reachable(output)
    if 0 not in kept:
        raise ModelError("the result does not depend on the input; expected a path between them")
    stands_for = template.fold_affine(kept)
    while output in stands_for:
        output = stands_for[output]
    names = Names(("input", "output"))
    places = {0: "input"}
    drafts: dict[str, Draft] = {"input": InputDraft("input", list(template.nodes[0].shape))}
    reads: dict[str, list[tuple[str, int]]] = {"input": []}
    for place in sorted(kept - {0}):
        node = template.nodes[place]
        assert node.operation is not None
        places[place] = names.fresh(node.scope or _free(node.operation.stem, places))
        drafts[places[place]] = node.operation.draft(places[place], _canonical(node.shape))
    for place in sorted(kept - {0}):
        reads[places[place]] = [(places[source], delay) for source, delay in template.nodes[place].reads]
    drafts["output"] = OutputDraft("output")
    reads["output"] = [(places[output], 0)]
    return drafts, Connections(reads, "input", "output"), places


def _free(stem: str, places: dict[int, str]) -> str:
    number = 1
    while f"{stem}{number}" in places.values():
        number += 1
    return f"{stem}{number}"


def _canonical(shape: Shape) -> Shape:
    """(channels, length) is a map of height 1."""
    return (shape[0], 1, shape[1]) if len(shape) == 2 else shape
