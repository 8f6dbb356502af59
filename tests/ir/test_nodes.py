"""Each kind by the module of its name in tests/ir/nodes: what no graph may have of it is refused."""

from __future__ import annotations

import pytest
from node_cases import CASES, Malformed, arithmetics, plain_graph

from snnrt.errors import ModelError
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.nodes import BY_NUMBER, NODES

MALFORMED = [(kind, malformed) for kind, case in CASES.items() for malformed in case.MALFORMED]


def name_of(kind: str) -> str:
    """Of the plain node: the builder makes some by itself."""
    return {"input": "input", "readout": "readout", "exit": "exit"}.get(kind, "it")


def test_every_kind_has_its_module() -> None:
    assert CASES.keys() == {node.kind for node in NODES}
    for kind, case in CASES.items():
        assert case.__file__.endswith(f"{kind}.py") and case.MALFORMED
        assert BY_NUMBER[case.NODE.KIND.number] is case.NODE


@pytest.mark.parametrize("kind", CASES)
def test_plain_nodes_are_fine(kind: str) -> None:
    for arithmetic in arithmetics(kind):
        graph = plain_graph(kind, arithmetic)
        assert graph[name_of(kind)].kind == kind


@pytest.mark.parametrize(
    ("kind", "malformed"), MALFORMED, ids=[f"{kind}-{'-'.join(m.fields)}" for kind, m in MALFORMED]
)
def test_malformed_nodes_are_refused(kind: str, malformed: Malformed) -> None:
    graph = plain_graph(kind, malformed.arithmetic)  # type: ignore[arg-type]
    name = name_of(kind)
    nodes = tuple(node.with_(**malformed.fields) if node.name == name else node for node in graph)
    with pytest.raises(ModelError) as caught:
        check_graph(graph.with_(nodes=nodes))
    text = str(caught.value)
    assert "\n" not in text
    assert name in text or kind == "exit"
    for word in malformed.words:
        assert word in text, f"{word!r} not in {text!r}"


@pytest.mark.parametrize("kind", CASES)
def test_what_passes_on_its_type_or_bound_says_so(kind):
    """The specification's word, by which the core finds loops without a type, is what the node does."""
    seen = 0
    for arithmetic in arithmetics(kind):
        integer = arithmetic == "integer"
        node = plain_graph(kind, arithmetic)[name_of(kind)]
        for read in ("bits", "int16", "int32") if integer else ("bits", "float32"):
            given = node.output_type(integer, read)
            if read not in node.KIND.reads.get(given, ()):
                continue
            follows = node.output_type(integer, None) is None
            bounded = given in ("bits", "int16") and node.bounded_by_inputs
            assert (given in node.KIND.passes) == (follows or bounded), (arithmetic, read)
            seen += 1
    assert seen or kind == "input"
