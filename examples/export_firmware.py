"""The digits network as C sources for firmware, compiled and run on this machine.

pip install 'snnrt[data]'
python examples/export_firmware.py
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import snnrt
from snnrt.data.load import load_dataset
from snnrt.targets.export.project import Export, build_project, write_project

SOURCE = Path(__file__).parent / "models" / "digits_conv.nir"


def main(arguments: list[str] | None = None) -> None:
    """Convert, export, compile the example that is exported too, and compare it with the engine."""
    parser = argparse.ArgumentParser(description="Export the digits network for firmware.")
    parser.add_argument("--output", metavar="DIR", default="firmware", help="the folder to write (firmware)")
    parser.add_argument("--compiler", metavar="CC", default="cc", help="a C compiler of this machine (cc)")
    given = parser.parse_args(arguments)

    network = snnrt.convert(
        SOURCE, numbers="int8", calibrate="digits", timesteps=4,
        framework="snntorch", exit="entropy:0.2",
    )  # fmt: skip
    image = load_dataset("digits").x[0]
    project = build_project(network, "digits.snnrt", Export(sample=image))
    write_project(project.files, given.output)
    print(f"written: {', '.join(project.files)}")

    sources = [name for name in project.files if name.endswith(".c")]
    subprocess.run([given.compiler, "-std=c99", *sources, "-o", "example"], cwd=given.output, check=True)
    printed = subprocess.run(
        [Path(given.output) / "example"], capture_output=True, text=True, check=True
    ).stdout
    print(printed.rstrip())
    out = network.run(image[None])
    print(f"here: class {out.predictions[0]}, timesteps {out.timesteps[0]}")


if __name__ == "__main__":
    main()
