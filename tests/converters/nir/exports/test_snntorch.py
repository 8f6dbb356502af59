"""Networks that snnTorch exports give its spikes, step by step."""

import nir
import numpy as np
import pytest
from nir_parity import STEPS, assert_same_spikes, exactly, framework, ours, record, spike_input, write

torch = framework("torch")
snn = framework("snntorch")
framework("nirtorch")

from snntorch import utils  # noqa: E402
from snntorch.export_nir import export_to_nir  # noqa: E402

NEURONS = (snn.Leaky, snn.Synaptic, snn.RLeaky, snn.RSynaptic)


def full(shape, value):
    return torch.full(shape, value) if np.isscalar(value) else torch.as_tensor(value, dtype=torch.float32)


def leaky(shape, beta=0.9, threshold=1.0, **options):
    return snn.Leaky(beta=full(shape, beta), threshold=full(shape, threshold), init_hidden=True, **options)


def synaptic(shape, alpha=0.8, beta=0.9, threshold=1.0, **options):
    return snn.Synaptic(
        alpha=full(shape, alpha),
        beta=full(shape, beta),
        threshold=full(shape, threshold),
        init_hidden=True,
        **options,
    )


def run(net, x):
    utils.reset(net)
    for step in range(x.shape[1]):
        net(x[:, step])


def export(net, shape, path):
    net(torch.zeros(1, *shape))
    return write(export_to_nir(net, torch.zeros(1, *shape), ignore_dims=[0]), path)


def compare(net, shape, path, fraction=1.0, framework="snntorch", **options):
    x = spike_input(shape, 7)
    imported, mine = ours(export(net, shape, path), x, framework=framework, **options)
    assert_same_spikes(record(net, NEURONS, x, run), mine, fraction)
    return imported


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("beta", [0.9, 0.3, 1.0, 0.0])
def test_leaky(tmp_path, reset, beta):
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20),
        leaky((20,), beta, reset_mechanism=reset),
        torch.nn.Linear(20, 6, bias=False),
        leaky((6,), 0.75, 0.5, reset_mechanism=reset),
    )
    exactly(net, 1, 0.3)
    imported = compare(net, (12,), tmp_path / "net.nir", reset=reset)
    assert imported.graph["1"].gain is None
    assert imported.graph["1"].membrane == np.float32(beta)


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("make", [leaky, synaptic])
def test_a_reset_that_does_not_wait(tmp_path, reset, make):
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20), make((20,), threshold=0.5, reset_mechanism=reset, reset_delay=False)
    )
    exactly(net, 1, 0.3)
    compare(net, (12,), tmp_path / "net.nir", reset=reset, reset_delay=False)


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_synaptic(tmp_path, reset):
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20),
        synaptic((20,), reset_mechanism=reset),
        torch.nn.Linear(20, 6),
        synaptic((6,), 0.5, 0.7, 1.5, reset_mechanism=reset),
    )
    exactly(net, 2, 0.2)
    compare(net, (12,), tmp_path / "net.nir", reset=reset)


def test_convolutions_with_average_pooling(tmp_path):
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1),
        leaky((4, 8, 8)),
        torch.nn.AvgPool2d(2),
        torch.nn.Conv2d(4, 6, 3, stride=2, padding=1, dilation=1, groups=2, bias=False),
        leaky((6, 2, 2), 0.5),
        torch.nn.Flatten(),
        torch.nn.Linear(24, 5),
        leaky((5,)),
    )
    exactly(net, 3, 0.5)
    compare(net, (1, 8, 8), tmp_path / "net.nir")


def test_each_neuron_its_own_constants(tmp_path):
    generator = np.random.default_rng(4)
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20), leaky((20,), generator.uniform(0, 1, 20), generator.uniform(0.5, 2, 20))
    )
    exactly(net, 4, 0.5)
    imported = compare(net, (12,), tmp_path / "net.nir")
    assert np.abs(imported.graph["1"].membrane - net[1].beta.numpy()).max() <= 2.0**-24


