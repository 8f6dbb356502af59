"""Firmware builds of the C core: cross-compiled from the amalgamation, linked, and measured by the map."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from snnrt.targets.emulator.cores import CORES as emulated_cores
from snnrt.targets.export.core_sources import amalgamate

LIBRARY = Path(__file__).with_name("freestanding_library")
FLAGS = ("-std=c99", "-Os", "-ffunction-sections", "-fdata-sections", "-ffp-contract=off")
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")
# what firmware that uses all of a model's answers calls; each function that a program names is linked
RUN = ("snnrt_network_init", "snnrt_network_run")
CALLS = {
    "snnrt_network_init": "snnrt_network_init(&network, model, 1, arena, sizeof arena, 0)",
    "snnrt_network_run": "snnrt_network_run(&network, image, &result)",
    "snnrt_network_step": "snnrt_network_step(&network, image, &result)",
    "snnrt_network_verify": "snnrt_network_verify(&network, 64, 0)",
    "snnrt_network_record_health": "snnrt_network_record_health(&network, &health)",
    "snnrt_network_adapt": "snnrt_network_adapt(&network, &adaptation)",
    "snnrt_network_monitor": "snnrt_network_monitor(&network, 0, 0)",
    "snnrt_network_count_events": "snnrt_network_count_events(&network, counts, 2)",
    "snnrt_network_set_trace": "snnrt_network_set_trace(&network, trace, 0)",
    "snnrt_status_text": "snnrt_status_text(SNNRT_OK) == 0",
}
PROGRAM = """
#include "snnrt.h"
extern const uint8_t model[], image[];
extern void trace(void *, const snnrt_network *, uint32_t, const void *, const void *);
static uint64_t arena[1];
snnrt_network network;
snnrt_result result;
snnrt_health health;
snnrt_adaptation adaptation;
snnrt_counts counts[2];
int firmware(void);
int firmware(void) {
    return CALLS;
}
"""


class BuildError(Exception):
    """A compiler or linker is missing or fails; the message is one line and says what to do."""


@dataclass(frozen=True)
class Core:
    """A processor core and the compiler for it; ``package`` is what Debian calls the compiler."""

    name: str
    prefix: str
    flags: tuple[str, ...]
    package: str

    @property
    def compiler(self) -> str:
        """The command."""
        return self.prefix + "gcc"

    @property
    def c_library(self) -> bool:
        """Whether Debian has newlib for it; else freestanding_library/ stands in."""
        return self.prefix == "arm-none-eabi-"

    @property
    def installed(self) -> bool:
        """Whether its compiler is."""
        return shutil.which(self.compiler) is not None


# the cores and flags of the emulated boards: what is measured is what runs there
CORES = tuple(
    Core(core.name, core.toolchain.prefix, core.flags, core.toolchain.compiler_package)
    for core in emulated_cores.values()
)


@dataclass(frozen=True)
class Section:
    """A piece of code or of constants that the linker kept: ``name`` of the function or table, the object or
    library member it is from, where it lies and its bytes."""

    name: str
    file: str
    member: str
    address: int
    size: int


@dataclass(frozen=True)
class Firmware:
    """A linked program: its ELF file, the compiler's call graph of the core, and what the linker kept."""

    core: Core
    elf: Path
    call_graph: str
    components: Mapping[str, str]
    sections: tuple[Section, ...]

    def size(self) -> CodeSize:
        """Bytes of code and constants by component."""
        files: dict[str, int] = defaultdict(int)
        compiler: dict[str, int] = defaultdict(int)
        library: dict[str, int] = defaultdict(int)
        for section in self.sections:
            if "libgcc" in section.file:
                compiler[section.member] += section.size
            elif section.member or section.file == "string.o":
                library[section.member or section.file] += section.size
            elif section.file != "program.o":
                files[self.components.get(section.name, "constants")] += section.size
        return CodeSize(dict(files), dict(compiler), dict(library))

    def data_bytes(self, symbol: str) -> int:
        """Bytes of a variable. Raises BuildError where there is none."""
        listing = run(self.core.prefix + "nm", "-S", self.elf)
        found = re.search(rf"^\w+ (\w+) \w {symbol}$", listing, re.MULTILINE)
        if found is None:
            raise BuildError(f"{symbol}: expected it in the linked program, found none")
        return int(found[1], 16)


@dataclass(frozen=True)
class CodeSize:
    """Bytes of text and read-only data after linking: by file of the core, and by member what the compiler's
    and the C library add."""

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


def run(*arguments: str | Path, package: str = "") -> str:
    """What the command prints. Raises BuildError, naming the Debian package where the command is missing."""
    try:
        done = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True)
    except OSError as error:
        hint = f"; install {package}" if package else ""
        raise BuildError(f"{arguments[0]}: {error.strerror}{hint}") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or ["failed"]
        raise BuildError(f"{arguments[0]}: {lines[0]}")
    return done.stdout


