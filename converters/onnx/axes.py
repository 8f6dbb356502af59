"""Which axes of the input are time and batch: those with which the model can be understood.

A file does not say it, and a reshape of (N, T) to N·T reads the same as one of (T, N).
"""

from __future__ import annotations

from collections.abc import Iterator

from snnrt.converters.common.rollup.adapted import Neurons
from snnrt.converters.common.rollup.calls import Recording
from snnrt.converters.common.rollup.cells import count_steps
from snnrt.converters.common.rollup.input_axes import Axes, input_axes
from snnrt.converters.common.rollup.interpreter import Interpretation, Interpreter
from snnrt.converters.common.rollup.meaning import Meaning
from snnrt.converters.common.rollup.operations import Unsupported
from snnrt.errors import ModelError


def find_axes(recording: Recording, neurons: Neurons, called: bool, spiking: bool = False) -> Axes:
    """Those of the first input with which the least of what the result depends on is not understood.
    ``spiking``: the network is an ordinary one, whose activations are.

    Raises ModelError where neurons are called a different number of times.
    """
    steps, looped = count_steps(recording, neurons)
    told = input_axes(recording, neurons, steps if looped else None)
    best: tuple[int, Axes] | None = None
    for axes in _possible(told, recording.inputs[0].shape, steps if looped and not called else 1):
        try:
            found = Interpreter(recording, neurons, called, axes, spiking).run()
        except ModelError:
            continue
        refused = _refused(found)
        if best is None or refused < best[0]:
            best = (refused, axes)
        if not refused:
            break
    return told if best is None else best[1]


def _possible(told: Axes, shape: tuple[int, ...], steps: int) -> Iterator[Axes]:
    yield told
    rank = len(shape)
    if steps > 1:
        for lead in (("N", "T"), ("T", "N"), ("T",)):
            place = lead.index("T")
            if len(lead) < rank and shape[place] == steps:
                yield lead, (), steps
        if shape[0] % steps == 0 and rank > 1:
            yield ("NT",), (), steps
            yield ("TN",), (), steps
        if rank > 2 and shape[-1] == steps:
            yield ("N",), ("T",), steps
    if rank > 1:
        yield ("N",), (), None
    yield (), (), None


def _refused(found: Interpretation) -> int:
    """How many nodes that the result depends on are not understood."""
    result = found.result
    while isinstance(result, (list, dict)) and result:
        result = next(iter(result.values())) if isinstance(result, dict) else result[0]
    nodes = found.template.nodes
    if not isinstance(result, Meaning) or len(nodes[0].shape) not in (1, 2, 3):
        return len(nodes)
    return sum(
        isinstance(nodes[place].operation, Unsupported) for place in found.template.reachable(result.node)
    )
