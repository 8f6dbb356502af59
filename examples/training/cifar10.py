"""Train a spiking VGG or ResNet on CIFAR-10; write it as .snnrt (int8) and .nir, with its figures.

    pip install 'snnrt[training]'
    python examples/training/cifar10.py FOLDER --network vgg9 --device cuda

FOLDER has data_batch_1 … and test_batch of the Python version, or WebP mosaics of it. T = 4, the image as a
constant current; most epochs show one timestep, the last ones two and four. The last 2,000 training images
are held back: they calibrate the integers and choose the threshold.
"""

from __future__ import annotations

import datasets
import experiment
import measuring
import torch

from snnrt import training
from snnrt.training.augment import cutout, flip, shift, together

HELD = 2000
NETWORKS = {
    "small_vgg": training.networks.small_vgg, "vgg9": training.networks.vgg9,
    "vgg16": training.networks.vgg16, "resnet19": training.networks.resnet19,
    "separable": training.networks.separable,
}  # fmt: skip
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def growing(epochs: int) -> list[int]:
    """Timesteps of each epoch: one, two in the last quarter, four in the last tenth; four at the end."""
    four = max(1, round(epochs / 10))
    two = min(epochs - four, round(epochs * 0.15))
    return [1] * (epochs - two - four) + [2] * two + [4] * four


def main(arguments: list[str] | None = None) -> None:
    """Train or go on, measure, write."""
    parser = experiment.parser_of("cifar10_vgg9", __doc__, 60)
    parser.add_argument("--network", choices=NETWORKS, default="vgg9")
    options = experiment.begin(parser, arguments)
    x, y = datasets.cifar10(options.folder, "train")
    count = min(options.limit or len(x), len(x) - HELD)
    sized = {"width": options.width} if options.width else {}
    network = NETWORKS[options.network]((3, 32, 32), timesteps=4, dropout=0.1, **sized)
    network = network.to(memory_format=torch.channels_last)
    settings = training.Settings(
        options.epochs, batch=128, learning_rate=3e-3, weight_decay=5e-2, timesteps=growing(options.epochs),
        seed=options.seed, device=options.device, bfloat16=True,
    )  # fmt: skip
    run = experiment.Experiment(options, network, together(shift(4), flip(), cutout(8)))
    held = x[-HELD:], y[-HELD:]
    stage = experiment.Stage(settings, training.ExpectedExits(0.2, floor=0.3, smoothing=0.05))
    run.train([stage], (x[:count], y[:count]), held)
    measuring.finish(run, held, datasets.cifar10(options.folder, "test"), "CIFAR-10, bytes / 255", CLASSES)


if __name__ == "__main__":
    main()
