"""From a trained network to the graph that a device runs: import, exit rule, metadata, numbers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from snnrt.converters.common.finish import Imported
from snnrt.converters.importers import find_importer
from snnrt.errors import DataError, ModelError
from snnrt.exits import fixed_point
from snnrt.ir.graph import Graph, Profile
from snnrt.ir.spec import MAX_TIMESTEPS
from snnrt.reference.run import checked_input

NUMBERS: tuple[Profile, ...] = ("float32", "int8", "loihi")


def convert_source(
    source: str | os.PathLike[str],
    *,
    numbers: Profile = "float32",
    calibrate: np.ndarray | None = None,
    state_bits: Literal[16, 32] | None = None,
    **options: object,
) -> Imported:
    """Import ``source`` once, in ``numbers``; ``options`` are those of :func:`import_source`.

    What :func:`snnrt.convert` does. Raises ModelError as that does.
    """
    _check_numbers(numbers)
    return in_numbers(import_source(source, **options), numbers, calibrate, state_bits)  # type: ignore[arg-type]


def import_source(
    source: str | os.PathLike[str],
    *,
    timesteps: int | None = None,
    exit_rule: Literal["entropy", "confidence", "never"] = "never",
    threshold: float = 0.0,
    source_framework: str | None = None,
    class_names: Sequence[str] | None = None,
    name: str | None = None,
    **import_options: object,
) -> Imported:
    """Import ``source`` in float32, with an exit rule and metadata.

    ``import_options`` are the importer's own; those given are kept in the metadata. Raises ModelError for a
    source that can't be read or expressed, and for options that do not fit it.
    """
    if timesteps is not None and not (
        isinstance(timesteps, (int, np.integer)) and 1 <= timesteps <= MAX_TIMESTEPS
    ):
        raise ModelError(f"timesteps: expected 1 to {MAX_TIMESTEPS}, found {timesteps!r}")
    importing = find_importer(source).load()
    imported = importing(source, source=source_framework, timesteps=timesteps, **import_options)
    graph = imported.graph
    fixed_point.check_rule(exit_rule, threshold, graph.readout.shape[0])
    graph = graph.with_exit(exit_rule, threshold)
    return replace(imported, graph=_with_metadata(graph, name, class_names, import_options))


def in_numbers(
    imported: Imported,
    numbers: Profile,
    calibrate: np.ndarray | None = None,
    state_bits: Literal[16, 32] | None = None,
) -> Imported:
    """``imported`` (float32) in ``numbers``.

    ``calibrate``: inputs as the network takes them, (N, *shape) or (N, T, *shape); they set int8's scales.
    ``state_bits``: width of int8 membranes (None: chosen). ``loihi``: int8 weights, neurons in Loihi's
    integers; where a current could wrap, the assumptions say so. Raises ModelError for what the numbers can't
    express, DataError for inputs that do not fit.
    """
    _check_numbers(numbers)
    if numbers == "float32":
        return imported
    from snnrt.converters.passes.quantise import quantise

    graph = imported.graph
    if calibrate is not None:
        try:
            calibrate = checked_input(calibrate, graph.input, graph.timesteps)
        except DataError as error:
            raise DataError(f"calibration data: {error}") from None
    if numbers == "int8":
        return replace(imported, graph=quantise(graph, calibrate, state_bits))
    from snnrt.converters.passes.loihi import to_loihi, wrapping

    if state_bits is not None:
        raise ModelError(
            f"state_bits: expected none with Loihi's integers, which take 24, found {state_bits}"
        )
    graph = quantise(graph, calibrate, 32)
    assumptions = (*imported.assumptions, *wrapping(graph))
    return replace(imported, graph=to_loihi(graph), assumptions=assumptions)


def _check_numbers(numbers: str) -> None:
    if numbers not in NUMBERS:
        raise ModelError(f"numbers: expected one of {', '.join(map(repr, NUMBERS))}, found {numbers!r}")


def _with_metadata(
    graph: Graph, name: str | None, class_names: Sequence[str] | None, import_options: dict[str, object]
) -> Graph:
    metadata = dict(graph.metadata)
    given = {option: value for option, value in import_options.items() if value is not None}
    metadata["source"] = {**metadata["source"], "options": given}  # type: ignore[dict-item]
    if name is not None:
        metadata["name"] = name
    if class_names is not None:
        classes = graph.readout.shape[0]
        if len(class_names) != classes:
            raise ModelError(f"class_names: expected {classes} names, found {len(class_names)}")
        metadata["class_names"] = [str(one) for one in class_names]
    return graph.with_(metadata=metadata)
