"""Trains a network for its exits: AdamW or SGD, one cycle of learning rates, checkpoints to go on from.

trainer = Trainer(net, Settings(epochs=10), Cumulative(), checkpoint="run.pt")
history = trainer.fit(x, y, validation=(x_held, y_held))
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from snnrt.errors import DataError, ModelError
from snnrt.training.augment import Augment, alternating_flip
from snnrt.training.checkpoint import read_checkpoint, write_checkpoint
from snnrt.training.evaluation import as_input, evaluate, with_time
from snnrt.training.lookahead import Lookahead
from snnrt.training.losses import Cumulative, Loss, firing_rates
from snnrt.training.progress import EpochRecord, Reporter, reporting
from snnrt.training.settings import Settings

Held = tuple[torch.Tensor, torch.Tensor]

_WARM_UP = 0.25
"""Share of a training in which the learning rate rises."""
_MOMENTUM = 0.9


@dataclass
class _State:
    """What moves while training."""

    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    generator: torch.Generator
    history: list[EpochRecord]
    average: Lookahead | None


class Trainer:
    """Trains ``network`` in place, by ``loss`` of its (T, N, K) outputs, as ``settings`` say. An ordinary
    network, whose outputs are (N, K), is one of a single timestep.

    ``augment``: changes each batch (N, …), as :mod:`snnrt.training.augment` does. ``checkpoint``: a file
    that is written after each epoch. ``progress``: a bar in a terminal, a line an epoch elsewhere.
    """

    def __init__(
        self,
        network: nn.Module,
        settings: Settings,
        loss: Loss | None = None,
        *,
        augment: Augment | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        progress: bool = True,
    ) -> None:
        self.network, self.settings, self.loss = network, settings, loss or Cumulative()
        self.augment, self.progress = augment, progress
        self.checkpoint = None if checkpoint is None else Path(checkpoint)

    def fit(
        self, x: torch.Tensor, y: torch.Tensor, *, validation: Held | None = None, over_time: bool = False,
        resume: bool = False,
    ) -> list[EpochRecord]:  # fmt: skip
        """Train on ``x`` (N, …), or (N, T, …) where ``over_time``, float32 or bytes (images: 0 … 255), and
        labels ``y`` (N,) int64; what each epoch gave.

        ``resume``: go on from the checkpoint, if it is there: the result is that of a run without a break.
        Ctrl-C ends it after a line that says from where to go on, with KeyboardInterrupt; the network is then
        that of the moment. Raises DataError for data that do not fit, ModelError for another training's
        checkpoint.
        """
        if len(x) != len(y) or not len(x) or y.ndim != 1:
            raise DataError(
                f"x and y: expected as many labels as inputs, found {tuple(x.shape)} and {tuple(y.shape)}"
            )
        settings = self.settings
        # a batch norm can't take one input alone: a remainder of one joins nothing
        batches = max(1, math.ceil(len(x) / settings.batch) - (len(x) % settings.batch == 1 and len(x) > 1))
        torch.manual_seed(settings.seed)
        state = self._begin(batches)
        if resume and self.checkpoint is not None and self.checkpoint.exists():
            self._restore(state)
        first = len(state.history)
        total = settings.epochs * batches
        with reporting(self.progress, settings.epochs, total, first * batches) as report:
            if first:
                report.say(f"going on from {self.checkpoint} after epoch {first} of {settings.epochs}")
            try:
                for epoch in range(first, settings.epochs):
                    record = self._epoch(epoch, state, x, y, validation, over_time, batches, report)
                    state.history.append(record)
                    report.epoch(record)
                    self._keep(state)
            except KeyboardInterrupt:
                report.say(self._interrupted(len(state.history)))
                raise
        return state.history

    def _begin(self, batches: int) -> _State:
        settings = self.settings
        self.network.to(settings.device)
        groups = self._groups()
        rates: dict[str, Any] = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay}
        optimiser: torch.optim.Optimizer
        if settings.optimiser == "sgd":
            optimiser = torch.optim.SGD(groups, momentum=_MOMENTUM, nesterov=True, **rates)
        else:
            optimiser = torch.optim.AdamW(groups, **rates)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: one_cycle(step / (settings.epochs * batches))
        )
        generator = torch.Generator().manual_seed(settings.seed)
        every, total = settings.lookahead, settings.epochs * batches
        average = Lookahead(self.network, every, total) if every else None
        return _State(optimiser, schedule, generator, [], average)

    def _groups(self) -> list[dict[str, Any]]:
        """What decays, what does not, and what has a learning rate of its own."""
        settings = self.settings
        faster: list[nn.Parameter] = []
        if settings.norm_rate != 1:
            norms = [one for one in self.network.modules() if isinstance(one, _BatchNorm)]
            faster = [one.bias for one in norms if one.bias is not None]
        apart = {id(one) for one in faster}
        left = [one for one in self.network.parameters() if one.requires_grad and id(one) not in apart]
        groups: list[dict[str, Any]] = [
            {"params": [one for one in left if one.ndim > 1]},
            {"params": [one for one in left if one.ndim <= 1], "weight_decay": 0.0},
        ]
        if faster:
            rate = settings.norm_rate
            # a step decays them as much as the weights
            decay = {"weight_decay": settings.weight_decay / rate}
            groups.append({"params": faster, "lr": rate * settings.learning_rate, **decay})
        return groups

    def _epoch(
        self, epoch: int, state: _State, x: torch.Tensor, y: torch.Tensor, validation: Held | None,
        over_time: bool, batches: int, report: Reporter,
    ) -> EpochRecord:  # fmt: skip
        settings, start = self.settings, time.perf_counter()
        losses, rates = 0.0, 0.0
        order = torch.randperm(len(x), generator=state.generator)
        turned = torch.rand(len(x), generator=torch.Generator().manual_seed(settings.seed)) < 0.5
        self.network.train()
        own = int(getattr(self.network, "timesteps", 1))
        steps = x.shape[1] if over_time else settings.timesteps_at(epoch, own)
        with self._showing(own if over_time else steps):
            for number, part in enumerate(list(order.split(settings.batch))[:batches], 1):
                inputs = as_input(x[part], False) if not over_time else x[part]
                if settings.alternate_flip:
                    inputs = alternating_flip(inputs, turned[part], epoch)
                if self.augment is not None:
                    inputs = self.augment(inputs, state.generator)
                loss, rate = self._step(as_input(inputs, over_time), y[part], state)
                if state.average is not None:
                    state.average.after(epoch * batches + number)
                losses, rates = losses + loss, rates + rate
                report.batch(loss)
        accuracies: tuple[float, ...] = ()
        if validation is not None:
            found = evaluate(self.network, *validation, over_time=over_time)
            accuracies = tuple(found.accuracies())
        seconds = time.perf_counter() - start
        return EpochRecord(epoch + 1, steps, losses / batches, rates / batches, accuracies, seconds)

    def _step(self, inputs: torch.Tensor, labels: torch.Tensor, state: _State) -> tuple[float, float]:
        """One batch: its loss and mean firing rate."""
        settings = self.settings
        inputs, labels = inputs.to(settings.device), labels.to(settings.device)
        kind = torch.device(settings.device).type
        with firing_rates(self.network) as rates:
            with torch.autocast(kind, torch.bfloat16, enabled=settings.bfloat16):
                outputs = with_time(self.network(inputs))
            loss = self.loss(outputs.float(), labels)
            if settings.rate_weight:
                loss = loss + settings.rate_weight * rates.penalty(settings.rate_target)
        state.optimiser.zero_grad()
        loss.backward()
        if settings.clip is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), settings.clip)
        state.optimiser.step()
        state.schedule.step()
        mean = [float(one.detach()) for one in rates.by_layer.values()]
        return float(loss.detach()), sum(mean) / max(len(mean), 1)

    @contextmanager
    def _showing(self, timesteps: int) -> Iterator[None]:
        """The network for so many timesteps, then as it was."""
        if not hasattr(self.network, "timesteps"):
            yield
            return
        own, self.network.timesteps = self.network.timesteps, timesteps  # type: ignore[assignment]
        try:
            yield
        finally:
            self.network.timesteps = own

    def _keep(self, state: _State) -> None:
        if self.checkpoint is None:
            return
        write_checkpoint(self.checkpoint, {
            "settings": self.settings.as_plain(), "epoch": len(state.history),
            "network": self.network.state_dict(), "optimiser": state.optimiser.state_dict(),
            "schedule": state.schedule.state_dict(),
            "average": None if state.average is None else state.average.state_dict(),
            "generator": state.generator.get_state(), "torch": torch.get_rng_state(),
            "history": [asdict(one) for one in state.history],
        })  # fmt: skip

    def _restore(self, state: _State) -> None:
        assert self.checkpoint is not None
        found = read_checkpoint(self.checkpoint, self.settings.as_plain())
        try:
            self.network.load_state_dict(found["network"])
            state.optimiser.load_state_dict(found["optimiser"])
            state.schedule.load_state_dict(found["schedule"])
            if state.average is not None:
                state.average.load_state_dict(found["average"])
            state.generator.set_state(found["generator"])
            torch.set_rng_state(found["torch"])
            state.history += [
                EpochRecord(**{**one, "accuracies": tuple(one["accuracies"])}) for one in found["history"]
            ]
        except (RuntimeError, ValueError, TypeError, KeyError, AttributeError) as error:
            words = " ".join(str(error).split())[:200]
            raise ModelError(
                f"{self.checkpoint}: of another network ({words}); begin anew with another path"
            ) from error

    def _interrupted(self, done: int) -> str:
        if self.checkpoint is None or not done:
            return f"interrupted after {done} whole epochs; nothing was written"
        return f"interrupted; {self.checkpoint} holds {done} whole epochs: go on with resume"


def one_cycle(share: float) -> float:
    """The factor of the learning rate when ``share`` of a training is done (Smith and Topin, 2019): from 1/25
    up to 1 at a quarter, then down to 0, each along half a cosine."""
    if share < _WARM_UP:
        low, high, along = 1 / 25, 1.0, share / _WARM_UP
    else:
        low, high, along = 1.0, 0.0, min(1.0, (share - _WARM_UP) / (1 - _WARM_UP))
    return low + (high - low) * (1 - math.cos(math.pi * along)) / 2
