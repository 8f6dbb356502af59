"""Instructions and stack of the demo network on every emulated core: the tables of docs/emulator.md.

python benchmarks/emulated_cores.py            prints them
python benchmarks/emulated_cores.py --write    writes them into the page
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import snnrt
from snnrt.atomic_write import write_atomically
from snnrt.data.load import load_dataset
from snnrt.errors import SnnrtError
from snnrt.ir.graph import Numbers
from snnrt.targets.emulator import CORES, EmulatedResult, worst_step

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "emulator.md"
SOURCE = ROOT / "examples" / "models" / "digits_conv.nir"
INPUTS = 40
TIMESTEPS, THRESHOLD = 4, 0.05


def row(name: str, network: snnrt.Network, found: EmulatedResult) -> str:
    """One core's line."""
    steps = found.step_instructions[found.step_instructions > 0]
    worst = int(worst_step(network.graph, name).step_instructions.max())
    operations = found.counts.synaptic_operations.sum()
    cells = (
        f"{found.instructions.mean():,.0f}",
        f"{steps.mean():,.0f}",
        f"{steps.max():,}",
        f"{worst:,}",
        f"{found.instructions.sum() / operations:.2f}",
        f"{found.init_instructions:,}",
        str(found.stack_bytes),
        str(found.init_stack_bytes),
    )
    return f"| {name} | " + " | ".join(cells) + " |"


def table(numbers: Numbers) -> str:
    """The demo network in these numbers on every core."""
    training, test = load_dataset("digits", split="train"), load_dataset("digits", split="test")
    network = snnrt.convert(
        SOURCE, numbers=numbers, timesteps=TIMESTEPS, framework="snntorch",
        exit=snnrt.Exit.entropy(THRESHOLD),
        calibrate=training.x if numbers == "int8" else None,
    )  # fmt: skip
    info = network.file_info()
    lines = [
        f"**{numbers}**: model {info.file_bytes} bytes, arena {info.arena_bytes} bytes",
        "",
        "| core | an inference | a timestep | longest timestep seen | worst timestep | "
        "a synaptic operation | `snnrt_network_init`, once | stack bytes | "
        "stack bytes of `snnrt_network_init` |",
        "|---|" + "---:|" * 8,
    ]
    x = test.x[:INPUTS]
    for name in CORES:
        lines.append(row(name, network, network.run(x, device=f"emulator:{name}")))
    return "\n".join(lines)


def main() -> None:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write them into docs/emulator.md")
    write = parser.parse_args().write
    try:
        text = "\n\n".join(table(numbers) for numbers in ("int8", "float32"))
    except SnnrtError as error:
        parser.exit(1, f"emulated_cores: {error}\n")
    print(text)
    if write:
        page = PAGE.read_text("utf-8")
        marked = r"(?s)(<!-- written by benchmarks/emulated_cores.py -->\n).*?(<!-- end -->)"
        page, places = re.subn(marked, lambda m: f"{m[1]}{text}\n{m[2]}", page)
        if places != 1:
            parser.exit(1, f"emulated_cores: {PAGE.name}: expected its marks once, found {places}\n")
        write_atomically(PAGE, page.encode())


if __name__ == "__main__":
    main()
