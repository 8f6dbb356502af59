"""What an importer of ordinary networks uses: thresholds from what activations gave, and the spiking network.

An importer shows its network as an :class:`OrdinaryNetwork`; then

    thresholds = thresholds_of(network, x, choice)              # x None: the example's
    template, places = spiking_template(network.template, thresholds, choice)

gives a template like that of any spiking network, and ``places`` says what stands for each of its nodes.
:func:`snnrt.converters.ann.fidelity.fidelity` says how well the result stands for the network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from snnrt.converters.ann.spiking import NeuronChoice
from snnrt.converters.ann.thresholds import best_thresholds
from snnrt.converters.common.rollup.operations import Activation
from snnrt.converters.common.rollup.template import Template

SAMPLES = 8192
"""Of a channel's activations that are kept."""

NOT_CALIBRATED = (
    "thresholds from the example alone; calibrate with inputs like those of the device (calibrate=…, "
    "--calibrate)"
)
NO_ACTIVATION = "spiking: the network has no activation that could spike; expected ReLU between layers"


@dataclass(frozen=True, eq=False)
class Seen:
    """A batch: ``activations`` (N, C, …) ≥ 0 by their paths, and the network's ``outputs`` (N, K)."""

    activations: dict[str, np.ndarray]
    outputs: np.ndarray


class OrdinaryNetwork(Protocol):
    """An ordinary network: ``template`` has an Activation for each of its activations."""

    template: Template

    def seen(self, x: np.ndarray | None) -> Iterator[Seen]:
        """What it computes on ``x`` (N, …), a batch at a time; None: on the importer's example."""
        ...


def activations_of(template: Template) -> dict[str, Activation]:
    """By their paths, in order."""
    found = (node.operation for node in template.nodes)
    return {one.path: one for one in found if isinstance(one, Activation)}


def trained_levels(template: Template) -> int | None:
    """The levels that all activations are rounded to; None where some are not, or to others."""
    levels = {one.levels for one in activations_of(template).values()}
    return levels.pop() if len(levels) == 1 else None


def thresholds_of(
    network: OrdinaryNetwork, x: np.ndarray | None, choice: NeuronChoice
) -> dict[str, np.ndarray]:
    """Of each activation by its path (C,), from the example or from ``x`` (N, …), for the neurons that
    ``choice`` says.

    An activation that is rounded to levels up to a ceiling has that ceiling as its threshold, or the share of
    it that one of several spikes a step has.
    """
    random = np.random.default_rng(0)
    kept: dict[str, list[np.ndarray]] = {}
    activations = activations_of(network.template)
    for batch in network.seen(x):
        for path, values in batch.activations.items():
            by_channel = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)
            kept.setdefault(path, []).append(_some(by_channel, SAMPLES, random))
    found = {}
    for path, parts in kept.items():
        values = _some(np.concatenate(parts, axis=1), SAMPLES, random)
        activation = activations[path]
        if activation.levels is not None:
            found[path] = np.full(len(values), (activation.ceiling or 1.0) / choice.share(activation))
        else:
            found[path] = best_thresholds(values, activation.ceiling, most=choice.share(activation))
    return found


def _some(values: np.ndarray, most: int, random: np.random.Generator) -> np.ndarray:
    if values.shape[1] <= most:
        return values
    return values[:, np.sort(random.choice(values.shape[1], most, replace=False))]
