"""Train a small spiking network on spoken digits; write it as .snnrt (int8) and .nir, for WAV files.

    pip install 'snnrt[training]'
    python examples/training/spoken_digits.py FOLDER

FOLDER has fsdd.npz: 3,000 digits of 6 speakers at 8 kHz. A recording becomes 32 frames of a mel spectrum from
its begin to its end, and these become spikes where a band has changed since it last spiked, up and down in
channels of their own, which the files say of sound: ``snnrt run spoken_digits.snnrt recording.wav`` works. Of
each speaker and digit the recordings 0 … 4 test, as published, 5 … 9 choose the threshold, and the rest
train.
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

FRAMES, BANDS = 32, 24
SOUND = {
    "sample_rate": 8000, "frequencies": (50.0, 4000.0), "encoding": "send_on_delta", "polarity": "both",
    "threshold": 0.06,
}  # fmt: skip


def moved(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Another recording: all frames earlier or later by one, and a few spikes lost."""
    shift = int(torch.randint(-1, 2, (1,), generator=generator))
    return torch.roll(x, shift, 1) * (torch.rand(x.shape, generator=generator) > 0.1)


def main(arguments: list[str] | None = None) -> None:
    """Train or go on, measure, write."""
    parser = experiment.parser_of("spoken_digits", __doc__, 40)
    options = experiment.begin(parser, arguments)
    x, y, take = datasets.spoken_digits(options.folder, SOUND, FRAMES, BANDS)
    test, held = take < 5, (take >= 5) & (take < 10)
    learnt = (take >= 10).nonzero()[: options.limit, 0]
    width = options.width or 128
    network = training.networks.dense(
        2 * BANDS, (width, width), 10, neuron=lambda: training.ParametricLIF(0.9, channels=width)
    )
    settings = training.Settings(
        options.epochs, batch=64, learning_rate=5e-3, seed=options.seed, device=options.device
    )
    run = experiment.Experiment(options, network, moved, over_time=True)
    # nobody knows a word at its first sound: later answers count more
    weights = [((step + 1) / FRAMES) ** 2 for step in range(FRAMES)]
    run.train(
        [experiment.Stage(settings, training.Cumulative(weights))], (x[learnt], y[learnt]), (x[held], y[held])
    )
    figures = measuring.finish(
        run, (x[held], y[held]), (x[test], y[test]), "spoken digits, 32 frames of 24 mel bands, changes",
        preprocessing=SOUND,
    )  # fmt: skip
    figures["test_from_files"] = from_files(options.folder, options.output, x[test].numpy(), y[test].numpy())
    options.output.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print("from .wav files: {same_classes} of {inputs} classes the same, {accuracy:.2%}".format(
        **figures["test_from_files"]))  # fmt: skip


def from_files(folder: Path, output: Path, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The written network on the test recordings as files, beside the tensors."""
    network = snnrt.load(output.with_suffix(".snnrt"))
    # files come by class
    order = np.argsort(y, kind="stable")
    with tempfile.TemporaryDirectory() as place:
        datasets.write_spoken_digits(folder, Path(place), lambda take: take < 5)
        found, accuracy = network.run(place).predictions, network.score(place)
    same = int((found == network.run(x[order].astype(np.float32)).predictions).sum())
    return {"inputs": len(x), "same_classes": same, "accuracy": round(accuracy, 4)}


if __name__ == "__main__":
    main()
