"""An ordinary network as the drafts of a spiking one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from snnrt.converters.ann.conversion import (
    NO_ACTIVATION,
    NOT_CALIBRATED,
    activations_of,
    thresholds_of,
    trained_levels,
)
from snnrt.converters.ann.fidelity import fidelity
from snnrt.converters.ann.recorded_network import RecordedNetwork
from snnrt.converters.ann.spiking import NeuronChoice
from snnrt.converters.common.drafted import Drafted
from snnrt.converters.common.finish import GraphOptions
from snnrt.converters.common.rollup.drafting import draft_names
from snnrt.converters.common.rollup.operations import Activation, Cell
from snnrt.converters.common.rollup.result import choose_output
from snnrt.errors import ModelError
from snnrt.ir.spec import LARGEST_INT16


def neuron_choice(spiking: bool, negative_spikes: bool | None, max_spikes: int | None) -> NeuronChoice:
    """As the options of that name say. Raises ModelError for those of ordinary networks without ``spiking``,
    and values out of range."""
    for name, value in (("negative_spikes", negative_spikes), ("max_spikes", max_spikes)):
        if value is not None and not spiking:
            raise ModelError(
                f"{name}: of ordinary networks that become spiking: add spiking=True, or leave it out"
            )
    if max_spikes is not None and not (isinstance(max_spikes, int) and 1 <= max_spikes <= LARGEST_INT16):
        raise ModelError(f"max_spikes: expected 1 to {LARGEST_INT16}, found {max_spikes!r}")
    return NeuronChoice(negative_spikes is not False, max_spikes)


def _late(activations: Iterable[Activation], choice: NeuronChoice) -> tuple[str, ...]:
    """From which timestep on all levels are there that activations were trained for."""
    found = [
        (one.levels, -(-one.levels // choice.share(one))) for one in activations if one.levels is not None
    ]
    levels, last = max(found, key=lambda one: one[1], default=(1, 1))
    if last == 1:
        return ()
    return (
        f"answers before timestep {last} have fewer levels than the {levels} that activations were trained "
        "for, which exits lose accuracy by; timesteps=1 has all at once, several spikes a step",
    )


def draft_ordinary(
    network: RecordedNetwork,
    choice: NeuronChoice,
    options: GraphOptions,
    name: str,
    origin: Mapping[str, object],
    notes: tuple[str, ...] = (),
    where: str = "",
) -> Drafted:
    """The drafts of ``network`` with neurons for its activations, whose thresholds come from the example
    until it is calibrated. ``origin``, ``where``: as :class:`Drafted` has them; ``notes``: assumptions.

    Without ``options.timesteps`` they are as many as the levels that all activations are rounded to. Raises
    ModelError where there is no activation that could spike, and where the network can't be expressed.
    """
    if not activations_of(network.template):
        raise ModelError(NO_ACTIVATION)
    levels = trained_levels(network.template)
    if options.timesteps is None and levels is not None:
        options = replace(options, timesteps=levels)
        notes += (f"timesteps = {levels}, as many as the levels that the activations were trained for",)

    choice = replace(choice, timesteps=options.timesteps)
    notes += _late(activations_of(network.template).values(), choice)

    def drafted(x: np.ndarray | None) -> Drafted:
        meaning, more = choose_output(network.found, network.logits)
        thresholds = thresholds_of(network, x, choice)
        found, places = network.interpretation(thresholds, choice)
        drafts, connections, names = draft_names(found, places[meaning.node])
        assumed = (*network.found.notes, *notes, *more, *(() if x is not None else (NOT_CALIBRATED,)))
        by_path = {
            node.operation.path: names[place]
            for place, node in enumerate(found.template.nodes)
            if isinstance(node.operation, Cell) and place in names
        }
        return Drafted(
            drafts, connections, options, name, {**origin, "ordinary": True}, assumed, where,
            calibrated=lambda data: drafted(data).finished(),
            fidelity=lambda graph, data, labels: fidelity(
                network, graph, by_path, thresholds, data, labels),
        )  # fmt: skip

    return drafted(None)
