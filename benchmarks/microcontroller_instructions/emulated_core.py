"""The C core in an emulated Cortex-M: how many instructions a run takes, by function.

The portable kernels are compiled for Cortex-M4 with its FPU (GCC, -O2), without counters and scratch memory:
once whole, and once as firmware for networks of dense layers alone has them, which is without convolutions.
The emulator (unicorn) calls a hook for each basic block, whose instructions are counted from its bytes.
"""

from __future__ import annotations

import bisect
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import unicorn
from unicorn import arm_const

from snnrt.devices.core_values import CoreValues
from snnrt.ir.graph import Conv2d, Graph
from snnrt.network import Network
from snnrt.results.result import Result

HERE = Path(__file__).resolve().parent
CSRC = HERE.parents[1] / "csrc"
FLAGS = (
    "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-O2", "-std=c99",
    "-ffp-contract=off", "-DSNNRT_WITH_COUNTERS=0", "-DSNNRT_WITH_TRACE=0", "-DSNNRT_WITH_STRINGS=0",
)  # fmt: skip
LINK = (
    "-nostartfiles",
    "--specs=nosys.specs",
    "-Wl,--gc-sections",
    "-Wl,-e,firmware_run",
    "-Wl,-u,firmware_init",
)

CODE, STACK, MODEL, INPUT, ARENA = 0x08000000, 0x20000000, 0x30000000, 0x32000000, 0x40000000
STACK_TOP, RETURN = STACK + 0xF0000, CODE + 0xFFF00
CALL = (arm_const.UC_ARM_REG_R0, arm_const.UC_ARM_REG_R1, arm_const.UC_ARM_REG_R2, arm_const.UC_ARM_REG_R3)


def build(folder: Path, *, convolutions: bool = True) -> Path:
    """The firmware, compiled in ``folder``. Raises FileNotFoundError without the compiler and
    CalledProcessError where it fails."""
    firmware = folder / ("firmware.elf" if convolutions else "firmware_dense.elf")
    patterns = ("*.c", "nodes/*.c", "kernels/*.c", "kernels/arm/*.c")
    sources = [*(path for pattern in patterns for path in sorted(CSRC.glob(pattern))), HERE / "firmware.c"]
    switch = f"-DSNNRT_WITH_CONV2D={int(convolutions)}"
    arguments = [*FLAGS, switch, "-I", CSRC, *sources, *LINK, "-T", HERE / "firmware.ld", "-o", firmware]
    subprocess.run(["arm-none-eabi-gcc", *map(str, arguments)], check=True, capture_output=True, text=True)
    return firmware


def compiler_version() -> str:
    """Of arm-none-eabi-gcc, two places: "12.2"."""
    done = subprocess.run(
        ["arm-none-eabi-gcc", "-dumpfullversion"], check=True, capture_output=True, text=True
    )
    return ".".join(done.stdout.strip().split(".")[:2])


def thumb_instructions(code: bytes) -> int:
    """How many Thumb-2 instructions ``code`` holds; those that begin with 0b11101 or more have 4 bytes."""
    count = at = 0
    while at < len(code):
        at += 4 if code[at + 1] >> 3 >= 0b11101 else 2
        count += 1
    return count


class EmulatedCore:
    """The firmware in an emulator: for each network the one that its export has, which is compiled in
    ``folder`` when a network first asks for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._firmware: dict[bool, EmulatedFirmware] = {}

    def count(self, graph: Graph, x: np.ndarray) -> tuple[Counter[str], Result]:
        """As :meth:`EmulatedFirmware.count`. Raises FileNotFoundError without the compiler."""
        convolutions = any(isinstance(node, Conv2d) for node in graph)
        if convolutions not in self._firmware:
            self._firmware[convolutions] = EmulatedFirmware(build(self._folder, convolutions=convolutions))
        return self._firmware[convolutions].count(graph, x)


class EmulatedFirmware:
    """One build of the core in an emulator."""

    def __init__(self, firmware: Path) -> None:
        symbols = subprocess.run(
            ["arm-none-eabi-nm", "-n", str(firmware)], check=True, capture_output=True, text=True
        ).stdout
        functions = [line.split() for line in symbols.splitlines() if line.split()[1] in "tTwW"]
        self._addresses = [int(address, 16) for address, _, _ in functions]
        self._names = [name for _, _, name in functions]
        code = firmware.with_suffix(".bin")
        subprocess.run(
            ["arm-none-eabi-objcopy", "-O", "binary", "-j", ".text", str(firmware), str(code)], check=True
        )
        self._code = code.read_bytes()
        self._blocks: dict[tuple[int, int], tuple[str, int]] = {}
        self._counts: Counter[str] = Counter()

    def count(self, graph: Graph, x: np.ndarray) -> tuple[Counter[str], Result]:
        """Instructions of one inference by function, and what the host's core made of the same input.

        ``x`` (1, *shape) or (1, T, *shape) float32. Raises RuntimeError where the emulated core fails.
        """
        network = Network(graph)
        raw = network.to_bytes()
        expected = network.run(x)
        machine = self._machine()
        machine.mem_write(MODEL, raw)
        machine.mem_write(INPUT, CoreValues(network.model).stored_input(x).tobytes())
        self._call(machine, "firmware_init", MODEL, len(raw), ARENA, network.file_info().arena_bytes)
        self._counts.clear()
        self._call(machine, "firmware_run", INPUT)
        return Counter(self._counts), expected

    def _machine(self) -> unicorn.Uc:
        machine = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        # unicorn's Cortex-M has no FPU: this one runs the same instructions
        machine.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_A15)
        for address, size in ((CODE, 1 << 20), (STACK, 1 << 20), (MODEL, 1 << 26), (ARENA, 1 << 24)):
            machine.mem_map(address, size)
        machine.mem_write(CODE, self._code)
        access = machine.reg_read(arm_const.UC_ARM_REG_C1_C0_2)
        machine.reg_write(arm_const.UC_ARM_REG_C1_C0_2, access | 0xF << 20)
        machine.reg_write(arm_const.UC_ARM_REG_FPEXC, 1 << 30)
        machine.hook_add(unicorn.UC_HOOK_BLOCK, self._on_block)
        return machine

    def _on_block(self, machine: unicorn.Uc, address: int, size: int, _: object) -> None:
        block = self._blocks.get((address, size))
        if block is None:
            function = self._names[bisect.bisect(self._addresses, address) - 1]
            block = function, thumb_instructions(bytes(machine.mem_read(address, size)))
            self._blocks[address, size] = block
        self._counts[block[0]] += block[1]

    def _call(self, machine: unicorn.Uc, function: str, *arguments: int) -> None:
        machine.reg_write(arm_const.UC_ARM_REG_SP, STACK_TOP)
        machine.reg_write(arm_const.UC_ARM_REG_LR, RETURN | 1)
        for register, value in zip(CALL, arguments):
            machine.reg_write(register, value)
        machine.emu_start(self._addresses[self._names.index(function)] | 1, RETURN)
        status = machine.reg_read(arm_const.UC_ARM_REG_R0)
        if status != 0:
            raise RuntimeError(f"{function}: expected status 0 from the emulated core, found {status}")
