"""What becomes of the ordinary networks of ``train.py`` as they spike: accuracy by timestep, and with exits.

    python examples/training_ordinary/measure.py DATA ordinary/ resnet8 resnet8_qcfs4 --images 1000

Each network in int8, beside the float32 network on the same test images; its thresholds come from training
images. The exits are those of the entropy rule with the given thresholds.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import torch
from ordinary_networks import NETWORKS, QCFS
from torch import nn
from train import accuracy, images

import snnrt


def network(folder: Path, name: str, channels: int, side: int) -> nn.Module:
    """``resnet8``, or ``resnet8_qcfs4`` with QCFS of 4 levels."""
    kind, _, levels = name.partition("_qcfs")
    made = NETWORKS[kind](channels, side, activation=(lambda: QCFS(int(levels))) if levels else nn.ReLU)
    made.load_state_dict(torch.load(folder / f"{name}.pt", weights_only=True))
    return made


def measure(
    name: str,
    folder: Path,
    data: Path,
    count: int,
    calibration: int,
    exits: list[float],
    timesteps: list[int],
    max_spikes: int | None = None,
) -> None:
    """A line of figures for each number of timesteps and each exit."""
    seen, (x, y) = images(data, "train")[0][:calibration], images(data, "t10k")
    x, y = x[:count], y[:count]
    made = network(folder, name, *x.shape[1:3])
    expected = accuracy(made, x, y)
    print(f"{name}: {100 * expected:.2f} % in float32, on {count} images")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", snnrt.SilentLayerWarning)
        net = snnrt.convert(
            made, x[:1], spiking=True, calibrate=seen.numpy(), timesteps=max(timesteps), numbers="int8",
            max_spikes=max_spikes,
        )  # fmt: skip
    for steps in timesteps:
        found = net.score(x.numpy(), y.numpy(), timesteps=steps)
        print(f"  T = {steps:2}: {100 * found:.2f} %, {100 * (found - expected):+.2f}", flush=True)
    for threshold in exits:
        result = net.run(x.numpy(), exit=f"entropy:{threshold:g}")
        found = result.accuracy(y.numpy())
        print(
            f"  exit at entropy {threshold:g}: {result.timesteps.mean():.2f} timesteps, {100 * found:.2f} %, "
            f"{100 * (found - expected):+.2f}",
            flush=True,
        )


def main() -> None:
    """Measure each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("networks", nargs="+")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--calibration", type=int, default=300)
    parser.add_argument("--timesteps", type=int, nargs="+", default=[4, 8, 16, 32])
    parser.add_argument("--exits", type=float, nargs="*", default=[0.1, 0.3, 0.5])
    parser.add_argument("--max-spikes", type=int, help="spikes a timestep")
    options = parser.parse_args()
    for name in options.networks:
        measure(
            name,
            options.folder,
            options.data,
            options.images,
            options.calibration,
            options.exits,
            options.timesteps,
            options.max_spikes,
        )


if __name__ == "__main__":
    main()
