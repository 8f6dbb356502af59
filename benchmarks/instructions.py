"""Instructions of one inference, counted by callgrind: the demo network and the 28×28 network.

    python benchmarks/instructions.py

Needs valgrind. Valgrind knows no AVX-512 (up to version 3.26): those kernels are left out.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core_program import CoreProgram
from networks import Subject, demo_subject, peer_subject

from snnrt.devices.cpu import kernel_sets

MISSING = "instructions: valgrind is not installed (Debian: apt-get install valgrind)"


@dataclass(frozen=True)
class Count:
    """Instructions of one inference, the mean over the subject's inputs."""

    network: str
    numbers: str
    kernels: str
    instructions: float


def countable_kernels() -> list[str]:
    """Kernel sets of this processor that valgrind can run."""
    return [name for name in kernel_sets() if not name.startswith("avx512")]


def count(subject: Subject, inputs: int = 4) -> Iterator[Count]:
    """One count for each numbers and kernel set, over the first ``inputs`` inputs. Raises ProgramError."""
    with tempfile.TemporaryDirectory() as folder:
        for numbers in ("int8", "float32"):
            program = CoreProgram(subject.network(numbers), subject.x[:inputs], Path(folder))
            for kernels in countable_kernels():
                yield Count(subject.name, numbers, kernels, program.instructions(kernels))


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.parse_args()
    if shutil.which("valgrind") is None:
        parser.exit(1, MISSING + "\n")
    for subject in (demo_subject(), peer_subject()):
        for counted in count(subject):
            print(
                f"{counted.network:26} {counted.numbers:8} {counted.kernels:10} {counted.instructions:14,.0f}"
            )


if __name__ == "__main__":
    main()
