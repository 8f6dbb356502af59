"""Declares and builds the extension ``snnrt._core`` from the C core and its host additions."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from cffi import FFI

FOLDER = Path(__file__).resolve().parent
# setuptools wants sources relative to the folder of setup.py
RELATIVE = Path("csrc")
HEADERS = (
    "snnrt_constants.h",
    "snnrt.h",
    "snnrt_unstable.h",
    "host/snnrt_host.h",
    "crossbar/snnrt_crossbar.h",
)
# without the last a loop's speed depends by a tenth on the size of the functions before it
FLAGS = ["-std=c99", "-O3", "-ffp-contract=off", "-falign-functions=64"]
SOURCES = (
    "*.c",
    "nodes/*.c",
    "kernels/*.c",
    "kernels/x86/*.c",
    "host/*.c",
    "crossbar/*.c",
    "crossbar/x86/*.c",
)


def declarations() -> str:
    """The public headers in the subset of C that cffi reads: the headers stay the one source."""
    status = (FOLDER / "snnrt_status.h").read_text()
    codes = re.findall(r"X\((\w+), (\d+),", status)
    enum = ", ".join(f"SNNRT_{name} = {code}" for name, code in codes)
    text = ""
    for name in HEADERS:
        header = (FOLDER / name).read_text()
        header = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
        header = re.sub(
            r"typedef enum snnrt_status \{.*?\}", f"typedef enum snnrt_status {{ {enum}, ... }}", header
        )
        header = re.sub(r'extern "C" \{', "", header)
        header = re.sub(r"#ifdef __cplusplus\n\}?\n?#endif", "", header)
        lines = []
        for line in header.splitlines():
            constant = re.match(r"#define (SNNRT_\w+) (0x[0-9A-Fa-f]+|\d+)u?$", line)
            if constant:
                lines.append(f"#define {constant[1]} {constant[2]}")
            elif not line.startswith("#"):
                lines.append(line)
        text += "\n".join(lines) + "\n"
    return text


def sources() -> list[str]:
    """Every C file of the core, relative to the folder of setup.py."""
    found = [path for pattern in SOURCES for path in sorted(FOLDER.glob(pattern))]
    return [str(RELATIVE / path.relative_to(FOLDER)) for path in found]


builder = FFI()
builder.cdef(declarations())
builder.set_source(
    "snnrt._core",
    '#include "snnrt.h"\n#include "host/snnrt_host.h"\n#include "crossbar/snnrt_crossbar.h"\n',
    sources=sources(),
    depends=[str(RELATIVE / path.relative_to(FOLDER)) for path in sorted(FOLDER.rglob("*.h"))],
    include_dirs=[str(RELATIVE)],
    define_macros=[
        ("SNNRT_EVENTS_MAX", "256"),
        ("SNNRT_WITH_VECTOR_SCRATCH", "1"),
        ("SNNRT_WITH_KERNEL_TABLE", "1"),
    ],
    extra_compile_args=[] if sys.platform == "win32" else FLAGS,
    py_limited_api=True,
)
