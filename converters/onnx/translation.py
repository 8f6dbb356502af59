"""A traced model as the calls that modules are recorded as: neurons as one, layers by PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from snnrt.converters.common.rollup.calls import Call, Recording, Value
from snnrt.converters.onnx.evaluate import FAILS
from snnrt.converters.onnx.layers import BENDS, LAYERS
from snnrt.converters.onnx.neurons import OnnxNeuron
from snnrt.converters.onnx.observed import Observed
from snnrt.converters.onnx.tensors import Tensor, TracedNode


class Translation:
    """Goes through a trace once; layers call :meth:`give` and :meth:`argument`."""

    def __init__(self, observed: Observed) -> None:
        self.observed = observed
        self.calls: list[Call] = []
        self.values: dict[Tensor, Value] = {}
        self._steps: dict[Tensor, tuple[OnnxNeuron, int]] = {}
        self._spikes: dict[Tensor, Value] = {}
        self._internal: set[Tensor] = set()
        for neuron in observed.neurons:
            for step, base in enumerate(neuron.chain.bases):
                self._steps[base] = (neuron, step)
            self._internal |= neuron.chain.internal
        # rows of tensors that are written into one after the other
        self.rows: dict[Tensor, list[Tensor | None]] = {}

    def recording(self) -> Recording:
        """The calls, and the results: of several runs a list."""
        observed = self.observed
        given = Value(None, 0, observed.given.array, observed.given.array)
        self.values[observed.given] = given
        if observed.given in self._steps:
            self._cell(observed.given)
        for node in observed.trace.nodes:
            self._node(node)
        results = [self._result(one) for one in observed.results]
        return Recording((given,), self.calls, results[0] if observed.calls == 1 else results)

    def _result(self, outputs: dict[str, Tensor]) -> Any:
        found = {name: self.values.get(tensor) for name, tensor in outputs.items()}
        return next(iter(found.values())) if len(found) == 1 else found

    def _node(self, node: TracedNode) -> None:
        out = node.outputs[0]
        if out in self._steps:
            self._cell(out)
            return
        base = self.observed.fires.spikes_of(out)
        if base is not None and base in self._spikes:
            self.values[out] = self._spikes[base]
            return
        if out in self._internal and not self.observed.fires.is_local(out):
            return
        if self.observed.fires.is_local(out) and node.kind not in LAYERS:
            self._scaled(node, out)
            return
        handler = LAYERS.get(node.kind) or BENDS.get(node.kind)
        if handler is None:
            self.give(node, node.kind, (self.argument(one) for one in node.inputs), out)
            return
        try:
            handler(self, node)
        except FAILS:
            # an operator in a form that its handler does not know
            self.give(node, node.kind, (self.argument(one) for one in node.inputs), out)

    def _scaled(self, node: TracedNode, out: Tensor) -> None:
        """What is made of spikes and constants by other operators than sums and products."""
        base, polynomial = self.observed.fires.related[out]
        atom = next(iter(polynomial.atoms()), None)
        if base not in self._spikes or atom is None or not set(polynomial.terms) <= {(), (atom,)}:
            self.give(node, node.kind, (self.argument(one) for one in node.inputs), out)
            return
        scale, offset = polynomial.linear_in(atom)
        spikes = self._spikes[base]
        scaled = self.call(node, "mul", (spikes, scale), np.asarray(spikes.tensor * scale, np.float32))
        self.values[out] = scaled
        if offset.any():
            self.values[out] = self.call(node, "add", (scaled, offset), out.array.astype(np.float32))

    # neurons

    def _cell(self, base: Tensor) -> None:
        neuron, step = self._steps[base]
        spikes = neuron.spikes[step]
        source = self._source(neuron, step, base)
        call = Call(neuron.title, () if source is None else (source,), {}, neuron.path, "", neuron,
                    word=neuron.title)  # fmt: skip
        given = Value(call, 0, spikes, spikes)
        call.outputs.append(given)
        if neuron.chain.fires:
            membrane = Value(call, "membrane", base.array)
            call.outputs.append(membrane)
            self.values[base], self._spikes[base] = membrane, given
        else:
            self.values[base] = given
        self.calls.append(call)

    def _source(self, neuron: OnnxNeuron, step: int, base: Tensor) -> Value | None:
        """What it reads: its drives, added where they are several."""
        drives = neuron.drives[step]
        node = base.node or TracedNode("", "", "", [], {})
        if drives is None or neuron.form is None or len(drives) != len(neuron.form.shares):
            return None
        total: Value | None = None
        for drive, share in zip(drives, neuron.form.shares):
            value = self.values.get(drive) or Value(None, drive.name, drive.array)
            if not (share == 1).all():
                value = self.call(node, "mul", (value, share), np.asarray(value.tensor * share, np.float32))
            if total is not None:
                value = self.call(node, "add", (total, value), np.asarray(total.tensor + value.tensor))
            total = value
        if total is not None and total.shape != base.shape and total.tensor.size == base.array.size:
            total = self.call(node, "reshape", (total, base.shape), total.tensor.reshape(base.shape))
        return total

    # what layers use

    def argument(self, given: Any) -> Any:
        """An input of a node as a call has it: a Value, an array, or a list of them."""
        if isinstance(given, list):
            return [self.argument(one) for one in given]
        if given is None or not given.varies:
            return None if given is None else given.array
        if given not in self.values:
            # nobody tells what it means
            self.values[given] = Value(None, given.name, given.array)
        return self.values[given]

    def call(
        self, node: TracedNode, function: str, arguments: Any, array: np.ndarray, **options: Any
    ) -> Value:
        """Record a call that gives ``array``."""
        call = Call(function, tuple(arguments), options, node.scope, "", word=node.kind)
        value = Value(call, 0, array)
        call.outputs.append(value)
        self.calls.append(call)
        return value

    def give(self, node: TracedNode, function: str, arguments: Any, out: Tensor, **options: Any) -> None:
        """Record a call that gives ``out``."""
        self.values[out] = self.call(node, function, arguments, out.array, **options)


Handler = Callable[[Translation, TracedNode], None]
