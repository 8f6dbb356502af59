"""What a caller may say about a network's neurons, where its source does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ResetChoice = Literal["subtract", "subtract_now", "zero", "none"]
RESETS: tuple[ResetChoice, ...] = ("subtract", "subtract_now", "zero", "none")


@dataclass(frozen=True)
class Choices:
    """None: not given, so the framework's default holds and is said among the assumptions.

    ``dt``: seconds (Sinabs: steps). ``reset``: ``subtract`` and ``zero`` when the framework does it,
    ``subtract_now``, ``none``. ``strict``: fires where v > threshold, not ≥. ``multiple``: up to
    ``max_spikes`` spikes a step. ``lower_bound``: of the membrane of neurons that fire.
    ``reset_delay``: False where the framework resets at the next step but was told not to (snnTorch's
    ``reset_delay=False``). ``normalise_input``: scale the input by 1 − α (Sinabs' norm_input).
    """

    dt: float | None = None
    reset: ResetChoice | None = None
    strict: bool | None = None
    multiple: bool | None = None
    max_spikes: int = 255
    lower_bound: float | None = None
    normalise_input: bool | None = None
    reset_delay: bool | None = None
