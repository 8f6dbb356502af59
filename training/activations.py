"""Activations of ordinary networks that are to spike: rounded to as many levels as a neuron has."""

from __future__ import annotations

import copy

import torch
from torch import nn

from snnrt.errors import ModelError

_SHARES = torch.arange(0.15, 1.0001, 0.025)
"""Of the largest activation: the ceilings that are tried."""
_SEEN = 200_000
"""Activations of a layer that are looked at."""


class _Rounded(torch.autograd.Function):
    """QCFS and its gradients, the rounding taken as the identity."""

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx, x: torch.Tensor, ceiling: torch.Tensor, levels: int
    ) -> torch.Tensor:
        found = _rounded(x, ceiling, levels)
        ctx.save_for_backward(x, found, ceiling)
        return found

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, *gradients: torch.Tensor
    ) -> tuple[torch.Tensor | None, ...]:
        x, found, ceiling = ctx.saved_tensors  # type: ignore[attr-defined]
        (given,) = gradients
        passed = given * ((x > 0) & (x < float(ceiling)))
        # d/dλ of λ·r(x/λ) is r − x/λ inside, 1 above; in the dtype at hand, summed in float32
        whole = (given * found).sum(dtype=torch.float32) - (passed * x).sum(dtype=torch.float32)
        return passed, (whole / ceiling).reshape(ceiling.shape), None


class QCFS(nn.Module):
    """λ·clip(⌊x·L/λ + ½⌋/L, 0, 1) with L ``levels``, λ (``ceiling``) learnt (Bu et al. 2022, ICLR, eq. 8):
    what a neuron of threshold λ that begins at λ/2 gives in L timesteps, or in one with up to L spikes."""

    def __init__(self, levels: int = 4, ceiling: float = 4.0) -> None:
        super().__init__()
        self.levels = levels
        self.ceiling = nn.Parameter(torch.tensor(ceiling))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of the same shape and dtype."""
        if self.training:
            found: torch.Tensor = _Rounded.apply(x, self.ceiling, self.levels)
            return found
        return _rounded(x, self.ceiling, self.levels)

    def extra_repr(self) -> str:
        """What it is set to."""
        return f"levels={self.levels}, ceiling={float(self.ceiling.detach()):.4g}"


def _rounded(x: torch.Tensor, ceiling: torch.Tensor, levels: int) -> torch.Tensor:
    steps = torch.floor(x.float() * (levels / ceiling) + 0.5).clamp_(0, levels)
    return (steps * (ceiling / levels)).to(x.dtype)


@torch.no_grad()
def with_qcfs(network: nn.Module, levels: int, x: torch.Tensor) -> nn.Module:
    """A copy of ``network`` whose ReLUs are QCFS of ``levels``. Each has the ceiling at which what the ReLU
    gives on ``x`` is rounded with the least mean squared error. Raises ModelError where there is no ReLU."""
    made = copy.deepcopy(network).eval()
    ceilings: dict[str, float] = {}

    def watch(path: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def note(_module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
            ceilings[path] = best_ceiling(output, levels)

        return module.register_forward_hook(note)

    handles = [watch(path, one) for path, one in made.named_modules() if isinstance(one, nn.ReLU)]
    if not handles:
        raise ModelError("network: expected ReLU modules to put QCFS in their place, found none")
    try:
        made(x)
    finally:
        for handle in handles:
            handle.remove()
    for path, ceiling in ceilings.items():
        parent, _, name = path.rpartition(".")
        setattr(made.get_submodule(parent), name, QCFS(levels, ceiling))
    return made.train(network.training)


def best_ceiling(values: torch.Tensor, levels: int) -> float:
    """λ of the QCFS of ``levels`` that is nearest to ``values`` (≥ 0), by mean squared error; 1 where all
    are 0."""
    flat = values.detach().float().flatten()
    flat = flat[:: max(1, len(flat) // _SEEN)]
    largest = float(flat.max())
    if not largest > 0:
        return 1.0
    tried = _SHARES * largest
    errors = [float((_rounded(flat, one, levels) - flat).square().mean()) for one in tried]
    return float(tried[errors.index(min(errors))])
