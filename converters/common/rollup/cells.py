"""Neurons in a recording: how often they are called, in which axes, and what each reads in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from snnrt.converters.common.rollup.adapted import Neurons
from snnrt.converters.common.rollup.calls import Recording, Value
from snnrt.converters.common.rollup.meaning import Meaning
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Linear, Operation
from snnrt.converters.common.rollup.template import Read, Template
from snnrt.errors import ModelError
from snnrt.ir.graph import Shape


@dataclass(eq=False)
class CellRecord:
    """A neuron's ``place`` in the template, and its spikes in the order of its calls, ``factor`` times; where
    it does not fire (``fires``), its membrane."""

    place: int
    factor: np.ndarray
    fires: bool = True
    values: list[Value] = field(default_factory=list)


def count_steps(recording: Recording, adapter: Neurons) -> tuple[int, bool]:
    """Timesteps of the recording, and whether neurons are called once for each. Raises ModelError."""
    counts = Counter(
        call.scope for call in recording.calls
        if call.cell is not None and adapter.adapt_time(call.cell) == "single"
    )  # fmt: skip
    if not counts:
        return 1, False
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{path!r} {count}" for path, count in sorted(counts.items())[:6])
        raise ModelError(
            f"neurons are called a different number of times: {found}; expected each once a timestep "
            "(a neuron that is used in two places has two states: make it two modules)"
        )
    steps = next(iter(counts.values()))
    return steps, steps > 1


def settle_cells(
    template: Template,
    cells: Mapping[str, CellRecord],
    reads_by_path: Mapping[str, list[tuple[int, tuple[Read, ...]]]],
) -> None:
    """Each neuron reads what it read at the last timestep, and at all others but the first ones."""
    places = {cell.place for cell in cells.values()}
    for path, found in reads_by_path.items():
        place = cells[path].place
        last = found[-1][1]
        longest = max((delay for _, delay in _closest(template, places, last)), default=0)
        for step, reads in found:
            if reads != last and step > longest:
                raise ModelError(
                    f"{path!r} reads something else at timestep {step + 1} than at the last; "
                    "expected the same network at every timestep"
                )
        template.nodes[place].reads = last


def _closest(template: Template, cells: set[int], reads: tuple[Read, ...]) -> list[Read]:
    """The delayed reads behind ``reads``, through layers without state."""
    found, pending, seen = [], list(reads), set()
    while pending:
        place, delay = pending.pop()
        if (place, delay) in seen:
            continue
        seen.add((place, delay))
        if delay:
            found.append((place, delay))
        elif place not in cells:
            pending.extend(template.nodes[place].reads)
    return found


def axes_at(meaning: Meaning, time: str) -> tuple[str, ...]:
    """The axes in front of a neuron's input as the neuron takes them."""
    lead = meaning.lead
    if time == "single":
        if any("T" in axis for axis in lead) and meaning.time != "static":
            raise NotSupported("computes one timestep, and reads all", "call it for each timestep")
        return lead
    wanted = {"TN": ("T", "N"), "NT": ("N", "T"), "NT merged": ("NT",)}[time]
    kept = tuple(axis for axis in lead if axis != "1")
    if kept == wanted or (time != "NT merged" and kept == ("T",)):
        return lead
    raise NotSupported(
        f"takes axes ({', '.join(wanted)}, …) and reads ({', '.join(lead)}, …)",
        "give the example in the layout that the framework takes, with time and batch",
    )


def without_time(lead: tuple[str, ...]) -> tuple[str, ...]:
    """The axes in front of one timestep."""
    return tuple(axis for axis in lead if axis != "T")


def shape_after(operation: Operation, sample: Shape) -> Shape:
    """Of what passes ``operation`` inside of a neuron. Raises NotSupported."""
    if isinstance(operation, Linear) and len(sample) != 1:
        raise NotSupported(f"its input weights read {sample}", "flatten its input")
    return (operation.weights.shape[0],) if isinstance(operation, Linear) else sample
