"""Whose rules a network's neurons follow, and what that assumes.

A source may leave open the length of a timestep, the reset, ``>`` or ``≥``, several spikes a step. A
:class:`Rules` settles them: what the caller chose, else the framework's defaults.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from snnrt.converters.frameworks.choices import RESETS, Choices, ResetChoice
from snnrt.converters.frameworks.framework import Framework, Mechanisms
from snnrt.converters.frameworks.registry import find_framework
from snnrt.errors import ModelError
from snnrt.ir.spec import LARGEST_INT16


@dataclass(frozen=True)
class Rules:
    """A framework, and the choices that the source leaves open; ``reset`` ``value`` needs a reset value."""

    framework: Framework
    dt: float
    reset: ResetChoice | Literal["value"]
    strict: bool = False
    multiple: bool = False
    max_spikes: int = 1
    lower_bound: float | None = None
    normalise_input: bool | None = None
    reset_delay: bool = True


def choose_rules(name: str, choices: Choices) -> Rules:
    """The rules of the framework ``name`` under ``choices``.

    Raises ModelError for an unknown framework, and where the choices contradict it or each other.
    """
    framework = find_framework(name)
    if choices.reset is not None and choices.reset not in RESETS:
        raise ModelError(f"reset: expected one of {', '.join(RESETS)}, found {choices.reset!r}")
    dt = framework.dt if choices.dt is None else float(choices.dt)
    if not (math.isfinite(dt) and dt > 0):
        raise ModelError(f"dt: expected seconds above 0, found {dt}")
    several = framework.multiple if choices.multiple is None else bool(choices.multiple)
    strict = framework.strict and not several if choices.strict is None else bool(choices.strict)
    if several and strict:
        raise ModelError("strict: expected not set where a neuron fires several spikes a step; leave one out")
    if choices.reset_delay is not None and (not framework.resets_late or choices.reset == "subtract_now"):
        raise ModelError(
            f"reset_delay: expected none: {framework.title} with reset {choices.reset or framework.reset!r} "
            "does not reset at the next step; leave it out"
        )
    if several and framework.resets_late and choices.reset in (None, "subtract"):
        raise ModelError(
            f"multiple: {framework.title} resets one spike, at the next step; "
            "use reset 'subtract_now' with it"
        )
    if not 1 <= int(choices.max_spikes) <= LARGEST_INT16:
        raise ModelError(f"max_spikes: expected 1 to {LARGEST_INT16}, found {choices.max_spikes}")
    if choices.lower_bound is not None and not math.isfinite(choices.lower_bound):
        raise ModelError(f"lower_bound: expected a finite number, found {choices.lower_bound}")
    return Rules(
        framework, dt, choices.reset or framework.reset, strict, several,
        int(choices.max_spikes) if several else 1, choices.lower_bound, choices.normalise_input,
        choices.reset_delay is not False,
    )  # fmt: skip


def describe(rules: Rules, choices: Choices, neurons: Collection[Mechanisms], delays: bool) -> list[str]:
    """What was assumed because neither the source nor the caller says it, a line each.

    ``neurons``: the mechanisms of those in the network; ``delays``: it has delays, in seconds.
    """
    framework, lines = rules.framework, []
    if choices.dt is None and (neurons or delays):
        lines.append(framework.dt_line.format(dt=f"{rules.dt:g}"))
    if any(neuron.fires for neuron in neurons):
        if choices.reset is None:
            lines.append(framework.reset_line)
        if choices.strict is None and not rules.multiple:
            sign = ">" if rules.strict else "≥"
            lines.append(f"a neuron fires where v {sign} threshold ({framework.title}'s rule)")
        if choices.multiple and rules.max_spikes == Choices.max_spikes:
            lines.append(f"a neuron fires up to {rules.max_spikes} spikes a step (our default max_spikes)")
    return lines + framework.further_lines(choices, neurons)
