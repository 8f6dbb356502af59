"""Networks that Sinabs exports give its spikes, step by step."""

import numpy as np
import pytest
from nir_parity import STEPS, assert_same_spikes, exactly, framework, ours, record, spike_input, write

torch = framework("torch")
layers = framework("sinabs.layers")
framework("nirtorch")

from sinabs.activation import MembraneReset, SingleSpike  # noqa: E402
from sinabs.nir import to_nir  # noqa: E402

NEURONS = (layers.LIFSqueeze, layers.IAFSqueeze, layers.ExpLeakSqueeze)


def full(size, value):
    return torch.full((size,), float(value))


def lif(size, tau=5.0, threshold=1.0, **options):
    return layers.LIFSqueeze(
        tau_mem=full(size, tau), spike_threshold=full(size, threshold), num_timesteps=STEPS, **options
    )


def iaf(**options):
    return layers.IAFSqueeze(num_timesteps=STEPS, **options)


def run(net, x):
    for module in net.modules():
        if isinstance(module, NEURONS):
            module.zero_grad()
            module.reset_states()
    net(x.flatten(0, 1))


def compare(net, shape, path, fraction=1.0, framework="sinabs", rate=0.4, **options):
    x = spike_input(shape, 7, rate=rate)
    net(torch.zeros(STEPS, *shape))
    write(to_nir(net, torch.zeros(STEPS, *shape)), path)
    imported, mine = ours(path, x, framework=framework, **options)
    # the layers see batch and time in one axis, and are called once
    expected = {k: v[:, 0].reshape(4, STEPS, *v.shape[2:]) for k, v in record(net, NEURONS, x, run).items()}
    spiking = {
        name: spikes for name, spikes in expected.items() if imported.graph[name].threshold is not None
    }
    assert_same_spikes(spiking, mine, fraction)
    return imported, expected, mine


def test_single_spikes(tmp_path):
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20),
        lif(20, spike_fn=SingleSpike),
        torch.nn.Linear(20, 6, bias=False),
        lif(6, 3.0, 0.5, spike_fn=SingleSpike, norm_input=True),
    )
    exactly(net, 1, 1.0)
    compare(net, (12,), tmp_path / "net.nir", multiple=False)


@pytest.mark.parametrize("normalise", [True, False])
def test_several_spikes(tmp_path, normalise):
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20),
        lif(20, norm_input=normalise),
        torch.nn.Linear(20, 6),
        iaf(),
        torch.nn.Linear(6, 6),
        lif(6, 20.0, 0.5, norm_input=normalise),
    )
    exactly(net, 2, 1.0)
    _, expected, _ = compare(net, (12,), tmp_path / "net.nir", normalise_input=normalise)
    assert max(spikes.max() for spikes in expected.values()) > 1


def test_reset_to_zero(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(12, 20), lif(20, reset_fn=MembraneReset()))
    exactly(net, 3, 1.0)
    compare(net, (12,), tmp_path / "net.nir", reset="zero")


def test_lower_bound(tmp_path):
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20), iaf(min_v_mem=-1.0), torch.nn.Linear(20, 5), iaf(min_v_mem=-1.0)
    )
    exactly(net, 4, 0.5)
    compare(net, (12,), tmp_path / "net.nir", lower_bound=-1.0)


def test_convolutions_with_sum_pooling(tmp_path):
    net = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, padding=1, bias=False),
        iaf(),
        layers.SumPool2d(2),
        torch.nn.Conv2d(4, 6, 3, stride=2, padding=1),
        iaf(),
        torch.nn.Flatten(),
        torch.nn.Linear(24, 5),
        iaf(),
    )
    exactly(net, 5, 0.3)
    compare(net, (2, 8, 8), tmp_path / "net.nir")


@pytest.mark.parametrize("normalise", [True, False])
def test_leaky_integrator_readout(tmp_path, normalise):
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 20),
        lif(20, norm_input=True),
        torch.nn.Linear(20, 3),
        layers.ExpLeakSqueeze(tau_mem=full(3, 10.0), norm_input=normalise, num_timesteps=STEPS),
    )
    exactly(net, 6, 1.0)
    _, expected, mine = compare(net, (12,), tmp_path / "net.nir", normalise_input=normalise or None)
    np.testing.assert_allclose(mine["3"], expected["3"], rtol=2e-6, atol=1e-6)


def test_decay_is_that_of_torch():
    """exp(−1/τ) in float32: PyTorch and the importer differ by a rounding at most, and seldom."""
    from snnrt.converters.frameworks.sinabs import exponential_decay

    tau = torch.arange(1, 2001) / 20
    ours_ = exponential_decay(tau.numpy().astype(np.float64), 1.0)
    theirs = torch.exp(-1.0 / tau).numpy()
    assert np.abs(ours_ - theirs).max() <= 2.0**-24
    assert np.mean(ours_ == theirs) > 0.9


def test_arbitrary_weights(tmp_path):
    torch.manual_seed(8)
    net = torch.nn.Sequential(
        torch.nn.Linear(12, 40),
        lif(40, 7.3, 0.1),
        torch.nn.Linear(40, 40),
        iaf(),
        torch.nn.Linear(40, 10),
        lif(10, 3.1, 0.1),
    )
    compare(net, (12,), tmp_path / "net.nir", fraction=0.999)


def test_source_is_inferred(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(12, 20), lif(20), torch.nn.Linear(20, 6), iaf())
    exactly(net, 2, 1.0)
    imported, _, _ = compare(net, (12,), tmp_path / "net.nir", framework=None)
    assert imported.assumptions[0].startswith("framework = sinabs (inferred")
