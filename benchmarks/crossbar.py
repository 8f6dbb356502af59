"""The crossbar's reads against time: one array, and a whole network beside the core that it runs in.

    python benchmarks/crossbar.py

One thread, and seconds of its processor: others on the machine do not count. The figures of CrossSim 3.2.0
(one core, the same array) are stated, not measured here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from networks import peer_subject

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.device import Crossbar
from snnrt.ir.graph import Dense, Edge

ARRAY = {"cell_bits": 7, "on_off_ratio": 10.0, "programming_error": 0.05, "seed": 1}
CONVERTER = {"adc_bits": 5}
NOISE = {"device_read_noise": 0.02}
BATCH, SIZE, DENSITY = 1024, 64, 0.25
CROSSSIM_US = {"5-bit ADC": 0.57, "5-bit ADC and device noise": 285.0}
NETWORK_CHIPS = {
    "ideal": CrossbarConfig(),
    "programming error": CrossbarConfig(on_off_ratio=10, programming_error=0.02),
    "ADC": CrossbarConfig(on_off_ratio=10, programming_error=0.02, adc_bits=8),
    "read noise": CrossbarConfig(on_off_ratio=10, programming_error=0.02, device_read_noise=0.02),
    "ADC and read noise": CrossbarConfig(
        on_off_ratio=10, programming_error=0.02, adc_bits=8, device_read_noise=0.02
    ),
}


def best(calls: Sequence[Callable[[], object]], least_s: float = 3.0) -> list[float]:
    """Seconds of the fastest of several calls each, taken in turn, as a busy machine hits all alike."""
    found: list[list[float]] = [[] for _ in calls]
    end = time.perf_counter() + least_s
    while len(found[0]) < 10 or time.perf_counter() < end:
        for times, call in zip(found, calls):
            begun = time.thread_time()
            call()
            times.append(time.thread_time() - begun)
    return [min(times) for times in found]


def one_array() -> None:
    """Print the time of a read of one 64×64 pair, checks and counting included."""
    random = np.random.default_rng(0)
    node = Dense("array", (Edge("input"),), (SIZE,), random.integers(-127, 128, (SIZE, SIZE)).astype(np.int8))
    rows = (random.random((BATCH, SIZE)) < DENSITY).astype(np.int16)
    chips = {
        "no ADC": Crossbar(CrossbarConfig(**ARRAY)),
        "5-bit ADC": Crossbar(CrossbarConfig(**ARRAY, **CONVERTER)),
        "5-bit ADC and device noise": Crossbar(CrossbarConfig(**ARRAY, **CONVERTER, **NOISE)),
    }
    times = best([partial(chip.multiply, node, rows) for chip in chips.values()])
    print(f"one {SIZE}×{SIZE} pair, {DENSITY:.0%} spikes, programming error, batch {BATCH}, µs a read")
    for name, taken in zip(chips, times):
        stated = f", CrossSim {CROSSSIM_US[name]:g} (stated)" if name in CROSSSIM_US else ""
        print(f"  {name:28} {taken / BATCH * 1e6:.4f}{stated}")


def whole_network() -> None:
    """Print the time of an inference on the crossbar beside the core's own."""
    subject = peer_subject(64)
    network, x = subject.int8, subject.x
    chips = {name: Crossbar(config) for name, config in NETWORK_CHIPS.items()}
    run = partial(network.run, x, threads=1)
    for chip in chips.values():
        run(device=chip)  # programs it
    core, *times = best([run, *(partial(run, device=chip) for chip in chips.values())])
    print(f"{subject.name}, int8, ms an inference; the core alone {core / len(x) * 1e3:.3f}")
    for name, taken in zip(chips, times):
        print(f"  {name:28} {taken / len(x) * 1e3:.3f}, {taken / core:.1f} ×")


if __name__ == "__main__":
    one_array()
    whole_network()
