"""The kernels' instructions on emulated cores stay few."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from device_programs import need_core

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "kernel_instructions"))

from count import CASES, OTHERS, count, table

from snnrt.targets.emulator import CORES

# a tenth above what GCC 12.2 takes
LIMITS = {
    "cortex-m0": {"spikes_128": 4.3, "neuron_scalars": 43},
    "cortex-m4": {
        "spikes_128": 1.27,
        "values_128": 4.0,
        "neuron_scalars": 12.3,
        "neuron_channels_64": 24,
        "conv": 3.2,
    },
    "cortex-m55": {"spikes_128": 0.5, "values_128": 0.92, "neuron_scalars": 6.3, "conv": 2.1},
    "rv32": {"spikes_128": 2.5, "neuron_scalars": 27.5},
}


@pytest.mark.parametrize("name", LIMITS)
def test_kernels_take_few_instructions(name, tmp_path):
    found = count(need_core(name), tmp_path)
    assert list(found) == list(CASES)
    assert {case: found[case] for case, limit in LIMITS[name].items() if found[case] > limit} == {}


def test_the_table_has_every_case_and_core():
    lines = table({name: dict.fromkeys(CASES, 1.25) for name in CORES}).splitlines()
    assert len(lines) == 2 + len(CASES) + len(OTHERS)
    assert all(line.count("|") == len(CORES) + 2 for line in lines)
    assert lines[2] == "| LIF update, parameters for all |" + " 1.25 |" * len(CORES)
