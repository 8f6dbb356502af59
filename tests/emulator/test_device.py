"""A network's firmware on emulated cores: the host's results, instructions, memory, and what goes wrong."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from demo_network import demo_network
from device_programs import need_core
from small_networks import dense_lif, every_kind

from snnrt.errors import DataError, ModelError, SnnrtError
from snnrt.ir.graph import Dense, Edge, Exit, Graph, Input, Readout
from snnrt.network import Network
from snnrt.results.counts import Counts
from snnrt.results.request import Capabilities, checked_request
from snnrt.results.result import Result
from snnrt.targets.emulator import CORES, EmulatedResult, build, device, run_emulated, symbols, worst_step
from snnrt.targets.emulator.cores import Region
from snnrt.targets.worst_case import node_work

RECORD = ("spikes", "membranes")
# what firmware must not be linked with: a heap, and in integer models floating point in software
HEAP = {"malloc", "free", "calloc", "realloc", "sbrk", "_sbrk", "_malloc_r", "_free_r"}
SOFT_FLOAT = (
    "__aeabi_f", "__aeabi_d", "__aeabi_i2f", "__aeabi_ui2f", "__aeabi_i2d", "__aeabi_l2f", "__addsf",
    "__mulsf", "__divsf", "__subsf", "__floats", "__fixsf", "__adddf", "__muldf",
)  # fmt: skip


EMULATOR = Capabilities("emulator")


def assert_same(found: Result, expected: Result) -> None:
    """Every bit of what both have."""
    for field in ("predictions", "timesteps", "scores", "logits"):
        np.testing.assert_array_equal(getattr(found, field), getattr(expected, field), err_msg=field)
    for field in Counts.FIELDS:
        np.testing.assert_array_equal(getattr(found.counts, field), getattr(expected.counts, field))
    for recorded in RECORD:
        assert getattr(found, recorded).keys() == getattr(expected, recorded).keys()
        for name, values in getattr(expected, recorded).items():
            np.testing.assert_array_equal(getattr(found, recorded)[name], values, err_msg=name)


@pytest.mark.parametrize("name", CORES)
def test_the_demo_network(name, monkeypatch):
    core = need_core(name)
    linked: list[set[str]] = []

    def build_and_look(*arguments, **options):
        image = build(*arguments, **options)
        linked.append(symbols(core, image))
        return image

    monkeypatch.setattr(device, "build", build_and_look)
    network, x = demo_network("int8")
    x = x[:24]
    expected = network.run(x)
    assert len(set(expected.timesteps)) > 1
    found = network.run(x, device=f"emulator:{name}")
    assert_same(found, expected)
    info = network.file_info()
    assert found.arena_bytes == info.arena_bytes and found.sizes.model == info.file_bytes
    assert found.sizes.ram > info.arena_bytes
    # an inference is its reset and its steps; no step takes nothing, and nothing is counted after the exit
    steps = found.step_instructions
    assert steps.shape == (24, 4) and steps.dtype == found.instructions.dtype == np.int64
    happened = np.arange(4) < found.timesteps[:, None]
    assert np.all((steps > 1000) == happened) and np.all(steps[~happened] == 0)
    resets = found.instructions - steps.sum(1)
    assert np.all(resets > 10) and len(set(resets)) == 1
    assert 0 < found.init_stack_bytes < 1024 and 0 < found.stack_bytes < 4096
    # the build that is measured and the one that counts
    assert len(linked) == 2
    for names in linked:
        assert {"snnrt_network_step", "board_reset"} <= names and not names & HEAP
        assert not {symbol for symbol in names if symbol.startswith(SOFT_FLOAT)}


@pytest.mark.parametrize(
    "name, numbers", [("cortex-m0", "int8"), ("rv32", "int8"), ("cortex-m4", "float32"), ("rv32", "float32")]
)
def test_spikes_over_time_with_recordings(name, numbers):
    need_core(name)
    graph, x = every_kind(numbers)
    network = Network(graph)
    options = {"record": RECORD, "exit": "confidence:0.45"}
    found = network.run(x, device=f"emulator:{name}", **options)
    expected = network.run(x, **options)
    assert_same(found, expected)
    assert len(set(expected.timesteps)) > 1


def test_other_timesteps_than_the_models():
    need_core("cortex-m4")
    network = Network(dense_lif("float32")[0])
    x = dense_lif("float32")[1]
    for options in ({"timesteps": 300, "exit": "never"}, {"timesteps": 2}):
        found = network.run(x, device="emulator:cortex-m4", **options)
        assert_same(found, network.run(x, **options))
        assert found.step_instructions.shape == (len(x), options["timesteps"])


def measure(network: Network, x: np.ndarray, name: str) -> EmulatedResult:
    """A run without the build that counts events."""
    return run_emulated(network.model, checked_request(network.graph, x, EMULATOR), name, count=False)


def test_two_runs_count_the_same_and_recording_costs_nothing():
    need_core("cortex-m33")
    network, x = demo_network("int8")
    first, alone = (measure(network, one, "cortex-m33") for one in (x[:3], x[2:3]))
    second = network.run(x[:3], device="emulator:cortex-m33", record=RECORD)
    np.testing.assert_array_equal(first.step_instructions, second.step_instructions)
    np.testing.assert_array_equal(first.instructions, second.instructions)
    assert first.init_instructions == second.init_instructions and first.stack_bytes == second.stack_bytes
    # inputs do not influence each other
    np.testing.assert_array_equal(alone.step_instructions[0], first.step_instructions[2])


def test_more_input_is_more_instructions():
    need_core("cortex-m4")
    graph = dense_network(64, 32)
    rows = np.stack([np.arange(64) < active for active in (0, 8, 16, 64)]).astype(np.float32)
    found = Network(graph).run(rows[:, None], device="emulator:cortex-m4")
    silent, eight, sixteen, all_ = found.instructions.tolist()
    assert silent < eight < sixteen < all_
    np.testing.assert_array_equal(found.counts.synaptic_operations[:, 1], [0, 256, 512, 2048])


def dense_network(inputs: int, outputs: int) -> Graph:
    """Spikes into one dense layer."""
    weights = np.random.default_rng(0).integers(-127, 128, (outputs, inputs)).astype(np.int8)
    one = np.ones(outputs, np.float32)
    nodes = (
        Input("x", (), (inputs,), encoding="spikes", scale=1.0, peak=1),
        Dense("d", (Edge("x"),), (outputs,), weights=weights, scale=one),
        Readout("r", (Edge("d"),), (outputs,), scale=one),
        Exit("e", (Edge("r"),), (outputs,), rule="never"),
    )
    return Graph(nodes, 1, "integer")


def test_a_model_of_two_megabytes_runs():
    need_core("cortex-m4")
    network = Network(dense_network(8192, 255))
    x = (np.random.default_rng(1).random((1, 1, 8192)) < 0.01).astype(np.float32)
    assert len(network.to_bytes()) > 2_000_000
    found = network.run(x, device="emulator:cortex-m4")
    assert_same(found, network.run(x))


def test_a_model_that_does_not_fit_is_refused_before_the_build(monkeypatch):
    core = need_core("cortex-m4")
    network = Network(dense_network(64, 32))
    size = len(network.to_bytes())

    def run(**regions: Region) -> None:
        small = dataclasses.replace(core, **regions)
        request = checked_request(network.graph, np.zeros((1, 1, 64), np.float32), EMULATOR)
        run_emulated(network.model, request, small)

    monkeypatch.setattr(device, "build", None)
    with pytest.raises(
        ModelError, match=f"needs {size} bytes of read-only memory for the model.*has {size - 1}"
    ):
        run(model=Region(0x40000, size - 1))
    with pytest.raises(ModelError, match=r"needs \d+ bytes of RAM, and the board has 65536"):
        run(ram=Region(0x20000000, 65536))


def test_a_core_that_refuses_the_model_says_why(monkeypatch):
    need_core("cortex-m0")
    real = device.options_for
    monkeypatch.setattr(device, "options_for", lambda graph, **given: real(graph, **given, conv2d=0))
    network, x = demo_network("int8")
    with pytest.raises(
        ModelError, match=r"snnrt_network_init: node '.*needs a kernel that this build leaves out"
    ) as caught:
        network.run(x[:1], device="emulator:cortex-m0")
    assert "\n" not in str(caught.value)


def test_bad_arguments():
    network = Network(dense_lif("int8")[0])
    x = dense_lif("int8")[1]
    with pytest.raises(SnnrtError, match="device emulator: expected one of emulator:cortex-m0, "):
        network.run(x, device="emulator:z80")
    with pytest.raises(DataError, match=r"device: expected one of cpu, .*, found 'gpu'"):
        network.run(x, device="gpu")
    with pytest.raises(DataError):
        network.run(x[:, :2], device="emulator:cortex-m0")


def test_the_worst_step_is_the_longest():
    need_core("cortex-m4")
    network, x = demo_network("int8")
    worst = worst_step(network.graph, "cortex-m4")
    longest = int(worst.step_instructions.max())
    assert longest > int(measure(network, x[:8], "cortex-m4").step_instructions.max())
    # everything was active in that step: as many operations as there can be
    work = {one.name: one for one in node_work(network.graph)}
    steps = int(worst.timesteps[0])
    for place, name in enumerate(worst.counts.nodes):
        times = 1 if work[name].static else steps
        assert worst.counts.neuron_updates[0, place] == work[name].neuron_updates * steps
        if work[name].static:
            assert worst.counts.synaptic_operations[0, place] == work[name].synaptic_operations * times
        else:
            # the last layer's neurons may be silent in the first step
            done = int(worst.counts.synaptic_operations[0, place])
            assert work[name].synaptic_operations * (times - 1) <= done


def test_compiled_files_are_shared_by_networks_that_have_them_alike():
    """The core once for both, the program of each by itself; the counts are those of builds of their own."""
    core = need_core("cortex-m4")
    graph, x = dense_lif("int8")
    (dense,) = [node for node in graph if isinstance(node, Dense)][:1]
    other = graph.with_(
        nodes=tuple(node.with_(weights=-node.weights) if node is dense else node for node in graph)
    )
    objects: dict[str, bytes] = {}
    sizes = []
    for one in (graph, other, graph):
        model = Network(one).model
        request = checked_request(model.graph, x[:1], EMULATOR)
        shared = run_emulated(model, request, core, count=False, objects=objects)
        alone = run_emulated(model, request, core, count=False)
        np.testing.assert_array_equal(shared.step_instructions, alone.step_instructions)
        np.testing.assert_array_equal(shared.logits, alone.logits)
        sizes.append(len(objects))
    assert sizes[0] == sizes[1] == sizes[2] > 2
