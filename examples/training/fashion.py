"""Train a small spiking VGG on Fashion-MNIST; write it as .snnrt (int8) and .nir, with its figures.

    pip install 'snnrt[training]'
    python examples/training/fashion.py FOLDER

FOLDER has the four files of Fashion-MNIST (train-images-idx3-ubyte.gz …). T = 4, the image as a constant
current. First the same layers learn as an ordinary network with ReLU. The spiking network begins with its
weights and learns with one timestep, to be right at once; then for one epoch with four, its loss weighted by
the share of images that would exit at each. The last 2,000 training images are held back: they calibrate the
integers and choose the exit's threshold.
"""

from __future__ import annotations

import datasets
import experiment
import measuring
import torch

from snnrt import training
from snnrt.training.augment import cutout, flip, shift, together

HELD = 2000
TIMESTEPS = 4
CLASSES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "trainer", "bag", "boot")


def main(arguments: list[str] | None = None) -> None:
    """Train or go on, measure, write."""
    parser = experiment.parser_of("fashion_vgg", __doc__, 12)
    parser.add_argument("--spikes", type=int, default=1, help="up to so many a timestep")
    parser.add_argument("--tuning-epochs", type=int, default=3, help="with QCFS, for several spikes")
    parser.add_argument("--spiking-epochs", type=int, default=8, help="with one timestep, for one spike")
    parser.add_argument("--last", type=int, help="images of the epoch with four timesteps (all)")
    options = experiment.begin(parser, arguments)
    x, y = datasets.idx_images(options.folder, "train")
    count = min(options.limit or len(x), len(x) - HELD)
    width = options.width or 64
    network = training.networks.vgg(
        (width, "pool", width, width, "pool", 2 * width, 2 * width, "pool"), (), (1, 28, 28), len(CLASSES),
        TIMESTEPS, experiment.neuron_of(options.spikes), 0.1,
    )  # fmt: skip
    network = network.to(memory_format=torch.channels_last)
    run = experiment.Experiment(options, network, together(shift(1), flip(), cutout(6)))
    given, held = (x[:count], y[:count]), (x[-HELD:], y[-HELD:])
    shared = {"batch": 128, "seed": options.seed, "device": options.device, "bfloat16": True}
    by_sgd = {"weight_decay": 5e-4, "optimiser": "sgd", **shared}
    smooth = training.Cumulative(smoothing=0.1)
    stages = [experiment.Stage(training.Settings(options.epochs, learning_rate=0.1, **by_sgd), smooth)]
    if options.spikes > 1:
        tuning = training.Settings(options.tuning_epochs, learning_rate=0.03, **by_sgd)
        stages.append(experiment.Stage(tuning, smooth))
    run.pretrain(stages, given, held, options.spikes)
    stages = []
    if options.spikes == 1:
        alone = training.Settings(options.spiking_epochs, learning_rate=2e-3, timesteps=[1], **shared)
        stages.append(experiment.Stage(alone, training.Cumulative(smoothing=0.05)))
    # one spike has much to learn with four timesteps; of several, the first answer is as good already
    rate, smoothing = (5e-4, 0.0) if options.spikes == 1 else (1e-4, 0.1)
    last = training.Settings(1, learning_rate=rate, **shared)
    loss = training.ExpectedExits(0.2, floor=0.4, smoothing=smoothing)
    stages.append(experiment.Stage(last, loss, options.last))
    run.train(stages, given, held)
    test = datasets.idx_images(options.folder, "t10k")
    measuring.finish(run, held, test, "Fashion-MNIST, bytes / 255", CLASSES, fine="none")


if __name__ == "__main__":
    main()
