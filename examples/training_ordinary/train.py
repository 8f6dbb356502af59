"""Train ordinary networks, to make them spike: with ReLU, then fine-tuned with QCFS activations.

    python examples/training_ordinary/train.py DATA resnet8 --output ordinary/

DATA: a folder with Fashion-MNIST's or MNIST's IDX files (``train-images-idx3-ubyte.gz`` and the other three),
or CIFAR-10's as ``examples/training/cifar10.py`` reads them. Writes ``NAME.pt`` and ``NAME_qcfs4.pt``, the
weights alone; ``measure.py`` beside it says what becomes of them.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch
from ordinary_networks import NETWORKS
from torch import nn

from snnrt.training.activations import with_qcfs

sys.path.append(str(Path(__file__).parents[1] / "training"))
import datasets

BATCH = 64
WEIGHT_DECAY = 5e-4


def images(folder: Path, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Of an IDX split (``train``, ``t10k``), or of CIFAR-10: (N, C, H, W) from 0 to 1, and labels."""
    if (folder / f"{split}-images-idx3-ubyte.gz").exists():
        x, y = datasets.idx_images(folder, split)
    else:
        x, y = datasets.cifar10(folder, "train" if split == "train" else "test")
    return x.float() / 255, y


def accuracy(network: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Share of right classes."""
    network.eval()
    with torch.no_grad():
        found = torch.cat([network(part).argmax(1) for part in x.split(500)])
    return float((found == y).float().mean())


def train(network: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int, rate: float) -> None:
    """One cycle of the learning rate; images mirrored at random."""
    thresholds = [p for name, p in network.named_parameters() if name.endswith("ceiling")]
    others = [p for name, p in network.named_parameters() if not name.endswith("ceiling")]
    groups = [{"params": others, "weight_decay": WEIGHT_DECAY}]
    if thresholds:
        groups.append({"params": thresholds, "weight_decay": 0.0})
    optimiser = torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.2)
    network.train()
    for _ in range(steps):
        rows = torch.randint(0, len(x), (BATCH,))
        part = x[rows]
        mirrored = torch.rand(BATCH) < 0.5
        part[mirrored] = part[mirrored].flip(-1)
        loss = nn.functional.cross_entropy(network(part), y[rows], label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("networks", nargs="+", choices=NETWORKS)
    parser.add_argument("--output", type=Path, default=Path("ordinary"))
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--levels", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    x, y = images(options.data, "train")
    test = images(options.data, "t10k")
    for name in options.networks:
        torch.manual_seed(options.seed)
        start = time.perf_counter()
        network = NETWORKS[name](*x.shape[1:3])
        train(network, x, y, options.steps, 0.1)
        torch.save(network.state_dict(), options.output / f"{name}.pt")
        tuned = with_qcfs(network, options.levels, x[:256])
        train(tuned, x, y, options.steps // 2, 0.02)
        torch.save(tuned.state_dict(), options.output / f"{name}_qcfs{options.levels}.pt")
        print(
            f"{name}: ReLU {100 * accuracy(network, *test):.2f} %, "
            f"QCFS {100 * accuracy(tuned, *test):.2f} %, {time.perf_counter() - start:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
