"""ONNX models become graphs: what a model computes on an example is rolled up to one timestep of neurons.

    imported = import_onnx("net.onnx")

A model may compute one timestep, with the states of its neurons as inputs and outputs, or all of them, one
after the other in its nodes or in a Loop or Scan.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from snnrt.converters.ann.conversion import activations_of
from snnrt.converters.ann.drafting import draft_ordinary, neuron_choice
from snnrt.converters.ann.recorded_network import RecordedNetwork
from snnrt.converters.ann.spiking import NeuronChoice
from snnrt.converters.common.drafted import Drafted, importing
from snnrt.converters.common.finish import DEFAULT_TIMESTEPS, GraphOptions
from snnrt.converters.common.recorded import Recorded
from snnrt.converters.common.rollup.calls import Recording
from snnrt.converters.common.rollup.drafting import draft_names
from snnrt.converters.common.rollup.input_axes import Axes
from snnrt.converters.common.rollup.interpreter import Interpretation, Interpreter
from snnrt.converters.common.rollup.recorded_run import neuron_names, recorded_run, together
from snnrt.converters.common.rollup.result import choose_output, readout_of
from snnrt.converters.onnx.axes import find_axes
from snnrt.converters.onnx.example import another, example_array, limits
from snnrt.converters.onnx.file import OnnxModel, read_onnx
from snnrt.converters.onnx.neurons import OnnxNeurons
from snnrt.converters.onnx.observed import Observed, observe
from snnrt.converters.onnx.ordinary import OnnxRuns
from snnrt.converters.onnx.states import Ports, find_ports
from snnrt.converters.onnx.translation import Translation
from snnrt.errors import ModelError
from snnrt.ir.nodes.readout import ReadoutMode
from snnrt.texts import printable

FORMAT = "onnx"
ACTIVATIONS = frozenset({"Relu", "Clip", "LeakyRelu", "PRelu", "Elu", "Gelu", "Sigmoid", "Tanh", "HardSwish",
                         "HardSigmoid", "Softplus", "Selu", "Mish"})  # fmt: skip
_SPIKES = "the model has spiking neurons already; leave spiking (--spiking) out"


@importing
def import_onnx(
    source: object,
    *,
    example: Any = None,
    framework: str | None = None,
    timesteps: int | None = None,
    readout: ReadoutMode | None = None,
    encoding: Literal["constant", "spikes"] | None = None,
    low: float | None = None,
    high: float | None = None,
    logits: int | str | None = None,
    spiking: bool = False,
    negative_spikes: bool | None = None,
    max_spikes: int | None = None,
) -> Drafted:
    """Import ``source`` as a float32 graph with a readout and the exit rule ``never``.

    ``source``: the path of a model, or an ``onnx.ModelProto``. ``example``: what it is run on: an array with
    the axes of the model's input, its shape, or a .npy file; None: random numbers from 0 to 1, and one input
    where the batch is left open. ``timesteps``: T, where the model computes one timestep (16). ``readout``:
    None: what the model does itself, else the sum. ``encoding``: ``spikes`` where the model takes an axis of
    time, else ``constant``. ``low`` to ``high``: the input's values; None: 0 to 1, or wider where the example
    is. ``logits``: the name or place of the output that they come from. ``framework``: must be None, since
    the model says what its neurons compute. ``spiking``, ``negative_spikes``, ``max_spikes``: of an ordinary
    network, as :func:`snnrt.converters.torch.importer.import_module` has them.

    Raises ModelError, naming the file and the node, where snnrt can't express what the model computes.
    """
    where = os.fspath(source) if isinstance(source, (str, os.PathLike)) else type(source).__name__
    try:
        if framework is not None:
            raise ModelError(
                f"framework: an ONNX model says itself what its neurons compute; expected none, found "
                f"{framework!r}: leave it out"
            )
        # a damaged or hostile model computes with NaN and infinity
        with np.errstate(all="ignore"):
            choice = neuron_choice(spiking, negative_spikes, max_spikes)
            if spiking:
                options = GraphOptions(timesteps, readout or "sum", "constant")
                return _ordinary(source, where, example, options, choice, (low, high), logits)
            return _drafted(source, where, example, timesteps, readout, encoding, low, high, logits)
    except ModelError as error:
        if str(error).startswith(where):
            raise
        raise type(error)(f"{where}: {error}") from error


def _drafted(
    source: object, where: str, example: Any, timesteps: int | None, readout: ReadoutMode | None,
    encoding: Literal["constant", "spikes"] | None, low: float | None, high: float | None,
    logits: int | str | None,
) -> Drafted:  # fmt: skip
    model = read_onnx(source)
    reading = OnnxReading(model, example, timesteps)
    x = reading.example
    observed, recording, found = reading.read(x)
    _check_spiking(observed, reading)
    chosen = output_name(logits, reading.ports)
    meaning, notes = choose_output(found, chosen)
    mode, note = readout_of(found, meaning)
    if readout is None and note:
        notes.append(note)
    drafts, connections, places = draft_names(found, meaning.node)
    bounds, range_notes = limits(x, low, high)
    told = found.timesteps > 1 and not found.called
    options = GraphOptions(
        timesteps if timesteps is not None else (found.timesteps if told else None),
        readout or mode,
        encoding or ("constant" if found.template.nodes[0].static else "spikes"),
        *bounds,
    )
    origin = {"format": FORMAT, "framework": None, "producer": model.producer}
    names = neuron_names(found, places)
    runs: list[Recorded] = [recorded_run(found, recording, names)]
    # what was taken from the example alone shows on another one
    _, recording, other = reading.read(another(x, *bounds))
    runs.append(recorded_run(other, recording, names))
    assumed = [
        *found.notes,
        *_state_notes(reading.ports),
        *_start_notes(observed),
        *_cap_notes(observed),
        *notes,
        *range_notes,
    ]
    name = printable(model.graph.name, 100) or "onnx"
    return Drafted(drafts, connections, options, name, origin, tuple(assumed), where, together(runs))


def _ordinary(
    source: object, where: str, example: Any, options: GraphOptions, choice: NeuronChoice,
    bounds: tuple[float | None, float | None], logits: int | str | None,
) -> Drafted:  # fmt: skip
    model = read_onnx(source)
    reading = OnnxReading(model, example, 1)
    if reading.ports.states:
        raise ModelError(f"spiking: {_SPIKES} ({', '.join(map(repr, reading.ports.states))} are its states)")
    network = reading.ordinary(logits)
    if not activations_of(network.template) and is_spiking(reading.read(reading.example)[0]):
        raise ModelError(f"spiking: {_SPIKES}")
    found, notes = limits(reading.example, *bounds)
    origin = {"format": FORMAT, "framework": None, "producer": model.producer}
    name = printable(model.graph.name, 100) or "onnx"
    options = replace(options, low=found[0], high=found[1])
    return draft_ordinary(network, choice, options, name, origin, tuple(notes), where)


class OnnxReading:
    """A model with its ports, run on inputs of one shape; ``calls``: how often, one a timestep."""

    def __init__(self, model: OnnxModel, example: Any, timesteps: int | None) -> None:
        self.model = model
        count = timesteps or DEFAULT_TIMESTEPS
        given = example_array(example)
        shape = example if isinstance(example, tuple) else None if given is None else given.shape
        self.ports = find_ports(model, shape, count)
        self.calls = min(count, DEFAULT_TIMESTEPS) if self.ports.states else 1
        if given is None:
            given = np.random.default_rng(0).random(self.ports.shapes[self.ports.data])
        self.axes: Axes | None = None
        self.example = np.asarray(given, self.ports.dtypes[self.ports.data])

    @property
    def inputs(self) -> int:
        """How many one run takes."""
        assert self.axes is not None
        lead, _, timesteps = self.axes
        sizes = dict(zip(lead, self.example.shape))
        if "NT" in sizes or "TN" in sizes:
            return sizes.get("NT", sizes.get("TN", 1)) // (timesteps or 1)
        return sizes.get("N", 1)

    @property
    def sample(self) -> tuple[int, ...]:
        """The shape of one input at one timestep."""
        assert self.axes is not None
        lead, tail, _ = self.axes
        return self.example.shape[len(lead) : len(self.example.shape) - len(tail)]

    def read(self, x: np.ndarray, calls: int | None = None) -> tuple[Observed, Recording, Interpretation]:
        """Run on ``x`` and interpret. Raises ModelError."""
        count = calls or self.calls
        observed = observe(self.model, self.ports, x, count)
        recording = Translation(observed).recording()
        called = self.ports.states != {} and count > 1
        if self.axes is None:
            self.axes = find_axes(recording, OnnxNeurons(), called)
        found = Interpreter(recording, OnnxNeurons(), called, self.axes).run()
        return observed, recording, found

    def ordinary(self, logits: int | str | None) -> RecordedNetwork:
        """The model as an ordinary network."""
        runs = OnnxRuns(self.model, self.ports, self.example)
        return RecordedNetwork(runs, output_name(logits, self.ports))


def is_spiking(observed: Observed) -> bool:
    """Does a neuron of it go on from one timestep to the next?"""
    return any(len(one.chain.bases) > 1 for one in observed.neurons)


def output_name(logits: int | str | None, ports: Ports) -> int | str | None:
    """The output that ``logits`` chooses of several: its name where its place is given. Raises ModelError."""
    names = ports.results
    if isinstance(logits, int) and len(names) > 1:
        if not -len(names) <= logits < len(names):
            raise ModelError(f"logits: expected 0 to {len(names) - 1}, found {logits}")
        return names[logits]
    if isinstance(logits, str) and len(names) == 1 and logits == names[0]:
        return None
    return logits


def _check_spiking(observed: Observed, reading: OnnxReading) -> None:
    fires = any(one.chain.fires for one in observed.neurons)
    if fires and (is_spiking(observed) or reading.ports.states or not _is_rounded(reading)):
        return
    odd = observed.fires.odd
    if odd and not fires:
        raise ModelError(
            f"node {odd[0].name!r} ({odd[0].kind}): compares two things that both change; expected a "
            "membrane and a threshold that is constant"
        )
    kinds = {node.kind for node in observed.trace.nodes}
    if fires or kinds & ACTIVATIONS:
        found = ", ".join(sorted(kinds & ACTIVATIONS)) or "activations that are rounded"
        raise ModelError(
            f"the model has no spiking neuron, but {found}: an ordinary network; it is made to spike by "
            "spiking=True with data to calibrate: snnrt convert net.onnx --spiking --calibrate data.npz"
        )
    raise ModelError(
        "the model has no spiking neuron: nothing in it is compared with a threshold; expected one timestep "
        "with the membranes as inputs and outputs, or all timesteps"
    )


def _is_rounded(reading: OnnxReading) -> bool:
    """Is it an ordinary network whose activations are rounded to levels?"""
    try:
        found = activations_of(reading.ordinary(None).template).values()
    except ModelError:
        return False
    return any(one.levels is not None and one.levels > 1 for one in found)


def _state_notes(ports: Ports) -> list[str]:
    if not ports.states:
        return []
    pairs = ", ".join(f"{name!r} from {output!r}" for name, output in ports.states.items())
    return [f"one call is a timestep; states, 0 at first: {pairs}"]


def _start_notes(observed: Observed) -> list[str]:
    names = [one.path for one in observed.neurons if one.fields is not None and "initial" in one.fields]
    if not names:
        return []
    return [
        f"states begin as the file has them, not at 0: {', '.join(names)} (reset a network before export)"
    ]


def _cap_notes(observed: Observed) -> list[str]:
    names = [one.path for one in observed.neurons if one.fields is not None and one.fields.get("multiple")]
    if not names:
        return []
    return [f"at most 255 spikes a step are counted (the model has no such limit): {', '.join(names)}"]
