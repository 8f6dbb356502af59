"""Train a small spiking VGG on N-MNIST's event streams; write it as .snnrt (int8) and .nir.

    pip install 'snnrt[training]'
    python examples/training/nmnist.py FOLDER

FOLDER has nmnist_small.npz (1,000 and 100 streams). The 300 ms of three saccades become 20 timesteps of
events on 17×17 places, which the files say of recordings, so that ``snnrt run nmnist_vgg.snnrt 00001.bin``
works; the loss counts the sum of outputs after every one of them, so that a run may end within the stream.
The last 100 training streams are held back: they calibrate the integers and choose the threshold.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import datasets
import experiment
import measuring
import numpy as np
import torch

import snnrt
from snnrt import training
from snnrt.training.augment import shift

BINS, HELD = 20, 100
_SHIFT = shift(1)


def moved(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """All timesteps of a stream by the same pixel."""
    return _SHIFT(x.flatten(1, 2), generator).unflatten(1, (BINS, 2))


def from_files(folder: Path, output: Path, test: datasets.Split) -> dict[str, float]:
    """The written network on the test streams as files, beside the tensors."""
    network = snnrt.load(output.with_suffix(".snnrt"))
    x, y = test[0].numpy(), test[1].numpy()
    # files come by class
    order = np.argsort(y, kind="stable")
    with tempfile.TemporaryDirectory() as place:
        datasets.write_nmnist(folder, "test", Path(place))
        found, accuracy = network.run(place).predictions, network.score(place)
    same = int((found == network.run(x[order]).predictions).sum())
    return {"inputs": len(x), "same_classes": same, "accuracy": round(accuracy, 4)}


def main(arguments: list[str] | None = None) -> None:
    """Train or go on, measure, write."""
    parser = experiment.parser_of("nmnist_vgg", __doc__, 20)
    options = experiment.begin(parser, arguments)
    x, y = datasets.nmnist(options.folder, "train", BINS)
    count = min(options.limit or len(x), len(x) - HELD)
    network = training.networks.small_vgg(
        (2, 17, 17), width=options.width or 16, dropout=0.2,
        neuron=lambda: training.LIF(0.8, surrogate=training.surrogates.triangle()),
    )  # fmt: skip
    settings = training.Settings(
        options.epochs, batch=50, learning_rate=3e-3, seed=options.seed, device=options.device, bfloat16=True
    )
    run = experiment.Experiment(options, network, moved, over_time=True)
    held = x[-HELD:], y[-HELD:]
    run.train([experiment.Stage(settings, training.Cumulative())], (x[:count], y[:count]), held)
    test = datasets.nmnist(options.folder, "test", BINS)
    figures = measuring.finish(
        run, held, test, "N-MNIST, 20 bins of 15 ms, pixels two by two, 0 or 1",
        preprocessing={"interval": 15000, "size": (34, 34)},
    )  # fmt: skip
    figures["test_from_files"] = from_files(options.folder, options.output, test)
    options.output.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print("from .bin files: {same_classes} of {inputs} classes the same, {accuracy:.2%}".format(
        **figures["test_from_files"]))  # fmt: skip


if __name__ == "__main__":
    main()
