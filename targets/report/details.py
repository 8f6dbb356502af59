"""What a report says beyond costs; a caller gives what it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snnrt.errors import DataError
from snnrt.results.counts import Counts
from snnrt.targets.estimation import TargetReport

Document = dict[str, Any]
"""JSON-able."""


@dataclass(frozen=True, eq=False)
class RunDetails:
    """Of N inputs, T timesteps and K classes; what is not known is None or empty, and left out of the page.

    ``inputs`` (N, *shape) or (N, T, *shape), as the network reads them; ``classes`` (N, T) int64, the answer
    after each timestep; ``probabilities`` (N,) of the answer at the exit; ``dynamic`` and ``static``: the
    events of both runs; ``class_names``: K of them; ``sweep``: :mod:`snnrt.targets.swept_costs`;
    ``promised``: whether the file promises something of this exit, and ``promise``: lines on what; ``made``:
    facts on where the report comes from, by name;
    ``period_s``: an input arrives every so many seconds.
    """

    inputs: np.ndarray | None = None
    classes: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    dynamic: Counts | None = None
    static: Counts | None = None
    class_names: Sequence[str] | None = None
    sweep: Document | None = None
    promised: bool = False
    promise: Sequence[str] = ()
    made: Mapping[str, str] = field(default_factory=dict)
    period_s: float | None = None

    def check(self, reports: Sequence[TargetReport]) -> None:
        """Raises DataError where there is no target, or the reports are not of the same inputs as this."""
        if not reports:
            raise DataError("the report needs at least one target; name one")
        n = len(reports[0].dynamic.timesteps)
        lengths = {len(report.dynamic.timesteps) for report in reports}
        for given in (self.inputs, self.classes, self.probabilities):
            lengths |= set() if given is None else {len(given)}
        for counts in (self.dynamic, self.static):
            lengths |= set() if counts is None else {len(counts.timesteps)}
        if lengths != {n}:
            raise DataError(
                f"a report's parts have {sorted(lengths)} inputs, expected one number for all; run them on "
                "the same data"
            )
