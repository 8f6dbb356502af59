"""Spiking neurons that learn: the one step of snnrt, over all timesteps of a batch at once.

    u[t] = α·v[t − 1] + x[t],   s[t] = u[t] ≥ θ,   v[t] = u[t] − θ·s[t]   or   u[t]·(s[t] = 0)

With ``max_spikes`` above 1, s[t] = ⌊u[t] / θ⌋ where u[t] > 0, at most so many: spikes with a number. A layer
takes (T, N, …) currents and gives (T, N, …) spikes; each call begins at v[0] = ``initial`` (0), so there is
no state to reset. Membranes are float32 also where the currents are bfloat16. Converted, the core
computes the same spikes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from snnrt.errors import ModelError
from snnrt.ir.spec import LARGEST_INT16
from snnrt.training.surrogates import Surrogate, arctan

Reset = Literal["subtract", "zero"]


@dataclass(frozen=True)
class _Rule:
    """When a neuron fires, how often, and what is left."""

    threshold: float
    reset: Reset
    initial: float
    max_spikes: int
    surrogate: Surrogate

    def spikes(self, u: torch.Tensor) -> torch.Tensor:
        if self.max_spikes == 1:
            return u >= self.threshold
        return (u / self.threshold).floor_().clamp_(0, self.max_spikes)

    def after(self, u: torch.Tensor) -> torch.Tensor:
        """The membrane that is left once it has fired or not."""
        if self.reset == "zero":
            return u * (u < self.threshold)
        return u - self.threshold * self.spikes(u)

    def slope(self, u: torch.Tensor) -> torch.Tensor:
        """ds/du: the surrogate; of several spikes its peak from the first threshold to the last."""
        if self.max_spikes == 1:
            return self.surrogate(u - self.threshold)
        return self.surrogate(u - u.clamp(self.threshold, self.max_spikes * self.threshold))


class _Fire(torch.autograd.Function):
    """The step above over T; backward through time, the reset taken as constant (Zenke and Vogels, 2021)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, decay: torch.Tensor, rule: _Rule) -> torch.Tensor:
        spikes = torch.empty_like(x)
        potentials = torch.empty_like(x, dtype=torch.float32)
        for step, current in enumerate(x):
            u = potentials[step]
            if step:
                torch.mul(rule.after(potentials[step - 1]), decay, out=u)
                u.add_(current)
            else:
                u.copy_(current)
                if rule.initial:
                    u.add_(rule.initial * decay)
            spikes[step] = rule.spikes(u)
        ctx.save_for_backward(potentials, decay)
        ctx.rule = rule
        return spikes

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        potentials, decay = ctx.saved_tensors
        rule: _Rule = ctx.rule
        (given,) = gradients
        of_decay = torch.zeros_like(decay) if ctx.needs_input_grad[1] else None
        out = torch.empty_like(given)
        later: torch.Tensor | None = None
        for step in range(len(potentials) - 1, -1, -1):
            u = potentials[step]
            found = rule.slope(u).mul_(given[step])
            if later is not None:
                found += later if rule.reset == "subtract" else later * (u < rule.threshold)
            out[step] = found
            if step:
                later = found * decay
            if of_decay is not None:
                before = found * (rule.after(potentials[step - 1]) if step else rule.initial)
                of_decay += before.sum_to_size(decay.shape)
        return out, of_decay, None


