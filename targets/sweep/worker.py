"""A process that runs tasks: a pickled Work comes on standard input, then tasks; outcomes go back.

Its own program, not a fork: the caller may have threads, and need not guard its main module.
"""

from __future__ import annotations

import os
import pickle
import sys

from snnrt.errors import SnnrtError
from snnrt.targets.sweep.tasks import run_task


def main() -> None:
    """Until standard input ends."""
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # what a library prints does not come between the answers
    os.dup2(2, 1)
    work = pickle.load(source)
    while True:
        try:
            task = pickle.load(source)
        except EOFError:
            return
        answer: object
        try:
            answer = run_task(work, task)
        except (SnnrtError, MemoryError) as error:
            answer = error
        pickle.dump(answer, sink)
        sink.flush()


if __name__ == "__main__":
    main()
