"""``validate.c``: a program that runs inputs on a board and prints what it found."""

from __future__ import annotations

import math

import numpy as np

from snnrt.format import layout
from snnrt.ir.nodes.input import quantise_input
from snnrt.results.result import Result
from snnrt.targets.export.c_text import c_float, rendered
from snnrt.targets.export.example_program import accumulator_text
from snnrt.targets.export.model_sources import Model


def validation_program(model: Model, x: np.ndarray) -> str:
    """The program for inputs ``x`` (N, ...) as the model reads them."""
    found = model.network.run(x)
    classes, timesteps, scores = found.predictions, found.timesteps, scores_q16(model, found)
    rows = zip(classes.tolist(), timesteps.tolist(), scores.tolist(), strict=True)
    return rendered(
        "validate.c.in",
        NAME=model.name,
        PREFIX=model.prefix,
        COUNT=len(x),
        STEPS="" if model.is_constant else f"{model.prefix}_TIMESTEPS * ",
        INPUTS="".join(f"    {{{values_text(model, one)}}},\n" for one in x),
        EXPECTED="".join(f"    {{{', '.join(f'{value}u' for value in row)}}},\n" for row in rows),
        **accumulator_text(model),
    )


def scores_q16(model: Model, found: Result) -> np.ndarray:
    """(N,) int64: the scores as the core gives them, 65536 for 1 (entropy: for one nat)."""
    graph = model.graph
    if graph.exit.rule == "never":
        return np.zeros(len(found.timesteps), np.int64)
    unit = math.log(graph.readout.shape[0]) if graph.exit.rule == "entropy" else 1.0
    return np.rint(found.scores.astype(np.float64) * 65536.0 * unit).astype(np.int64)


def values_text(model: Model, one: np.ndarray) -> str:
    """The elements of one input as C, in the device's order."""
    source = model.graph.input
    values = quantise_input(one, source) if model.is_int8 else one.astype(np.float32)
    flat = layout.store_values(values, source.shape).ravel().tolist()
    texts = [str(value) for value in flat] if model.is_int8 else [c_float(value) for value in flat]
    lines = [", ".join(texts[i : i + 16]) for i in range(0, len(texts), 16)]
    return ",\n     ".join(lines)
