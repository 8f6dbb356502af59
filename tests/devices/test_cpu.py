"""The C core by many threads: the same bits as alone, and Ctrl-C ends what runs."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from effort import effort, whole
from small_networks import SMALL_NETWORKS, dense_lif, image_conv

from snnrt.devices import batches, cpu
from snnrt.errors import DataError
from snnrt.network import Network
from snnrt.results.counts import Counts
from snnrt.results.result import Result

RECORD = ("spikes", "membranes")
THREADS, RUNS = 8, effort(1250)


def same(found: Result, expected: Result) -> bool:
    """Every bit of what both have."""
    pairs = [
        (getattr(found, f), getattr(expected, f)) for f in ("predictions", "timesteps", "scores", "logits")
    ]
    pairs += [(getattr(found.counts, field), getattr(expected.counts, field)) for field in Counts.FIELDS]
    for recorded in RECORD:
        pairs += [(getattr(found, recorded)[name], a) for name, a in getattr(expected, recorded).items()]
    return all(one.dtype == other.dtype and one.tobytes() == other.tobytes() for one, other in pairs)


@pytest.mark.parametrize("name", SMALL_NETWORKS)
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_many_threads_on_one_network_give_the_bits_of_one(name, numbers):
    graph, x = SMALL_NETWORKS[name](numbers)
    network = Network(graph)
    orders = [
        {},
        {"exit": "never"},
        {"exit": "confidence:0.9", "record": RECORD},
        {"kernels": "portable"},
    ]
    jobs = [(x[i : i + 1 + j], options) for i in range(3) for j, options in enumerate(orders)]
    expected = [network.run(values, **options) for values, options in jobs]
    start = threading.Barrier(THREADS)

    def run(thread: int) -> int:
        start.wait()
        wrong = 0
        for turn in range(RUNS):
            place = (thread * 5 + turn) % len(jobs)
            values, options = jobs[place]
            wrong += not same(network.run(values, **options), expected[place])
        return wrong

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(run, range(THREADS))) == [0] * THREADS


def tell(told: list[int], done: int, total: int) -> None:
    told.append(done)


@pytest.mark.parametrize("name", [*SMALL_NETWORKS, "image_conv"])
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_any_number_of_threads_gives_the_same_bits(name, numbers, monkeypatch):
    graph, x = {**SMALL_NETWORKS, "image_conv": image_conv}[name](numbers)
    network = Network(graph)
    x = np.concatenate([x, x[::-1], np.zeros_like(x), x] * 6)
    expected = network.run(x, threads=1, record=RECORD)
    # so that these few small inputs are worth threads
    monkeypatch.setattr(cpu, "_WORTH_A_THREAD", 0)
    started = []
    run_parts = cpu.run_parts
    monkeypatch.setattr(cpu, "run_parts", lambda *a: (started.append(a[2]), run_parts(*a)))
    for threads in (2, 3, 16, None):
        told: list[int] = []
        found = network.run(x, threads=threads, record=RECORD, progress=partial(tell, told))
        assert same(found, expected)
        assert told[-1] == len(x) and told == sorted(told)
    # with two cores or more
    assert started[:3] == [2, 3, 16]


@pytest.mark.parametrize("name", [*SMALL_NETWORKS, "image_conv"])
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_an_input_alone_gives_what_it_gives_among_others(name, numbers):
    """Also what an earlier result holds: the core writes the next one where it wrote that."""
    graph, x = {**SMALL_NETWORKS, "image_conv": image_conv}[name](numbers)
    network = Network(graph)
    together = network.run(x)
    alone = [network.run(x[place : place + 1]) for place in range(len(x))]
    for field in ("predictions", "timesteps", "scores", "logits"):
        found = np.concatenate([getattr(one, field) for one in alone])
        assert found.tobytes() == getattr(together, field).tobytes(), field
    for field in Counts.FIELDS:
        found = np.concatenate([getattr(one.counts, field) for one in alone])
        assert found.tobytes() == getattr(together.counts, field).tobytes(), field
    told = []
    network.run(x[:1], progress=lambda *at: told.append(at))
    assert told == [(1, 1)]


def test_one_input_pays_for_no_thread(monkeypatch):
    network, x = Network(dense_lif("int8")[0]), dense_lif("int8")[1]
    monkeypatch.setattr(cpu, "run_parts", None)
    assert len(network.run(x).predictions) == len(x)


def test_a_kernel_set_by_the_name_of_the_device():
    graph, x = image_conv("int8")
    network = Network(graph)
    for name in cpu.kernel_sets():
        assert same(network.run(x, device=f"cpu:{name}"), network.run(x, kernels=name))
    with pytest.raises(DataError, match="kernels: expected one of portable, found 'avx2'"):
        network.run(x, device="cpu:portable", kernels="avx2")


def test_a_network_that_is_gone_takes_its_memory_along():
    graph, x = dense_lif("int8")
    network = Network(graph)
    network.run(x)
    program = weakref.ref(cpu._programs[network.model])
    del network
    gc.collect()
    assert program() is None


SLOW = """
import signal, sys, time
import numpy as np
from snnrt.ir.graph import Conv2d, Edge, Exit, Flatten, Dense, Graph, Input, Neuron, Readout
from snnrt.network import Network

