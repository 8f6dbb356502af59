"""What a training framework is to an importer: its defaults, and its words for them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from snnrt.converters.frameworks.choices import Choices


@dataclass(frozen=True)
class Mechanisms:
    """Which mechanisms a neuron has: a membrane that leaks, a synaptic current, a threshold."""

    leaky: bool = False
    synapse: bool = False
    fires: bool = False


def _nothing_further(choices: Choices, neurons: Collection[Mechanisms]) -> list[str]:
    return []


@dataclass(frozen=True)
class Framework:
    """A framework's defaults.

    ``name``: as options take it; ``title``: as its makers write it. ``dt``: of a timestep, in seconds unless
    ``dt_line`` says otherwise. ``reset``: by the threshold, or to a value. ``strict``: fires where
    v > threshold, not ≥. ``multiple``: several spikes a step. ``resets_late``: the reset is applied at the
    next step. ``starts_at_reset``: the membrane's first value is the reset value.

    ``dt_line`` (``{dt}`` is filled in) and ``reset_line`` say what is assumed where the caller gives
    neither; ``further_lines`` says what else is, for neurons with these mechanisms.
    """

    name: str
    title: str
    dt: float
    dt_line: str
    reset: Literal["subtract", "value"]
    reset_line: str
    strict: bool
    multiple: bool = False
    resets_late: bool = False
    starts_at_reset: bool = False
    further_lines: Callable[[Choices, Collection[Mechanisms]], list[str]] = _nothing_further

    @property
    def brief(self) -> str:
        """Its rules in a few words, for messages that set frameworks beside each other."""
        reset = "subtracts the threshold" if self.reset == "subtract" else "resets to a value"
        when = " a step later" if self.resets_late else ""
        fires = "several spikes a step" if self.multiple else f"fires at v {'>' if self.strict else '≥'} θ"
        return f"{self.name} (dt {self.dt:g}, {fires}, {reset}{when})"
