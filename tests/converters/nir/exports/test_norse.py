"""Networks that Norse exports give its spikes, step by step."""

import nir
import numpy as np
import pytest
from installed_frameworks import missing
from nir_parity import assert_same_spikes, exactly, framework, ours, record, spike_input, write

torch = framework("torch")
norse = framework("norse.torch")
if not hasattr(norse, "to_nir"):
    missing("Norse before 1.1 has no NIR export; install norse>=1.1")

SPIKING = (norse.LIFCell, norse.LIFBoxCell, norse.IAFCell)


def full(size, value):
    return torch.full((size,), float(value))


def lif(size, tau_mem_inv=100.0, tau_syn_inv=200.0, v_leak=0.0, v_th=1.0):
    return norse.LIFCell(
        norse.LIFParameters(
            tau_syn_inv=full(size, tau_syn_inv),
            tau_mem_inv=full(size, tau_mem_inv),
            v_leak=full(size, v_leak),
            v_th=full(size, v_th),
            v_reset=full(size, 0.0),
        )
    )


def lif_box(size, tau_mem_inv=100.0, v_leak=0.0, v_th=1.0):
    return norse.LIFBoxCell(
        norse.LIFBoxParameters(
            tau_mem_inv=full(size, tau_mem_inv),
            v_leak=full(size, v_leak),
            v_th=full(size, v_th),
            v_reset=full(size, 0.0),
        )
    )


def iaf(size, v_th=1.0):
    return norse.IAFCell(norse.IAFParameters(v_th=full(size, v_th), v_reset=full(size, 0.0)))


def run(net, x):
    state = None
    for step in range(x.shape[1]):
        _, state = net(x[:, step], state)


def compare(net, features, path, fraction=1.0, kinds=SPIKING, framework="norse", seed=7):
    x = spike_input((features,), seed)
    write(norse.to_nir(net, torch.zeros(1, features), dt=0.001), path, infer=False)
    imported, mine = ours(path, x, framework=framework)
    assert_same_spikes(record(net, kinds, x, run), mine, fraction)
    return imported


@pytest.mark.parametrize("leak", [0.0, 0.25])
def test_lif(tmp_path, leak):
    net = norse.SequentialState(
        torch.nn.Linear(12, 20), lif(20, v_leak=leak), torch.nn.Linear(20, 6), lif(6, 250.0, 80.0, v_th=0.25)
    )
    exactly(net, 1, 2.0)
    imported = compare(net, 12, tmp_path / "net.nir")
    assert imported.graph["1"].membrane == np.float32(0.001) * np.float32(100)
    assert imported.graph["1"].synapse == np.float32(0.001) * np.float32(200)


def test_box_and_integrate_and_fire(tmp_path):
    net = norse.SequentialState(
        torch.nn.Linear(12, 20),
        lif_box(20, 1 / 3e-3),
        torch.nn.Linear(20, 6, bias=False),
        iaf(6, 1.5),
        torch.nn.Linear(6, 6),
        lif_box(6, 300.0, v_th=0.3),
    )
    exactly(net, 2, 1.0)
    imported = compare(net, 12, tmp_path / "net.nir")
    assert imported.graph["1"].membrane == np.float32(0.001) * np.float32(1 / 3e-3)


def test_leaky_integrator_readout(tmp_path):
    net = norse.SequentialState(
        torch.nn.Linear(12, 20),
        lif_box(20),
        torch.nn.Linear(20, 3),
        norse.LIBoxCell(norse.LIBoxParameters(tau_mem_inv=full(3, 50.0), v_leak=full(3, 0.5))),
    )
    exactly(net, 3, 2.0)
    path = write(norse.to_nir(net, torch.zeros(1, 12)), tmp_path / "net.nir", infer=False)
    x = spike_input((12,), 7)
    _, mine = ours(path, x, framework="norse")
    expected = record(net, (norse.LIBoxCell,), x, run)
    np.testing.assert_array_equal(mine["3"], expected["3"])


def test_recurrent(tmp_path):
    """Norse exports no recurrence: the edges that it would have are added to its export."""
    net = norse.SequentialState(torch.nn.Linear(12, 10), lif(10))
    exactly(net, 4, 2.0)
    recurrent = torch.nn.Linear(10, 10, bias=False)
    exactly(recurrent, 5, 1.0)
    graph = norse.to_nir(net, torch.zeros(1, 12))
    graph.nodes["w_rec"] = nir.Linear(recurrent.weight.detach().numpy())
    graph.edges += [("1", "w_rec"), ("w_rec", "1")]
    x = spike_input((12,), 7)
    parameters = norse.LIFParameters(
        tau_syn_inv=torch.tensor(200.0),
        tau_mem_inv=torch.tensor(100.0),
        v_leak=torch.tensor(0.0),
        v_th=torch.tensor(1.0),
    )
    cell = norse.LIFRecurrentCell(
        12, 10, parameters, input_weights=net[0].weight, recurrent_weights=recurrent.weight, autapses=True
    )
    with torch.no_grad():
        net[0].bias.zero_()
    graph.nodes["0"].bias = torch.zeros(10)
    _, mine = ours(write(graph, tmp_path / "net.nir", infer=False), x, framework="norse")
    assert_same_spikes(
        record(torch.nn.ModuleDict({"1": cell}), (norse.LIFRecurrentCell,), x, _run_cell), mine
    )


def _run_cell(modules, x):
    state = None
    for step in range(x.shape[1]):
        _, state = modules["1"](x[:, step], state)


def test_arbitrary_weights(tmp_path):
    torch.manual_seed(6)
    net = norse.SequentialState(
        torch.nn.Linear(12, 40),
        lif(40, v_th=0.3),
        torch.nn.Linear(40, 40),
        lif_box(40, v_th=0.05),
        torch.nn.Linear(40, 10),
        lif(10, 300.0, v_th=0.3),
    )
    compare(net, 12, tmp_path / "net.nir", fraction=0.999)


def test_source_is_inferred(tmp_path):
    net = norse.SequentialState(torch.nn.Linear(12, 20), lif(20))
    exactly(net, 1, 2.0)
    imported = compare(net, 12, tmp_path / "net.nir", framework=None)
    assert imported.assumptions[0].startswith("framework = norse (inferred")
    assert "the leading 1 of the input shape (1, 12) is a batch axis" in imported.assumptions
