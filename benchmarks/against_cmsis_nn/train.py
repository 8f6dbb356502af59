"""Train the networks of this comparison on Fashion-MNIST: a spiking one, and the ordinary one beside it.

    pip install 'snnrt[training]'
    python benchmarks/against_cmsis_nn/train.py FOLDER

FOLDER has the four files of Fashion-MNIST (train-images-idx3-ubyte.gz …). Both have the layers 28×28 →
convolution 3×3×16 → average pool 2 → convolution 3×3×32 → average pool 2 → dense 10, trained alike on the
same images; LIF (α = 0.5) or ReLU stands behind each convolution. The last 2,000 training images calibrate
the integers and choose the exit's threshold. Writes ``conv_pool.snnrt`` (int8, entropy exit) and
``conv_pool.json`` beside this script.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from snnrt import Exit, training

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "examples" / "training"))

import datasets  # noqa: E402
import measuring  # noqa: E402

HELD = 2000
TIMESTEPS = 4
EPOCHS = 3
BATCH = 64
NAME = "conv_pool"


def spiking() -> training.SpikingNetwork:
    """The spiking network, a batch norm behind each convolution."""

    def neuron() -> training.LIF:
        return training.LIF(0.5, 1.0, "subtract", training.surrogates.triangle())

    stem = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16))
    second = nn.Conv2d(16, 32, 3, padding=1, bias=False)
    body = nn.Sequential(
        neuron(),
        training.OverTime(nn.AvgPool2d(2), second, nn.BatchNorm2d(32)),
        neuron(),
        training.OverTime(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(32 * 7 * 7, 10)),
    )
    return training.SpikingNetwork((1, 28, 28), stem, body, TIMESTEPS)


def ordinary() -> nn.Sequential:
    """The same layers with ReLU."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 10),
    )  # fmt: skip


def train_ordinary(network: nn.Module, x: torch.Tensor, y: torch.Tensor, seed: int) -> None:
    """AdamW and one cycle of learning rates, as the trainer of spiking networks has them."""
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=1e-2)
    steps = EPOCHS * (len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, steps, pct_start=0.25)
    network.train()
    for step in range(steps):
        if step % (len(x) // BATCH) == 0:
            order = torch.randperm(len(x), generator=generator)
        rows = order[step % (len(x) // BATCH) * BATCH :][:BATCH]
        loss = functional.cross_entropy(network(x[rows].float() / 255), y[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def int8_accuracy(network: nn.Sequential, seen: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> float:
    """As CMSIS-NN computes it: weights of 8 bits, a scale a channel; activations of 8 bits, a scale a tensor.

    Every tensor between two layers is rounded to the int8 numbers that CMSIS-NN would hold; sums are exact.
    """
    layers = list(network.eval())
    steps: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d):
            steps[-1] = torch.nn.utils.fuse_conv_bn_eval(steps[-1], layer)
        else:
            steps.append(layer)
    with torch.no_grad():
        for layer in steps:
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                scale = layer.weight.abs().flatten(1).amax(1).clamp_min(1e-12) / 127
                scale = scale.view(-1, *[1] * (layer.weight.ndim - 1))
                layer.weight.copy_((layer.weight / scale).round() * scale)
        value, scales = seen.float() / 255, []
        for layer in steps:
            value = layer(value)
            if not isinstance(layer, (nn.Conv2d, nn.Flatten)):
                # a ReLU belongs to its convolution; it and a pool give 0 … 255 of their scale
                low = float(value.min()) < 0
                scales.append(float(value.abs().max()) / (127 if low else 255))
        right = 0
        for part, label in zip(x.split(500), y.split(500)):
            value, given = part.float() / 255, iter(scales)
            for layer in steps:
                value = layer(value)
                if not isinstance(layer, (nn.Conv2d, nn.Flatten)):
                    scale = next(given)
                    low = -128 if float(value.min()) < 0 else 0
                    value = (value / scale).round().clamp(low, 127 if low else 255) * scale
            right += int((value.argmax(1) == label).sum())
    return right / len(x)


def main() -> None:
    """Train both, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the data set lies")
    parser.add_argument("--output", type=Path, default=HERE / NAME, help="path, without a suffix")
    parser.add_argument("--images", type=int, default=12800, help="training images that are used (12800)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    x, y = datasets.idx_images(options.folder, "train")
    count = min(options.images, len(x) - HELD)
    held, test = (x[-HELD:], y[-HELD:]), datasets.idx_images(options.folder, "t10k")
    network = spiking()
    settings = training.Settings(EPOCHS, batch=BATCH, learning_rate=3e-3, seed=options.seed, bfloat16=False)
    trainer = training.Trainer(network, settings, training.Cumulative())
    history = trainer.fit(x[:count], y[:count], validation=held)
    network.eval()
    hx, hy = held[0].float().div(255).numpy(), held[1].numpy()
    given = {"name": options.output.name, "numbers": "int8", "calibrate": hx[:500]}
    net = training.to_network(network, **given)
    threshold = measuring.choose_threshold(net, hx, hy)
    exit = Exit.entropy(threshold) if threshold else Exit.never()
    net = training.export(network, options.output.with_suffix(".snnrt"), exit=exit, **given)
    twin = ordinary()
    train_ordinary(twin, x[:count], y[:count], options.seed)
    figures = {
        "dataset": "Fashion-MNIST, bytes / 255",
        "script": f"benchmarks/against_cmsis_nn/train.py FOLDER --images {count} --seed {options.seed}",
        "training_seconds": round(sum(record.seconds for record in history)),
        "exit": {"rule": "entropy", "threshold": threshold},
        "test": measuring.measure(net, test[0].float().div(255).numpy(), test[1].numpy()),
        "ordinary_int8_accuracy": round(int8_accuracy(twin, held[0][:500], *test), 4),
    }
    options.output.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
