"""Each NIR neuron, alone behind a layer, against its equations written out in float32."""

import nir
import numpy as np
import pytest
from nir_files import dyadic, ends, outputs, read, run, save

DT = 1e-4
WEIGHT = np.eye(5, dtype=np.float32)
X = dyadic((3, 12, 5), 0, 1.5)
F = np.float32


def full(value, shape=(5,)):
    return np.full(shape, value, np.float32)


def file(path, neuron):
    return save(path, ends((5,), (5,), dense=nir.Linear(WEIGHT), neuron=neuron))


def euler_lif(x, k, leak, gain, threshold, reset, synapse=None):
    """NIR's equations by forward Euler: everything on the right is of the step before."""
    v = np.zeros_like(x[:, 0])
    c = np.zeros_like(v)
    spikes, membranes = [], []
    for step in range(x.shape[1]):
        current = x[:, step]
        if synapse is not None:
            current, c = c, synapse * c + x[:, step]
        v = v + k * ((leak - v) + gain * current)
        fired = v > threshold
        v = np.where(fired, reset, v)
        spikes.append(fired)
        membranes.append(v)
    return np.stack(spikes, 1), np.stack(membranes, 1)


def test_lif(tmp_path):
    path = file(tmp_path / "n.nir", nir.LIF(full(2e-4), full(1.5), full(-0.25), full(0.5), full(-0.125)))
    _, spikes, membranes = run(path, X, framework="nir")
    expected = euler_lif(X, F(0.5), F(-0.25), F(1.5), F(0.5), F(-0.125))
    np.testing.assert_array_equal(spikes["neuron"], expected[0])
    np.testing.assert_array_equal(membranes["neuron"], expected[1])
    assert 0.1 < expected[0].mean() < 0.9


def test_lif_with_another_dt_and_reset(tmp_path):
    path = file(tmp_path / "n.nir", nir.LIF(full(4e-3), full(1.0), full(0), full(0.5), full(0.25)))
    _, spikes, _ = run(path, X, framework="nir", dt=1e-3, reset="zero")
    np.testing.assert_array_equal(spikes["neuron"], euler_lif(X, F(0.25), F(0), F(1), F(0.5), F(0))[0])
    _, spikes, membranes = run(path, X, framework="nir", dt=1e-3, reset="subtract", strict=False)
    u = np.zeros((3, 5), np.float32)
    for step in range(X.shape[1]):
        u = u + F(0.25) * (-u + X[:, step])
        np.testing.assert_array_equal(spikes["neuron"][:, step], u >= 0.5)
        u = np.where(u >= 0.5, u - F(0.5), u)
        np.testing.assert_array_equal(membranes["neuron"][:, step], u)


def test_integrate_and_fire(tmp_path):
    path = file(tmp_path / "n.nir", nir.IF(full(5000), full(0.5), full(0.125)))
    _, spikes, _ = run(path, X, framework="nir")
    v = np.zeros((3, 5), np.float32)
    for step in range(X.shape[1]):
        v = v + F(0.5) * X[:, step]
        np.testing.assert_array_equal(spikes["neuron"][:, step], v > 0.5)
        v = np.where(v > 0.5, F(0.125), v)


def test_integrator(tmp_path):
    path = file(tmp_path / "n.nir", nir.I(full(10000)))
    np.testing.assert_array_equal(outputs(path, X, framework="nir"), np.cumsum(X, 1))


def test_leaky_integrator(tmp_path):
    path = file(tmp_path / "n.nir", nir.LI(full(2e-4), full(1), full(1)))
    _, _, membranes = run(path, X, framework="nir")
    expected = euler_lif(X, F(0.5), F(1), F(1), F(np.inf), F(0))[1]
    np.testing.assert_array_equal(membranes["neuron"], expected)


def test_cuba_lif(tmp_path):
    neuron = nir.CubaLIF(full(4e-4), full(2e-4), full(2), full(0), full(0.25), full(0), w_in=full(8))
    path = file(tmp_path / "n.nir", neuron)
    imported, spikes, _ = run(path, X, framework="nir")
    assert imported.graph["neuron"].synapse_order == "previous"
    expected = euler_lif(X, F(0.5), F(0), F(4), F(0.25), F(0), synapse=F(0.75))
    np.testing.assert_array_equal(spikes["neuron"], expected[0])


def test_cuba_li(tmp_path):
    path = file(tmp_path / "n.nir", nir.CubaLI(full(4e-4), full(2e-4), full(1), full(0), w_in=full(4)))
    _, _, membranes = run(path, X, framework="nir")
    expected = euler_lif(X, F(0.5), F(0), F(1), F(np.inf), F(0), synapse=F(0.75))[1]
    np.testing.assert_array_equal(membranes["neuron"], expected)


def test_threshold(tmp_path):
    path = file(tmp_path / "n.nir", nir.Threshold(np.array([0.5, 1, 0.25, 2, 0.5], np.float32)))
    expected = np.array([0.5, 1, 0.25, 2, 0.5], np.float32) < X
    np.testing.assert_array_equal(outputs(path, X), expected)


