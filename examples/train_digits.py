"""Train a small spiking convolutional network on scikit-learn's handwritten digits; write it as NIR.

    pip install torch snntorch scikit-learn
    python examples/train_digits.py

The network (snnTorch's ``Leaky``, T = 4, the image as a constant current) learns to be right after one
timestep: its loss is the mean over timesteps of the cross-entropy of the mean output so far, after TET (Deng
et al., ICLR 2022), which takes each timestep's output alone. Batch norm is folded into the convolutions
before the export, and every figure is measured on that folded network. The first 1,000 images train, the
last 797 test, unshuffled, since neighbouring images share a writer; settings were chosen on parts of the
training images (as by ``--holdout``).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import json
import math
import os
import platform
from dataclasses import dataclass
from pathlib import Path

import nir
import numpy as np
import snntorch
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

import snnrt

TIMESTEPS = 4
TRAINING_IMAGES = 1000
CLASSES = 10
CHANNELS = (16, 32)
BATCH = 50
LEARNING_RATE = 8e-3
# snnTorch's export writes its constants for this step, in seconds
DT = 1e-4
LIBRARIES = ("torch", "snntorch", "nir", "scikit-learn")
MODEL = Path(__file__).parent / "models" / "digits_conv.nir"


class DigitsNetwork(nn.Module):
    """(N, 1, 8, 8) → conv 3×3, LIF, average pooling 2, conv 3×3, LIF, dense → (T, N, 10) currents."""

    def __init__(self) -> None:
        super().__init__()
        first, second = CHANNELS
        self.conv1 = nn.Conv2d(1, first, 3, padding=1)
        self.norm1: nn.Module = nn.BatchNorm2d(first)
        self.lif1 = snntorch.Leaky(beta=0.5)
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(first, second, 3, padding=1)
        self.norm2: nn.Module = nn.BatchNorm2d(second)
        self.lif2 = snntorch.Leaky(beta=0.5)
        self.dropout = nn.Dropout(0.1)
        self.fc = nn.Linear(second * 4 * 4, CLASSES)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Output currents (T, N, 10), and the spikes (N, T, C, H, W) of both layers."""
        current = self.norm1(self.conv1(x))
        membrane1 = torch.zeros_like(current)
        membrane2 = torch.zeros(len(x), CHANNELS[1], 4, 4)
        outputs, spikes1, spikes2 = [], [], []
        for _ in range(TIMESTEPS):
            spike1, membrane1 = self.lif1(current, membrane1)
            spike2, membrane2 = self.lif2(self.norm2(self.conv2(self.pool1(spike1))), membrane2)
            outputs.append(self.fc(self.dropout(spike2.flatten(1))))
            spikes1.append(spike1)
            spikes2.append(spike2)
        return torch.stack(outputs), {"lif1": torch.stack(spikes1, 1), "lif2": torch.stack(spikes2, 1)}

    @torch.no_grad()
    def fold_batch_norm(self) -> None:
        """Put both batch norms, as they are in evaluation, into the convolutions before them."""
        for conv, norm in ((self.conv1, self.norm1), (self.conv2, self.norm2)):
            assert isinstance(norm, nn.BatchNorm2d) and norm.running_var is not None
            assert norm.running_mean is not None and conv.bias is not None
            factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            conv.weight.mul_(factor[:, None, None, None])
            conv.bias.copy_((conv.bias - norm.running_mean) * factor + norm.bias)
        self.norm1 = nn.Identity()
        self.norm2 = nn.Identity()