@cache
def compiler_version(core: Core) -> str:
    """As ``gcc 12.2.1``. Raises BuildError."""
    return "gcc " + run(core.compiler, "-dumpfullversion", package=core.package).strip()


@cache
def _amalgamated(options: tuple[tuple[str, int], ...]) -> tuple[str, str]:
    return amalgamate(dict(options))


def amalgamation(options: Mapping[str, int]) -> tuple[str, str]:
    """Source and header for these switches, as they were when they were first asked for."""
    return _amalgamated(tuple(sorted(options.items())))


class Compiled:
    """The amalgamation of ``options`` (every ``SNNRT_WITH_*`` switch) compiled for ``core`` in ``folder``.

    Raises BuildError."""

    def __init__(
        self, core: Core, options: Mapping[str, int], folder: Path, flags: tuple[str, ...] = ()
    ) -> None:
        self.core = core
        self.folder = folder
        source, header = amalgamation(options)
        (folder / "snnrt.c").write_text(source)
        (folder / "snnrt.h").write_text(header)
        self._compile("snnrt.c", "-fcallgraph-info=su", *flags)
        if not core.c_library:
            run(
                core.compiler, *core.flags, *FLAGS, "-ffreestanding", "-fno-tree-loop-distribute-patterns",
                "-c", LIBRARY / "string.c", "-o", folder / "string.o",
            )  # fmt: skip
        self.call_graph = (folder / "snnrt.ci").read_text()
        self.components = component_of_function(self.call_graph, source)

    def _compile(self, name: str, *flags: str) -> None:
        include = () if self.core.c_library else ("-ffreestanding", "-isystem", LIBRARY)
        path = self.folder / name
        run(
            self.core.compiler, *self.core.flags, *FLAGS, *flags, *include, "-I", self.folder,
            "-c", path, "-o", path.with_suffix(".o"), package=self.core.package,
        )  # fmt: skip

    def link(self, calls: tuple[str, ...] = RUN) -> Firmware:
        """A program that calls these functions, with everything that it does not reach left out."""
        condition = " && ".join(f"({CALLS[name]})" for name in calls)
        # each call must survive: an int of them all, none of which the compiler can foresee
        (self.folder / "program.c").write_text(PROGRAM.replace("CALLS", condition))
        self._compile("program.c")
        objects = [self.folder / "program.o", self.folder / "snnrt.o"]
        libraries = ["-lc", "-lgcc"] if self.core.c_library else [self.folder / "string.o", "-lgcc"]
        elf, map_file = self.folder / "firmware.elf", self.folder / "firmware.map"
        symbols = [
            f"-Wl,--defsym={name}=0x{place}000" for place, name in enumerate(("model", "image", "trace"), 1)
        ]
        run(
            self.core.compiler, *self.core.flags, "-nostartfiles", "-nostdlib", "-Wl,--gc-sections",
            "-Wl,-e,firmware", *symbols, f"-Wl,-Map={map_file}", *objects, *libraries, "-o", elf,
        )  # fmt: skip
        sections = read_map(map_file.read_text())
        return Firmware(self.core, elf, self.call_graph, self.components, sections)


def read_map(text: str) -> tuple[Section, ...]:
    """What a GNU linker's map says it kept of .text and .rodata (discarded sections excluded)."""
    kept = text[text.index("Linker script and memory map") :]
    pattern = re.compile(
        r"^ \.(text|rodata|srodata)([\w.$]*)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+?)(?:\((\S+)\))?$",
        re.MULTILINE,
    )
    return tuple(
        Section(name.lstrip(".") or kind, Path(file).name, member, int(address, 16), int(size, 16))
        for kind, name, address, size, file, member in pattern.findall(kept)
        if int(size, 16)
    )


def component_of_function(call_graph: str, amalgamation: str) -> dict[str, str]:
    """The file of the core that each function of the amalgamation comes from, as ``kernels/dense``.

    A function that the compiler put into its caller counts there. Constants are found by their name."""
    starts: list[tuple[int, str]] = []
    for number, line in enumerate(amalgamation.splitlines(), 1):
        title = re.fullmatch(r"/\* ([\w/]+)\.[ch] \*/", line)
        if title:
            starts.append((number, title[1]))
    found = {}
    node = re.compile(r'^node: \{ title: "(?:[^":]*:)?([^"]+)" label: "[^"]*?snnrt\.c:(\d+):', re.MULTILINE)
    for name, line in node.findall(call_graph):
        found[name] = [title for start, title in starts if start <= int(line)][-1]
    for number, line in enumerate(amalgamation.splitlines(), 1):
        constant = re.match(r"\s*(?:static )?const \w+ (\w+)\[", line)
        if constant:
            before = [title for start, title in starts if start <= number]
            found.setdefault(constant[1], before[-1] if before else "snnrt")
    return found
