"""Whole Sinabs networks as users write them: every spike of every layer, and what the result becomes."""

import warnings

import pytest
from module_parity import converted, framework, torch, trained_norms
from torch import nn

from snnrt.converters.torch.importer import import_module
from snnrt.errors import ModelError
from snnrt.ir.nodes import AvgPool2d, Concatenate, MaxPool2d, Neuron, SumPool2d

framework("sinabs")
sl = framework("sinabs.layers")
activation = framework("sinabs.activation")
from_torch = framework("sinabs.from_torch")

EVENTS = (torch.rand((2, 20, 2, 14, 14), generator=torch.Generator().manual_seed(1)) < 0.3).float()
FEATURES = (torch.rand((3, 25, 20), generator=torch.Generator().manual_seed(2)) < 0.3).float()


def alive(net):
    """Weights that let it fire, batch norms as after training."""
    for one in trained_norms(net).modules():
        if isinstance(one, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(one.weight)
    return net


def neurons(graph):
    return [node for node in graph if isinstance(node, Neuron)]


def squeezed(**sizes):
    """As Sinabs' tutorials have them, batch and time in one axis."""
    return alive(nn.Sequential(
        nn.Conv2d(2, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8),
        sl.IAFSqueeze(min_v_mem=-1.0, **sizes), sl.SumPool2d(2),
        nn.Conv2d(8, 8, 3, bias=False), sl.IAFSqueeze(min_v_mem=-1.0, spike_threshold=2.0, **sizes),
        nn.AvgPool2d(2), nn.Dropout2d(), nn.Flatten(), nn.Linear(32, 10, bias=False), sl.IAFSqueeze(**sizes),
    ))  # fmt: skip


@pytest.mark.parametrize("sizes", [{"batch_size": 2}, {"num_timesteps": 20}])
def test_a_convolutional_network(sizes):
    graph = converted(squeezed(**sizes), EVENTS.flatten(0, 1), least=0.9999)
    assert graph.timesteps == 20 and graph.input.encoding == "spikes" and graph.input.shape == (2, 14, 14)
    assert [node.multiple for node in neurons(graph)] == [True] * 3
    assert any(isinstance(node, SumPool2d) for node in graph)
    assert any(isinstance(node, AvgPool2d) for node in graph)


def test_one_input_of_a_batch_of_one():
    net = squeezed(batch_size=1)
    assert converted(net, EVENTS[0], least=0.9999).timesteps == 20


@pytest.mark.parametrize("synops", [False, True])
def test_what_from_model_makes_of_a_trained_network(synops):
    analogue = alive(nn.Sequential(
        nn.Conv2d(2, 8, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32, 10), nn.ReLU(),
    ))  # fmt: skip
    with warnings.catch_warnings():
        # its counter of operations is deprecated
        warnings.simplefilter("ignore")
        made = from_torch.from_model(analogue, (2, 14, 14), batch_size=2, synops=synops, min_v_mem=-0.5)
    graph = converted(made, EVENTS.flatten(0, 1), least=0.9999)
    assert all(node.lower_bound == -0.5 and node.multiple for node in neurons(graph))
    assert any(isinstance(node, MaxPool2d) for node in graph)


class Layers(nn.Module):
    """Time in an axis of its own, layers in Repeat; each neuron with another setting."""

    def __init__(self):
        super().__init__()
        self.conv1 = sl.Repeat(nn.Sequential(nn.Conv2d(2, 6, 3, stride=2), nn.BatchNorm2d(6)))
        self.lif1 = sl.LIF(4.0, norm_input=False, spike_fn=activation.SingleSpike, min_v_mem=-0.5)
        self.conv2 = sl.Repeat(nn.Conv2d(6, 6, 3, padding=1))
        self.lif2 = sl.LIF(8.0, 2.0, spike_threshold=0.2, reset_fn=activation.MembraneReset())
        self.iaf = sl.IAF(spike_fn=activation.MaxSpike(2), min_v_mem=-2.0, spike_threshold=3.0)
        self.merge = sl.Merge()
        self.flatten, self.fc = nn.Flatten(2), nn.Linear(216 * 2, 7)
        self.out = sl.ExpLeak(5.0)

    def forward(self, x):
        one = self.lif1(self.conv1(x))
        two = self.lif2(self.conv2(one))
        both = torch.cat((self.merge(one, two), self.iaf(one)), dim=2)
        return self.out(self.fc(self.flatten(both))).mean(1)


def test_layers_that_differ():
    graph = converted(alive(Layers()), EVENTS, least=0.9999)
    assert graph.readout.mode == "mean" and any(isinstance(node, Concatenate) for node in graph)
    found = {node.name: node for node in neurons(graph)}
    assert (found["lif1"].gain, found["lif1"].max_spikes, found["lif1"].lower_bound) == (None, 1, -0.5)
    assert found["lif2"].gain is not None and found["lif2"].synapse is not None
    assert found["lif2"].reset == "value" and found["iaf"].max_spikes == 2
    assert found["out"].threshold is None


def test_flattened_time_and_back():
    net = alive(nn.Sequential(
        sl.FlattenTime(), nn.Conv2d(2, 4, 3), nn.MaxPool2d(2), sl.UnflattenTime(2), sl.LIF(3.0),
        nn.Flatten(2), nn.Linear(144, 5), sl.IAF(spike_threshold=0.1),
    ))  # fmt: skip
    assert converted(net, EVENTS, least=0.9999).input.shape == (2, 14, 14)


def test_a_recurrent_network():
    back = nn.Sequential(nn.Linear(12, 12))
    net = alive(nn.Sequential(
        nn.Linear(20, 12),
        sl.LIFRecurrent(4.0, back, norm_input=False, min_v_mem=-1.0,),
        nn.Linear(12, 5), sl.ALIF(torch.tensor(5.0), torch.tensor(9.0), adapt_scale=0.2, spike_threshold=0.2),
    ))  # fmt: skip
    with torch.no_grad():
        # no avalanche
        back[0].weight.mul_(0.3)
    graph = converted(net, FEATURES, least=0.9999)
    assert graph["1.rec_connect"].kind == "dense" and graph["3"].adaptation is not None


def test_a_residual_network():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.fc1, self.fc2 = nn.Linear(20, 16), nn.Linear(16, 16), nn.Linear(16, 4)
            self.lif1, self.lif2, self.lif3 = sl.LIF(5.0, norm_input=False), sl.IAF(), sl.IAF()

        def forward(self, x):
            x = self.lif1(self.first(x))
            x = x + self.lif2(self.fc1(x))
            return self.lif3(self.fc2(x)).sum(dim=1)

    assert converted(alive(Net()), FEATURES, least=0.9999).readout.mode == "sum"


def test_a_cropped_map():
    net = alive(nn.Sequential(
        sl.Cropping2dLayer(((1, 2), (0, 3))), nn.Conv2d(2, 4, 3), sl.IAFSqueeze(batch_size=2),
    ))  # fmt: skip
    assert converted(net, EVENTS.flatten(0, 1), least=0.9999).input.shape == (2, 14, 14)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (sl.NeuromorphicReLU(), "relu"),
        (sl.SpikingMaxPooling2dLayer((2, 2)), "cumsum"),
        (sl.Img2SpikeLayer((2, 14, 14)), "at random"),
    ],
)
def test_layers_without_a_form(layer, words):
    net = nn.Sequential(nn.Conv2d(2, 2, 3), layer, sl.IAFSqueeze(batch_size=1))
    with pytest.raises(ModelError, match=words):
        import_module(net, example=EVENTS[0])


@pytest.mark.parametrize(("threshold", "words"), [(0.1, "at most 255"), (0.001, "up to 32767")])
def test_as_many_spikes_are_counted_as_the_example_needs(threshold, words):
    net = nn.Sequential(sl.IAF(spike_threshold=threshold))
    # no sum of theirs is rounded
    converted(net, torch.round(FEATURES * 1024 * threshold) / 1024, least=0.9999)
    imported = import_module(net, example=FEATURES)
    assert any(words in line for line in imported.assumptions)


def test_the_pages_example(page_example):
    found = page_example("sinabs")
    assert found["net"].timesteps == 50
    assert {node.lower_bound.item() for node in neurons(found["net"].graph)} == {-1.0}
