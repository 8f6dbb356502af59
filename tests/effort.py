"""How many random cases a test draws: all of them, or in `make check` a tenth."""

from __future__ import annotations

import os

import pytest

QUICK = os.environ.get("SNNRT_TEST_EFFORT") == "quick"
EVERY = 20 if QUICK else 1
"""The stride of tests that go through all bytes of a file."""
whole = pytest.mark.skipif(QUICK, reason="takes seconds: make test runs it")
"""For tests of which there is no tenth."""


def effort(cases: int, least: int = 2) -> int:
    """``cases``, or with SNNRT_TEST_EFFORT=quick in the environment a tenth of them, at least ``least``."""
    return max(min(least, cases), cases // 10) if QUICK else cases
