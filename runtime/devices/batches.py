"""Work in parts, by many threads: who waits can be interrupted, and the first failure ends the rest."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

# how long an interrupt waits for the workers to see the flag; one in a slow timestep is left to end by itself
_PATIENCE_S = 0.25
# so that who waits looks at signals where a lock cannot be interrupted
_LOOK_S = 0.1
# a part that took less may be followed by one of twice as many items
_SHORT_S = 0.01


def all_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class StopFlag:
    """One byte that the core looks at between timesteps: not 0 ends a batch."""

    byte: np.ndarray = field(default_factory=lambda: np.zeros(1, np.uint8))

    def set(self) -> None:
        """End what looks at it."""
        self.byte[0] = 1

    def __bool__(self) -> bool:
        return bool(self.byte[0])


def run_in_turn(
    total: int, size: int, most: int, run: Callable[[int, int], None], done: Callable[[int], None]
) -> None:
    """Call ``run`` with (start, end) for parts of ``total`` items, one after the other by the calling thread,
    and ``done(items)`` after each: of ``size`` items at first, and of up to ``most`` while a part takes well
    below what who interrupts would notice."""
    start = 0
    while start < total:
        end = min(start + size, total)
        begun = time.perf_counter()
        run(start, end)
        done(end)
        start = end
        if time.perf_counter() - begun < _SHORT_S:
            size = min(2 * size, most)


def run_parts(
    total: int,
    size: int,
    threads: int,
    worker: Callable[[], Callable[[int, int], None]],
    stop: StopFlag,
    done: Callable[[int], None],
) -> None:
    """Call ``worker()`` once in each of ``threads`` threads, and what it gives with (start, end) for parts of
    at most ``size`` of ``total`` items, in any order. ``done(items)`` is called by the calling thread.

    Sets ``stop`` and raises where a part fails or who waits is interrupted; returns when all parts are done.
    """
    starts = iter(range(0, total, size))
    take = threading.Lock()
    news: queue.SimpleQueue[int | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            run = worker()
            while not stop:
                with take:
                    start = next(starts, None)
                if start is None:
                    break
                end = min(start + size, total)
                run(start, end)
                news.put(end - start)
        except BaseException as error:
            stop.set()
            news.put(error)
        else:
            news.put(None)

    # daemons: the process may end while one is in a timestep that takes long
    workers = [threading.Thread(target=work, name="snnrt", daemon=True) for _ in range(threads)]
    failure: BaseException | None = None
    try:
        for one in workers:
            one.start()
        running, finished = threads, 0
        while running:
            message = _next(news)
            if isinstance(message, int):
                finished += message
                if failure is None:
                    done(finished)
                continue
            running -= 1
            failure = failure or message
    except BaseException:
        stop.set()
        for one in workers:
            if one.ident is not None:
                one.join(_PATIENCE_S / threads)
        raise
    if failure is not None:
        raise failure


def _next(news: queue.SimpleQueue[int | BaseException | None]) -> int | BaseException | None:
    while True:
        try:
            return news.get(timeout=_LOOK_S)
        except queue.Empty:
            continue
