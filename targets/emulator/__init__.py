"""Firmware on emulated Cortex-M and RISC-V cores, built with cross compilers, run in QEMU."""

from snnrt.targets.emulator.build import Image, ImageSizes, build, symbols
from snnrt.targets.emulator.busiest import worst_step
from snnrt.targets.emulator.cores import CORES, Core, core_named
from snnrt.targets.emulator.device import EmulatedResult, run_emulated
from snnrt.targets.emulator.machine import ProgramError, run_program

__all__ = [
    "CORES",
    "Core",
    "EmulatedResult",
    "Image",
    "ImageSizes",
    "ProgramError",
    "build",
    "core_named",
    "run_emulated",
    "run_program",
    "symbols",
    "worst_step",
]
