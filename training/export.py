"""From a trained network to what a device runs: batch norm folded, written as .snnrt or .nir."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from snnrt.errors import ModelError
from snnrt.network import Network
from snnrt.opening import convert
from snnrt.training.layers import SpikingNetwork

SUFFIXES = (".snnrt", ".nir")


def to_network(network: SpikingNetwork, *, over_time: int | None = None, **options: Any) -> Network:
    """``network`` as one of snnrt, in eval mode with every batch norm folded; its spikes are held against
    PyTorch's on two inputs.

    ``over_time``: T of a network whose input changes; None: a constant input for ``network.timesteps``.
    ``options``: as :func:`snnrt.convert` takes them (``numbers``, ``calibrate``, ``exit``, ``name`` …).
    Raises ModelError for what can't be expressed.
    """
    # PyTorch's generator, whose state a training goes on from, stays as it is
    generator = torch.Generator().manual_seed(0)
    device = next((one.device for one in network.parameters()), torch.device("cpu"))
    front = (1,) if over_time is None else (over_time, 1)
    example = torch.rand((*front, *network.input_shape), generator=generator).to(device)
    if over_time is not None:
        example = (example < 0.2).float()
    own = network.timesteps
    if over_time is None:
        # with a single timestep the recording would not show what time is
        options.setdefault("timesteps", own)
        network.timesteps = max(own, 2)
    try:
        return convert(network, example, **options)
    finally:
        network.timesteps = own


def export(
    network: SpikingNetwork, path: str | os.PathLike[str], *, over_time: int | None = None, **options: Any
) -> Network:
    """:func:`to_network`, written to ``path``: ``.snnrt``, or ``.nir`` (float32), by its suffix; what was
    written. Raises ModelError for another suffix, OutputError where it can't be written."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ModelError(
            f"{os.fspath(path)}: expected a file {' or '.join(SUFFIXES)}, found {suffix or 'no suffix'}"
        )
    found = to_network(network, over_time=over_time, **options)
    if suffix == ".nir":
        found.save_nir(path)
    else:
        found.save(path)
    return found
