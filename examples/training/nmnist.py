"""Train a small spiking VGG on N-MNIST's event streams; write it as .snnrt (int8) and .nir.

    pip install 'snnrt[training]'
    python examples/training/nmnist.py FOLDER --mnist FOLDER2

FOLDER has nmnist_small.npz (1,000 and 100 streams). The 300 ms of three saccades become 15 timesteps of
events on 17×17 places, which the files say of recordings, so that ``snnrt run nmnist_vgg.snnrt 00001.bin``
works; the loss counts the sum of outputs after every one of them, so that a run may end within the stream.

FOLDER2 has MNIST's training images (train-images-idx3-ubyte.gz …), of which ``saccades.py`` synthesises
streams. The network learns the first saccade of all of these, then whole streams, synthetic ones and the
recordings. Without it the recordings alone train. The last 200 training recordings are held back, and so are
the images that they were made of, and 2,000 more: their streams calibrate the integers and choose the exit.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import datasets
import experiment
import measuring
import numpy as np
import saccades
import torch
from datasets import Split

import snnrt
from snnrt import training
from snnrt.training.augment import shift

BINS, HELD = 15, 200
FIRST = 6
"""Bins of the first saccade and the begin of the second."""
FIRST_EXITS = (4, 5, 6)
"""Bins of which one is the first that a run may end in: once it saw the first saccade whole. Of less,
synthetic streams say too much good: a network that no recording trained knew 99 % of them after two bins, and
98 % of the recordings."""
HELD_IMAGES = 2000
REPEATED, WHOLE = 10, 20000
"""How often an epoch shows each recording, and of how many synthetic streams it shows all bins."""
_SHIFT = shift(1)


def moved(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """All timesteps of a stream by the same pixel."""
    return _SHIFT(x.flatten(1, 2), generator).unflatten(1, (x.shape[1], 2))


def image_parts(folder: Path, recordings: Split) -> tuple[torch.Tensor, Split, Split]:
    """Which images train, the images and their labels (all of them), and those that are held back.

    Recording i is of image i, so the images of the recordings that are held back are left out.
    """
    images, y = datasets.idx_images(folder, "train")
    count = len(recordings[1])
    if not torch.equal(y[:count], recordings[1]):
        raise SystemExit(f"{folder}: expected the images that the recordings are of, with the same labels")
    numbers = torch.arange(len(y) - HELD_IMAGES)
    used = numbers[(numbers < count - HELD) | (numbers >= count)]
    return used, (images, y), (images[-HELD_IMAGES:], y[-HELD_IMAGES:])


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


def train(run: experiment.Experiment, options: argparse.Namespace, recordings: Split) -> Split:
    """Train; what was held back."""
    x, y = recordings
    count = min(options.limit or len(x), len(x) - HELD)
    held = x[-HELD:], y[-HELD:]
    loss = training.Cumulative()
    shared = {"seed": options.seed, "device": options.device, "bfloat16": True}
    if options.mnist is None:
        run.augment = moved
        settings = training.Settings(options.epochs or 20, batch=50, learning_rate=3e-3, **shared)
        run.train([experiment.Stage(settings, loss)], (x[:count], y[:count]), held)
        return held
    used, (images, labels), more = image_parts(options.mnist, recordings)
    used = used[: options.limit]
    sx, sy = synthesised(images[used], options.seed), labels[used]
    settings = training.Settings(options.first_epochs, batch=64, learning_rate=3e-3, **shared)
    stage = experiment.Stage(settings, loss, name="synthetic, the first bins")
    run.train([stage], (sx[:, :FIRST], sy), (held[0][:, :FIRST], held[1]))
    settings = training.Settings(options.epochs or 2, batch=64, learning_rate=1e-3, **shared)
    stage = experiment.Stage(settings, loss, name="synthetic and recorded, all bins")
    run.train([stage], mixed((x[:count], y[:count]), (sx[:WHOLE], sy[:WHOLE])), held)
    # recordings first: the first ones calibrate
    found = synthesised(more[0][: options.limit], options.seed + 1)
    return torch.cat([held[0], found]), torch.cat([held[1], more[1][: options.limit]])


def synthesised(images: torch.Tensor, seed: int) -> torch.Tensor:
    """Streams of (N, 1, 28, 28) images; thirty a second or more."""
    print(f"synthesising {len(images)} streams")
    return saccades.streams(images[:, 0], BINS, torch.Generator().manual_seed(seed))


def mixed(recorded: Split, synthetic: Split) -> Split:
    """Recordings, each REPEATED times, and synthetic streams."""
    x, y = (torch.cat([*[one] * REPEATED, other]) for one, other in zip(recorded, synthetic))
    return x, y


def main(arguments: list[str] | None = None) -> None:
    """Train or go on, measure, write."""
    parser = experiment.parser_of("nmnist_vgg", __doc__, None)
    parser.add_argument("--mnist", type=Path, help="where MNIST's training images lie, to synthesise from")
    parser.add_argument("--first-epochs", type=int, default=6, help="with --mnist, of the first saccade")
    options = experiment.begin(parser, arguments)
    if options.mnist is not None and not options.mnist.is_dir():
        parser.error(f"--mnist: {options.mnist}: no such folder")
    recordings = datasets.nmnist(options.folder, "train", BINS)
    network = training.networks.small_vgg(
        (2, 17, 17), width=options.width or 32, dropout=0.2,
        neuron=lambda: training.LIF(0.9, surrogate=training.surrogates.triangle(), max_spikes=4),
    ).to(memory_format=torch.channels_last)  # fmt: skip
    run = experiment.Experiment(options, network, over_time=True)
    held = train(run, options, recordings)
    test = datasets.nmnist(options.folder, "test", BINS)
    figures = measuring.finish(
        run, held, test, "N-MNIST, 15 bins of 20 ms, pixels two by two, 0 or 1",
        preprocessing={"interval": 20000, "size": (34, 34)}, first_exits=FIRST_EXITS,
    )  # fmt: skip
    figures["exit"]["held_out"] = {"recordings": HELD, "synthetic": len(held[1]) - HELD}
    network = snnrt.load(options.output.with_suffix(".snnrt"))
    x, y = held[0][:HELD].numpy(), held[1][:HELD].numpy()
    figures["held_out_recordings"] = measuring.measure(
        network, network.exit, measuring.outcomes(network, x.astype(np.float32)), y
    )
    for part in ("test", "held_out_recordings"):
        figures[part]["share_of_stream"] = round(figures[part]["mean_timesteps"] / BINS, 4)
    figures["test_from_files"] = from_files(options.folder, options.output, test)
    options.output.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print("from .bin files: {same_classes} of {inputs} classes the same, {accuracy:.2%}".format(
        **figures["test_from_files"]))  # fmt: skip


if __name__ == "__main__":
    main()