def test_decay_is_recovered_to_the_bit(tmp_path):
    beta = np.arange(1, 1000) / 1000
    net = torch.nn.Sequential(torch.nn.Linear(2, 999), leaky((999,), beta))
    path = export(net, (2,), tmp_path / "net.nir")
    imported, _ = ours(path, spike_input((2,), 1), framework="snntorch")
    np.testing.assert_array_equal(imported.graph["1"].membrane, beta.astype(np.float32))


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("kind", ["RLeaky", "RSynaptic"])
@pytest.mark.parametrize("all_to_all", [True, False])
def test_recurrent(tmp_path, reset, kind, all_to_all):
    """β = α = 0.5 keeps every sum exact, whatever its order."""
    recurrent = {"linear_features": 10} if all_to_all else {"all_to_all": False, "V": torch.randn(10)}
    decays = {"beta": 0.5} if kind == "RLeaky" else {"alpha": 0.5, "beta": 0.5}
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 10),
        getattr(snn, kind)(**decays, **recurrent, reset_mechanism=reset, init_hidden=True),
        torch.nn.Linear(10, 4),
        leaky((4,), 0.5, 0.25, reset_mechanism=reset),
    )
    exactly(net, 5, 0.4)
    imported = compare(net, (12,), tmp_path / "net.nir", reset=reset)
    assert any("recurrence" in line for line in imported.assumptions)


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_recurrent_with_a_reset_that_does_not_wait(tmp_path, reset):
    """RLeaky; RSynaptic fails with hidden states, and without drops it."""
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 10),
        snn.RLeaky(beta=0.5, linear_features=10, reset_mechanism=reset, reset_delay=False, init_hidden=True),
    )
    exactly(net, 5, 0.4)
    compare(net, (12,), tmp_path / "net.nir", reset=reset, reset_delay=False)


def test_nested_graph_as_a_hand_keeps_it(tmp_path):
    """The graph of RLeaky kept nested, as nirtorch before 2 wrote it."""
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 10),
        snn.RLeaky(beta=0.5, linear_features=10, init_hidden=True, reset_mechanism="subtract"),
    )
    exactly(net, 6, 0.3)
    flat = export_to_nir(net, torch.zeros(1, 12), ignore_dims=[0])
    inner = nir.NIRGraph(
        {
            "input": nir.Input([10]),
            "lif": flat.nodes["1.lif"],
            "w_rec": flat.nodes["1.w_rec"],
            "output": nir.Output([10]),
        },
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    nested = nir.NIRGraph(
        {"input": nir.Input([12]), "0": flat.nodes["0"], "1": inner, "output": nir.Output([10])},
        [("input", "0"), ("0", "1"), ("1", "output")],
        type_check=False,
    )
    nir.write(tmp_path / "nested.nir", nested)
    x = spike_input((12,), 7)
    imported, mine = ours(tmp_path / "nested.nir", x)
    assert imported.assumptions[0].startswith("framework = snntorch")
    assert_same_spikes(record(net, NEURONS, x, run), mine)


def test_immediate_subtraction(tmp_path):
    """``reset_delay=False`` is an immediate reset as long as no membrane passes twice the threshold."""
    net = torch.nn.Sequential(torch.nn.Linear(12, 20), leaky((20,), 0.5, 1.5, reset_delay=False))
    exactly(net, 8, 0.25)
    compare(net, (12,), tmp_path / "net.nir", reset="subtract_now")


def test_arbitrary_weights(tmp_path):
    torch.manual_seed(9)
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 40),
        leaky((40,), 0.93, 0.3),
        torch.nn.Linear(40, 40),
        synaptic((40,), 0.6, 0.87, 0.6),
        torch.nn.Linear(40, 10),
        snn.RLeaky(beta=0.9, linear_features=10, threshold=0.4, init_hidden=True),
    )
    compare(net, (12,), tmp_path / "net.nir", fraction=0.999)


def test_source_is_inferred(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(12, 20), leaky((20,)), torch.nn.Linear(20, 4), synaptic((4,)))
    exactly(net, 1, 0.3)
    imported = compare(net, (12,), tmp_path / "net.nir", framework=None)
    assert imported.assumptions[0].startswith("framework = snntorch (inferred")
    assert imported.graph.metadata["source"]["framework"] == "snntorch"
    assert imported.graph.timesteps == STEPS