@pytest.mark.parametrize("source", ["snntorch", "norse", "sinabs", "spikingjelly", "nir"])
def test_integrators_of_every_framework(tmp_path, source):
    """r = 1 is taken as it is by all but NIR itself, where it is multiplied by dt."""
    path = file(tmp_path / "n.nir", nir.I(full(1)))
    scale = F(DT) if source == "nir" else F(1)
    np.testing.assert_allclose(
        outputs(path, X, framework=source), np.cumsum(X * scale, 1), rtol=1e-5, atol=1e-8
    )


def test_neurons_read_spikes_directly(tmp_path):
    """A neuron behind a neuron gets an Add that makes spikes a current."""
    neuron = nir.LIF(full(2e-4), full(1), full(0), full(0.25), full(0))
    path = save(tmp_path / "n.nir", ends((5,), (5,), first=neuron, second=neuron))
    imported, spikes, _ = run(path, X, framework="nir")
    kinds = [node.kind for node in imported.graph]
    assert kinds == ["input", "add", "neuron", "add", "neuron", "readout", "exit"]
    assert all(node.as_current for node in imported.graph if node.kind == "add")
    first, _ = euler_lif(X, F(0.5), F(0), F(1), F(0.25), F(0))
    np.testing.assert_array_equal(spikes["first"], first)
    second, _ = euler_lif(first.astype(np.float32), F(0.5), F(0), F(1), F(0.25), F(0))
    np.testing.assert_array_equal(spikes["second"], second)


@pytest.mark.parametrize(
    "stored, shape",
    [
        (np.full((4, 3, 2), 2e-4), ()),
        (np.full((1,), 2e-4), ()),
        (np.repeat([1e-4, 2e-4, 4e-4, 8e-4], 6).reshape(4, 3, 2), (4,)),
        (np.array([1e-4, 2e-4, 4e-4, 8e-4]).reshape(4, 1, 1), (4,)),
        (np.array([1e-4, 2e-4, 4e-4, 8e-4]), (4,)),
        (np.linspace(1e-4, 3e-4, 24).reshape(4, 3, 2), (4, 3, 2)),
    ],
)
def test_parameters_are_stored_as_coarsely_as_they_can_be(tmp_path, stored, shape):
    stored = stored.astype(np.float32)
    neuron = nir.LIF(stored, np.ones_like(stored), np.zeros_like(stored), np.ones_like(stored))
    path = save(tmp_path / "n.nir", ends((4, 3, 2), (4, 3, 2), neuron=neuron))
    found = read(path, framework="nir").graph["neuron"]
    assert found.membrane.shape == shape
    assert found.threshold.shape == ()
    assert found.gain is None and found.leak is None


def test_infinite_time_constant(tmp_path):
    tau = np.full(5, np.inf, np.float32)
    path = file(tmp_path / "n.nir", nir.LIF(tau, tau, full(0), full(1), full(0)))
    neuron = read(path, framework="snntorch").graph["neuron"]
    assert neuron.membrane == 1 and neuron.gain is None


def test_snntorch_gain_of_its_own(tmp_path):
    """r·dt/τ that is not 1 stays a gain, and v_leak becomes a bias."""
    path = file(tmp_path / "n.nir", nir.LIF(full(4e-4), full(2), full(0.5), full(1), full(0)))
    imported = read(path, framework="snntorch", dt=1e-4)
    assert "AGAINST the file: node 'neuron' (LIF): snnTorch writes r = τ / dt" in imported.assumptions[0]
    neuron = imported.graph["neuron"]
    assert neuron.membrane == F(0.75)
    np.testing.assert_allclose(neuron.gain, 0.5, rtol=1e-6)
    assert neuron.bias == F(0.125)


def test_decay_above_one_is_clamped_as_snntorch_does(tmp_path):
    tau = np.float32(1e-4) / (np.float32(1) - full(1.25))
    path = file(tmp_path / "n.nir", nir.LIF(tau, tau / np.float32(1e-4), full(0), full(1), full(0)))
    assert read(path, framework="snntorch").graph["neuron"].membrane == 1


def test_spikingjelly_cuba_lif(tmp_path):
    """As version 2.0 writes c_decay = 0.9, v_decay = 0.3: decays, and a hard reset to 0.25."""
    tau_syn, tau_mem = DT / (1 - 0.9), DT / (1 - 0.3)
    neuron = nir.CubaLIF(
        np.full(5, tau_syn),
        np.full(5, tau_mem),
        np.full(5, tau_mem / DT),
        np.zeros(5),
        np.ones(5),
        np.full(5, 0.25),
        w_in=np.full(5, tau_syn / DT),
    )
    _, spikes, _ = run(file(tmp_path / "n.nir", neuron), X, framework="spikingjelly")
    c, v = np.zeros((3, 5), np.float32), full(0.25, (3, 5))
    for step in range(X.shape[1]):
        c = c * F(0.9) + X[:, step]
        v = v * F(0.3) + c
        np.testing.assert_array_equal(spikes["neuron"][:, step], v >= 1)
        v = np.where(v >= 1, F(0.25), v)


