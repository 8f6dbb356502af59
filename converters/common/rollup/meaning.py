"""What a recorded tensor stands for: which node of the network, at which timestep, in which axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from snnrt.ir.graph import Shape

Time = Literal["static", "step", "sequence", "reduced"]


@dataclass(frozen=True)
class Meaning:
    """``node`` (its place in the template) gives it.

    ``time``: ``static`` (the same at every timestep), ``step`` number ``step``, a ``sequence`` of all of
    them, or ``reduced`` over them by ``mode``. Its axes are first ``lead`` and then those of ``sample``,
    the shape of one input at one timestep. ``lead``: ``T`` time, ``N`` batch, ``TN`` or ``NT`` both in
    one, the first the outer, ``1`` an axis of one. ``tail``: the like behind the sample's.
    """

    node: int
    time: Time
    lead: tuple[str, ...]
    sample: Shape
    step: int = 0
    mode: str = ""
    tail: tuple[str, ...] = ()

    def at(self, node: int, sample: Shape) -> Meaning:
        """The same axes, of another node."""
        return replace(self, node=node, sample=sample)

    @property
    def rank(self) -> int:
        """Axes of the tensor."""
        return len(self.lead) + len(self.sample) + len(self.tail)

    @property
    def axes(self) -> tuple[str | int, ...]:
        """What each axis of the tensor is: a word, or the number of the sample's axis."""
        return (*self.lead, *range(len(self.sample)), *self.tail)

    def with_axes(self, axes: Sequence[str | int]) -> Meaning | None:
        """The same in other ``axes``; None where the sample's are not together and in order."""
        places = [place for place, axis in enumerate(axes) if isinstance(axis, int)]
        if places and (
            places != list(range(places[0], places[-1] + 1))
            or [axes[place] for place in places] != sorted(axis for axis in axes if isinstance(axis, int))
        ):
            return None
        first, last = (places[0], places[-1] + 1) if places else (len(axes), len(axes))
        return replace(self, lead=tuple(map(str, axes[:first])), tail=tuple(map(str, axes[last:])))


def joined(meanings: list[Meaning]) -> Meaning | None:
    """Time and axes in front of what is computed from all of them; None where they do not go together."""
    times = {one.time for one in meanings} - {"static"}
    if len(times) > 1 or ("reduced" in times and len({one.mode for one in meanings}) > 1):
        return None
    # broadcasting: the longest axes in front win
    longest = max(
        meanings, key=lambda one: (len([axis for axis in one.lead if axis != "1"]), one.time != "static")
    )
    if not times:
        return longest
    moving = [one for one in meanings if one.time != "static"]
    step = max(one.step for one in moving)
    return replace(moving[0], lead=longest.lead, step=step)


def reshaped(meaning: Meaning, before: Shape, after: Shape, timesteps: int | None) -> Meaning | None:
    """What a reshape of a tensor of shape ``before`` into ``after`` leaves: the axes in front kept, merged or
    parted, the sample as it is or with other axes; None where they mix.
    """
    if meaning.tail:
        return None
    front = len(meaning.lead)
    size, batch = math.prod(meaning.sample), math.prod(before[:front])
    fits = [
        place
        for place in range(len(after) + 1)
        if math.prod(after[:place]) == batch and math.prod(after[place:]) == size
    ]
    if not fits:
        return None
    # a batch of one may stand in front of a sample that stays as it is
    whole = next((place for place in fits if after[place:] == meaning.sample), None)
    if front in fits and after[:front] == before[:front] and whole in (None, front):
        place, lead = front, meaning.lead
    else:
        place = next((one for one in fits if one >= 1), fits[0]) if whole is None else whole
        found = _lead(meaning.lead, before[:front], after[:place], timesteps)
        if found is None:
            return None
        lead = found
    sample = after[place:] or (1,)
    return replace(meaning, lead=lead, sample=tuple(sample)) if place < len(after) else None


def _lead(
    lead: tuple[str, ...], before: Shape, after: Shape, timesteps: int | None
) -> tuple[str, ...] | None:
    """The axes in front after a reshape of ``before`` into ``after``."""
    kept = tuple(axis for axis, length in zip(lead, before) if axis != "1")
    if len(after) == 0:
        return ()
    if (
        len(after) == len(kept)
        and tuple(length for axis, length in zip(lead, before) if axis != "1") == after
    ):
        return kept
    if len(after) == 1 and len(kept) == 2 and set(kept) == {"T", "N"}:
        return ("".join(kept),)
    if len(after) == 1 and len(kept) <= 1:
        return kept or ("N",)
    if len(after) == 2 and kept in (("TN",), ("NT",)):
        return tuple(kept[0])
    if len(after) == 2 and 1 in after and len(kept) == 1:
        return tuple("1" if length == 1 else kept[0] for length in after) if after != (1, 1) else ("1", *kept)
    return None