@dataclass(frozen=True)
class Measured:
    """N images: logits (T, N, 10) summed over the timesteps so far, labels (N,), spikes (N, T, C, H, W)."""

    logits: torch.Tensor
    labels: torch.Tensor
    spikes: dict[str, torch.Tensor]

    def accuracies(self) -> list[float]:
        """Accuracy after 1 … T timesteps."""
        return [float((logits.argmax(1) == self.labels).double().mean()) for logits in self.logits]

    def firing_rates(self) -> dict[str, float]:
        """Spikes a neuron and timestep."""
        return {name: float(spikes.double().mean()) for name, spikes in self.spikes.items()}

    def early_exit(self, threshold: float) -> tuple[float, float]:
        """Accuracy and mean timesteps if a run ends at the first normalised entropy below ``threshold``."""
        log_p = self.logits.double().log_softmax(2)
        sure = -(log_p.exp() * log_p).sum(2) / math.log(CLASSES) < threshold
        sure[-1] = True
        last = sure.int().argmax(0)
        classes = self.logits[last, torch.arange(len(last))].argmax(1)
        return float((classes == self.labels).double().mean()), float((last + 1).double().mean())


def load_images() -> tuple[torch.Tensor, torch.Tensor]:
    """All 1,797 digits in their order: (N, 1, 8, 8) float32 in [0, 1] and labels (N,)."""
    digits = load_digits()
    return torch.tensor(digits.images / 16, dtype=torch.float32)[:, None], torch.tensor(digits.target)


