"""Whole snnTorch networks as users write them: every spike of every layer, and what the result becomes."""

import numpy as np
import pytest
from module_parity import converted, framework, torch, trained_norms
from torch import nn
from torch.nn import functional

from snnrt.ir.nodes import AvgPool2d, Concatenate, Conv2d, Dense, MaxPool2d, Neuron, SumPool2d

snn = framework("snntorch")
utils = framework("snntorch.utils")

IMAGES = torch.rand((2, 1, 12, 12), generator=torch.Generator().manual_seed(1))
EVENTS = (torch.rand((9, 2, 20), generator=torch.Generator().manual_seed(2)) < 0.4).float()


def alive(net):
    """Batch norms as after training."""
    return trained_norms(net, -0.3, 0.6)


class Tutorial(nn.Module):
    """The convolutional network of snnTorch's tutorials: states by hand, a record of spikes and membranes."""

    def __init__(self):
        super().__init__()
        self.conv1, self.lif1 = nn.Conv2d(1, 6, 3), snn.Leaky(0.5, threshold=0.3)
        self.conv2, self.lif2 = nn.Conv2d(6, 8, 3), snn.Leaky(0.9, threshold=0.2)
        self.fc1, self.lif3 = nn.Linear(8, 5), snn.Leaky(0.8, threshold=0.1)

    def forward(self, x):
        mem1, mem2, mem3 = self.lif1.init_leaky(), self.lif2.init_leaky(), self.lif3.init_leaky()
        spikes, membranes = [], []
        for _ in range(7):
            cur1 = functional.max_pool2d(self.conv1(x), 2)
            spk1, mem1 = self.lif1(cur1, mem1)
            cur2 = functional.max_pool2d(self.conv2(spk1), 2)
            spk2, mem2 = self.lif2(cur2, mem2)
            cur3 = self.fc1(spk2.view(x.size(0), -1))
            spk3, mem3 = self.lif3(cur3, mem3)
            spikes.append(spk3)
            membranes.append(mem3)
        return torch.stack(spikes, dim=0), torch.stack(membranes, dim=0)


def test_the_tutorials_network():
    graph = converted(Tutorial(), IMAGES)
    assert graph.timesteps == 7 and graph.readout.mode == "sum" and graph.input.encoding == "constant"
    assert [node.kind for node in graph if node.kind == "max_pool2d"] == ["max_pool2d"] * 2
    assert graph["lif1"].reset_next and graph.metadata["source"]["framework"] == "snntorch"


def sequential():
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), snn.Leaky(0.7, init_hidden=True, threshold=0.5),
        nn.AvgPool2d(2), nn.Conv2d(6, 8, 3, padding="same", groups=2, bias=False), nn.BatchNorm2d(8),
        snn.Synaptic(0.3, 0.6, init_hidden=True, reset_mechanism="zero"), nn.Dropout(0.4), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(72, 5), snn.Leaky(0.9, init_hidden=True, output=True, threshold=0.2),
    )  # fmt: skip


def test_a_sequential_of_one_timestep_a_call():
    graph = converted(alive(sequential()), IMAGES, least=0.9999, timesteps=5)
    assert graph.timesteps == 5
    assert [type(node) for node in graph if isinstance(node, (Conv2d, AvgPool2d, MaxPool2d))] == [
        Conv2d, AvgPool2d, Conv2d, MaxPool2d,
    ]  # fmt: skip


def test_it_is_left_as_it_was():
    net = alive(sequential()).train()
    net(IMAGES)
    before = {name: one.clone() for name, one in net.state_dict().items()}
    membranes = [one.mem.clone() for one in net.modules() if isinstance(one, snn.Leaky)]
    converted(net, IMAGES, least=0.9999, timesteps=3)
    assert net.training and all(one.training for one in net.modules())
    assert all(torch.equal(before[name], one) for name, one in net.state_dict().items())
    after = [one.mem for one in net.modules() if isinstance(one, snn.Leaky)]
    assert all(torch.equal(a, b) for a, b in zip(membranes, after))


