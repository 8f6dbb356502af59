"""pytest-benchmark suite: one inference, and a batch, of the demo network and the 28×28 network.

python -m pytest benchmarks/test_inference.py
"""

from __future__ import annotations

import numpy as np
import pytest
from core_program import CoreProgram
from networks import Subject, demo_subject, peer_inputs, peer_subject

from snnrt.devices.cpu import kernel_sets

SUBJECTS = {"demo": demo_subject, "28x28": peer_subject}
NUMBERS = ("int8", "float32")


@pytest.fixture(scope="module")
def subjects() -> dict[str, Subject]:
    return {name: make(4) for name, make in SUBJECTS.items()}


class CoreClock:
    """A clock that only the core's own runs move on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def read(self) -> float:
        return self.seconds


CORE_CLOCK = CoreClock()


@pytest.mark.parametrize("kernels", kernel_sets())
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("name", SUBJECTS)
def test_python(benchmark, subjects, name, numbers, kernels):
    network, x = subjects[name].network(numbers), subjects[name].x[:1]
    benchmark.group = f"{name}, batch 1, Python"
    result = benchmark(network.run, x, kernels=kernels)
    assert np.array_equal(result.logits, network.run(x, kernels="portable").logits)


@pytest.mark.parametrize("kernels", kernel_sets())
@pytest.mark.parametrize("numbers", NUMBERS)
def test_python_batch(benchmark, subjects, numbers, kernels):
    network, x = subjects["28x28"].network(numbers), peer_inputs(64, seed=3)
    benchmark.group = "28x28, batch 64, Python"
    result = benchmark.pedantic(network.run, (x,), {"kernels": kernels}, rounds=5, warmup_rounds=1)
    assert result.timesteps.tolist() == [network.graph.timesteps] * 64


@pytest.mark.benchmark(timer=CORE_CLOCK.read)
@pytest.mark.parametrize("kernels", kernel_sets())
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("name", SUBJECTS)
def test_core(benchmark, subjects, tmp_path_factory, name, numbers, kernels):
    """The C core without Python: the clock is moved on by the mean of the inputs' times."""
    network, x = subjects[name].network(numbers), subjects[name].x
    program = CoreProgram(network, x, tmp_path_factory.getbasetemp())
    benchmark.group = f"{name}, batch 1, core alone"

    def run():
        runs = program.run(kernels, 5)
        CORE_CLOCK.seconds += runs.nanoseconds.min(1).mean() * 1e-9
        return runs

    runs = benchmark.pedantic(run, rounds=10)
    assert np.array_equal(runs.classes, network.run(x).predictions)