def augment(images: torch.Tensor) -> torch.Tensor:
    """Shift by up to half a pixel, rotate by up to 0.1 rad, stretch by up to 5 %."""
    count = len(images)
    angle = 0.1 * (2 * torch.rand(count) - 1)
    stretch = 1 + 0.05 * (2 * torch.rand(count, 2) - 1)
    shift = 0.125 * (2 * torch.rand(count, 2) - 1)
    rows = torch.stack([angle.cos() * stretch[:, 0], -angle.sin(), shift[:, 0]], 1)
    columns = torch.stack([angle.sin(), angle.cos() * stretch[:, 1], shift[:, 1]], 1)
    grid = functional.affine_grid(torch.stack([rows, columns], 1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def train(images: torch.Tensor, labels: torch.Tensor, epochs: int) -> DigitsNetwork:
    """Train from scratch; returns the network in evaluation mode with its batch norms folded."""
    network = DigitsNetwork()
    batches = math.ceil(len(images) / BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=epochs * batches)
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(len(images)).split(BATCH):
            outputs, _ = network(augment(images[batch]))
            steps = torch.arange(1, TIMESTEPS + 1)[:, None, None]
            means = outputs.cumsum(0) / steps
            loss = functional.cross_entropy(means.flatten(0, 1), labels[batch].repeat(TIMESTEPS))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1:3d} of {epochs}: loss {total / batches:.4f}", flush=True)
    network.eval()
    network.fold_batch_norm()
    return network


@torch.no_grad()
def measure(network: DigitsNetwork, images: torch.Tensor, labels: torch.Tensor) -> Measured:
    """Run ``network`` for all timesteps."""
    outputs, spikes = network(images)
    return Measured(outputs.cumsum(0), labels, spikes)


def to_nir(network: DigitsNetwork) -> nir.NIRGraph:
    """The folded network as NIR, its neurons written as by ``snntorch.export_to_nir``."""

    def conv(layer: nn.Conv2d, size: int) -> nir.Conv2d:
        assert layer.bias is not None
        weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        return nir.Conv2d((size, size), weight, stride=1, padding=1, dilation=1, groups=1, bias=bias)

    def lif(layer: snntorch.Leaky, shape: tuple[int, ...]) -> nir.LIF:
        tau = np.full(shape, DT / (1 - float(layer.beta)), np.float32)
        zero = np.zeros(shape, np.float32)
        threshold = np.full(shape, float(layer.threshold), np.float32)
        return nir.LIF(tau=tau, r=tau / np.float32(DT), v_leak=zero, v_threshold=threshold, v_reset=zero)

    first, second = CHANNELS
    two = np.array([2, 2])
    nodes = {
        "input": nir.Input(input_type=np.array([1, 8, 8])),
        "conv1": conv(network.conv1, 8),
        "lif1": lif(network.lif1, (first, 8, 8)),
        "pool1": nir.AvgPool2d(kernel_size=two, stride=two, padding=np.zeros(2, int)),
        "conv2": conv(network.conv2, 4),
        "lif2": lif(network.lif2, (second, 4, 4)),
        "flatten": nir.Flatten(input_type={"input": np.array([second, 4, 4])}, start_dim=0, end_dim=-1),
        "fc": nir.Affine(weight=network.fc.weight.detach().numpy(), bias=network.fc.bias.detach().numpy()),
        "output": nir.Output(output_type=np.array([CLASSES])),
    }
    names = list(nodes)
    return nir.NIRGraph(nodes, list(itertools.pairwise(names)))


def compare_with_snnrt(path: Path, images: torch.Tensor, measured: Measured) -> tuple[float, float]:
    """Run the file in snnrt: the shares of classes and of spikes that are equal to PyTorch's."""
    network = snnrt.convert(path, framework="snntorch", timesteps=TIMESTEPS)
    result = network.run(images.numpy(), record=("spikes",))
    classes = result.predictions == measured.logits[-1].argmax(1).numpy()
    spikes = [(result.spikes[name] == expected.numpy()).ravel() for name, expected in measured.spikes.items()]
    return float(classes.mean()), float(np.concatenate(spikes).mean())


def write(path: Path, graph: nir.NIRGraph, figures: dict[str, object]) -> None:
    """Write the NIR file and, beside it, its figures as JSON; a failed write leaves no file half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    try:
        nir.write(str(partial), graph)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    path.with_suffix(".json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def report(measured: Measured) -> None:
    """Print accuracies, firing rates and what an exit by entropy gives."""
    accuracies = ", ".join(f"{value:.4f}" for value in measured.accuracies())
    rates = ", ".join(f"{name} {rate:.3f}" for name, rate in measured.firing_rates().items())
    print(f"accuracy after 1 … {TIMESTEPS} timesteps: {accuracies}")
    print(f"spikes a neuron and timestep: {rates}")
    for threshold in (0.02, 0.05, 0.1, 0.2, 0.3):
        accuracy, timesteps = measured.early_exit(threshold)
        print(f"exit at entropy < {threshold:4.2f}: accuracy {accuracy:.4f}, mean timesteps {timesteps:.3f}")


def main(arguments: list[str] | None = None) -> None:
    """Train, print what was measured, write the NIR file and its figures."""
    parser = argparse.ArgumentParser(description="Train a spiking network on handwritten digits.")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=MODEL, help="the NIR file; a .json goes beside it")
    parser.add_argument(
        "--holdout", type=int, default=0, metavar="N",
        help="to choose settings: leave the last N training images out, measure on them and write nothing",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if options.epochs < 1:
        parser.error(f"--epochs: expected 1 or more, found {options.epochs}")
    if not 0 <= options.holdout < TRAINING_IMAGES:
        parser.error(f"--holdout: expected 0 to {TRAINING_IMAGES - 1}, found {options.holdout}")

    # one thread, so that the same seed gives the same sums
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    images, labels = load_images()
    end = TRAINING_IMAGES - options.holdout
    network = train(images[:end], labels[:end], options.epochs)
    if options.holdout:
        report(measure(network, images[end:TRAINING_IMAGES], labels[end:TRAINING_IMAGES]))
        return

    measured = measure(network, images[end:], labels[end:])
    report(measured)
    accuracies = measured.accuracies()
    figures: dict[str, object] = {
        "dataset": "scikit-learn load_digits, values divided by 16",
        "split": f"images 0 to {end - 1} train, images {end} to {len(images) - 1} test",
        "test_accuracy": accuracies[-1],
        "accuracy_after_timesteps": accuracies,
        "timesteps": TIMESTEPS,
        "firing_rates": measured.firing_rates(),
        "script": "examples/train_digits.py",
        "seed": options.seed,
        "command": f"python examples/train_digits.py --epochs {options.epochs} --seed {options.seed}",
        "library_versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in LIBRARIES},
        },
    }
    write(options.output, to_nir(network), figures)
    classes, spikes = compare_with_snnrt(options.output, images[end:], measured)
    print(f"in snnrt: {classes:.4%} of the classes and {spikes:.4%} of the spikes equal to PyTorch's")
    print(f"wrote {options.output} ({options.output.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
