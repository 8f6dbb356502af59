"""One run of the emulator: started, watched, and ended whatever happens."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from snnrt.errors import SnnrtError
from snnrt.targets.emulator.build import Image, need_tools
from snnrt.targets.emulator.cores import Core

if sys.platform == "linux":
    import resource

REFUSED = 2
_POLL_S = 0.05


class ProgramError(SnnrtError):
    """The program on the board ended with ``code`` after saying ``text``."""

    def __init__(self, core: Core, code: int, text: str) -> None:
        before, lockup, _ = text.partition("qemu: fatal: Lockup")
        said = " ".join(before.split())
        if lockup:
            said += " the processor locked up by a fault inside a fault: has the stack run over?"
        said = said.strip() or "it said nothing"
        how = f"exit code {code}" if code >= 0 else f"signal {-code}"
        super().__init__(f"emulator {core.name}: the firmware stopped with {how}: {said}")
        self.code = code
        self.text = text


def run_program(
    core: Core,
    image: Image,
    folder: Path,
    *,
    limit_s: float,
    watched: str | None = None,
    progress: Callable[[int], None] | None = None,
    stop: threading.Event | None = None,
) -> str:
    """Run a program in ``folder``, where it finds and leaves its files, and give what it printed.

    It may take ``limit_s`` seconds; with ``watched``, a file in the folder, so long without that file
    growing; ``progress(bytes)`` is told the file's size. ``stop``, set by another thread, ends it. Raises
    ProgramError unless the program exits with 0, SnnrtError when its time is over or it was stopped.
    """
    need_tools(core)
    said = folder / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            core.emulator_command(str(image.path)), cwd=folder, stdin=subprocess.DEVNULL, stdout=output,
            stderr=output,
        )  # fmt: skip
        # a processor that locks up aborts QEMU, whose memory nobody needs in a file
        if sys.platform == "linux":
            resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
        try:
            _wait(core, process, folder / watched if watched else None, limit_s, progress, stop)
        finally:
            # an interrupt or an error must not leave the emulator running
            if process.poll() is None:
                process.kill()
                process.wait()
    text = said.read_text("utf-8", "replace")
    if process.returncode != 0:
        raise ProgramError(core, process.returncode, text)
    return text


def _wait(
    core: Core,
    process: subprocess.Popen[bytes],
    watched: Path | None,
    limit_s: float,
    progress: Callable[[int], None] | None,
    stop: threading.Event | None,
) -> None:
    size, deadline = 0, time.monotonic() + limit_s
    while True:
        try:
            process.wait(_POLL_S)
            return
        except subprocess.TimeoutExpired:
            found = watched.stat().st_size if watched is not None and watched.exists() else 0
            if found > size:
                size, deadline = found, time.monotonic() + limit_s
                if progress is not None:
                    progress(size)
        if stop is not None and stop.is_set():
            raise SnnrtError(f"emulator {core.name}: stopped")
        if time.monotonic() > deadline:
            raise SnnrtError(
                f"emulator {core.name}: nothing came from the firmware for {limit_s:.0f} s; "
                "try again on a machine that is less busy, with fewer timesteps, or a smaller model"
            )
