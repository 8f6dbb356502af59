"""The process that runs tasks: what comes on its input, what goes back."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys

import numpy as np

from snnrt.errors import TargetError
from snnrt.targets.sweep.tasks import Outcome, Task, run_task


def test_outcomes_and_errors_in_order(work):
    tasks = [Task((("adc.bits", 6),), 0), Task((("weight_bits", 2),), 0), Task((), 1)]
    spoken = b"".join(map(pickle.dumps, (work, *tasks)))
    command = [sys.executable, "-m", "snnrt.targets.sweep.worker"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, input=spoken, capture_output=True, timeout=60, env=environment, check=True)
    answers = io.BytesIO(done.stdout)
    first, second, third = (pickle.load(answers) for _ in tasks)
    assert not answers.read() and done.stderr == b""
    assert isinstance(second, TargetError)
    for task, answer in ((tasks[0], first), (tasks[2], third)):
        assert isinstance(answer, Outcome)
        np.testing.assert_array_equal(answer.timesteps, run_task(work, task).timesteps)
