"""Builds programs for the emulated boards with the cross compilers, in a folder that the caller gives."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from snnrt.errors import SnnrtError
from snnrt.targets.build_settings import OPTIMISATION
from snnrt.targets.emulator.cores import STACK_BYTES, Core

BOARDS = Path(__file__).parent / "boards"
_COMMON = ("semihosting.c", "stack.c", "memory.c")
# without a C library: no call of memset may be made out of memset's own loop
_FLAGS = (
    "-std=gnu99", "-ffreestanding", "-ffp-contract=off", "-ffunction-sections", "-fdata-sections",
    "-fno-tree-loop-distribute-patterns", "-fstack-usage",
)  # fmt: skip
_LINK = ("-nostdlib", "-nostartfiles", "-static", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments", "-lgcc")


@dataclass(frozen=True)
class ImageSizes:
    """Bytes in the linked program: ``code`` with its constants and tables, ``model``, and ``ram`` that it
    keeps (arena, buffers and variables, not the stack)."""

    code: int
    model: int
    ram: int


@dataclass(frozen=True)
class Image:
    """A linked program; ``compiler`` says with what it was built."""

    path: Path
    sizes: ImageSizes
    compiler: str


def need_tools(core: Core) -> None:
    """Raise SnnrtError, naming the Debian package, where the core's compiler or emulator is not installed."""
    tools = core.toolchain
    for what, program, package in (
        ("compiler", tools.prefix + "gcc", tools.compiler_package),
        ("emulator", tools.emulator, tools.emulator_package),
    ):
        if shutil.which(program) is None:
            raise SnnrtError(
                f"emulator {core.name}: the {what} {program} is not installed; "
                f"install the Debian package {package}: apt-get install {package}"
            )


def build(
    core: Core,
    folder: Path,
    sources: Sequence[Path],
    defines: Mapping[str, int],
    *,
    model: bytes = b"",
    optimisation: str = OPTIMISATION["fast"],
    objects: dict[str, bytes] | None = None,
) -> Image:
    """Compile ``sources`` with the board's support and link them; ``model`` is what board_model_start has.

    Headers are looked for in ``folder`` too. ``objects``: compiled files of builds before, which this one
    takes where text, headers and flags are the same, and adds to. Raises SnnrtError where the compiler or
    the linker fails.
    """
    need_tools(core)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.snnrt").write_bytes(model)
    (folder / "memory.ld").write_text(_memory(core))
    support = [BOARDS / name for name in (*_COMMON, *core.sources, "model.S")]
    compiler = core.toolchain.prefix + "gcc"
    macros = [f"-D{name}={value}" for name, value in defines.items()]
    macros += [f"-D{define}" for define in core.defines]
    options = [*core.flags, optimisation, *_FLAGS]
    places = [f"-I{folder}", f"-I{BOARDS}", f"-Wa,-I{folder}"]
    headers = [path.read_text() for where in (folder, BOARDS) for path in sorted(where.glob("*.h"))]

    def compile_one(source: Path) -> Path:
        target = folder / f"{source.name}.o"
        if objects is None or source.suffix != ".c":
            _run(compiler, *options, *macros, *places, "-c", source, "-o", target)
            return target
        text = "\0".join([source.read_text(), *headers])
        # what it does not name may differ
        named = [macro for macro in macros if macro.removeprefix("-D").split("=")[0] in text]
        key = "\0".join([compiler, *options, *named, text])
        if key in objects:
            target.write_bytes(objects[key])
        else:
            _run(compiler, *options, *macros, *places, "-c", source, "-o", target)
            objects[key] = target.read_bytes()
        return target

    with ThreadPoolExecutor(2) as pool:
        compiled = list(pool.map(compile_one, [*sources, *support]))
    path = folder / "firmware.elf"
    script = ("-L", folder, "-T", BOARDS / "firmware.ld")
    _run(compiler, *core.flags, *compiled, *script, *_LINK, "-o", path)
    version = _run(compiler, "-dumpfullversion").strip()
    built = f"GCC {version} {' '.join(core.flags)} {optimisation}"
    return Image(path, _sizes(core, path), built)


def symbols(core: Core, image: Image) -> set[str]:
    """Names of everything in a linked program."""
    listing = _run(core.toolchain.prefix + "nm", image.path)
    return {line.split()[-1] for line in listing.splitlines()}


def _memory(core: Core) -> str:
    regions = (("CODE", "rx", core.code), ("MODEL", "r", core.model), ("RAM", "rw", core.ram))
    lines = [
        f"    {name} ({access}) : ORIGIN = {region.origin:#x}, LENGTH = {region.bytes:#x}"
        for name, access, region in regions
    ]
    return "\n".join([f"BOARD_STACK_BYTES = {STACK_BYTES:#x};", "MEMORY {", *lines, "}", ""])


def _sizes(core: Core, path: Path) -> ImageSizes:
    listing = _run(core.toolchain.prefix + "size", "-A", path)
    found = {name: int(size) for name, size in re.findall(r"^(\.\w+)\s+(\d+)", listing, re.MULTILINE)}
    code = found.get(".text", 0) + found.get(".data", 0)
    return ImageSizes(code, found.get(".model", 0), found.get(".data", 0) + found.get(".bss", 0))


def _run(*arguments: str | Path) -> str:
    command = [str(argument) for argument in arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        # the first line that says what is wrong
        pattern = re.compile(r"\b[Ee]rror: |overflow|undefined reference")
        lines = [line for line in done.stderr.splitlines() if pattern.search(line)]
        said = (lines or done.stderr.splitlines() or ["it gave no reason"])[0]
        raise SnnrtError(f"{Path(command[0]).name} failed with exit code {done.returncode}: {said}")
    return done.stdout
