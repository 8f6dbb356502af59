"""The emulated cores: machine, memory, compiler, and how the instruction counter ticks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from snnrt.errors import SnnrtError

STACK_BYTES = 1 << 16


@dataclass(frozen=True)
class Region:
    """``bytes`` of memory from ``origin``."""

    origin: int
    bytes: int


@dataclass(frozen=True)
class Toolchain:
    """A compiler and an emulator, and the Debian packages that have them."""

    prefix: str
    compiler_package: str
    emulator: str
    emulator_package: str


@dataclass(frozen=True)
class Core:
    """A core that firmware is built for and run on.

    ``sources`` are the files of boards/ that it needs beside the common ones, ``defines`` what they ask for.
    One instruction takes 2^``shift`` ns of the emulator's clock, which is ``ticks`` of the counter that the
    firmware reads: 1, or more than 2, so that a difference of two readings, which is off by less than
    one tick, stands for one number of instructions only.
    """

    name: str
    machine: str
    toolchain: Toolchain
    options: tuple[str, ...]
    flags: tuple[str, ...]
    sources: tuple[str, ...]
    defines: tuple[str, ...]
    code: Region
    model: Region
    ram: Region
    shift: int
    ticks: Fraction

    def instructions(self, ticks: int) -> int:
        """The number of instructions that took so many ticks."""
        return round(ticks / self.ticks)

    def emulator_command(self, program: str) -> list[str]:
        """How the emulator runs a program (an ELF file)."""
        return [
            self.toolchain.emulator, "-machine", self.machine, "-display", "none", "-monitor", "none",
            "-serial", "none",  *self.options, "-semihosting-config", "enable=on,target=native",
            "-icount", f"shift={self.shift},sleep=off", "-kernel", program,
        ]  # fmt: skip


_ARM = Toolchain("arm-none-eabi-", "gcc-arm-none-eabi", "qemu-system-arm", "qemu-system-arm")
_RISCV = Toolchain(
    "riscv64-unknown-elf-", "gcc-riscv64-unknown-elf", "qemu-system-riscv32", "qemu-system-misc"
)
_SHIFT = 7
_CODE_BYTES = 1 << 18


def _mps2(name: str, machine: str, *flags: str) -> Core:
    """An MPS2 board: 4 MiB at 0 for code, 4 MiB for data, timers of 25 MHz (40 ns a tick)."""
    return Core(
        name, machine, _ARM, (), ("-mthumb", *flags), ("cortex_m.S", "cortex_m.c"),
        ("BOARD_CMSDK_TIMER=0x40000000u",), Region(0, _CODE_BYTES),
        Region(_CODE_BYTES, (4 << 20) - _CODE_BYTES), Region(0x20000000, 4 << 20), _SHIFT,
        Fraction(1 << _SHIFT, 40),
    )  # fmt: skip


_ALL = (
    # QEMU's one Cortex-M0 board has 16 KiB of memory: M0 code, which an M3 runs as well, gets the M3's board
    _mps2("cortex-m0", "mps2-an385", "-mcpu=cortex-m0"),
    _mps2("cortex-m3", "mps2-an385", "-mcpu=cortex-m3"),
    _mps2("cortex-m4", "mps2-an386", "-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"),
    _mps2("cortex-m7", "mps2-an500", "-mcpu=cortex-m7", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"),
    Core(
        "cortex-m33", "mps2-an505", _ARM, (),
        ("-mthumb", "-mcpu=cortex-m33", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"),
        ("cortex_m.S", "cortex_m.c"), ("BOARD_CMSDK_TIMER=0x50000000u",), Region(0x10000000, _CODE_BYTES),
        Region(0x10000000 + _CODE_BYTES, (4 << 20) - _CODE_BYTES), Region(0x38000000, 4 << 20), _SHIFT,
        Fraction(1 << _SHIFT, 50),
    ),
    Core(
        "cortex-m55", "mps3-an547", _ARM, (), ("-mthumb", "-mcpu=cortex-m55", "-mfloat-abi=hard"),
        ("cortex_m.S", "cortex_m.c"), ("BOARD_SSE_COUNTER=0x58100000u",), Region(0, 1 << 19),
        Region(0x70000000, 16 << 20), Region(0x21000000, 4 << 20), _SHIFT, Fraction(32 << _SHIFT, 1000),
    ),
    Core(
        "rv32", "virt", _RISCV, ("-bios", "none"), 
        ("-march=rv32imc", "-mabi=ilp32", "-mcmodel=medany"), ("riscv.S", "riscv.c"), (),
        Region(0x80000000, _CODE_BYTES), Region(0x80000000 + _CODE_BYTES, (32 << 20) - _CODE_BYTES),
        Region(0x82000000, 32 << 20), 0, Fraction(1),
    ),
)  # fmt: skip
CORES = {core.name: core for core in _ALL}
"""By name."""


def core_named(name: str) -> Core:
    """The core of that name. Raises SnnrtError where there is none."""
    if name not in CORES:
        raise SnnrtError(f"emulator: no core is called {name!r}; expected one of {', '.join(CORES)}")
    return CORES[name]
