"""Train ordinary networks, to make them spike: with ReLU, then fine-tuned with QCFS activations.

    python examples/training_ordinary/train.py DATA resnet8 --output ordinary/

DATA: a folder with Fashion-MNIST's or MNIST's IDX files (``train-images-idx3-ubyte.gz`` and the other three).
Writes ``NAME.pt`` and ``NAME_qcfs4.pt``, weights alone; ``measure.py`` beside it says what becomes of them.
"""

from __future__ import annotations

import argparse
import copy
import gzip
import time
from pathlib import Path

import numpy as np
import torch
from ordinary_networks import NETWORKS, QCFS
from torch import nn

BATCH = 64
WEIGHT_DECAY = 5e-4


def images(folder: Path, split: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Of an IDX split (``train``, ``t10k``): (N, 1, 28, 28) from 0 to 1, and labels."""
    pixels = gzip.decompress((folder / f"{split}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / f"{split}-labels-idx1-ubyte.gz").read_bytes())[8:]
    x = np.frombuffer(pixels, np.uint8).reshape(-1, 1, 28, 28).astype(np.float32) / 255
    return torch.from_numpy(x), torch.from_numpy(np.frombuffer(labels, np.uint8).astype(np.int64))


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


def with_qcfs(network: nn.Module, levels: int, x: torch.Tensor) -> nn.Module:
    """A copy whose ReLUs are QCFS, each from 99.9 % of what the ReLU gave on ``x``."""
    made = copy.deepcopy(network).eval()
    seen: dict[str, float] = {}
    hooks = [
        one.register_forward_hook(
            lambda _, __, output, path=path: seen.__setitem__(path, float(np.quantile(output.numpy(), 0.999)))
        )
        for path, one in made.named_modules()
        if isinstance(one, nn.ReLU)
    ]
    with torch.no_grad():
        made(x)
    for hook in hooks:
        hook.remove()
    for path, ceiling in seen.items():
        parent, _, name = path.rpartition(".")
        setattr(made.get_submodule(parent), name, QCFS(levels, ceiling))
    return made


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
        network = NETWORKS[name]()
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
