"""What the scripts here share: their options, the training, and what is measured and written at its end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from datasets import Split
from torch import nn

from snnrt import training
from snnrt.training import preconditioning
from snnrt.training.activations import with_qcfs
from snnrt.training.augment import Augment
from snnrt.training.evaluation import as_input
from snnrt.training.ordinary import carry_over, ordinary
from snnrt.training.surrogates import triangle

CALIBRATION = 500
"""Training images that say how far activations go."""
MODELS = Path(__file__).parents[1] / "models"


def parser_of(name: str, description: str | None, epochs: int | None) -> argparse.ArgumentParser:
    """The options that every script has."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the data set lies")
    parser.add_argument("--output", type=Path, default=MODELS / name, help="path, without a suffix")
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--width", type=int, help="channels of the first layer")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, help="use so many training inputs only, to try the script")
    parser.add_argument("--device", default="cpu", help="as PyTorch names it: cuda where there is one")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--checkpoint", type=Path, help="keeps each epoch; gone on from if there")
    return parser


def begin(parser: argparse.ArgumentParser, given: list[str] | None) -> argparse.Namespace:
    """Options, threads and seed: with the same ones, a machine gives the same network."""
    options = parser.parse_args(given)
    for name in ("epochs", "threads", "width", "limit"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name}: expected 1 or more, found {value}")
    if not options.folder.is_dir():
        parser.error(f"{options.folder}: no such folder; give the one that the data set lies in")
    # what another needs to make it again: not where things lay here
    chosen = [
        f"--{name.replace('_', '-')} {'FOLDER' if isinstance(value, Path) else value}"
        for name, value in vars(options).items()
        if name not in ("folder", "output", "checkpoint", "ordinary") and value != parser.get_default(name)
    ]  # fmt: skip
    options.command = " ".join([Path(sys.argv[0]).name, "FOLDER", *chosen])
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    return options


@dataclass(frozen=True)
class Stage:
    """A training with one loss on the first ``count`` inputs (None: all); ``name``: in the log."""

    settings: training.Settings
    loss: training.losses.Loss
    count: int | None = None
    name: str = "spiking"


@dataclass
class Experiment:
    """Trainings of one network, one after another."""

    options: argparse.Namespace
    network: training.SpikingNetwork
    augment: Augment | None = None
    over_time: bool = False
    history: list[tuple[str, training.EpochRecord]] = field(default_factory=list)
    stages: int = 0

    def train(self, stages: list[Stage], given: Split, held: Split, network: nn.Module | None = None) -> None:
        """Train ``network`` (None: the spiking one) on ``given``; ``held`` is measured after each epoch, and
        chooses nothing here."""
        x, y = given
        for stage in stages:
            self.stages += 1
            kept = self.options.checkpoint
            path = None if kept is None else kept.with_name(f"{kept.stem}-{self.stages}{kept.suffix}")
            trainer = training.Trainer(
                network or self.network, stage.settings, stage.loss, augment=self.augment, checkpoint=path
            )
            try:
                found = trainer.fit(
                    x[: stage.count], y[: stage.count], validation=held, over_time=self.over_time,
                    resume=path is not None,
                )  # fmt: skip
            except KeyboardInterrupt:
                # the trainer has said from where to go on
                raise SystemExit(130) from None
            self.history += [(stage.name, one) for one in found]

    def pretrain(
        self, stages: list[Stage], given: Split, held: Split, levels: int,
        prepare: Callable[[nn.Module], None] | None = None,
    ) -> tuple[nn.Module, nn.Module]:  # fmt: skip
        """Train the first of ``stages`` as an ordinary network with ReLU, further ones with QCFS of
        ``levels``, whose weights the spiking network takes over; both. ``prepare``: called with the ordinary
        network, before."""
        plain: nn.Module = ordinary(self.network).to(memory_format=torch.channels_last)
        if prepare is not None:
            prepare(plain)
        self.train([replace(one, name="ordinary, ReLU") for one in stages[:1]], given, held, plain)
        tuned = with_qcfs(plain, levels, as_input(given[0][:CALIBRATION], False))
        name = f"ordinary, QCFS of {levels} levels"
        self.train([replace(one, name=name) for one in stages[1:]], given, held, tuned)
        for one in (plain, tuned):
            preconditioning.settle(one)
        carry_over(tuned, self.network)
        return plain, tuned


def plain_recipe(epochs: int, tuning: int, **settings: Any) -> list[Stage]:
    """Of an ordinary network: ``epochs`` with ReLU, ``tuning`` with QCFS, SGD of batches of 128."""
    smooth = training.Cumulative(smoothing=0.1)
    return [
        Stage(training.Settings(count, 128, rate, 5e-4, "sgd", **settings), smooth)
        for count, rate in ((epochs, 0.1), (tuning, 0.03))
    ]


def fast_recipe(epochs: int, tuning: int, **settings: Any) -> list[Stage]:
    """The same after "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (Jordan, 2024, arXiv:2404.00498), of a
    network that :func:`precondition` has begun. Batches of 256 instead of 1024 with as large a learning rate
    an image, a momentum of 0.9 instead of 0.85, half a cosine instead of a line."""
    batch, momentum = 256, 0.9
    # the source's rate is of a sum over 1024 images, and of what momentum makes of a step
    rate = 11.5 * batch / (1024 * (1 + 1 / (1 - momentum)))
    fast: dict[str, Any] = {"norm_rate": 64.0, "lookahead": 5, "alternate_flip": True, **settings}
    return [
        Stage(
            training.Settings(count, batch, factor * rate, 0.0153 / 11.5, "sgd", **fast),
            training.Cumulative(smoothing=smoothing),
        )
        for count, factor, smoothing in ((epochs, 1.0, 0.2), (tuning, 0.3, 0.1))
    ]


def precondition(network: nn.Module, images: torch.Tensor) -> None:
    """How :func:`fast_recipe` begins, and what it learns."""
    convolutions = [one for one in network.modules() if isinstance(one, nn.Conv2d)]
    preconditioning.whiten(convolutions[0], images)
    for one in convolutions[1:]:
        preconditioning.begin_as_identity(one)
    (last,) = (one for one in network.modules() if isinstance(one, nn.Linear))
    preconditioning.scale_down(last)
    preconditioning.freeze_norm_scales(network, momentum=0.4)


def neuron_of(spikes: int) -> Callable[[], training.IF]:
    """Makes neurons that stand for an activation of so many levels: up to ``spikes`` a timestep."""
    return lambda: training.IF(1.0, "subtract", triangle(), 0.5, spikes)
