"""Time and batch in the example, wherever the user has them."""

import pytest
from module_parity import converted, framework, torch
from torch import nn
from torch.nn import functional

snn = framework("snntorch")
utils = framework("snntorch.utils")


class Net(nn.Module):
    def __init__(self, steps):
        super().__init__()
        torch.manual_seed(3)
        self.fc1, self.fc2 = nn.Linear(12, 9), nn.Linear(9, 3)
        self.a, self.b = (snn.Leaky(0.8, init_hidden=True, threshold=0.2) for _ in range(2))
        self.steps = steps

    def forward(self, x):
        utils.reset(self)
        return torch.stack([self.b(self.fc2(self.a(self.fc1(one)))) for one in self.steps(x)])


class Maps(Net):
    def __init__(self, steps):
        super().__init__(steps)
        self.conv = nn.Conv2d(2, 3, 3, padding=1)

    def forward(self, x):
        utils.reset(self)
        found = [self.b(self.fc2(self.a(self.fc1(functional.avg_pool2d(self.conv(one), 2).flatten(1)))))
                 for one in self.steps(x)]  # fmt: skip
        return torch.stack(found)


@pytest.mark.parametrize(
    ("shape", "steps"),
    [
        ((5, 4, 12), lambda x: x), ((5, 4, 12), lambda x: [x[t] for t in range(5)]),
        ((5, 4, 12), lambda x: x.unbind(0)), ((4, 5, 12), lambda x: [x[:, t] for t in range(5)]),
        ((4, 5, 12), lambda x: x.permute(1, 0, 2)), ((4, 5, 12), lambda x: x.transpose(0, 1)),
        ((4, 5, 12), lambda x: [x[:, t, :] for t in range(x.size(1))]),
        ((4, 12, 5), lambda x: [x[..., t] for t in range(5)]),
        ((4, 12, 5), lambda x: [x[:, :, t] for t in range(5)]),
        ((4, 12, 5), lambda x: x.permute(2, 0, 1)), ((4, 12, 5), lambda x: x.movedim(-1, 0)),
        ((5, 4, 3, 4), lambda x: [one.flatten(1) for one in x]),
        ((5, 4, 1, 12), lambda x: [one.squeeze(1) for one in x]),
        ((5, 12), lambda x: x), ((4, 5, 12), lambda x: [x.select(1, t) for t in range(5)]),
        ((4, 5, 12), lambda x: (x * 2).unbind(1)),
    ],
)  # fmt: skip
def test_vectors_over_time(shape, steps):
    example = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    graph = converted(Net(steps), example)
    assert graph.timesteps == 5 and graph.input.encoding == "spikes"
    assert graph.input.elements == 12


@pytest.mark.parametrize(
    ("shape", "steps"),
    [
        ((5, 3, 2, 4, 4), lambda x: x), ((3, 5, 2, 4, 4), lambda x: x.transpose(0, 1)),
        ((3, 5, 2, 4, 4), lambda x: [x[:, t] for t in range(5)]),
        ((3, 2, 4, 4, 5), lambda x: [x[..., t] for t in range(5)]),
    ],
)  # fmt: skip
def test_maps_over_time(shape, steps):
    example = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    graph = converted(Maps(steps), example)
    assert graph.timesteps == 5 and graph.input.shape == (2, 4, 4)


@pytest.mark.parametrize("shape", [(3, 2, 4, 4), (2, 4, 4)])
def test_a_constant_input(shape):
    net = Maps(lambda x: [x] * 5)
    if len(shape) == 3:
        net.steps = lambda x: [x[None]] * 5
    graph = converted(net, torch.rand(shape))
    assert graph.input.encoding == "constant" and graph.input.shape == (2, 4, 4)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_stacks_in_any_axis(dim):
    class Stacked(Net):
        def forward(self, x):
            utils.reset(self)
            return torch.stack([self.b(self.fc2(self.a(self.fc1(one)))) for one in x], dim).mean(dim)

    assert converted(Stacked(None), torch.rand(5, 4, 12)).readout.mode == "mean"
