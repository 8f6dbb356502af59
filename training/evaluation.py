"""What a network knows after each timestep, and what an exit by entropy would make of it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from snnrt.training.losses import exit_steps


@dataclass(frozen=True)
class Evaluation:
    """``outputs``: currents (T, N, K), float32, on the CPU; ``labels``: (N,)."""

    outputs: torch.Tensor
    labels: torch.Tensor

    def accuracies(self) -> list[float]:
        """After 1 … T timesteps."""
        right = self.outputs.cumsum(0).argmax(2) == self.labels
        return [float(one) for one in right.double().mean(1)]

    def with_exit(self, threshold: float) -> tuple[float, float]:
        """Accuracy and mean timesteps where a run ends once the normalised entropy is below ``threshold``."""
        steps = exit_steps(self.outputs, threshold)
        logits = self.outputs.cumsum(0)[steps, torch.arange(len(steps))]
        right = logits.argmax(1) == self.labels
        return float(right.double().mean()), float((steps + 1).double().mean())


@torch.no_grad()
def evaluate(
    network: nn.Module, x: torch.Tensor, y: torch.Tensor, batch: int = 250, over_time: bool = False
) -> Evaluation:
    """Run ``network`` in eval mode on ``x`` (N, …), or (N, T, …) if ``over_time``; its mode stays."""
    was = network.training
    network.eval()
    device = next((one.device for one in network.parameters()), torch.device("cpu"))
    try:
        outputs = [
            with_time(network(as_input(part, over_time).to(device))).float().cpu() for part in x.split(batch)
        ]
    finally:
        network.train(was)
    return Evaluation(torch.cat(outputs, 1), y.cpu())


def as_input(x: torch.Tensor, over_time: bool) -> torch.Tensor:
    """A batch as a network takes it: float32, bytes as 0 … 1, time in front."""
    if x.dtype == torch.uint8:
        x = x.float() if over_time else x.float() / 255
    return x.movedim(1, 0) if over_time else x


def with_time(outputs: torch.Tensor) -> torch.Tensor:
    """(T, N, K): those of an ordinary network, (N, K), are of one timestep."""
    return outputs if outputs.ndim == 3 else outputs.unsqueeze(0)