def test_lava(tmp_path):
    """u decays, takes its input in and drives v; v > θ resets to 0."""
    tau_syn, tau_mem = F(DT) / (F(1) - full(0.5)), F(DT) / (F(1) - full(0.75))
    neuron = nir.CubaLIF(tau_syn, tau_mem, tau_mem / F(DT), full(0), full(0.5), full(0), w_in=tau_syn / F(DT))
    _, spikes, _ = run(file(tmp_path / "n.nir", neuron), X, framework="lava")
    u, v = np.zeros((3, 5), F), np.zeros((3, 5), F)
    for step in range(X.shape[1]):
        u = u * F(0.5) + X[:, step]
        v = v * F(0.75) + u
        np.testing.assert_array_equal(spikes["neuron"][:, step], v > 0.5)
        v = np.where(v > 0.5, F(0), v)


def test_sinabs_synaptic_current(tmp_path):
    """τ in steps: c = αs·(c + x), v = αm·v + (1 − αm)·c, several spikes."""
    neuron = nir.CubaLIF(full(4), full(8), full(1), full(0), full(0.125), full(0))
    imported, spikes, _ = run(file(tmp_path / "n.nir", neuron), X, framework="sinabs")
    fast, slow = (np.exp(F(-1) / F(tau)).astype(np.float32) for tau in (4, 8))
    c, v = np.zeros((3, 5), np.float32), np.zeros((3, 5), np.float32)
    for step in range(X.shape[1]):
        c = fast * (c + X[:, step])
        v = slow * v + (F(1) - slow) * c
        count = np.where(v > 0, np.trunc(v / F(0.125)), 0).astype(np.float32)
        v = v - count * F(0.125)
        np.testing.assert_allclose(spikes["neuron"][:, step], count)
    assert spikes["neuron"].max() > 1
    assert imported.graph["neuron"].max_spikes == 255


ALWAYS = {
    "snntorch": ("no graded spikes, no inhibition (snnTorch's export leaves both out)",),
    "sinabs": ("no synaptic current in neurons that fire (Sinabs' export leaves tau_syn out)",),
    "nir": ("forward Euler on NIR's equations; a synaptic current acts one step after its input",),
}
"""What no choice settles."""

TAU_AND_R = {
    "snntorch": (2e-4, 2),
    "spikingjelly": (2e-4, 1),
    "norse": (1e-5, 1),
    "sinabs": (8, 1),
    "nir": (2e-4, 1),
}


@pytest.mark.parametrize("source", TAU_AND_R)
def test_what_is_assumed_is_said_and_what_is_given_is_not(tmp_path, source):
    tau, r = TAU_AND_R[source]
    path = file(tmp_path / "n.nir", nir.LIF(full(tau), full(r), full(0), full(1), full(0)))
    lines = "\n".join(read(path, framework=source).assumptions)
    assert "dt = " in lines and "reset: " in lines and "fires" in lines and "timesteps = 16" in lines
    given = read(
        path,
        framework=source,
        dt=1e-4,
        reset="zero",
        strict=source != "sinabs",
        multiple=source == "sinabs",
        max_spikes=7,
        lower_bound=-1.0,
        normalise_input=True,
        timesteps=8,
        encoding="constant",
    ).assumptions
    assert given == ALWAYS.get(source, ())


def test_metadata_keeps_what_was_assumed(tmp_path):
    path = file(tmp_path / "n.nir", nir.LIF(full(2e-4), full(1), full(0), full(1), full(0)))
    imported = read(path, framework="norse", dt=2e-3)
    source = imported.graph.metadata["source"]
    assert source == {
        "format": "nir",
        "framework": "norse",
        "dt": 2e-3,
        "assumptions": list(imported.assumptions),
    }
    assert imported.graph.metadata["name"] == "n"
    assert not imported.graph.integer and imported.graph.exit.rule == "never"


@pytest.mark.parametrize("dt", [0.5, 1.0, 2.0])
def test_sinabs_in_steps_of_another_length(tmp_path, dt):
    """Leak, synaptic leak and the input's share 1 − α all follow dt."""
    lif = file(tmp_path / "lif.nir", nir.LIF(full(4), full(1), full(0), full(0.5), full(0)))
    neuron = read(lif, framework="sinabs", dt=dt).graph["neuron"]
    alpha = F(np.exp(-dt / 4))
    assert np.unique(neuron.membrane).tolist() == [alpha]
    np.testing.assert_allclose(neuron.gain, 1 - alpha, rtol=1e-6)
    cuba = file(tmp_path / "cuba.nir", nir.CubaLIF(full(8), full(4), full(1), full(0), full(0.5), full(0)))
    neuron = read(cuba, framework="sinabs", dt=dt).graph["neuron"]
    assert np.unique(neuron.membrane).tolist() == [alpha]
    assert np.unique(neuron.synapse).tolist() == [F(np.exp(-dt / 8))]
