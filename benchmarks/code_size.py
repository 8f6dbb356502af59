"""Bytes of code that the C core takes in firmware, by build: a table from cross-compiled programs.

python benchmarks/code_size.py            prints the table
python benchmarks/code_size.py --write    writes it to docs/sizes.md
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]
CSRC = ROOT / "csrc"
TABLE = ROOT / "docs" / "sizes.md"
# what a device for dense + LIF + entropy exit may take on a Cortex-M4
LIMIT = 8192

# -Werror is for the tests; -ffp-contract=off is what the float32 promise needs
FLAGS = ("-std=c99", "-Os", "-ffreestanding", "-ffunction-sections", "-fdata-sections", "-ffp-contract=off")
PROGRAM = """
#include "snnrt.h"
extern const uint8_t model[], image[];
static uint64_t arena[1];
snnrt_network network;
snnrt_result result;
void firmware(void);
void firmware(void) {
    if (snnrt_init(&network, model, 1, arena, sizeof arena, 0) == SNNRT_OK) {
        (void)snnrt_run(&network, image, &result);
    }
}
"""


@dataclass(frozen=True)
class Processor:
    """A processor and the compiler for it."""

    name: str
    prefix: str
    flags: tuple[str, ...]

    @property
    def installed(self) -> bool:
        """Whether its compiler is."""
        return shutil.which(self.prefix + "gcc") is not None


@dataclass(frozen=True)
class Configuration:
    """What a build leaves out (csrc/snnrt_config.h)."""

    name: str
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class CodeSize:
    """Bytes of text and read-only data after linking: by file of the core, and what the compiler's and
    the C library's own functions add."""

    files: dict[str, int]
    compiler: dict[str, int]
    library: dict[str, int]

    @property
    def core(self) -> int:
        """The core's own bytes."""
        return sum(self.files.values())

    @property
    def total(self) -> int:
        """With everything that the linker had to add."""
        return self.core + sum(self.compiler.values()) + sum(self.library.values())


CORTEX_M4 = Processor("Cortex-M4", "arm-none-eabi-", ("-mcpu=cortex-m4", "-mthumb"))
PROCESSORS = (
    CORTEX_M4,
    Processor("Cortex-M0+", "arm-none-eabi-", ("-mcpu=cortex-m0plus", "-mthumb")),
    Processor("RV32IMC", "riscv64-unknown-elf-", ("-march=rv32imc", "-mabi=ilp32")),
)
_QUIET = ("COUNTERS", "TRACE", "STRINGS")
SMALLEST = Configuration(
    "dense + LIF + entropy exit, int8", ("FLOAT32", "CONV2D", "POOL2D", "ADD", "NEURON_VARIANTS", *_QUIET)
)
CONFIGURATIONS = (
    SMALLEST,
    Configuration("every node, int8", ("FLOAT32", *_QUIET)),
    Configuration("every node, float32", ("INT8", *_QUIET)),
    Configuration("everything", ()),
)


def _run(*arguments: str | Path) -> str:
    return subprocess.run(
        [str(argument) for argument in arguments], check=True, capture_output=True, text=True
    ).stdout


def measure(processor: Processor, configuration: Configuration, flags: tuple[str, ...] = ()) -> CodeSize:
    """Compile the core, link it to a program that calls snnrt_init and snnrt_run, and read the linker's map.

    Raises subprocess.CalledProcessError where that fails."""
    defines = [f"-DSNNRT_WITH_{part}=0" for part in configuration.left_out]
    compiler = processor.prefix + "gcc"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.c").write_text(PROGRAM)
        sources = [*sorted(CSRC.glob("*.c")), *sorted(CSRC.glob("kernels/*.c")), folder / "program.c"]
        options = (*processor.flags, *FLAGS, *flags, *defines, "-I", CSRC)

        def compile_one(source: Path) -> Path:
            target = folder / f"{source.stem}.o"
            _run(compiler, *options, "-c", source, "-o", target)
            return target

        with ThreadPoolExecutor() as pool:
            objects = list(pool.map(compile_one, sources))
        _run(
            compiler, *processor.flags, "-nostartfiles", "-nostdlib", "-Wl,--gc-sections", "-Wl,-e,firmware",
            "-Wl,--defsym=model=0x1000", "-Wl,--defsym=image=0x2000", f"-Wl,-Map={folder / 'map'}",
            *objects, "-lc", "-lgcc", "-o", folder / "firmware.elf",
        )  # fmt: skip
        return read_map((folder / "map").read_text())


def read_map(text: str) -> CodeSize:
    """Sizes of what a GNU linker's map says it kept of .text and .rodata (discarded sections excluded)."""
    kept = text[text.index("Linker script and memory map") :]
    files: dict[str, int] = defaultdict(int)
    compiler: dict[str, int] = defaultdict(int)
    library: dict[str, int] = defaultdict(int)
    pattern = re.compile(
        r"^ \.(?:text|rodata)[\w.$]*\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s+(\S+?)(?:\((\S+)\))?$", re.MULTILINE
    )
    for size, file, member in pattern.findall(kept):
        if member:
            (compiler if "libgcc" in file else library)[member] += int(size, 16)
        elif not file.endswith("program.o"):
            files[Path(file).stem] += int(size, 16)
    parts = (files, compiler, library)
    return CodeSize(*({name: size for name, size in part.items() if size} for part in parts))


def table() -> str:
    """The page docs/sizes.md."""
    lines = [
        "# How much code the core takes",
        "",
        "Bytes of `.text` and `.rodata` after linking a program that calls `snnrt_init` and `snnrt_run`, at",
        "`-Os` with `--gc-sections`: the core, and what it makes the linker add from the compiler's library",
        "(64-bit arithmetic, float on processors without it) and the C library (`memcpy` and the like).",
        "Written by `python benchmarks/code_size.py --write`; a test holds the first line of the Cortex-M4",
        f"to {LIMIT} bytes in all.",
    ]
    for processor in PROCESSORS:
        if not processor.installed:
            continue
        version = _run(processor.prefix + "gcc", "-dumpfullversion").strip()
        sizes = [measure(processor, configuration) for configuration in CONFIGURATIONS]
        lines += [
            "",
            f"## {processor.name} (GCC {version}, `{' '.join(processor.flags)}`)",
            "",
            "| build | core | compiler's library | C library | all |",
            "|---|---:|---:|---:|---:|",
        ]
        for configuration, size in zip(CONFIGURATIONS, sizes):
            added = [sum(part.values()) for part in (size.compiler, size.library)]
            lines.append(f"| {configuration.name} | {size.core} | {added[0]} | {added[1]} | {size.total} |")
        names = sorted({name for size in sizes for name in size.files})
        lines += ["", "By file, in the same order of builds:", "", "| file | " + " | ".join("1234") + " |"]
        lines.append("|---" + "|---:" * len(sizes) + "|")
        for name in names:
            cells = " | ".join(str(size.files.get(name, "–")) for size in sizes)
            lines.append(f"| {name}.c | {cells} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/sizes.md")
    arguments = parser.parse_args()
    if not any(processor.installed for processor in PROCESSORS):
        parser.exit(1, "code_size: no cross-compiler found; install gcc-arm-none-eabi\n")
    try:
        text = table()
    except subprocess.CalledProcessError as error:
        parser.exit(1, f"code_size: {error.cmd[0]} failed:\n{error.stderr}")
    if arguments.write:
        TABLE.write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
