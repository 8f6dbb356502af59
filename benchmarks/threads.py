"""One network run by many threads: what cores save, and what a single input pays in Python.

    python benchmarks/threads.py            # speed-up of a batch by number of threads, overhead of one input
    python benchmarks/threads.py --load     # 8 threads x 1250 runs on one network: the same bits as alone

Under AddressSanitizer, with a core of its own beside the installed one:

    export CFLAGS='-fsanitize=address -g -O1' LDFLAGS=-fsanitize=address
    python setup.py build --build-base build/asan
    export PYTHONPATH=$(echo build/asan/lib*) ASAN_OPTIONS=detect_leaks=0
    LD_PRELOAD=$(gcc -print-file-name=libasan.so) python benchmarks/threads.py --load
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from networks import peer_inputs, peer_network

from snnrt.devices.batches import all_cores
from snnrt.network import Network

THREADS, RUNS = 8, 1250


def best(calls: Sequence[Callable[[], object]], least_s: float = 4.0) -> list[float]:
    """Seconds of the fastest of several calls each, taken in turn, as a busy machine hits all alike."""
    found: list[list[float]] = [[] for _ in calls]
    end = time.perf_counter() + least_s
    while len(found[0]) < 5 or time.perf_counter() < end:
        for times, call in zip(found, calls):
            begun = time.perf_counter()
            call()
            times.append(time.perf_counter() - begun)
    return [min(times) for times in found]


def speed_up(network: Network, inputs: int) -> None:
    """Print the time of a batch by the number of threads."""
    x = peer_inputs(inputs)
    threads = sorted({1, 2, all_cores()})
    times = best([partial(network.run, x, threads=count) for count in threads])
    for count, taken in zip(threads, times):
        print(f"{inputs} inputs, {count} threads: {taken * 1e3:.2f} ms, {times[0] / taken:.2f} x")


def serial_share(network: Network) -> None:
    """Print what the calling thread does by itself while two others run: that bounds the speed-up, also where
    the machine is too busy to measure one."""
    x = peer_inputs(512)
    shares = []
    for _ in range(5):
        own, whole = time.thread_time(), time.process_time()
        network.run(x, threads=2)
        shares.append((time.process_time() - whole, time.thread_time() - own))
    process, caller = min(shares)
    bound = process / (caller + (process - caller) / 2)
    print(
        f"{len(x)} inputs: {caller / process:.1%} of the work is the calling thread's: at most {bound:.2f} x"
    )


def overhead(network: Network) -> None:
    """Print the time of one input, and how much of it is not the core's."""
    one, many = peer_inputs(1), np.repeat(peer_inputs(1), 64, axis=0)
    single, batch = best([partial(network.run, one), partial(network.run, many, threads=1)])
    core = batch / len(many)
    print(f"1 input: {single * 1e6:.1f} µs, of which {(single - core) * 1e6:.1f} µs beside the core")


def load(network: Network) -> int:
    """Run one network by many threads; how many runs gave other bits than alone."""
    x = peer_inputs(16)
    expected = [network.run(x[place : place + 1 + place % 3]) for place in range(len(x))]

    def run(thread: int) -> int:
        wrong = 0
        for turn in range(RUNS):
            place = (thread + turn) % len(x)
            found = network.run(x[place : place + 1 + place % 3], record=("spikes",) if turn % 5 == 0 else ())
            for field in ("logits", "classes", "timesteps"):
                wrong += getattr(found, field).tobytes() != getattr(expected[place], field).tobytes()
            wrong += found.counts.spikes.tobytes() != expected[place].counts.spikes.tobytes()
        return wrong

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(run, range(THREADS)))


def main() -> int:
    """Measure, or load."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--load", action="store_true", help="run one network by many threads and compare bits"
    )
    wanted = parser.parse_args()
    network = Network(peer_network())
    if wanted.load:
        wrong = load(network)
        print(f"{THREADS} threads x {RUNS} runs: {wrong} differences")
        return min(wrong, 1)
    for inputs in (16, 64, 256):
        speed_up(network, inputs)
    serial_share(network)
    overhead(network)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
