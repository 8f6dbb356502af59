"""Whole Rockpool networks as users write them: every spike of every layer, and what the result becomes."""

import warnings

import pytest
from module_parity import converted, framework, torch
from torch import nn

from snnrt.ir.nodes import Neuron

with pytest.MonkeyPatch.context() as patch:
    # it warns of each simulator that is not installed
    patch.setattr("warnings.warn", lambda *words, **options: None)
    modules = framework("rockpool.nn.modules")
    combinators = framework("rockpool.nn.combinators")
    networks = framework("rockpool.nn.networks")

LinearTorch, LIFTorch = modules.LinearTorch, modules.LIFTorch
EVENTS = (torch.rand((3, 60, 20), generator=torch.Generator().manual_seed(2)) < 0.3).float()


def neurons(graph):
    return [node for node in graph if isinstance(node, Neuron)]


def test_a_sequence_of_layers():
    net = combinators.Sequential(
        LinearTorch((20, 16)), LIFTorch(16, tau_mem=10e-3, tau_syn=5e-3),
        LinearTorch((16, 12), has_bias=True), modules.LIFBitshiftTorch(12, tau_mem=8e-3, tau_syn=4e-3),
        LinearTorch((12, 4)), modules.ExpSynTorch(4, tau=5e-3), modules.LIFNeuronTorch(4, tau_mem=5e-3),
    )  # fmt: skip
    graph = converted(net, EVENTS, least=0.9999)
    assert graph.timesteps == 60 and graph.input.encoding == "spikes"
    assert [node.max_spikes for node in neurons(graph) if node.threshold is not None] == [255, 31, 255]


def test_one_input_without_a_batch():
    net = combinators.Sequential(LinearTorch((20, 16)), LIFTorch(16, tau_mem=10e-3, tau_syn=5e-3))
    assert converted(net, EVENTS[0], least=0.9999).timesteps == 60


def test_a_recurrent_and_a_residual_block():
    weights = torch.randn(16, 16) * 0.1
    net = combinators.Sequential(
        LinearTorch((20, 16)), LIFTorch(16, has_rec=True, w_rec=weights, tau_mem=5e-3, tau_syn=2e-3),
        combinators.Residual(LinearTorch((16, 16)), LIFTorch(16, threshold=2.0, tau_syn=2e-3)),
        LinearTorch((16, 4)), LIFTorch(4, tau_syn=2e-3),
    )  # fmt: skip
    graph = converted(net, EVENTS, least=0.9999)
    assert [edge.delay for node in graph for edge in node.inputs if edge.delay] == [1]


class Mixed(nn.Module):
    """A module of the user's own: layers of PyTorch between Rockpool's, each neuron with another setting."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(20, 16), nn.Linear(16, 16), LinearTorch((16, 4))
        self.lif1 = LIFTorch(16, tau_mem=4e-3, tau_syn=2e-3, max_spikes_per_dt=torch.tensor(1.0))
        self.lif2 = LIFTorch(16, tau_mem=20e-3, tau_syn=2e-3, threshold=2.0, bias=0.05, dt=2e-3)
        self.lif3 = modules.LIFNeuronTorch(4, tau_mem=6e-3)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        one, _, _ = self.lif1(self.fc1(x))
        two, _, _ = self.lif2(self.drop(self.fc2(one)))
        three, _, _ = self.fc3(one + two)
        spikes, _, _ = self.lif3(three)
        return spikes.sum(1)


def test_a_module_of_the_users_own():
    graph = converted(Mixed(), EVENTS, least=0.9999)
    assert graph.readout.mode == "sum" and not graph["lif1"].multiple and graph["lif2"].bias is not None


def test_wavesense():
    net = networks.WaveSenseNet(
        [2, 8], n_classes=3, n_channels_in=20, n_channels_res=8, n_channels_skip=8, n_hidden=8,
        tau_mem=10e-3, base_tau_syn=4e-3, smooth_output=False,
    )  # fmt: skip
    with torch.no_grad():
        for path, one in net.named_parameters():
            if path.endswith("weight"):
                one.mul_(3)
    graph = converted(net, EVENTS, least=0.9999)
    # two synapses a neuron in each block
    assert len([node for node in neurons(graph) if node.name.endswith(("isyn1", "isyn2"))]) == 4


@pytest.mark.parametrize("output", ["spikes", "vmem"])
def test_synnet(output):
    threshold = {} if output == "vmem" else {"threshold_out": 0.3}
    with warnings.catch_warnings():
        # of NumPy 2's copies
        warnings.simplefilter("ignore")
        net = networks.SynNet(
            3, 20, [16, 12], [2, 4], p_dropout=0.1, output=output, threshold=0.3, **threshold
        )
    with torch.no_grad():
        for path, one in net.named_parameters():
            if path.endswith("weight"):
                one.mul_(3)
    graph = converted(net, EVENTS, least=0.9999)
    last = graph[graph["output"].inputs[0].source]
    assert (last.threshold is None) == (output == "vmem")


def test_the_pages_example(page_example):
    found = page_example("rockpool")
    assert found["net"].timesteps == 100
    assert [node.max_spikes for node in neurons(found["net"].graph)] == [31, 1]
