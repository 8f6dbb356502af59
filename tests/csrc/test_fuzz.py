"""The fuzzer's target builds, takes the golden files, and finds nothing in a short run."""

from __future__ import annotations

import re

import model_fuzzer
import pytest
from exported_projects import absent


@pytest.mark.sanitisers
def test_a_short_run_finds_nothing(tmp_path):
    if not model_fuzzer.runtime_is_there():
        absent("clang with libFuzzer (Debian package libclang-rt-dev)")
    done = model_fuzzer.fuzz(tmp_path, ["-runs=20000", "-seed=1", "-max_total_time=20"])
    assert done.returncode == 0, done.stdout[-4000:]
    assert not [path.name for path in tmp_path.iterdir() if path.is_file()]
    # the golden files run: without their coverage there would be far less
    covered = [int(found) for found in re.findall(r"INITED cov: (\d+)", done.stdout)]
    assert covered and covered[0] > 500, done.stdout[-2000:]
