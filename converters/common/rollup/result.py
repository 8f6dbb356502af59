"""Which of a module's results are the logits, and how they come from the timesteps."""

from __future__ import annotations

from typing import Any

from snnrt.converters.common.rollup.interpreter import Interpretation
from snnrt.converters.common.rollup.meaning import Meaning
from snnrt.converters.common.rollup.operations import Unsupported
from snnrt.errors import ModelError
from snnrt.ir.nodes.readout import ReadoutMode

_READOUTS: dict[str, ReadoutMode] = {"sum": "sum", "mean": "mean", "maximum": "maximum", "last": "last"}


def choose_output(found: Interpretation, logits: int | str | None) -> tuple[Meaning, list[str]]:
    """The Meaning of the module's result that the logits come from, and what that assumes.

    ``logits``: its place or key where the module gives several; None: the first. A list of timesteps is a
    sequence. Raises ModelError where there is none.
    """
    result, notes = _turned(found), []
    if isinstance(result, dict):
        key = next(iter(result), None) if logits is None else logits
        if key not in result:
            raise ModelError(f"logits: expected one of {', '.join(map(repr, result))}, found {logits!r}")
        if logits is None and len(result) > 1:
            notes.append(f"the logits come from {key!r} of the module's results; choose another with logits")
        result = result[key]
    elif isinstance(result, list) and not _is_sequence(found, result):
        place = 0 if logits is None else logits
        if not isinstance(place, int) or not -len(result) <= place < len(result):
            raise ModelError(f"logits: expected 0 to {len(result) - 1}, found {logits!r}")
        if logits is None and len(result) > 1:
            notes.append("the logits come from the first of the module's results; choose another with logits")
        result = result[place]
    elif logits not in (None, 0):
        raise ModelError(f"logits: the module gives one result; expected 0 or nothing, found {logits!r}")
    if isinstance(result, list) and _is_sequence(found, result):
        first = result[0]
        return Meaning(first.node, "sequence", ("T", *first.lead), first.sample), notes
    if not isinstance(result, Meaning):
        raise ModelError(
            "the module's result does not come from its input; expected a tensor of logits or spikes, or "
            "several of which logits names one"
        )
    return result, notes


def readout_of(found: Interpretation, meaning: Meaning) -> tuple[ReadoutMode, str | None]:
    """The readout that the module itself applies, and what is assumed where it leaves it open."""
    if isinstance(found.template.nodes[meaning.node].operation, Unsupported):
        return "sum", None
    if meaning.time == "reduced":
        return _READOUTS[meaning.mode], None
    if meaning.time == "step" and found.timesteps > 1 and not found.called:
        if meaning.step != found.timesteps - 1:
            raise ModelError(
                f"the result is that of timestep {meaning.step + 1} of {found.timesteps}; expected all, "
                "or the last"
            )
        return "last", None
    return "sum", "logits: the sum over the timesteps (the module leaves it open); choose with readout"


def _is_sequence(found: Interpretation, result: list[Any]) -> bool:
    """All timesteps of one node, in order."""
    if len(result) != found.timesteps or found.timesteps < 2:
        return False
    if not all(isinstance(one, Meaning) and one.time == "step" for one in result):
        return False
    return [one.step for one in result] == list(range(found.timesteps)) and len(
        {one.node for one in result}
    ) == 1


def _turned(found: Interpretation) -> Any:
    """The module's result; where it was called once a timestep, of a list of results a result of lists."""
    result = found.result
    if not found.called or isinstance(result[0], Meaning):
        return result
    if isinstance(result[0], dict):
        return {key: [one[key] for one in result] for key in result[0]}
    return [list(one) for one in zip(*result)] if isinstance(result[0], list) else result