class Residual(nn.Module):
    """Sums and concatenations between blocks, time by rows of the input, batch in front."""

    def __init__(self):
        super().__init__()
        self.stem, self.first = nn.Conv2d(2, 4, 3, padding=1), snn.Leaky(0.8, init_hidden=True, threshold=0.4)
        self.block, self.second = (
            nn.Conv2d(4, 4, 3, padding=1),
            snn.Leaky(0.6, init_hidden=True, threshold=0.5),
        )
        self.skip, self.third = nn.Conv2d(4, 6, 1), snn.Leaky(0.9, init_hidden=True, reset_delay=False)
        self.head, self.last = nn.Linear(10, 3), snn.Leaky(0.9, init_hidden=True, threshold=0.2)

    def forward(self, x):
        utils.reset(self)
        total = 0
        for t in range(x.shape[1]):
            a = self.first(self.stem(x[:, t]))
            b = self.second(self.block(a)) + a
            c = self.third(self.skip(b) + 0.5)
            joined = torch.cat([c, b], dim=1)
            total = total + self.last(self.head(joined.mean(dim=(2, 3))))
        return total / x.shape[1]


def test_residuals_and_concatenations():
    x = (torch.rand(2, 6, 2, 6, 6) < 0.4).float()
    graph = converted(Residual(), x, least=0.9999)
    assert graph.readout.mode == "mean" and graph.input.encoding == "spikes" and graph.timesteps == 6
    assert graph.input.shape == (2, 6, 6) and any(isinstance(node, Concatenate) for node in graph)


class Feedback(nn.Module):
    """A loop between two layers, and a layer that reads itself."""

    def __init__(self, bias):
        super().__init__()
        self.up, self.down = nn.Linear(20, 16), nn.Linear(8, 16, bias=bias)
        self.hidden = snn.RLeaky(0.7, linear_features=16, threshold=0.4)
        self.out, self.top = nn.Linear(16, 8), snn.Leaky(0.8, threshold=0.3)

    def forward(self, x):
        spk1, mem1 = self.hidden.init_rleaky()
        mem2, spk2 = self.top.init_leaky(), torch.zeros(x.shape[1], 8)
        found = []
        for now in x:
            spk1, mem1 = self.hidden(self.up(now) + self.down(spk2), spk1, mem1)
            spk2, mem2 = self.top(self.out(spk1), mem2)
            found += [spk2]
        return {"spikes": torch.stack(found, 1), "last": found[-1]}


@pytest.mark.parametrize("bias", [True, False])
def test_feedback_counts_from_the_first_timestep_on(bias):
    graph = converted(Feedback(bias), EVENTS, least=0.9999)
    assert {edge.delay for node in graph for edge in node.inputs} == {0, 1}


@pytest.mark.parametrize(("output", "mode"), [("spikes", "sum"), ("last", "last")])
def test_one_of_several_results(output, mode):
    assert converted(Feedback(True), EVENTS, least=0.9999, logits=output).readout.mode == mode


class Readout(nn.Module):
    """What a user makes of the timesteps."""

    def __init__(self, end):
        super().__init__()
        self.end = end
        self.net = nn.Sequential(nn.Linear(20, 12), snn.Leaky(0.8, init_hidden=True, threshold=0.3))
        self.fc, self.li = nn.Linear(12, 4), snn.Leaky(0.9, reset_mechanism="none")
        self.reader = nn.Linear(12, 4)

    def forward(self, x):
        utils.reset(self)
        mem = self.li.init_leaky()
        spikes, membranes, count = [], [], torch.zeros(x.shape[1], 12)
        for t in range(x.size(0)):
            spk = self.net(x[t])
            _, mem = self.li(self.fc(spk), mem)
            spikes.append(spk)
            membranes.append(mem)
            count += spk
        spikes, membranes = torch.stack(spikes), torch.stack(membranes)
        return {
            "membrane mean": lambda: membranes.mean(0), "membrane last": lambda: mem,
            "membrane max": lambda: membranes.max(0)[0], "softmax": lambda: membranes.sum(0).softmax(-1),
            "rate": lambda: spikes.mean(dim=0), "count": lambda: count, "scaled": lambda: count / 9,
            "reader of rate": lambda: self.reader(spikes.mean(0)),
            "reader of count": lambda: self.reader(count),
        }[self.end]()  # fmt: skip


