"""Train a small spiking VGG on Fashion-MNIST; write it as .snnrt (int8) and .nir, with its figures.

    pip install 'snnrt[training]'
    python examples/training/fashion.py FOLDER

FOLDER has the four files of Fashion-MNIST (train-images-idx3-ubyte.gz …). T = 4, the image as a constant
current. First the same layers learn as an ordinary network with ReLU. The spiking network begins with its
weights and learns with one timestep, to be right at once; then for one epoch with four, its loss weighted by
the share of images that would exit at each. ``--network pooled_vgg`` learns by a faster recipe, as in
``cifar10.py``, with several spikes a timestep as an ordinary network only. The last 2,000 training images are
held back: they calibrate the integers and choose the exit's threshold.
"""

from __future__ import annotations

import datasets
import experiment
import measuring
import torch
from experiment import fast_recipe, plain_recipe, precondition

from snnrt import training
from snnrt.training.augment import cutout, flip, shift, together

HELD = 2000
TIMESTEPS = 4
CLASSES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "trainer", "bag", "boot")


def main(arguments: list[str] | None = None) -> None:
    """Train or go on, measure, write."""
    parser = experiment.parser_of("fashion_vgg", __doc__, 12)
    parser.add_argument("--network", choices=("vgg", "pooled_vgg"), default="vgg")
    parser.add_argument("--spikes", type=int, default=1, help="up to so many a timestep")
    parser.add_argument("--tuning-epochs", type=int, default=3, help="with QCFS, for several spikes")
    parser.add_argument("--spiking-epochs", type=int, default=8, help="with one timestep, for one spike")
    parser.add_argument("--last", type=int, help="images of the epoch with four timesteps (all)")
    options = experiment.begin(parser, arguments)
    x, y = datasets.idx_images(options.folder, "train")
    count = min(options.limit or len(x), len(x) - HELD)
    fast = options.network == "pooled_vgg"
    width, neuron = options.width or (48 if fast else 64), experiment.neuron_of(options.spikes)
    plan = (width, "pool", width, width, "pool", 2 * width, 2 * width, "pool")
    shape, classes = (1, 28, 28), len(CLASSES)
    network = (
        training.networks.pooled_vgg(shape, classes, width, TIMESTEPS, neuron)
        if fast
        else training.networks.vgg(plan, (), shape, classes, TIMESTEPS, neuron, 0.1)
    ).to(memory_format=torch.channels_last)
    changes = (shift(1), cutout(6)) if fast else (shift(1), flip(), cutout(6))
    run = experiment.Experiment(options, network, together(*changes))
    given, held = (x[:count], y[:count]), (x[-HELD:], y[-HELD:])
    shared = {"seed": options.seed, "device": options.device, "bfloat16": True}
    epochs = (options.epochs, options.tuning_epochs)
    recipe = fast_recipe(*epochs, **shared) if fast else plain_recipe(*epochs, **shared)
    prepare = (lambda network: precondition(network, x)) if fast else None
    run.pretrain(recipe if options.spikes > 1 else recipe[:1], given, held, options.spikes, prepare)
    stages = []
    if options.spikes == 1:
        alone = training.Settings(options.spiking_epochs, 128, 2e-3, timesteps=[1], **shared)
        stages.append(experiment.Stage(alone, training.Cumulative(smoothing=0.05)))
    # one spike has much to learn with four timesteps; of several, the first answer is as good already
    rate, smoothing = (5e-4, 0.0) if options.spikes == 1 else (1e-4, 0.1)
    last = training.Settings(1, 128, rate, **shared)
    loss = training.ExpectedExits(0.2, floor=0.4, smoothing=smoothing)
    stages.append(experiment.Stage(last, loss, options.last))
    run.train([] if fast and options.spikes > 1 else stages, given, held)
    test = datasets.idx_images(options.folder, "t10k")
    measuring.finish(run, held, test, "Fashion-MNIST, bytes / 255", CLASSES, fine="none")


if __name__ == "__main__":
    main()
