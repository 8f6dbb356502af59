"""The same network on a simulated crossbar of resistive devices: what noise and a coarse ADC do to it.

pip install 'snnrt[data]'
python examples/crossbar.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import snnrt
from snnrt.data.load import load_dataset
from snnrt.devices.crossbar.device import Crossbar, CrossbarConfig

SOURCE = Path(__file__).parent / "models" / "digits_conv.nir"
CHIPS = {
    "ideal devices": CrossbarConfig(),
    "5-bit ADC": CrossbarConfig(on_off_ratio=10, adc_bits=5, adc_range="level"),
    "programming error 20 %": CrossbarConfig(
        on_off_ratio=10, programming_error=0.2, programming_error_model="proportional"
    ),
    "both": CrossbarConfig(
        on_off_ratio=10,
        programming_error=0.2,
        programming_error_model="proportional",
        adc_bits=5,
        adc_range="level",
    ),
}


def main(arguments: list[str] | None = None) -> None:
    """Run the same images on the CPU and on each chip."""
    parser = argparse.ArgumentParser(description="Run the digits network on simulated crossbars.")
    parser.add_argument("--inputs", type=int, default=200, help="number of test images")
    inputs = parser.parse_args(arguments).inputs

    test = load_dataset("digits")
    x, y = test.x[:inputs], test.y[:inputs]
    network = snnrt.convert(SOURCE, numbers="int8", calibrate="digits", timesteps=4, framework="snntorch")
    on_cpu = network.run(x)
    print(f"{'C core':24} accuracy {on_cpu.accuracy(y):.4f}")
    for name, config in CHIPS.items():
        chip = Crossbar(config)
        out = network.run(x, device=chip)
        same = np.mean(out.predictions == on_cpu.predictions)
        conversions = sum(int(events.adc_conversions) for events in chip.events.values())
        print(
            f"{name:24} accuracy {out.accuracy(y):.4f}, {same:.1%} as in the C core, "
            f"{conversions / len(x):.0f} ADC conversions an image"
        )


if __name__ == "__main__":
    main()
