"""Networks that Rockpool exports give its spikes, step by step."""

from itertools import pairwise

import nir
import numpy as np
import pytest
from nir_parity import STEPS, assert_same_spikes, exactly, framework, ours, spike_input, unchecked

torch = framework("torch")
framework("nirtorch")
modules = framework("rockpool.nn.modules.torch")

from rockpool.nn.modules.torch.nir import _extract_rockpool_module  # noqa: E402

from snnrt.converters.nir.exports.export import Traits  # noqa: E402
from snnrt.converters.nir.exports.rockpool import EXPORT, step_of  # noqa: E402
from snnrt.converters.nir.primitives import as_node  # noqa: E402

# Rockpool's export hands tensors to NumPy 2 as NumPy 1 took them
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")


def linear(inputs, outputs, seed, spread=1.0):
    layer = modules.LinearTorch((inputs, outputs), has_bias=False)
    exactly(layer, seed, spread)
    return layer


def neuron(size, kind="LIFNeuronTorch", **options):
    tau = {"tau_mem": options.pop("tau_mem", 0.02)}
    if kind == "LIFTorch":
        tau["tau_syn"] = options.pop("tau_syn", 0.01)
    tau = {
        key: torch.as_tensor(np.broadcast_to(value, size).astype(np.float32)) for key, value in tau.items()
    }
    options = {
        key: torch.full((size,), value) if key == "threshold" else value for key, value in options.items()
    }
    return getattr(modules, kind)(size, **tau, **options)


def export(layers, path):
    """By Rockpool's own export of each layer; nirtorch's walk over the network has changed since."""
    nodes = {f"l{index}": _extract_rockpool_module(layer) for index, layer in enumerate(layers)}
    nodes = {"input": nir.Input(np.array([layers[0].size_in])), **nodes}
    nodes["output"] = nir.Output(np.array([layers[-1].size_out]))
    for node in nodes.values():
        for key, value in vars(node).items():
            if hasattr(value, "detach"):
                setattr(node, key, value.detach().numpy())
    names = list(nodes)
    nir.write(path, unchecked(nodes, list(pairwise(names))))
    return path


def run(layers, x):
    """The outputs of each layer, (N, T, features), by the node's name."""
    found, values = {}, torch.from_numpy(x)
    with torch.no_grad():
        for index, layer in enumerate(layers):
            values = layer(values) if not isinstance(values, tuple) else layer(values[0])
            values = values[0] if isinstance(values, tuple) else values
            if not isinstance(layer, modules.LinearTorch):
                found[f"l{index}"] = values.numpy().copy()
    return found


def compare(layers, tmp_path, fraction=1.0, **options):
    x = spike_input((layers[0].size_in,), 7)
    imported, mine = ours(export(layers, tmp_path / "net.nir"), x, **options)
    expected = run(layers, x)
    assert_same_spikes(
        {k: v for k, v in expected.items() if imported.graph[k].threshold is not None}, mine, fraction
    )
    return imported, expected, mine


@pytest.mark.parametrize("kind", ["LIFNeuronTorch", "LIFTorch"])
@pytest.mark.parametrize("tau, dt", [(0.02, 1e-3), (0.005, 1e-3), (0.1, 1e-2)])
def test_neurons(tmp_path, kind, tau, dt):
    layers = [linear(12, 20, 1, 1.0), neuron(20, kind, tau_mem=tau, dt=dt)]
    layers += [linear(20, 6, 2, 0.3), neuron(6, kind, tau_mem=tau, dt=dt, threshold=0.5)]
    imported, expected, _ = compare(layers, tmp_path)
    assert imported.assumptions[0].startswith("framework = rockpool (inferred: r = τ·exp")
    assert imported.graph.metadata["source"]["dt"] == dt
    assert max(spikes.max() for spikes in expected.values()) > 1


def test_each_neuron_its_own_constants(tmp_path):
    taus = np.random.default_rng(4).uniform(0.004, 0.05, 20)
    imported, _, _ = compare([linear(12, 20, 3), neuron(20, "LIFTorch", tau_mem=taus)], tmp_path)
    alpha = torch.exp(-1e-3 / torch.as_tensor(taus.astype(np.float32))).numpy()
    np.testing.assert_allclose(imported.graph["l1"].membrane, alpha, rtol=2e-7)


def test_exponential_synapse(tmp_path):
    layers = [linear(12, 8, 5), neuron(8), linear(8, 4, 6)]
    layers.append(modules.ExpSynTorch(4, tau=torch.full((4,), 0.01), dt=1e-3))
    _, expected, mine = compare(layers, tmp_path)
    np.testing.assert_allclose(mine["l3"].reshape(4, STEPS, 4), expected["l3"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dt", [1e-4, 1e-3, 5e-3, 1e-2])
def test_the_step_is_solved_for(dt):
    """Rockpool's own guess, τ/(1 + r), is off by a tenth where τ is ten steps."""
    layer = neuron(6, tau_mem=np.array([1, 2, 5, 10, 100, 1000]) * dt, dt=dt)
    traits = Traits(as_node(_extract_rockpool_module(layer)))
    np.testing.assert_allclose(step_of(traits), dt, rtol=1e-4)
    assert (
        EXPORT.betrayed_dt([traits]) == pytest.approx(dt, rel=1e-5) and EXPORT.contradiction(traits, dt) == ""
    )
    assert "gives dt = " in EXPORT.contradiction(traits, 2 * dt)