class LIF(nn.Module):
    """Leaky integrate and fire. ``decay``: α, 0 … 1; ``threshold``: θ above 0; ``reset``: ``subtract`` the
    threshold or to ``zero``, both at once; ``initial``: v before the first timestep, below θ; ``max_spikes``:
    of a timestep. Raises ModelError for values outside.
    """

    def __init__(
        self,
        decay: float = 0.5,
        threshold: float = 1.0,
        reset: Reset = "subtract",
        surrogate: Surrogate | None = None,
        initial: float = 0.0,
        max_spikes: int = 1,
    ) -> None:
        super().__init__()
        if not 0 <= decay <= 1:
            raise ModelError(f"decay: expected 0 to 1, found {decay!r}")
        if not (math.isfinite(threshold) and threshold > 0):
            raise ModelError(f"threshold: expected a finite number above 0, found {threshold!r}")
        if reset not in ("subtract", "zero"):
            raise ModelError(f"reset: expected 'subtract' or 'zero', found {reset!r}")
        if not (math.isfinite(initial) and initial < threshold):
            raise ModelError(f"initial: expected a finite number below the threshold, found {initial!r}")
        if max_spikes != int(max_spikes) or not 1 <= max_spikes <= LARGEST_INT16:
            raise ModelError(f"max_spikes: expected 1 to {LARGEST_INT16}, found {max_spikes!r}")
        self.threshold, self.reset = float(threshold), reset
        self.initial, self.max_spikes = float(initial), int(max_spikes)
        self.surrogate = surrogate or arctan()
        self._set_decay(float(decay))

    def _set_decay(self, decay: float) -> None:
        self.register_buffer("fixed_decay", torch.tensor(decay), persistent=True)

    @property
    def decay(self) -> torch.Tensor:
        """α: of shape (), or (channels,) where each channel has its own; float32."""
        found = self.fixed_decay
        assert isinstance(found, torch.Tensor)
        return found

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(T, N, …) currents → (T, N, …) spikes."""
        if x.ndim < 3:
            raise ModelError(
                f"{type(self).__name__}: expected (T, N, …) currents, found shape {tuple(x.shape)}; "
                "put timesteps and a batch in front"
            )
        decay = self.decay
        if decay.ndim:
            decay = decay.reshape(-1, *[1] * (x.ndim - 3))
        rule = _Rule(self.threshold, self.reset, self.initial, self.max_spikes, self.surrogate)
        found: torch.Tensor = _Fire.apply(x, decay, rule)
        return found

    def extra_repr(self) -> str:
        """What it is set to."""
        decay = self.decay.detach()
        words = f"{float(decay):.4g}" if not decay.ndim else f"{len(decay)} values"
        more = f", initial={self.initial:g}" if self.initial else ""
        more += f", max_spikes={self.max_spikes}" if self.max_spikes > 1 else ""
        return f"decay={words}, threshold={self.threshold:g}, reset={self.reset!r}{more}"


class IF(LIF):
    """Integrate and fire, without a leak: α = 1."""

    def __init__(
        self,
        threshold: float = 1.0,
        reset: Reset = "subtract",
        surrogate: Surrogate | None = None,
        initial: float = 0.0,
        max_spikes: int = 1,
    ) -> None:
        super().__init__(1.0, threshold, reset, surrogate, initial, max_spikes)


class ParametricLIF(LIF):
    """A LIF whose decay is learnt: α = sigmoid(w), one of the layer, or one a channel (``channels``).

    After Fang et al. (ICCV 2021), whose w is of the reciprocal time constant, 1 − α.
    """

    def __init__(
        self,
        decay: float = 0.5,
        threshold: float = 1.0,
        reset: Reset = "subtract",
        surrogate: Surrogate | None = None,
        channels: int | None = None,
        initial: float = 0.0,
        max_spikes: int = 1,
    ) -> None:
        if not 0 < decay < 1:
            raise ModelError(f"decay: expected above 0 and below 1, to learn from, found {decay!r}")
        self._channels = channels
        super().__init__(decay, threshold, reset, surrogate, initial, max_spikes)

    def _set_decay(self, decay: float) -> None:
        logit = math.log(decay / (1 - decay))
        shape = () if self._channels is None else (self._channels,)
        self.weight = nn.Parameter(torch.full(shape, logit))

    @property
    def decay(self) -> torch.Tensor:
        """α = sigmoid(w)."""
        return self.weight.sigmoid()
