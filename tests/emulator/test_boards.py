"""The boards themselves: the instruction counter, faults, limits, and what is missing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from demo_network import demo_network
from device_programs import HERE, need_core, run_on_core

from snnrt.errors import SnnrtError
from snnrt.targets.emulator import CORES, ProgramError, build, core_named, run_program
from snnrt.targets.emulator.build import need_tools

ROUNDS = np.array([1, 2, 3, 4, 5, 10, 100, 1000, 12345, 1_000_000, 20_000_000])


@pytest.mark.parametrize("name", CORES)
def test_the_counter_is_exact(name, tmp_path):
    core = need_core(name)
    image = build(core, tmp_path, [HERE / "counter.c"], {})
    run_on_core(core, image, tmp_path)
    nothing, *ticks = np.fromfile(tmp_path / "ticks.bin", "<u4").tolist()
    counted = np.array([core.instructions(tick) for tick in ticks]) - core.instructions(nothing)
    # the call beside the loop takes the same each time
    around = counted - 2 * ROUNDS
    assert np.all(around == around[0]) and 1 <= around[0] <= 6, around


@pytest.mark.long
@pytest.mark.parametrize("name", ["cortex-m4", "cortex-m55", "rv32"])
def test_a_counter_that_wraps_is_an_error(name, tmp_path):
    core = need_core(name)
    image = build(core, tmp_path, [HERE / "wrap.c"], {})
    with pytest.raises(ProgramError, match="more instructions than the counter can count"):
        run_on_core(core, image, tmp_path)


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """Runs fault.c on a core and gives the error."""
    images = {}

    def run(name: str, kind: str, limit_s: float = 60.0) -> Exception:
        core = need_core(name)
        if name not in images:
            images[name] = build(
                core, tmp_path_factory.mktemp(name), [HERE / "fault.c"], {}, optimisation="-O1"
            )
        folder = images[name].path.parent
        (folder / "fault").write_text(kind)
        with pytest.raises(SnnrtError) as caught:
            run_program(core, images[name], folder, limit_s=limit_s)
        assert "\n" not in str(caught.value)
        return caught.value

    return run


@pytest.mark.parametrize("name", ["cortex-m0", "cortex-m4", "cortex-m33", "cortex-m55", "rv32"])
def test_a_fault_is_an_error_that_says_where(name, broken):
    error = broken(name, "r")
    assert isinstance(error, ProgramError) and error.code == 4
    assert "fault: " in str(error) and "at pc 0x" in str(error)


@pytest.mark.parametrize("name", ["cortex-m0", "cortex-m4", "cortex-m33", "cortex-m55"])
def test_a_stack_that_runs_over_is_found(name, broken):
    assert re.search("stack has run over|has the stack run over", str(broken(name, "s")))


def test_a_program_that_hangs_is_ended(broken):
    assert "nothing came from the firmware for 1 s" in str(broken("cortex-m4", "h", limit_s=1.0))


def test_an_exit_code_is_passed_on(broken):
    assert broken("rv32", "3").code == 3 and broken("cortex-m4", "3").code == 3


def test_an_interrupt_ends_the_emulators(tmp_path):
    need_core("cortex-m0")
    network, x = demo_network("float32")
    network.save(tmp_path / "model.snnrt")
    np.save(tmp_path / "x.npy", x)
    command = [sys.executable, "-m", "snnrt", "run", "model.snnrt", "x.npy", "--device", "emulator:cortex-m0"]
    # what runs in the background of a shell ignores the signal unless told otherwise
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    # one with counters and one without
    emulators = wait_for(lambda: found if len(found := emulators_of(process.pid)) == 2 else None)
    assert emulators
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in emulators))
    assert process.communicate()[1] == b"snnrt: interrupted\n"


def emulators_of(pid: int) -> list[int]:
    """Emulators that a process started, from whichever of its threads."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            name = Path(f"/proc/{child}/comm")
            if name.exists() and name.read_text().startswith("qemu-system"):
                found.append(int(child))
    return found


def wait_for(condition, limit_s: float = 60.0):
    end = time.monotonic() + limit_s
    while not (result := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return result


@pytest.mark.parametrize("name", CORES)
def test_what_is_missing_is_named_with_its_package(name, monkeypatch, tmp_path):
    core = core_named(name)
    tools = core.toolchain
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SnnrtError, match=f"{tools.prefix}gcc is not installed; .*{tools.compiler_package}"):
        need_tools(core)
    compiler = tmp_path / f"{tools.prefix}gcc"
    compiler.write_text("#!/bin/sh\n")
    compiler.chmod(0o755)
    with pytest.raises(SnnrtError, match=f"{tools.emulator} is not installed; .*{tools.emulator_package}"):
        need_tools(core)


def test_an_unknown_core_is_refused():
    with pytest.raises(SnnrtError, match=r"no core is called 'cortex-m9'; expected one of cortex-m0, "):
        core_named("cortex-m9")


def test_a_program_that_does_not_compile_says_why(tmp_path):
    core = need_core("cortex-m4")
    (tmp_path / "wrong.c").write_text("int main(void) { return wrong; }\n")
    with pytest.raises(SnnrtError, match=r"wrong\.c:1:\d+: error: .*'wrong' undeclared") as caught:
        build(core, tmp_path / "build", [tmp_path / "wrong.c"], {})
    assert "\n" not in str(caught.value) and os.linesep not in str(caught.value)
