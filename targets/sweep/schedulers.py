"""Where the runs of a sweep take place: this process, processes of this machine, or a Dask cluster.

Each gives the same outcomes, in the order in which they are done.
"""

from __future__ import annotations

import itertools
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from snnrt.errors import SnnrtError
from snnrt.targets.sweep.tasks import Outcome, Task, Work, run_task

Done = Iterator[tuple[Task, Outcome]]
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
CONNECT_S = 10
PENDING_A_THREAD = 4


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_in_processes(work: Work, tasks: Sequence[Task], workers: int) -> Done:
    """``workers`` processes, each with one thread; one worker is this process.

    Raises what a run raises, and SnnrtError where a process ends by itself. Leaving the loop ends them all.
    """
    workers = min(workers, len(tasks))
    if workers <= 1:
        for task in tasks:
            yield task, run_task(work, task)
        return
    pending: queue.SimpleQueue[Task] = queue.SimpleQueue()
    for task in tasks:
        pending.put(task)
    done: queue.SimpleQueue[tuple[Task, object]] = queue.SimpleQueue()
    payload = pickle.dumps(work)
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # a session of its own: Ctrl-C reaches this process alone, which ends the others
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "snnrt.targets.sweep.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        for _ in range(workers)
    ]
    feeders = [
        threading.Thread(target=_feed, args=(process, payload, pending, done), daemon=True)
        for process in processes
    ]
    for feeder in feeders:
        feeder.start()
    try:
        for _ in tasks:
            task, answer = done.get()
            if isinstance(answer, BaseException):
                raise answer
            assert isinstance(answer, Outcome)
            yield task, answer
    finally:
        for process in processes:
            process.kill()
        for process, feeder in zip(processes, feeders, strict=True):
            process.wait()
            feeder.join()
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):
                    stream.close()  # type: ignore[union-attr]


def _feed(
    process: subprocess.Popen[bytes],
    payload: bytes,
    pending: queue.SimpleQueue[Task],
    done: queue.SimpleQueue[tuple[Task, object]],
) -> None:
    """Give one process its tasks, one at a time."""
    assert process.stdin is not None and process.stdout is not None
    task: Task | None = None
    try:
        process.stdin.write(payload)
        while True:
            task = pending.get_nowait()
            pickle.dump(task, process.stdin)
            process.stdin.flush()
            done.put((task, pickle.load(process.stdout)))
    except queue.Empty:
        return
    except (OSError, EOFError, pickle.UnpicklingError):
        code = process.wait()
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        text = f"sweep: a worker process ended by itself ({reason}); where memory ran out, use fewer workers"
        done.put((task or Task((), 0), SnnrtError(text)))


def run_on_cluster(work: Work, tasks: Sequence[Task], address: str) -> Done:
    """The workers of the Dask scheduler at ``address``, each with the same snnrt installed.

    Raises what a run raises, and SnnrtError where dask.distributed is missing, nobody answers, or a worker
    cannot run. Leaving the loop cancels what is left.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise SnnrtError(
            "scheduler: needs dask.distributed, which is not installed; run: pip install 'snnrt[cluster]'"
        ) from error
    client = _connected(Client, address)
    futures: dict[Any, Task] = {}
    try:
        shared = client.scatter(work, broadcast=False, hash=False)
        waiting = iter(tasks)

        def submitted() -> list[Any]:
            """As many more as keep the present workers busy: a scheduler holds all that it is given."""
            wanted = max(PENDING_A_THREAD * sum(client.nthreads().values()), PENDING_A_THREAD)
            more = list(itertools.islice(waiting, max(wanted - len(futures), 0)))
            new = {client.submit(run_task, shared, task, pure=False): task for task in more}
            futures.update(new)
            return list(new)

        done = as_completed(submitted(), loop=client.loop)
        for future in done:
            failure = future.exception()
            if isinstance(failure, (SnnrtError, MemoryError)):
                raise failure
            if failure is not None:
                raise SnnrtError(
                    f"scheduler {address}: a worker failed ({type(failure).__name__}: {failure}); each needs "
                    "the same version of snnrt, and memory for the data"
                ) from failure
            answer = future.result()
            task = futures.pop(future)
            for more in submitted():
                done.add(more)
            yield task, answer
    finally:
        with suppress(Exception):
            client.cancel(list(futures), force=True)
        client.close()


def _connected(client_class: Any, address: str) -> Any:
    try:
        return client_class(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SnnrtError(
            f"scheduler {address}: expected the address of a Dask scheduler, as tcp://host:8786, and nobody "
            f"answers there ({reason}); start one with 'dask scheduler'"
        ) from error