signal.signal(signal.SIGINT, signal.default_int_handler)
side, inputs, steps = map(int, sys.argv[1:])
random = np.random.default_rng(0)
weights = random.standard_normal((32, 32, 3, 3)).astype(np.float32)
one = np.ones((), np.float32)
shape = (32, side, side)
nodes = [Input("x", (), shape)]
for place in range(2):
    nodes.append(Conv2d(f"c{place}", (Edge(nodes[-1].name),), shape, weights=weights, padding=(1, 1, 1, 1)))
    nodes.append(Neuron(f"n{place}", (Edge(nodes[-1].name),), shape, membrane=one, threshold=one))
nodes += [
    Flatten("f", (Edge("n1"),), (32 * side * side,)),
    Dense("d", (Edge("f"),), (2,), weights=np.zeros((2, 32 * side * side), np.float32)),
    Readout("r", (Edge("d"),), (2,)),
    Exit("e", (Edge("r"),), (2,)),
]
network = Network(Graph(tuple(nodes), steps))
x = np.ones((inputs, *shape), np.float32)
print("running", flush=True)
network.run(x, kernels="portable", threads=int(1 if inputs == 1 else 2))
print("done", flush=True)
"""


@whole
@pytest.mark.parametrize(
    ("side", "inputs", "steps"),
    [(8, 1000, 2000), (32, 2, 40_000), (32, 1, 40_000), (384, 1, 1000)],
    ids=["many", "few", "one long", "slow steps"],
)
def test_ctrl_c_ends_a_run_within_a_second(side, inputs, steps):
    command = [sys.executable, "-c", SLOW, str(side), str(inputs), str(steps)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "running\n"
    time.sleep(0.3)
    assert process.poll() is None
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    took = time.monotonic() - begun
    assert "KeyboardInterrupt" in err and out == ""
    assert took < 1.0, f"{took:.2f} s"


def test_an_interrupt_leaves_the_network_usable(monkeypatch):
    graph, x = image_conv("int8")
    network = Network(graph)
    expected = network.run(x)
    monkeypatch.setattr(cpu, "_WORTH_A_THREAD", 0)

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        network.run(np.concatenate([x] * 50), progress=interrupt, threads=2)
    assert same(network.run(x), expected)


def test_all_cores_are_those_that_the_process_may_use():
    assert batches.all_cores() >= 1


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_accumulators_of_every_timestep(numbers):
    """What the last of them gives as logits is the result's, and the reference has the same bits."""
    graph, x = dense_lif(numbers)
    network = Network(graph)
    found = network.run(x, exit="never", record=["accumulators"])
    expected = network.run(x, exit="never", record=["accumulators"], device="reference")
    assert found.accumulators.dtype == (np.int32 if numbers == "int8" else np.float32)
    assert found.accumulators.tobytes() == expected.accumulators.tobytes()
    for step in range(1, graph.timesteps + 1):
        shorter = network.run(x, exit="never", timesteps=step, record=["accumulators"])
        assert shorter.accumulators.tobytes() == found.accumulators[:, :step].tobytes()
    assert network.run(x).accumulators is None
