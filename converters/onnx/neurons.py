"""The neurons of a traced model, as what rolls it up asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.rollup.adapted import Adapted, TimeAxes
from snnrt.converters.common.rollup.arguments import spread
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Cell
from snnrt.converters.onnx.arithmetic_form import MAX_SPIKES, Fields, choose_fields
from snnrt.converters.onnx.chains import Chain
from snnrt.converters.onnx.fires import Fires
from snnrt.converters.onnx.signatures import Signatures
from snnrt.converters.onnx.step_form import StepForm, step_form
from snnrt.converters.onnx.tensors import Tensor
from snnrt.ir.graph import Neuron
from snnrt.ir.spec import LARGEST_INT16

LEAST = 0.99
"""Of the recorded spikes: what a neuron's step must give of them by itself."""


@dataclass(eq=False)
class OnnxNeuron:
    """One neuron (layer) of the model: ``path`` names it, ``title`` is its kind in ONNX's words. ``form`` and
    ``fields``, or ``refused``: why it has none. ``drives``: what it reads at each timestep, None where that
    is not told; ``spikes``: its output there."""

    path: str
    title: str
    chain: Chain
    drives: list[list[Tensor] | None]
    spikes: list[np.ndarray]
    form: StepForm | None = None
    fields: Fields | None = None
    refused: NotSupported | None = None

    def make(self, parameters: Parameters) -> Neuron:
        """The neuron of the layer's shape."""
        found = spread(parameters)
        assert self.fields is not None
        words = {name: value for name, value in self.fields.items() if name not in found.values}
        if self.fields.get("multiple") and max(int(one.max()) for one in self.spikes) > MAX_SPIKES:
            words["max_spikes"] = LARGEST_INT16
        fields: Fields = {**words, **{name: found.float32(name) for name in found.values}}
        return Neuron(found.node.name, (), found.shape, **fields)


def read_neuron(
    chain: Chain, found: Fires, signatures: Signatures, spikes: list[np.ndarray], path: str, title: str
) -> OnnxNeuron:
    """The neuron of ``chain``, whose ``spikes`` (of an integrator membranes) were recorded."""
    count = len(chain.bases)
    neuron = OnnxNeuron(path, title, chain, [chain.drives_at(step) for step in range(count)], spikes)
    last = neuron.drives[-1]
    if last:
        first = [signatures.first_like(one, chain.bases[0]) for one in last]
        if all(one is not None for one in first):
            neuron.drives[0] = [one for one in first if one is not None]
    try:
        neuron.form = form = step_form(chain, found)
        summed = [_summed(one, form) for one in neuron.drives]
        known = None if any(one is None for one in summed) else [one for one in summed if one is not None]
        membranes = [one.array for one in chain.bases]
        neuron.fields, wrong, total = choose_fields(form, known, membranes, spikes if chain.fires else None)
        if total and wrong > (1 - LEAST) * total:
            raise NotSupported(
                f"{wrong} of {total} of its spikes do not follow from what was read as its step",
                "use a neuron whose step is a multiple of its membrane, plus its input, less its reset",
            )
    except NotSupported as error:
        neuron.refused = error
    return neuron


def _summed(drives: list[Tensor] | None, form: StepForm) -> np.ndarray | None:
    if drives is None or len(drives) != len(form.shares):
        return None
    total = np.zeros((), np.float32)
    for one, share in zip(drives, form.shares):
        part = one.array if (share == 1).all() else one.array * share.astype(np.float32)
        total = part if one is drives[0] else total + part
    return total


class OnnxNeurons:
    """What the interpreter asks about the calls of :class:`OnnxNeuron`."""

    def adapt_time(self, module: Any) -> TimeAxes:
        """A call is a timestep."""
        return "single"

    def sample_axes(self, module: Any) -> int | None:
        """Of any."""
        return None

    def makes_time(self, module: Any) -> bool:
        """None does."""
        return False

    def merged_timesteps(self, module: Any, places: int) -> int:
        """None has batch and time in one."""
        raise NotImplementedError

    def adapt(self, module: OnnxNeuron, path: str) -> Adapted:
        """Its cell. Raises NotSupported where it has no form in snnrt."""
        if module.refused is not None:
            raise module.refused
        assert module.fields is not None
        parameters = {name: _of_one(value, name) for name, value in module.fields.items()
                      if isinstance(value, np.ndarray)}  # fmt: skip
        cell = Cell(module.title, path, module.make, parameters)
        return Adapted(cell, fires=module.chain.fires, uncapped=bool(module.fields.get("multiple")))

    def saw_spikes(self, path: str, most: int) -> None:
        """The recorded spikes say it already."""


def _of_one(value: np.ndarray, name: str) -> np.ndarray:
    """A parameter without the batch: the same for all inputs of it."""
    single = np.asarray(value, np.float32)
    while single.ndim > 1 and single.shape[0] > 1 and (single == single[:1]).all():
        single = single[:1]
    return single
