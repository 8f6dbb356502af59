"""PyTorch modules become graphs: a network is called on an example, and what it computed is taken over.

    imported = import_module(net, example=torch.rand(1, 1, 28, 28))

Layers and neurons are read as they are, each with its own settings, in eval mode; batch norm is folded,
dropout is gone. A module may compute one timestep a call, loop over timesteps inside, or take all of
them in an axis.
"""

from __future__ import annotations

from typing import Any, Literal

import torch

from snnrt.converters.ann.drafting import draft_ordinary, neuron_choice
from snnrt.converters.ann.recorded_network import RecordedNetwork
from snnrt.converters.common.drafted import Drafted, importing
from snnrt.converters.common.finish import DEFAULT_TIMESTEPS, GraphOptions
from snnrt.converters.common.rollup.calls import Recording
from snnrt.converters.common.rollup.drafting import draft_names
from snnrt.converters.common.rollup.interpreter import Interpretation, Interpreter
from snnrt.converters.common.rollup.recorded_run import neuron_names, recorded_run, together
from snnrt.converters.common.rollup.result import choose_output, readout_of
from snnrt.converters.torch.adapter import Adapter, what_changes
from snnrt.converters.torch.deployed import as_deployed
from snnrt.converters.torch.ordinary import ModuleRuns
from snnrt.converters.torch.recording import record
from snnrt.converters.torch.source import example_inputs, find_module, load_weights
from snnrt.errors import ModelError
from snnrt.ir.nodes.readout import ReadoutMode

FORMAT = "torch"


@importing
def import_module(
    source: object,
    *,
    example: Any = None,
    weights: object = None,
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

    ``source``: a module, or ``package.module:name`` or ``file.py:name`` of one, or of a function that gives
    one or (module, example). ``weights``: a state_dict, or the file of one, that is put into it first.
    ``example``: what the module is called with: a tensor or array with a batch axis (and time, where the
    module takes it), its shape, a .npy file, or a tuple of several arguments of which the first is the input.
    ``timesteps``: T, where one call is one timestep (16). ``readout``: None: what the module does itself,
    else the sum. ``encoding``: ``spikes`` where the module takes an axis of time, else ``constant``. ``low``
    to ``high``: the input's values; None: 0 to 1, or wider where the example is. ``logits``: which of several
    results they come from. ``framework``: must be None or the one that the neurons are of. ``spiking``: the
    module is an ordinary network, whose activations (ReLU, ReLU6, clamps from 0 on, QCFS) become neurons of
    at most ``max_spikes`` a timestep (1, of QCFS its levels), which take spikes back unless
    ``negative_spikes`` is False.

    The module is called in eval mode without gradients, and left as it was. Raises ModelError, naming the
    module or the line of code, where snnrt can't express what it computes.
    """
    source, own_example = find_module(source)
    if weights is not None:
        load_weights(source, weights)
    inputs = example_inputs(own_example if example is None else example)
    choice = neuron_choice(spiking, negative_spikes, max_spikes)
    if spiking:
        limits, notes = _limits(inputs[0], low, high)
        options = GraphOptions(timesteps, readout or "sum", "constant", *limits)
        name = type(source).__name__
        origin = {"format": FORMAT, "framework": None, "class": name}
        network = RecordedNetwork(ModuleRuns(source, inputs), logits)
        return draft_ordinary(network, choice, options, name, origin, tuple(notes))
    adapter = Adapter()
    recording, found = observe(source, inputs, adapter, timesteps)
    if not any(call.cell is not None for call in recording.calls):
        raise ModelError(
            "the module calls no spiking neuron that snnrt knows; expected neurons of snnTorch, "
            f"SpikingJelly, Norse, Sinabs, Rockpool or snnrt.training in it{_changed(source)}; an ordinary "
            "network is made to spike by spiking=True (--spiking) with data to calibrate"
        )
    _check_framework(framework, adapter)
    meaning, notes = choose_output(found, logits)
    mode, note = readout_of(found, meaning)
    if readout is None and note:
        notes.append(note)
    drafts, connections, places = draft_names(found, meaning.node)
    given = inputs[0]
    limits, range_notes = _limits(given, low, high)
    spikes = not found.template.nodes[0].static
    told = found.timesteps > 1 and not found.called
    count = timesteps if timesteps is not None else (found.timesteps if told else None)
    options = GraphOptions(
        count,
        readout or mode,
        encoding or ("spikes" if spikes else "constant"),
        *limits,  # type: ignore[arg-type]
    )
    origin = {
        "format": FORMAT,
        "framework": ", ".join(sorted(adapter.frameworks)),
        "class": type(source).__name__,
    }
    paths = neuron_names(found, places)
    runs = [recorded_run(found, recording, paths)]
    # what was taken from the example alone shows on another one
    recording, other = observe(source, (_another(given, *limits), *inputs[1:]), adapter, timesteps)
    runs.append(recorded_run(other, recording, paths))
    assumed = [*found.notes, *adapter.cap_notes(), *notes, *range_notes]
    return Drafted(
        drafts, connections, options, type(source).__name__, origin, tuple(assumed), recorded=together(runs)
    )


def _changed(module: torch.nn.Module) -> str:
    """Neurons that are a framework's, but for what a class of the user's changes."""
    for path, one in module.named_modules():
        words = what_changes(one)
        if words:
            return f"; {path!r} is {words}"
    return ""


def observe(
    source: torch.nn.Module, inputs: tuple[torch.Tensor, ...], adapter: Adapter, timesteps: int | None,
    most: int | None = None,
) -> tuple[Recording, Interpretation]:  # fmt: skip
    """Call and interpret. A module of one timestep a call is called for several: ``timesteps``, but at most
    ``most`` (None: 16) of them."""
    with as_deployed(source, adapter):
        recording = record(source, inputs, adapter.is_cell)
    found = Interpreter(recording, adapter).run()
    steps = min(timesteps or DEFAULT_TIMESTEPS, most or DEFAULT_TIMESTEPS)
    if found.looped or found.timesteps > 1 or len(inputs) > 1 or steps < 2:
        return recording, found
    with as_deployed(source, adapter):
        recording = record(source, inputs, adapter.is_cell, steps)
    return recording, Interpreter(recording, adapter, called=True).run()


def _another(given: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """An input of the same shape and range, with other values and another mean."""
    share = (given.double() - low) / max(high - low, 1e-30)
    return (low + (high - low) * (1 - share * share)).to(given.dtype)


def _check_framework(framework: str | None, adapter: Adapter) -> None:
    if framework is not None and adapter.frameworks != {framework}:
        found = ", ".join(sorted(adapter.frameworks))
        raise ModelError(f"framework: the module's neurons are {found}'s, found {framework!r}; leave it out")


def _limits(
    given: torch.Tensor, low: float | None, high: float | None
) -> tuple[tuple[float, float], list[str]]:
    """The range of the input: as told, else 0 to 1 or what the example has beyond it."""
    least, most = float(given.min()), float(given.max())
    found = (min(least, 0.0) if low is None else float(low), max(most, 1.0) if high is None else float(high))
    beyond = (low is None and least < 0) or (high is None and most > 1)
    notes = [
        f"input: values from {found[0]:g} to {found[1]:g} as in the example; "
        "say low and high if there are others"
    ]
    return found, notes if beyond else []
