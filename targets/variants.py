"""The same hardware at other figures of their bands, and with choices the other way."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

from snnrt.targets.figures import Corner
from snnrt.targets.target import Microcontroller, Target

CHOICE = "static_layers"
"""The choice that a reader of a network cannot know and that moves results: it is inside every band."""

_ENDS: tuple[Corner, ...] = ("low", "high")


def other_choices(target: Target) -> dict[str, Target]:
    """``target`` with each value of :data:`CHOICE`, by ``static_layers = VALUE``; none where it has no
    choice."""
    if CHOICE not in target.choices:
        return {}
    field = next(item for item in dataclasses.fields(target) if item.name == CHOICE)
    return {f"{CHOICE} = {value}": replace(target, **{CHOICE: value}) for value in field.metadata["choices"]}  # type: ignore[arg-type]


def variants_of(target: Target) -> dict[str, Target]:
    """What a band reaches over: every figure at its low end and every one at its high end, and each figure
    alone, for each value of the choice.

    A microcontroller's figures multiply or add: its ends are those of all figures together.
    """
    bases = other_choices(target) or {"": target}
    found = {}
    for name, base in bases.items():
        if name:
            found[name] = base
        for corner in _ENDS if target.has_band else ():
            found[f"{name} every figure {corner}".strip()] = base.at(corner)
            if isinstance(target, Microcontroller):
                continue
            for figure_name, figure in base.figures.items():
                if figure.has_band:
                    changes = {figure_name: figure.at(corner)}
                    found[f"{name} {figure_name} {corner}".strip()] = replace(base, **changes)  # type: ignore[arg-type]
            for place, charge in enumerate(base.charges):
                if charge.figure.has_band:
                    charges = list(base.charges)
                    charges[place] = charge.at_corner(corner)
                    what = f"{charge.event} → {charge.component}"
                    found[f"{name} {what} {corner}".strip()] = replace(base, charges=tuple(charges))
    return found