@pytest.mark.parametrize(
    ("end", "mode"),
    [
        ("membrane mean", "mean"), ("membrane last", "last"), ("membrane max", "maximum"), ("softmax", "sum"),
        ("rate", "mean"), ("count", "sum"), ("scaled", "mean"), ("reader of rate", "mean"),
        ("reader of count", "sum"),
    ],
)  # fmt: skip
def test_readouts(end, mode):
    net = Readout(end)
    graph = converted(net, EVENTS)
    assert graph.readout.mode == mode
    with torch.no_grad():
        expected = net(EVENTS).numpy()
    from snnrt.network import Network

    found = Network(graph).run(EVENTS.numpy().swapaxes(0, 1), exit="never").logits
    found = found[:, -1] if found.ndim == 3 else found
    if end == "softmax":
        found = torch.from_numpy(found).softmax(-1).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_one_dimension():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.lif = (
                nn.Conv1d(2, 6, 5, stride=2, padding=2),
                snn.Leaky(0.7, init_hidden=True, threshold=0.4),
            )
            self.pool, self.fc = nn.AvgPool1d(2), nn.Linear(30, 3)
            self.out = snn.Leaky(0.8, init_hidden=True, threshold=0.2)

        def forward(self, x):
            utils.reset(self)
            return torch.stack(
                [self.out(self.fc(self.pool(self.lif(self.conv(x))).flatten(1))) for _ in range(6)]
            )

    graph = converted(Net(), torch.rand(3, 2, 20))
    assert graph.input.shape == (2, 1, 20)


def test_a_decoder():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Conv2d(1, 4, 3, stride=2, padding=1)
            self.b = nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1)
            self.lif1 = snn.Leaky(0.7, init_hidden=True, threshold=0.3)
            self.lif2 = snn.Leaky(0.7, init_hidden=True, threshold=0.2)
            self.fc = nn.Linear(27, 3)

        def forward(self, x):
            utils.reset(self)
            found = []
            for _ in range(6):
                y = functional.pad(self.lif1(self.a(x)), (1, 0, 0, 1))
                y = self.lif2(self.b(y))
                found.append(self.fc(torch.flatten(functional.lp_pool2d(y, 1, 4, 5), 1)))
            return torch.stack(found).sum(0)

    graph = converted(Net(), IMAGES, least=0.9999)
    assert any(isinstance(node, SumPool2d) for node in graph) and isinstance(graph["fc"], Dense)


def test_different_rules_in_one_network():
    net = nn.Sequential(
        nn.Linear(20, 16), snn.Leaky(0.7, init_hidden=True, threshold=0.3),
        nn.Linear(16, 16), snn.Leaky(0.7, init_hidden=True, threshold=0.3, reset_mechanism="zero"),
        nn.Linear(16, 16), snn.Leaky(0.7, init_hidden=True, threshold=0.2, reset_delay=False),
        nn.Linear(16, 16), snn.Leaky(0.7, init_hidden=True, threshold=0.2, reset_mechanism="none"),
        nn.Linear(16, 4), snn.Lapicque(beta=0.8, init_hidden=True, threshold=0.01),
    )  # fmt: skip
    graph = converted(net, torch.rand(4, 20) * 2)
    resets = [(node.reset, node.reset_next) for node in graph if isinstance(node, Neuron)]
    assert len(set(resets)) >= 3


def test_the_pages_example(page_example):
    found = page_example("snntorch")
    assert found["net"].timesteps == 8
    assert found["net"].graph["lif2"].reset == "value"
