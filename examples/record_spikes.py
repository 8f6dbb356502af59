"""Look inside: every spike and every membrane potential of a few inputs, timestep by timestep.

pip install 'snnrt[data]'
python examples/record_spikes.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import snnrt
from snnrt.data.load import load_dataset

SOURCE = Path(__file__).parent / "models" / "digits_conv.nir"


def main(arguments: list[str] | None = None) -> None:
    """Record and print; with ``--output``, save the arrays."""
    parser = argparse.ArgumentParser(description="Record spikes and membranes of the digits network.")
    parser.add_argument("--output", metavar="FILE.npz", help="write the recorded arrays")
    output = parser.parse_args(arguments).output

    test = load_dataset("digits", split="test")
    network = snnrt.convert(SOURCE, timesteps=4, framework="snntorch")
    out = network.run(test.x[:8], record=("spikes", "membranes"))
    for name, spikes in out.spikes.items():
        # (inputs, timesteps, channels, height, width)
        rates = spikes.reshape(*spikes.shape[:2], -1).mean(axis=(0, 2))
        print(f"{name}: {spikes.shape}, share of neurons that fire at each timestep: {np.round(rates, 3)}")
        membranes = out.membranes[name]
        print(f"{name}: membranes from {membranes.min():.2f} to {membranes.max():.2f}")
    if output is not None:
        arrays = {f"spikes_{name}": array for name, array in out.spikes.items()}
        arrays |= {f"membranes_{name}": array for name, array in out.membranes.items()}
        np.savez_compressed(output, **arrays)
        print("written:", output)


if __name__ == "__main__":
    main()
