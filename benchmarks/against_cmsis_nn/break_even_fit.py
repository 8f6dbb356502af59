"""Below which share of inputs, and mean timesteps, a spiking network takes fewer instructions than a rival.

An inference of T timesteps takes

    I(T, s) = once + T · (step + operation · s · D)

*once*: reset, and the layers that see the constant image; *step*: neurons, pools, dispatch and exit rule of
a timestep; *operation*: a synaptic operation behind the first layer; D: synapses there; s: the share of them
whose input is not zero in a timestep, which firing rates (and pools) make. With C instructions of the rival
it wins where

    s · T < (C − once − T · step) / (operation · D)

*step* and *operation* are fitted to counted timesteps of images that are shown darker and brighter than they
are, so that s varies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import snnrt
from snnrt.targets.worst_case import node_work

DARKER = (0.1, 0.25, 0.5)
BRIGHTER = (0.6, 0.35)
"""Factors; and powers, since pixels end at 1."""


@dataclass(frozen=True)
class Fit:
    """Instructions as above; ``rule``: what the exit adds to a timestep. ``front``: of ``once``, the layers
    that see the image: what is done again where it is applied at every timestep. ``error``: the mean distance
    of a counted timestep from the fitted one, as a share of it. ``synapses``: D."""

    once: float
    front: float
    step: float
    rule: float
    operation: float
    error: float
    synapses: int

    def even(self, rival: float, timesteps: float, exits: bool, again: bool = False) -> float:
        """s below which it wins against ``rival`` instructions: 0 or less: never, 1 or more: always.
        ``again``: the image is applied at every timestep."""
        fixed = self.once + timesteps * (self.step + (self.rule if exits else 0.0))
        if again:
            fixed += (timesteps - 1) * self.front
        return (rival - fixed) / (timesteps * self.operation * self.synapses)


def behind(network: snnrt.Network) -> list[int]:
    """Places of the nodes that add weights at every timestep."""
    work = node_work(network.graph)
    return [place for place, one in enumerate(work) if one.synaptic_operations and not one.static]


def operations(network: snnrt.Network, x: np.ndarray) -> np.ndarray:
    """(N, T) int64: synaptic operations of those nodes in each timestep, without exits."""
    places = behind(network)
    sums = [
        network.run(x, exit="never", timesteps=step).counts.synaptic_operations[:, places].sum(1)
        for step in range(1, network.graph.timesteps + 1)
    ]
    return np.diff(np.stack(sums, 1).astype(np.int64), axis=1, prepend=0)


def shades(x: np.ndarray) -> np.ndarray:
    """``x`` (N, …) from 0 to 1, then darker and brighter ones."""
    return np.concatenate([x, *(x * one for one in DARKER), *(x**one for one in BRIGHTER)])


def fit(
    network: snnrt.Network, x: np.ndarray, instructions: np.ndarray, steps: np.ndarray, ended: np.ndarray,
    shown: int,
) -> Fit:  # fmt: skip
    """``instructions`` (N,) and ``steps`` (N, T) of ``x`` (N, …) without exits; ``ended`` (shown, T): steps
    of the first ``shown`` with the exit."""
    counted = operations(network, x)
    later = np.stack([np.ones(counted[:, 1:].size), counted[:, 1:].ravel()], 1)
    (step, operation), *_ = np.linalg.lstsq(later, steps[:, 1:].ravel().astype(float), rcond=None)
    told = later @ (step, operation)
    error = float(np.abs(told / steps[:, 1:].ravel() - 1).mean())
    front = steps[:, 0] - step - operation * counted[:, 0]
    first = instructions - steps.sum(1) + front
    rule = float((ended[:, 0] - steps[:shown, 0]).mean())
    work = node_work(network.graph)
    synapses = sum(work[place].synaptic_operations for place in behind(network))
    return Fit(
        float(first[:shown].mean()), float(front[:shown].mean()), float(step), rule, float(operation), error,
        synapses,
    )  # fmt: skip
