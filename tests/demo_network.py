"""The demo network, examples/models/digits_conv.nir, converted, and the digits' test images."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from snnrt.data.load import load_dataset
from snnrt.ir.graph import Numbers
from snnrt.network import Network
from snnrt.opening import convert

SOURCE = Path(__file__).parents[1] / "examples" / "models" / "digits_conv.nir"


@cache
def demo_network(numbers: Numbers) -> tuple[Network, np.ndarray]:
    """With 4 timesteps, and an exit rule with which some images take several; images (797, 1, 8, 8)."""
    training, test = load_dataset("digits", split="train"), load_dataset("digits", split="test")
    network = convert(
        SOURCE, numbers=numbers, timesteps=4, framework="snntorch", exit="entropy:0.005",
        calibrate=training.x if numbers == "int8" else None,
    )  # fmt: skip
    return network, test.x
