"""C programs of the core, each compiled once a test run."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from c_programs import SANITISERS, compile_core, compile_program, need_compiler


@pytest.fixture(scope="session")
def sanitised(tmp_path_factory) -> Callable[..., Path]:
    """``sanitised(name, compiler="gcc")``: tests/csrc/``name``.c with the core, under ASan and UBSan."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def program(name: str, compiler: str = "gcc") -> Path:
        need_compiler(compiler)
        folder = base / f"sanitised_{compiler}"
        # several workers share one build: the first makes it, the others wait
        with (base / f"sanitised_{compiler}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = folder / "done"
            if not done.exists():
                compile_core(folder, SANITISERS, compiler=compiler)
                done.touch()
            if not (folder / name).exists():
                compile_program(name, sorted(folder.glob("*.o")), SANITISERS, compiler=compiler)
        return folder / name

    return program
