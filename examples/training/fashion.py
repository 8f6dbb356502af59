"""Train a small spiking VGG on Fashion-MNIST; write it as .snnrt (int8) and .nir, with its figures.

    pip install 'snnrt[training]'
    python examples/training/fashion.py FOLDER

FOLDER has the four files of Fashion-MNIST (train-images-idx3-ubyte.gz …). T = 4, the image as a constant
current. First the network learns with one timestep, which costs a quarter and makes the first answer count;
then for one epoch with four, its loss weighted by the share of images that would exit at each. The last 2,000
training images are held back: they calibrate the integers and choose the exit's threshold.
"""

from __future__ import annotations

import datasets
import experiment
import measuring
import torch

from snnrt import training
from snnrt.training.augment import flip, shift, together

HELD = 2000
TIMESTEPS = 4
CLASSES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "trainer", "bag", "boot")


def main(arguments: list[str] | None = None) -> None:
    """Train or go on, measure, write."""
    parser = experiment.parser_of("fashion_vgg", __doc__, 20)
    parser.add_argument("--last", type=int, help="images of the epoch with four timesteps (all)")
    options = experiment.begin(parser, arguments)
    x, y = datasets.idx_images(options.folder, "train")
    count = min(options.limit or len(x), len(x) - HELD)
    network = training.networks.small_vgg((1, 28, 28), width=options.width or 32, timesteps=TIMESTEPS)
    network = network.to(memory_format=torch.channels_last)
    shared = {"batch": 128, "seed": options.seed, "device": options.device, "bfloat16": True}
    stages = [
        experiment.Stage(
            training.Settings(options.epochs, learning_rate=3e-3, timesteps=[1], **shared),
            training.Cumulative(),
        ),
        experiment.Stage(
            training.Settings(1, learning_rate=1e-3, **shared), training.ExpectedExits(0.2, floor=0.4),
            options.last,
        ),
    ]  # fmt: skip
    held = x[-HELD:], y[-HELD:]
    run = experiment.Experiment(options, network, together(shift(1), flip()))
    run.train(stages, (x[:count], y[:count]), held)
    test = datasets.idx_images(options.folder, "t10k")
    measuring.finish(run, held, test, "Fashion-MNIST, bytes / 255", CLASSES)


if __name__ == "__main__":
    main()
