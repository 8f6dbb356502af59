"""Small NIR files made by hand, and what they give in the reference."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import nir
import numpy as np
import pytest

from snnrt.converters.common.finish import Imported
from snnrt.converters.nir.importer import import_nir
from snnrt.errors import ModelError
from snnrt.reference.run import Reference

NodeMap = dict[str, nir.NIRNode]


def chain(nodes: NodeMap) -> list[tuple[str, str]]:
    """The edges of a sequence."""
    names = list(nodes)
    return list(pairwise(names))


def save(path: Path, nodes: NodeMap, edges: list[tuple[str, str]] | None = None) -> Path:
    """Write a NIR file of ``nodes`` joined by ``edges``, one after the other where none are given."""
    nir.write(path, nir.NIRGraph(nodes, chain(nodes) if edges is None else edges, type_check=False))
    return path


def ends(shape: tuple[int, ...], out: tuple[int, ...], **between: nir.NIRNode) -> NodeMap:
    """``between`` with an Input before and an Output behind it."""
    return {"input": nir.Input(np.array(shape)), **between, "output": nir.Output(np.array(out))}


WIDE = {"low": -1000.0, "high": 1000.0}
"""The range of the inputs: a run refuses what is outside of it."""


def read(path: Path, **options: object) -> Imported:
    """Import in this process, which costs a third of a second less."""
    return import_nir(path, isolated=False, **options)


def run(
    path: Path, x: np.ndarray, **options: object
) -> tuple[Imported, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Import with spikes over time as input, (N, T, *shape): spikes and membranes by node name."""
    imported = read(path, encoding="spikes", timesteps=x.shape[1], **WIDE, **options)
    result = Reference(imported.graph).run(x, record=("spikes", "membranes"))
    return imported, result.spikes, result.membranes


def outputs(path: Path, x: np.ndarray, **options: object) -> np.ndarray:
    """What the Output gives at each step, (N, T, classes), from the sums up to each step."""
    sums = []
    for steps in range(1, x.shape[1] + 1):
        imported = read(path, encoding="spikes", timesteps=steps, **WIDE, **options)
        result = Reference(imported.graph).run(x[:, :steps])
        # a map row by row, as frameworks flatten it
        sums.append(result.logits if result.output_map is None else result.maps.reshape(len(x), -1))
    return np.diff(np.stack(sums, 1), axis=1, prepend=np.float32(0))


def dyadic(shape: tuple[int, ...], seed: int, scale: float = 1.0) -> np.ndarray:
    """Random multiples of 1/16, float32: their sums are exact."""
    return (np.rint(np.random.default_rng(seed).normal(0, scale, shape) * 16) / 16).astype(np.float32)


def full(value: float, shape: tuple[int, ...] = (4,)) -> np.ndarray:
    """One parameter, the same for all neurons."""
    return np.full(shape, value, np.float32)


def lif(
    tau: float = 2e-4,
    r: float = 1.0,
    leak: float = 0.0,
    threshold: float = 1.0,
    reset: float = 0.0,
    shape: tuple[int, ...] = (4,),
) -> nir.LIF:
    """Neurons that are all alike."""
    return nir.LIF(*(full(value, shape) for value in (tau, r, leak, threshold, reset)))


def dense(outputs: int = 4, inputs: int = 4) -> nir.Linear:
    """Weights of one."""
    return nir.Linear(np.ones((outputs, inputs), np.float32))


def fails(path: Path, message: str, isolated: bool = False, **options: object) -> str:
    """The one line that an import ends with, which matches ``message``."""
    with pytest.raises(ModelError, match=message) as caught:
        import_nir(path, isolated=isolated, **options)
    text = str(caught.value)
    assert "\n" not in text and len(text) < 500
    return text
