"""Train a small spiking network on Braille letters read by touch; write it as .snnrt (int8) and .nir.

    pip install 'snnrt[training]'
    python examples/training/braille.py FOLDER

FOLDER has braille_letters.npz: 27 letters, each read 50 times, 77 timesteps of tactile sensors. A letter is
known before the finger has passed: the loss counts the mean of outputs after every timestep, so the run ends
when it is sure. Of each letter the repetitions 0 … 9 test, 10 … 14 choose the threshold, and the rest
train.
"""

from __future__ import annotations

import datasets
import experiment
import measuring
import torch

from snnrt import training

SENSORS = 4


def noisy(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Another touch: pressures a little higher or lower, and noise at each timestep."""
    factor = 1 + 0.1 * torch.randn((len(x), 1, x.shape[2]), generator=generator)
    return (x * factor + 0.01 * torch.randn(x.shape, generator=generator)).clamp(0, 1)


def main(arguments: list[str] | None = None) -> None:
    """Train or go on, measure, write."""
    parser = experiment.parser_of("braille_dense", __doc__, 100)
    options = experiment.begin(parser, arguments)
    x, y, repetition = datasets.braille(options.folder)
    test, held = repetition < 10, (repetition >= 10) & (repetition < 15)
    learnt = (~(test | held)).nonzero()[: options.limit, 0]
    width = options.width or 96
    network = training.networks.dense(
        SENSORS, (width, width), 27, neuron=lambda: training.ParametricLIF(0.9, channels=width)
    )
    settings = training.Settings(
        options.epochs, batch=64, learning_rate=1e-2, seed=options.seed, device=options.device
    )
    run = experiment.Experiment(options, network, noisy, over_time=True)
    # nobody knows a letter at its first touch: later answers count more
    weights = [((step + 1) / x.shape[1]) ** 2 for step in range(x.shape[1])]
    stage = experiment.Stage(settings, training.Cumulative(weights))
    run.train([stage], (x[learnt], y[learnt]), (x[held], y[held]))
    data = "Braille letters, (255 - taxel) / 255 of sensors 1, 2, 6 and 10"
    measuring.finish(run, (x[held], y[held]), (x[test], y[test]), data)


if __name__ == "__main__":
    main()
