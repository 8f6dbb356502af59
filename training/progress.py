"""How far a training is: a bar in a terminal, a line an epoch in a pipe, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_SHOWN = 8
"""Accuracies in a line."""


@dataclass(frozen=True)
class EpochRecord:
    """``epoch`` from 1; ``loss`` and ``rate`` (mean firing rate of the spiking layers) over its batches;
    ``accuracies`` on the validation inputs after 1 … T timesteps (empty without any); ``seconds`` it took."""

    epoch: int
    timesteps: int
    loss: float
    rate: float
    accuracies: tuple[float, ...]
    seconds: float

    def line(self, epochs: int) -> str:
        """One line for people; of many timesteps a few, which tell how the accuracy rises."""
        steps = len(self.accuracies)
        few = min(steps, _SHOWN)
        places = [place * (steps - 1) // max(few - 1, 1) for place in range(few)]
        right = ""
        if steps:
            right = f", accuracy {', '.join(f'{100 * self.accuracies[place]:.2f}' for place in places)} %"
        if steps > _SHOWN:
            right += f" after {', '.join(str(place + 1) for place in places)}"
        return (
            f"epoch {self.epoch:3d} of {epochs}: T {self.timesteps}, loss {self.loss:.4f}, "
            f"firing rate {self.rate:.3f}{right} ({self.seconds:.0f} s)"
        )


class Reporter(Protocol):
    """What a trainer tells."""

    def batch(self, loss: float) -> None:
        """Another batch is done."""

    def epoch(self, record: EpochRecord) -> None:
        """Another epoch is done."""

    def say(self, line: str) -> None:
        """Something else."""


@dataclass
class _Lines:
    """``epochs`` in all; ``bar`` moves with each batch where there is one."""

    console: Console
    epochs: int
    bar: Progress | None = None
    task: TaskID | None = None

    def batch(self, loss: float) -> None:
        if self.bar is not None and self.task is not None:
            self.bar.update(self.task, advance=1, description=f"loss {loss:.4f}")

    def epoch(self, record: EpochRecord) -> None:
        self.say(record.line(self.epochs))

    def say(self, line: str) -> None:
        # not rich's markup, nor its line breaks: a log is read by programs
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


class _Silence:
    def batch(self, loss: float) -> None:
        pass

    def epoch(self, record: EpochRecord) -> None:
        pass

    def say(self, line: str) -> None:
        pass


@contextmanager
def reporting(shown: bool, epochs: int, batches: int, done: int = 0) -> Iterator[Reporter]:
    """``batches`` in all, ``done`` of them before; ``shown``: False for silence. Writes to stderr."""
    if not shown:
        yield _Silence()
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console, epochs)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
               TimeElapsedColumn(), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("loss", total=batches, completed=done)
        yield _Lines(bar.console, epochs, bar, task)
