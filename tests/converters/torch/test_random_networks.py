"""snnTorch networks drawn at random: convolutions, recurrence, residuals, in each way to go through time."""

import numpy as np
import pytest
from effort import effort
from module_parity import converted, framework, torch
from torch import nn

snn = framework("snntorch")
utils = framework("snntorch.utils")


def neuron(rng, features=None):
    options = {
        "threshold": float(rng.uniform(0.1, 0.6)), "init_hidden": True,
        "reset_mechanism": str(rng.choice(["subtract", "zero"])),
    }  # fmt: skip
    beta, delay = float(rng.uniform(0.3, 1)), bool(rng.integers(2))
    kind = int(rng.integers(4))
    if kind == 0:
        return snn.Leaky(beta, reset_delay=delay, **options)
    if kind == 1:
        return snn.Synaptic(float(rng.uniform(0.1, 0.8)), beta, reset_delay=delay, **options)
    if kind == 2 and features:
        return snn.RLeaky(beta, linear_features=features, **options)
    return snn.Lapicque(beta=float(rng.uniform(0.45, 0.9)), **options)


class Drawn(nn.Module):
    """``style``: static, TN or NT."""

    def __init__(self, rng, style):
        super().__init__()
        self.style, self.steps, self.end = style, int(rng.integers(2, 10)), int(rng.integers(5))
        channels, size, layers = int(rng.integers(1, 4)), 12, []
        self.sample = (channels, size, size)
        for _ in range(int(rng.integers(1, 4))):
            kernel, stride, outputs = (
                int(rng.choice([1, 3, 5])),
                int(rng.choice([1, 1, 2])),
                int(rng.integers(2, 8)),
            )
            layers.append(
                nn.Conv2d(channels, outputs, kernel, stride, kernel // 2, bias=bool(rng.integers(2)))
            )
            channels, size = outputs, (size - 1) // stride + 1
            if rng.integers(2):
                norm = nn.BatchNorm2d(channels)
                norm.running_mean.uniform_(-0.3, 0.3)
                norm.running_var.uniform_(0.3, 2)
                layers.append(norm)
            pools = [nn.AvgPool2d(2), nn.MaxPool2d(2)] if size >= 4 else [nn.Identity()]
            parts = [pools[int(rng.integers(len(pools)))], neuron(rng)]
            layers += parts if rng.integers(2) else parts[::-1]
            size = size // 2 if size >= 4 else size
        self.conv, hidden = nn.Sequential(*layers), int(rng.integers(4, 20))
        self.fc1, self.n1 = nn.Linear(channels * size * size, hidden), neuron(rng, hidden)
        self.fc2, self.n2 = nn.Linear(hidden, hidden), neuron(rng, hidden)
        self.back = nn.Linear(hidden, hidden) if rng.integers(2) else None
        self.residual, self.hidden = bool(rng.integers(2)), hidden
        self.join = nn.Linear(2 * hidden, hidden) if rng.integers(2) else None
        self.out, self.last = nn.Linear(hidden, 4), neuron(rng)

    def step(self, x, z):
        y = self.conv(x)
        a = self.fc1(torch.flatten(y, 1) if self.end % 2 else y.view(y.shape[0], -1))
        a = self.n1(a if self.back is None else a + self.back(z))
        b = self.n2(self.fc2(a) + a if self.residual else self.fc2(a))
        joined = b if self.join is None else self.join(torch.cat((a, b), -1))
        return self.last(self.out(joined)), b

    def forward(self, x):
        utils.reset(self)
        z = torch.zeros(x.shape[1] if self.style == "TN" else x.shape[0], self.hidden)
        found, total = [], 0
        for t in range(self.steps):
            now, z = self.step(x if self.style == "static" else x[t] if self.style == "TN" else x[:, t], z)
            found.append(now)
            total = total + now
        ends = (
            lambda: torch.stack(found), lambda: found, lambda: (total, z),
            lambda: torch.stack(found, 1).mean(1),
            lambda: torch.stack(found).sum(0) / self.steps,
        )  # fmt: skip
        return ends[self.end]()


@pytest.mark.parametrize("seed", range(effort(18)))
def test_every_spike_is_the_modules(seed):
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    style = ("static", "TN", "NT")[seed % 3]
    net, inputs = Drawn(rng, style), int(rng.integers(1, 4))
    if style == "static":
        example = torch.rand(inputs, *net.sample) * 2
    else:
        front = (net.steps, inputs) if style == "TN" else (inputs, net.steps)
        example = (torch.rand(*front, *net.sample) < 0.4).float()
    graph = converted(net, example, least=0.9999, dull=-1.0)
    assert graph.timesteps == net.steps
    assert graph.readout.mode == ("mean" if net.end >= 3 else "sum")
