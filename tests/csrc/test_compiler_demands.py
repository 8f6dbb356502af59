"""A compiler or a setting that the core would compute wrongly with is refused, in words."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from c_programs import CSRC, need_compiler
from small_networks import dense_lif

from snnrt.targets.export.core_sources import amalgamate, options_for

INT = "snnrt needs an int of 32 bits"
POINTER = "snnrt needs pointers of 32 bits or more"
DEMANDS = {
    "an int of 16 bits": (("-U__INT_MAX__", "-D__INT_MAX__=32767"), INT),
    "an int of 64 bits": (("-U__INT_MAX__", "-D__INT_MAX__=9223372036854775807"), INT),
    "pointers of 16 bits": (("-U__UINTPTR_MAX__", "-D__UINTPTR_MAX__=65535u"), POINTER),
    "no events": (("-DSNNRT_EVENTS_MAX=0",), "SNNRT_EVENTS_MAX: expected 1 or more"),
    "fast mathematics": (("-ffast-math",), "build without -ffast-math"),
    # as on a processor of 8 bits
    "words anywhere": (("-fpack-struct=1",), "snnrt_uint64_is_aligned"),
}


def complaints(compiler: str, source: Path, *flags: str) -> str:
    """What the compiler says; AssertionError where it takes the source."""
    done = subprocess.run(
        [compiler, "-std=c99", "-ffreestanding", "-fsyntax-only", *flags, f"-I{CSRC}", str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    return done.stderr


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("demand", DEMANDS)
def test_refused(compiler, demand):
    need_compiler(compiler)
    flags, message = DEMANDS[demand]
    assert message in complaints(compiler, CSRC / "step.c", *flags)
    assert message in complaints(compiler, CSRC / "kernels" / "neuron_i32.c", *flags)


@pytest.mark.skipif(shutil.which("avr-gcc") is None, reason="avr-gcc is not installed")
def test_an_export_is_refused_by_avr_gcc(tmp_path):
    source, header = amalgamate(options_for(dense_lif("int8")[0]))
    (tmp_path / "snnrt.c").write_text(source)
    (tmp_path / "snnrt.h").write_text(header)
    said = complaints("avr-gcc", tmp_path / "snnrt.c", "-mmcu=atmega328p")
    assert INT in said
    assert POINTER in said
