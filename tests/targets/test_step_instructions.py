"""Instructions of the largest timestep: what the emulator counts stays within what the table says."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from c_programs import need_compiler
from small_networks import SMALL_NETWORKS

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from step_instructions import Fit, FullNetworks, measure, non_negative, toml

from snnrt.errors import TargetError
from snnrt.network import Network
from snnrt.targets.build_settings import SETTINGS
from snnrt.targets.emulator.cores import CORES
from snnrt.targets.step_instructions import GROUPS, TABLES, grouped_events, read_table, step_instructions

# later kernels may take fewer; CI asks for a new table when the bound is far off
LOOSE = 2.5


@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize("core", CORES.values(), ids=lambda core: core.name)
@pytest.mark.parametrize("setting", SETTINGS)
def test_no_whole_network_takes_more(core, numbers, setting):
    need_compiler(core.toolchain.prefix + "gcc")
    need_compiler(core.toolchain.emulator)
    graph = next(FullNetworks(numbers).whole_runs())
    _, found = measure(core, graph, setting)
    bound = step_instructions(Network(graph).graph, core.name, setting)
    assert found <= 1.01 * bound, "run make sizes"
    if numbers == "int8" or "-mfloat-abi=hard" in core.flags:
        assert bound < LOOSE * found, "run make sizes"


@pytest.mark.parametrize("core", ["cortex-m4", "rv32"])
def test_pools_of_values_take_no_more(core):
    need_compiler(CORES[core].toolchain.prefix + "gcc")
    need_compiler(CORES[core].toolchain.emulator)
    networks = FullNetworks("int8")
    source = networks.input(12, 10, 10)
    graph = networks.graph(networks.pool(source, 2), 2)
    _, found = measure(CORES[core], graph, "fast")
    assert found <= 1.05 * step_instructions(Network(graph).graph, core, "fast")


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4", "rv32"])
@pytest.mark.parametrize("channels", [8, 40])
def test_depthwise_convolutions_take_no_more(core, channels):
    need_compiler(CORES[core].toolchain.prefix + "gcc")
    need_compiler(CORES[core].toolchain.emulator)
    networks = FullNetworks("int8")
    source = networks.input(channels, 6, 6)
    x = networks.g.conv2d(source, np.full((channels, 1, 3, 3), 5, np.int8), groups=channels)
    graph = networks.graph(networks.pool(networks.neuron(x), 4), 2)
    _, found = measure(CORES[core], graph, "fast")
    bound = step_instructions(Network(graph).graph, core, "fast")
    assert found <= 1.05 * bound and bound < LOOSE * found


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_table_for_every_core_and_numbers(setting):
    table = read_table(setting)
    assert set(table) - {"format", "optimisation"} == set(CORES)
    for core in CORES:
        for numbers in ("int8", "float32"):
            row = table[core][numbers]
            assert min(row[group] for group in GROUPS) >= 0 and row["operation"] > 0.2
            # float in software takes a time that depends on the numbers
            hardware = numbers == "int8" or "-mfloat-abi=hard" in CORES[core].flags
            assert max(row["spread"], row["whole"]) < (1.45 if hardware else 4)


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_file_is_what_the_command_writes(setting):
    table = read_table(setting)
    fits = {
        core: {
            numbers: Fit({group: row[group] for group in GROUPS}, row["spread"], row["whole"])
            for numbers, row in table[core].items()
        }
        for core in CORES
    }
    assert toml(fits, setting) == TABLES[setting].read_text("utf-8")


def test_more_network_takes_more_instructions():
    small, _ = SMALL_NETWORKS["dense_lif"]("int8")
    large, _ = SMALL_NETWORKS["every_kind"]("int8")
    for core in CORES:
        assert 0 < step_instructions(small, core, "fast") < step_instructions(large, core, "fast")
    nodes = frozenset(node.name for node in large)
    assert step_instructions(large, "cortex-m4", "fast", nodes) == 0
    every, without = (grouped_events(large, "rv32", "fast", left_out=frozenset(out)) for out in ((), {"x"}))
    assert (every >= without).all()
    with pytest.raises(TargetError, match="expected the core 'z80', found none"):
        step_instructions(small, "z80", "small")


def test_weights_are_not_negative():
    random = np.random.default_rng(0)
    matrix = random.random((30, 4))
    np.testing.assert_allclose(non_negative(matrix, matrix @ [1, 0, 2, 3]), [1, 0, 2, 3], atol=1e-9)
    weights = non_negative(matrix, matrix @ [1, -2, 2, 3])
    assert weights.min() == 0 and weights[1] == 0
    matrix[:, 2] = 0
    assert non_negative(matrix, matrix @ [1, 1, 1, 1])[2] == 0
