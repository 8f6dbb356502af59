"""What becomes of the ordinary networks of ``train.py`` as they spike: accuracy by timestep, and with exits.

    python examples/training_ordinary/measure.py DATA ordinary/ resnet8 resnet8_qcfs4 --images 5000

Each network in int8, beside the float32 network on the same test images, with the 95 % interval of the
difference; its thresholds come from training images. The exits are those of the entropy rule with the given
thresholds.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import torch
from ordinary_networks import NETWORKS, QCFS
from torch import nn
from train import images

import snnrt
from snnrt.calibration.outcomes import Outcomes


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
    right = right_of(made, x, y)
    print(f"{name}: {100 * right.mean():.2f} % in float32, on {len(y)} images")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", snnrt.SilentLayerWarning)
        net = snnrt.convert(
            made, x[:1], spiking=True, calibrate=seen.numpy(), timesteps=max(timesteps), numbers="int8",
            max_spikes=max_spikes,
        )  # fmt: skip
    # one run of all timesteps says what each number of them and each exit answers
    accumulators = net.run(x.numpy(), exit="never", record=("accumulators",)).accumulators
    assert accumulators is not None
    found = Outcomes.of(net.graph, accumulators)
    for steps in timesteps:
        print(f"  T = {steps:2}: {beside(found.classes[:, steps - 1] == y.numpy(), right)}", flush=True)
    for threshold in exits:
        taken = found.exit_steps(snnrt.Exit.entropy(threshold), net.graph)
        words = beside(found.answers(taken) == y.numpy(), right)
        print(f"  exit at entropy {threshold:g}: {taken.mean():.2f} timesteps, {words}", flush=True)


def right_of(network: nn.Module, x: torch.Tensor, y: torch.Tensor) -> np.ndarray:
    """(N,) bool: where ``network`` answers rightly."""
    network.eval()
    with torch.no_grad():
        found = torch.cat([network(part).argmax(1) for part in x.split(250)])
    return (found == y).numpy()


def beside(found: np.ndarray, expected: np.ndarray) -> str:
    """Accuracy, the difference to ``expected`` in points, and its 95 % interval: of the same images."""
    difference = 100 * (found.astype(float) - expected)
    half = 1.96 * difference.std() / len(difference) ** 0.5
    return f"{100 * found.mean():.2f} %, {difference.mean():+.2f} ± {half:.2f}"


def main() -> None:
    """Measure each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("networks", nargs="+")
    parser.add_argument("--images", type=int, default=5000)
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
