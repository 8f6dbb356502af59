"""Work in parts by many threads."""

from __future__ import annotations

import threading

import pytest

from snnrt.devices import batches
from snnrt.devices.batches import StopFlag, run_in_turn, run_parts


@pytest.mark.parametrize(("total", "size", "threads"), [(1, 1, 1), (10, 3, 4), (64, 64, 2), (1000, 7, 3)])
def test_every_item_is_done_once_and_told_in_the_calling_thread(total, size, threads):
    seen: list[int] = []
    told: list[tuple[int, int]] = []
    makers = []

    def worker():
        makers.append(threading.get_ident())
        return lambda start, end: seen.extend(range(start, end))

    run_parts(
        total, size, threads, worker, StopFlag(), lambda done: told.append((threading.get_ident(), done))
    )
    assert sorted(seen) == list(range(total))
    assert len(makers) == threads and threading.get_ident() not in makers
    assert {ident for ident, _ in told} == {threading.get_ident()}
    assert [done for _, done in told] == sorted({done for _, done in told}) and told[-1][1] == total


@pytest.mark.parametrize(("seconds", "sizes"), [(0.0, [1, 2, 4, 8, 8, 8, 6]), (1.0, [1] * 37)])
def test_parts_in_turn_grow_while_they_are_short(monkeypatch, seconds, sizes):
    clock = [0.0]
    monkeypatch.setattr(batches.time, "perf_counter", lambda: clock[0])
    parts: list[tuple[int, int]] = []
    told: list[int] = []

    def part(start: int, end: int) -> None:
        parts.append((start, end))
        clock[0] += seconds

    run_in_turn(37, 1, 8, part, told.append)
    assert [end - start for start, end in parts] == sizes
    assert [start for start, _ in parts] == [0, *told[:-1]] and told[-1] == 37


def test_the_first_failure_ends_the_rest_and_is_raised():
    done = []

    def part(start, end):
        if start == 5:
            raise KeyError("five")
        done.append(start)

    stop = StopFlag()
    with pytest.raises(KeyError, match="five"):
        run_parts(100_000, 1, 2, lambda: part, stop, lambda done: None)
    assert stop and len(done) < 100_000


def test_a_worker_that_cannot_begin_is_told():
    def worker():
        raise MemoryError("no arena")

    with pytest.raises(MemoryError, match="no arena"):
        run_parts(10, 1, 2, worker, StopFlag(), lambda done: None)


def test_a_failing_progress_ends_the_work():
    stop = StopFlag()

    def progress(done):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_parts(10, 1, 2, lambda: lambda start, end: None, stop, progress)
    assert stop
