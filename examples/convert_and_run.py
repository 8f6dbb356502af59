"""Convert a trained network, save it, load it again and run it: each input stops as soon as it is sure.

pip install 'snnrt[data]'
python examples/convert_and_run.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import snnrt
from snnrt.data.load import load_dataset

SOURCE = Path(__file__).parent / "models" / "digits_conv.nir"


def main(arguments: list[str] | None = None) -> None:
    """Convert to int8 and run the test images."""
    parser = argparse.ArgumentParser(description="Convert and run the digits network.")
    parser.add_argument("--output", default="digits.snnrt", help="the file to write")
    output = parser.parse_args(arguments).output

    network = snnrt.convert(
        SOURCE,
        numbers="int8",
        calibrate="digits",
        timesteps=4,
        framework="snntorch",
        exit="entropy:0.2",
    )
    # NIR leaves open how a neuron resets and when it fires: what was taken for granted is kept
    for assumption in network.assumptions:
        print("assumed:", assumption)
    network.save(output)

    test = load_dataset("digits")
    out = snnrt.load(output).run(test.x)
    print("accuracy:", round(out.accuracy(test.y), 4))
    print("timesteps:", {int(t): int(n) for t, n in zip(*np.unique(out.timesteps, return_counts=True))})
    print("logits of the first image:", ", ".join(f"{logit:.2f}" for logit in out.logits[0]))
    print("spikes an image:", round(float(out.counts.spikes.sum()) / len(test), 1))


if __name__ == "__main__":
    main()
