"""Parts of a report must be of the same inputs."""

from __future__ import annotations

import numpy as np
import pytest
from published_networks import Builder, counts_at

from snnrt.errors import DataError
from snnrt.targets import compare
from snnrt.targets.report.details import RunDetails


def test_lengths() -> None:
    builder = Builder((16,), encoding="spikes", timesteps=4)
    graph = builder.dense(2).neuron().graph()
    counts = counts_at(graph, 0.2, [4, 4])
    report = compare(graph, counts, counts, "loihi")
    RunDetails(classes=np.zeros((2, 4)), dynamic=counts).check([report])
    for wrong in (RunDetails(classes=np.zeros((3, 4))), RunDetails(static=counts_at(graph, 0.2, [4]))):
        with pytest.raises(DataError, match="expected one number for all"):
            wrong.check([report])
    with pytest.raises(DataError, match="at least one target"):
        RunDetails().check([])
