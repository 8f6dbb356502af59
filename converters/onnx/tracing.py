"""An ONNX graph, run on an example with every loop unrolled, as one line of nodes.

Constants, and what follows from shapes alone, are folded on the way: what is left depends on the input.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx

from snnrt.converters.onnx.advice import HAND_OVER
from snnrt.converters.onnx.evaluate import FAILS, NotKnown, TooLarge, evaluate
from snnrt.converters.onnx.file import DOMAINS, OnnxModel, as_text, attributes
from snnrt.converters.onnx.tensors import Tensor, Trace, Traced, TracedNode
from snnrt.errors import ModelError
from snnrt.texts import printable

MAX_RUNS = 40_000
"""Nodes, each as often as it is run."""

MAX_BYTES = 2**29
"""Of all that is computed."""

MAX_TRACED_WORK = 4 * 10**10
_SCOPES = "pkg.torch.onnx.name_scopes"
_RANDOM = (
    "RandomNormal",
    "RandomUniform",
    "RandomNormalLike",
    "RandomUniformLike",
    "Multinomial",
    "Bernoulli",
)


@dataclass(eq=False)
class _Node:
    kind: str
    name: str
    scope: str
    domain: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]

    def __str__(self) -> str:
        return f"node {self.name!r} ({printable(self.kind)})"


@dataclass(eq=False)
class _Body:
    """A graph, each of its nodes read once."""

    nodes: list[_Node]
    constants: dict[str, Tensor]
    inputs: list[str]
    outputs: list[str]


class Tracer:
    """Runs the graph of ``model``; several runs make one :class:`Trace`."""

    def __init__(self, model: OnnxModel) -> None:
        self.model, self.trace = model, Trace()
        self.runs = 0
        self.body = self._read(model.graph, 0)

    def run(self, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Its outputs by name for its inputs by name. Raises ModelError, naming the node."""
        values: dict[str, Traced] = dict(given)
        self._graph(self.body, values)
        outputs: dict[str, Tensor] = {}
        for name in self.body.outputs:
            found = values.get(name)
            if isinstance(found, list) and found:
                found = self._stacked(found)
            if not isinstance(found, Tensor):
                raise ModelError(f"output {printable(name)!r}: nothing gives it; export the network again")
            outputs[name] = found
        return outputs

    def _stacked(self, parts: list[Any]) -> Tensor:
        if len({one.shape for one in parts}) != 1:
            raise ModelError("a sequence or loop gives arrays of different shapes; export the network again")
        node = TracedNode("ConcatFromSequence", "", "", [list(parts)], {"axis": 0, "new_axis": 1})
        return self._given(node, [np.stack([one.array for one in parts])])[0]

    # graphs

    def _read(self, graph: onnx.GraphProto, depth: int) -> _Body:
        if depth > 8:
            raise ModelError("loops nested deeper than 8; expected a network's")
        for sparse in graph.sparse_initializer:
            raise ModelError(
                f"tensor {printable(sparse.values.name)!r}: is sparse; export the model with dense weights"
            )
        nodes = []
        for proto in graph.node:
            name = printable(as_text(proto.name or next(iter(proto.output), "")))
            found = {
                key: self._read(value, depth + 1) if isinstance(value, onnx.GraphProto) else value
                for key, value in attributes(proto).items()
            }
            inputs, outputs = ([as_text(one) for one in names] for names in (proto.input, proto.output))
            kind, domain = as_text(proto.op_type), as_text(proto.domain)
            nodes.append(_Node(kind, name, _scope(proto), domain, inputs, outputs, found))
        constants = {
            as_text(one.name): Tensor(self.model.array(one), name=as_text(one.name))
            for one in graph.initializer
        }
        return _Body(
            nodes, constants, *([as_text(one.name) for one in ports] for ports in (graph.input, graph.output))
        )

    def _graph(self, body: _Body, values: dict[str, Traced]) -> None:
        for name, constant in body.constants.items():
            values.setdefault(name, constant)
        for node in body.nodes:
            self._node(node, values)

    def _node(self, own: _Node, values: dict[str, Traced]) -> None:
        self.runs += 1
        if self.runs > MAX_RUNS:
            raise ModelError(f"the model runs more than {MAX_RUNS} nodes; expected fewer timesteps")
        if own.domain not in DOMAINS:
            raise ModelError(
                f"{own}: an operator of {printable(own.domain)!r} that ONNX does not have; export the "
                "network with functions and neurons of ONNX's own operators (dynamo=True expands most)"
            )
        inputs: list[Traced] = []
        for name in own.inputs:
            if name and name not in values:
                raise ModelError(f"{own}: reads {printable(name)!r}, which nothing gives before it")
            inputs.append(values[name] if name else None)
        node = TracedNode(own.kind, own.name, own.scope, inputs, own.attributes)
        try:
            results = self._run(node, own, values)
        except TooLarge as error:
            raise ModelError(f"{own}: makes {error}; expected a network's") from None
        except NotKnown:
            raise ModelError(
                f"{own}: snnrt does not know this operator; use layers and neurons that it knows"
            ) from None
        except ModelError:
            raise
        except FAILS as error:
            words = " ".join(str(error).split())[:160] or type(error).__name__
            raise ModelError(
                f"{own}: fails on the example ({printable(words)}); give another example, or export the "
                "network again"
            ) from None
        for name, result in zip(own.outputs, results):
            if isinstance(result, Tensor) and not result.name:
                result.name = name
            if name:
                values[name] = result

    def _run(self, node: TracedNode, own: _Node, values: dict[str, Traced]) -> list[Traced]:
        kind = node.kind
        if kind == "Constant":
            if "known" not in own.attributes:
                own.attributes["known"] = self._constant(self._value(node), own.outputs[0])
            return [own.attributes["known"]]
        if kind in ("If", "Loop", "Scan"):
            return getattr(self, f"_{kind.lower()}")(node, values)  # type: ignore[no-any-return]
        if kind in _SEQUENCES:
            return [self._sequence(node)]
        if kind in _RANDOM:
            raise ModelError(
                f"{own}: draws random numbers; export the network in eval mode, and where it draws them then "
                f"too, as Rockpool's neurons do, {HAND_OVER}"
            )
        if kind == "Identity" and isinstance(node.inputs[0], list):
            return [node.inputs[0]]
        if any(isinstance(one, list) for one in node.inputs):
            raise NotKnown(kind)
        arrays = [None if one is None else one.array for one in node.inputs]  # type: ignore[union-attr]
        found = evaluate(kind, arrays, node.attributes, self.model.opset, max(len(own.outputs), 1))
        return list(self._given(node, found))

    def _given(self, node: TracedNode, arrays: list[np.ndarray]) -> list[Tensor]:
        if node.kind in ("Shape", "Size") or not any(one.varies for one in node.tensors()):
            return [self._constant(array) for array in arrays]
        for array in arrays:
            self.trace.bytes += array.nbytes
        if node.kind in ("Conv", "Gemm", "MatMul"):
            weights = node.tensors()[1].shape
            self.trace.work += arrays[0].size * math.prod(
                weights[1:] if node.kind == "Conv" else weights[-1:]
            )
        if self.trace.bytes > MAX_BYTES or self.trace.work > MAX_TRACED_WORK:
            raise TooLarge(f"more than {MAX_BYTES >> 20} MiB, or too much work, on the example")
        node.outputs = [self.trace.give(array, node) for array in arrays]
        self.trace.nodes.append(node)
        return node.outputs

    def _constant(self, array: np.ndarray, name: str = "") -> Tensor:
        return Tensor(array, name=name)

    def _value(self, node: TracedNode) -> np.ndarray:
        for name, value in node.attributes.items():
            if name == "value":
                return self.model.array(value)
            if name in ("value_float", "value_floats"):
                return np.asarray(value, np.float32)
            if name in ("value_int", "value_ints"):
                return np.asarray(value, np.int64)
        raise NotKnown("Constant")

    # flow

    def _if(self, node: TracedNode, values: dict[str, Traced]) -> list[Traced]:
        condition = node.constant(0)
        if condition is None:
            raise ModelError(
                f"node {node.name!r} (If): the model branches on what it computes, which a graph can't; "
                "expected a forward that does the same for every input"
            )
        body: _Body = node.attributes["then_branch" if bool(condition.reshape(-1)[0]) else "else_branch"]
        inner = dict(values)
        self._graph(body, inner)
        return [inner[name] for name in body.outputs]

    def _loop(self, node: TracedNode, values: dict[str, Traced]) -> list[Traced]:
        body: _Body = node.attributes["body"]
        most, begun = node.constant(0), node.constant(1)
        if node.inputs[0] is not None and most is None:
            raise ModelError(f"node {node.name!r} (Loop): its number of rounds depends on what is computed; "
                             "expected a number of timesteps")  # fmt: skip
        carried = list(node.inputs[2:])
        count = len(carried)
        rows: list[list[Traced]] = [[] for _ in body.outputs[1 + count :]]
        going, place = begun is None or bool(begun.reshape(-1)[0]), 0
        while going and (most is None or place < int(most.reshape(-1)[0])):
            inner = dict(values)
            names = body.inputs
            first: list[Traced] = [self._constant(np.array(place, np.int64)), self._constant(np.array(True))]
            inner.update(zip(names, [*first, *carried]))
            self._graph(body, inner)
            found = [inner[name] for name in body.outputs]
            told = found[0]
            if not isinstance(told, Tensor) or told.constant is None:
                raise ModelError(f"node {node.name!r} (Loop): ends by what it computes; expected a number of "
                                 "timesteps")  # fmt: skip
            going = bool(told.array.reshape(-1)[0])
            carried = found[1 : 1 + count]
            for row, one in zip(rows, found[1 + count :]):
                row.append(one)
            place += 1
            self.runs += 1
            if self.runs > MAX_RUNS:
                raise ModelError(f"node {node.name!r} (Loop): runs too long; expected a number of timesteps")
        return [*carried, *(self._stacked(row) for row in rows)]

    def _scan(self, node: TracedNode, values: dict[str, Traced]) -> list[Traced]:
        body: _Body = node.attributes["body"]
        scanned = int(node.attributes["num_scan_inputs"])
        count = len(node.inputs) - scanned
        if count < 0 or scanned < 1:
            raise NotKnown("Scan")
        axes = node.attributes.get("scan_input_axes", [0] * scanned)
        backwards = node.attributes.get("scan_input_directions", [0] * scanned)
        laid = node.attributes.get("scan_output_axes", [0] * (len(body.outputs) - count))
        if any(laid) or any(node.attributes.get("scan_output_directions", [])) or any(backwards):
            raise NotKnown("Scan")
        carried, given = list(node.inputs[:count]), node.inputs[count:]
        steps = given[0].array.shape[axes[0]]  # type: ignore[union-attr]
        rows: list[list[Traced]] = [[] for _ in body.outputs[count:]]
        for place in range(steps):
            inner = dict(values)
            parts: list[Traced] = []
            for one, axis in zip(given, axes):
                assert isinstance(one, Tensor)
                index = self._constant(np.array(place, np.int64))
                part = TracedNode("Gather", node.name, node.scope, [one, index], {"axis": axis})
                parts += self._given(part, [np.take(one.array, place, axis)])
            inner.update(zip(body.inputs, [*carried, *parts]))
            self._graph(body, inner)
            found = [inner[name] for name in body.outputs]
            carried = found[:count]
            for row, result in zip(rows, found[count:]):
                row.append(result)
        return [*carried, *(self._stacked(row) for row in rows)]

    def _sequence(self, node: TracedNode) -> Traced:
        kind = node.kind
        if kind == "SequenceEmpty":
            return []
        if kind == "SequenceConstruct":
            return list(node.inputs)
        if kind == "SplitToSequence":
            (source,) = node.inputs[:1]
            assert isinstance(source, Tensor)
            axis = int(node.attributes.get("axis", 0))
            kept = int(node.attributes.get("keepdims", 1))
            if len(node.inputs) > 1:
                raise NotKnown(kind)
            parts: list[Any] = []
            for place in range(source.shape[axis]):
                index = self._constant(np.array([place] if kept else place, np.int64))
                part = TracedNode("Gather", node.name, node.scope, [source, index], {"axis": axis})
                parts += self._given(part, [np.take(source.array, index.array, axis)])
            return parts
        sequence = node.inputs[0]
        if not isinstance(sequence, list):
            raise NotKnown(kind)
        if kind == "SequenceInsert":
            place = len(sequence) if len(node.inputs) < 3 else int(node.inputs[2].array)  # type: ignore[union-attr]
            return [*sequence[:place], node.inputs[1], *sequence[place:]]
        if kind == "SequenceAt":
            found: Traced = sequence[int(node.inputs[1].array)]  # type: ignore[union-attr]
            return found
        if kind == "SequenceLength":
            return self._constant(np.array(len(sequence), np.int64))
        if node.attributes.get("new_axis", 0):
            arrays = np.stack([one.array for one in sequence], int(node.attributes["axis"]))
        else:
            arrays = np.concatenate([one.array for one in sequence], int(node.attributes["axis"]))
        return self._given(node, [arrays])[0]


_SEQUENCES = ("SequenceEmpty", "SequenceConstruct", "SplitToSequence", "SequenceInsert", "SequenceAt",
              "SequenceLength", "ConcatFromSequence")  # fmt: skip


def _scope(proto: onnx.NodeProto) -> str:
    """The module's path: of dynamo's exports in the metadata, of TorchScript's in the name."""
    for one in proto.metadata_props:
        if one.key == _SCOPES:
            try:
                names = ast.literal_eval(as_text(one.value)[:10_000])
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                return ""
            # the last is the function's own
            return printable(names[-2]) if isinstance(names, list) and len(names) > 1 else ""
    parts = re.fullmatch(r"/(.+)/[^/]+", as_text(proto.name))
    return "" if parts is None else printable(parts[1].split("/")[-1])
