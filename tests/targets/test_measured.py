"""Cycles of a board beside the estimate."""

from __future__ import annotations

import numpy as np
import pytest
from demo_network import demo_network

from snnrt.errors import DataError
from snnrt.targets.measured import measured_on


def test_cycles_are_time_and_energy_of_the_profile():
    network, x = demo_network("int8")
    report, other = network.profile(x[:4], target=["stm32u575", "dt-snn"])
    clock = report.target.clock.si
    estimated = report.dynamic.latency_s[:3].mean() * clock
    (found,) = measured_on([report, other], np.full(3, 2000))
    assert (found.target, found.inputs, found.cycles) == ("stm32u575", 3, 2000.0)
    assert found.latency_s == pytest.approx(2000 / clock)
    assert found.energy_j == pytest.approx(2000 * report.target.energy_per_cycle.si)
    assert found.ratio == pytest.approx(2000 / estimated)
    for reports, cycles, said in (
        ([report], np.array([5, 0]), "found 0"),
        ([report], np.full(5, 9), "at most 4 inputs, found 5"),
        ([other], np.full(2, 9), "expected a microcontroller"),
    ):
        with pytest.raises(DataError, match=said):
            measured_on(reports, cycles)
