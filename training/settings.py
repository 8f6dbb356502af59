"""How a training goes: what a checkpoint must agree with to be gone on from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from snnrt.errors import ModelError

OPTIMISERS = ("adamw", "sgd")


@dataclass(frozen=True)
class Settings:
    """``epochs`` over all inputs in batches of ``batch``; one cycle of learning rates up to
    ``learning_rate``, with ``weight_decay``: of AdamW (``optimiser="adamw"``), or of SGD with Nesterov's
    momentum of 0.9 (``"sgd"``), whose learning rates are some thirty times as large.

    ``timesteps``: of each epoch, the last repeated (None: the network's own): to begin with one timestep
    costs a fraction and makes the first answer count. ``rate_weight`` times Σ max(0, rate − ``rate_target``)²
    of the spiking layers is added to the loss. ``seed``: of the order, the augmentation and dropout.
    ``clip``: of the gradient's norm.

    ``norm_rate``: the biases of batch norms have so many times the learning rate, and as much weight decay a
    step as the weights (1: they are as other biases). ``lookahead``: weights are averaged every so many steps
    (:class:`~snnrt.training.lookahead.Lookahead`; 0: never). ``alternate_flip``: images are turned left to
    right in every other epoch (:func:`~snnrt.training.augment.alternating_flip`).

    ``device``: as PyTorch names it; ``bfloat16``: layers compute in it, membranes do not. Raises ModelError
    for values outside their range.
    """

    epochs: int
    batch: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    optimiser: Literal["adamw", "sgd"] = "adamw"
    timesteps: Sequence[int] | None = None
    rate_weight: float = 0.0
    rate_target: float = 0.1
    seed: int = 0
    clip: float | None = None
    norm_rate: float = 1.0
    lookahead: int = 0
    alternate_flip: bool = False
    device: str = "cpu"
    bfloat16: bool = False

    def __post_init__(self) -> None:
        for name in ("epochs", "batch"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name}: expected 1 or more, found {getattr(self, name)!r}")
        for name in ("learning_rate", "clip", "norm_rate"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ModelError(f"{name}: expected above 0, found {value!r}")
        for name in ("weight_decay", "rate_weight", "rate_target", "lookahead"):
            if not getattr(self, name) >= 0:
                raise ModelError(f"{name}: expected 0 or more, found {getattr(self, name)!r}")
        if self.optimiser not in OPTIMISERS:
            raise ModelError(f"optimiser: expected {' or '.join(OPTIMISERS)}, found {self.optimiser!r}")
        if self.timesteps is not None and (not len(self.timesteps) or min(self.timesteps) < 1):
            raise ModelError(f"timesteps: expected 1 or more for each epoch, found {list(self.timesteps)}")

    def timesteps_at(self, epoch: int, own: int) -> int:
        """Of an epoch, counted from 0; ``own``: the network's."""
        if self.timesteps is None:
            return own
        return self.timesteps[min(epoch, len(self.timesteps) - 1)]

    def as_plain(self) -> dict[str, object]:
        """For a checkpoint or a log."""
        found = asdict(self)
        if self.timesteps is not None:
            found["timesteps"] = list(self.timesteps)
        return found
