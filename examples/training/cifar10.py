"""Train a spiking VGG or ResNet on CIFAR-10; write it as .snnrt (int8) and .nir, with its figures.

    pip install 'snnrt[training]'
    python examples/training/cifar10.py FOLDER --spikes 4

FOLDER has data_batch_1 … and test_batch of the Python version, or WebP mosaics of it. T = 4, the image as a
constant current. First the same layers learn as an ordinary network with ReLU, ``pooled_vgg`` by the recipe
of "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (Jordan, 2024, arXiv:2404.00498). With ``--spikes`` above
1 its activations are then rounded to as many levels (QCFS), which is the spiking network's first timestep;
further timesteps add levels, and no more is trained. Else the spiking network learns with one timestep, and
in a last epoch with four, the loss weighted by the share of images that would exit at each. The last 2,000
training images are held back: they calibrate the integers and choose the threshold. A ResNet-19 spikes from
the start.

``--ordinary PATH`` keeps the ordinary networks, NAME.pt and NAME_qcfs4.pt, for
``examples/training_ordinary/measure.py``.
"""

from __future__ import annotations

from pathlib import Path

import datasets
import experiment
import measuring
import torch
from experiment import fast_recipe, plain_recipe, precondition

from snnrt import training
from snnrt.training.augment import cutout, flip, shift, together

HELD = 2000
NETWORKS = {
    "pooled_vgg": training.networks.pooled_vgg,
    "small_vgg": training.networks.small_vgg, "vgg8": training.networks.vgg8,
    "vgg9": training.networks.vgg9, "vgg16": training.networks.vgg16,
    "resnet19": training.networks.resnet19, "separable": training.networks.separable,
}  # fmt: skip
BRANCHED = {"resnet19"}
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def main(arguments: list[str] | None = None) -> None:
    """Train or go on, measure, write."""
    parser = experiment.parser_of("cifar10_vgg8", __doc__, 12)
    parser.add_argument("--network", choices=NETWORKS, default="pooled_vgg")
    parser.add_argument("--spikes", type=int, default=1, help="up to so many a timestep")
    parser.add_argument("--tuning-epochs", type=int, default=4, help="with QCFS, for several spikes")
    parser.add_argument("--spiking-epochs", type=int, default=8, help="with one timestep, for one spike")
    parser.add_argument("--last", type=int, help="images of the epoch with four timesteps (all)")
    parser.add_argument("--ordinary", type=Path, help="folder that keeps the ordinary networks")
    options = experiment.begin(parser, arguments)
    x, y = datasets.cifar10(options.folder, "train")
    count = min(options.limit or len(x), len(x) - HELD)
    given, held = (x[:count], y[:count]), (x[-HELD:], y[-HELD:])
    fast = options.network == "pooled_vgg"
    network = NETWORKS[options.network](
        (3, 32, 32), timesteps=4, dropout=0.0 if fast else 0.1, neuron=experiment.neuron_of(options.spikes),
        **({"width": options.width} if options.width else {}),
    )  # fmt: skip
    network = network.to(memory_format=torch.channels_last)
    run = experiment.Experiment(options, network, shift(2) if fast else together(shift(4), flip(), cutout(8)))
    shared = {"seed": options.seed, "device": options.device, "bfloat16": True}
    if options.network not in BRANCHED:
        epochs = (options.epochs, options.tuning_epochs)
        recipe = fast_recipe(*epochs, **shared) if fast else plain_recipe(*epochs, **shared)
        stages = recipe if options.spikes > 1 else recipe[:1]
        prepare = (lambda network: precondition(network, x)) if fast else None
        relu, qcfs = run.pretrain(stages, given, held, options.spikes, prepare)
        if options.ordinary is not None:
            options.ordinary.mkdir(parents=True, exist_ok=True)
            torch.save(relu.state_dict(), options.ordinary / f"{options.network}.pt")
            torch.save(qcfs.state_dict(), options.ordinary / f"{options.network}_qcfs{options.spikes}.pt")
    if options.spikes == 1 or options.network in BRANCHED:
        alone = training.Settings(options.spiking_epochs, 128, 2e-3, timesteps=[1], **shared)
        last = training.Settings(1, 128, 5e-4, **shared)
        exits = training.ExpectedExits(0.2, floor=0.4, smoothing=0.05)
        stages = [
            experiment.Stage(alone, training.Cumulative(smoothing=0.05)),
            experiment.Stage(last, exits, options.last),
        ]
        run.train(stages, given, held)
    measuring.finish(
        run, held, datasets.cifar10(options.folder, "test"), "CIFAR-10, bytes / 255", CLASSES, fine="none"
    )


if __name__ == "__main__":
    main()
