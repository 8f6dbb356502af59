"""SpikingJelly's neurons give its spikes; 0.0.0.0.14 writes no NIR, so the files are as 2.0 writes them."""

import nir
import numpy as np
import pytest
from nir_parity import assert_same_spikes, exactly, framework, ours, record, spike_input

torch = framework("torch")
neuron = framework("spikingjelly.activation_based.neuron")

from spikingjelly.activation_based import functional  # noqa: E402

DT = 1e-4
NEURONS = (neuron.IFNode, neuron.LIFNode)


def write(net, shape, path):
    """What nir_exchange.export_to_nir of SpikingJelly 2.0 writes: float64 constants, one a neuron."""
    x = torch.zeros(1, *shape)
    nodes, previous, edges = {"input_1": nir.Input(np.array(shape))}, "input_1", []
    for key, module in net.named_children():
        functional.reset_net(net)
        before, x = x, module(x)
        own = tuple(x.shape[1:])
        name = f"_{key}"
        if isinstance(module, torch.nn.Linear):
            weight = module.weight.detach().numpy()
            nodes[name] = (
                nir.Linear(weight)
                if module.bias is None
                else nir.Affine(weight, module.bias.detach().numpy())
            )
        elif isinstance(module, torch.nn.Conv2d):
            nodes[name] = nir.Conv2d(
                tuple(before.shape[2:]),
                module.weight.detach().numpy(),
                module.stride,
                module.padding,
                module.dilation,
                module.groups,
                np.zeros(own[0]) if module.bias is None else module.bias.detach().numpy(),
            )
        elif isinstance(module, torch.nn.AvgPool2d):
            nodes[name] = nir.AvgPool2d(module.kernel_size, module.stride, module.padding)
        elif isinstance(module, torch.nn.Flatten):
            nodes[name] = nir.Flatten(np.array(before.shape[1:]), 0, -1)
        else:
            nodes[name] = neuron_node(module, own)
        edges.append((previous, name))
        previous = name
    nodes["output"] = nir.Output(np.array(own))
    nir.write(path, nir.NIRGraph(nodes, [*edges, (previous, "output")], type_check=False))
    return path


def neuron_node(module, shape):
    reset = 0.0 if module.v_reset is None else module.v_reset
    threshold, v_reset = np.full(shape, module.v_threshold), np.full(shape, reset)
    if isinstance(module, neuron.LIFNode):
        return nir.LIF(
            tau=np.full(shape, module.tau * DT),
            r=np.full(shape, 1.0 if module.decay_input else module.tau),
            v_leak=v_reset,
            v_threshold=threshold,
            v_reset=v_reset,
        )
    return nir.IF(r=np.full(shape, 1.0 / DT), v_threshold=threshold, v_reset=v_reset)


def run(net, x):
    functional.reset_net(net)
    for step in range(x.shape[1]):
        net(x[:, step])


def compare(net, shape, path, fraction=1.0, framework="spikingjelly", **options):
    x = spike_input(shape, 7)
    imported, mine = ours(write(net, shape, path), x, framework=framework, **options)
    expected = {f"_{name}": spikes for name, spikes in record(net, NEURONS, x, run).items()}
    assert_same_spikes(expected, mine, fraction)
    return imported


@pytest.mark.parametrize("v_reset", [0.0, 0.25])
def test_integrate_and_fire(tmp_path, v_reset):
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20),
        neuron.IFNode(v_reset=v_reset),
        torch.nn.Linear(20, 6),
        neuron.IFNode(v_reset=v_reset),
    )
    exactly(net, 1, 0.6)
    compare(net, (12,), tmp_path / "net.nir")


@pytest.mark.parametrize("v_reset", [0.0, 0.25])
@pytest.mark.parametrize("tau", [2.0, 3.7])
def test_lif_with_decaying_input(tmp_path, tau, v_reset):
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20),
        neuron.LIFNode(tau, v_reset=v_reset),
        torch.nn.Linear(20, 6, bias=False),
        neuron.LIFNode(tau, v_reset=v_reset, v_threshold=0.5),
    )
    exactly(net, 2, 1.0)
    imported = compare(net, (12,), tmp_path / "net.nir")
    assert imported.graph["_1"].integration == "divide"
    assert imported.graph["_1"].gain is None


@pytest.mark.parametrize("v_reset", [0.0, 0.25])
def test_lif_with_whole_input(tmp_path, v_reset):
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20),
        neuron.LIFNode(2.0, decay_input=False, v_reset=v_reset),
        torch.nn.Linear(20, 6),
        neuron.LIFNode(4.0, decay_input=False, v_reset=v_reset),
    )
    exactly(net, 3, 0.5)
    imported = compare(net, (12,), tmp_path / "net.nir")
    assert imported.graph["_1"].integration == "divide_leak"


def test_soft_reset(tmp_path):
    """The export refuses a soft reset; a file made without that refusal is imported with reset 'subtract'."""
    net = torch.nn.Sequential(torch.nn.Linear(12, 20), neuron.LIFNode(2.0, v_reset=None))
    exactly(net, 4, 1.0)
    compare(net, (12,), tmp_path / "net.nir", reset="subtract")


def test_convolutions_with_average_pooling(tmp_path):
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, (3, 5), padding=(1, 2), bias=False),
        neuron.IFNode(),
        torch.nn.AvgPool2d(2, 2),
        torch.nn.Conv2d(4, 6, (3, 2), stride=(1, 2), padding=(1, 0)),
        neuron.LIFNode(),
        torch.nn.Flatten(),
        torch.nn.Linear(48, 5),
        neuron.LIFNode(),
    )
    exactly(net, 5, 0.6)
    compare(net, (1, 8, 8), tmp_path / "net.nir")


def test_arbitrary_weights(tmp_path):
    torch.manual_seed(6)
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 40),
        neuron.LIFNode(2.5, v_threshold=0.2),
        torch.nn.Linear(40, 40),
        neuron.IFNode(),
        torch.nn.Linear(40, 10),
        neuron.LIFNode(3.0, decay_input=False, v_threshold=0.5),
    )
    compare(net, (12,), tmp_path / "net.nir", fraction=0.999)


def test_source_is_inferred(tmp_path):
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20), neuron.LIFNode(), torch.nn.Linear(20, 6), neuron.IFNode()
    )
    exactly(net, 2, 1.0)
    imported = compare(net, (12,), tmp_path / "net.nir", framework=None)
    assert imported.assumptions[0].startswith("framework = spikingjelly (inferred")
