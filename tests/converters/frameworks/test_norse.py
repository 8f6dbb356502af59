"""Neurons under Norse's rules, spike for spike against the installed Norse; and Bellec's adaptation."""

import numpy as np
import pytest
from installed_frameworks import framework
from neuron_runs import NEURONS, currents, spikes_of

from snnrt.converters.frameworks.norse import decay_rate, lif

torch = framework("torch")
framework("norse")

from norse.torch.functional import lif as norse_lif  # noqa: E402
from norse.torch.functional import lif_refrac, lsnn  # noqa: E402

DT = 1e-3


def rate(inverse):
    return decay_rate(np.asarray(inverse, np.float32), DT)


def theirs(step, state, x):
    """(T, N) spikes of ``step(x, state) -> z, state``."""
    found = []
    with torch.no_grad():
        for values in x:
            z, state = step(torch.from_numpy(values), state)
            found.append(z.numpy())
    return np.stack(found)


@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("tau_mem, tau_syn", [(100.0, 500.0), (250.0, 200.0)])
def test_lif_refrac(steps, tau_mem, tau_syn):
    """The membrane is held, the current goes on."""
    x = currents(5, mean=0.5)
    neuron = norse_lif.LIFParameters(torch.as_tensor(tau_syn), torch.as_tensor(tau_mem))
    p = lif_refrac.LIFRefracParameters(neuron, torch.as_tensor(float(steps)))
    zeros = torch.zeros(NEURONS)
    state = lif_refrac.LIFRefracFeedForwardState(norse_lif.LIFFeedForwardState(zeros, zeros), zeros)
    expected = theirs(lambda a, s: lif_refrac.lif_refrac_feed_forward_step(a, s, p, DT), state, x)
    dynamics = vars(lif(rate(tau_mem), rate(tau_syn)))
    fields = {"threshold": 1.0, "strict": True, "reset": "value", **dynamics}
    found = spikes_of(x, refractory=steps, **fields)
    np.testing.assert_array_equal(found, expected)
    goes_on = spikes_of(x, refractory=steps, refractory_integrates=True, **fields)
    assert (goes_on != found).any()


def test_a_membrane_that_goes_on_in_its_refractory_period():
    """Against the rule written out: u everywhere, spikes only where none of the last R steps has one."""
    x, rests, v = currents(8), np.zeros(NEURONS, int), np.zeros(NEURONS, np.float32)
    expected = []
    for values in x:
        v = np.float32(0.9) * v + values
        fired = (v >= 1) & (rests == 0)
        rests = np.where(fired, 4, np.maximum(rests - 1, 0))
        v = np.where(fired, v - np.float32(1), v)
        expected.append(fired)
    fields = {"membrane": 0.9, "threshold": 1.0, "reset": "subtract", "refractory": 4}
    found = spikes_of(x, refractory_integrates=True, **fields)
    np.testing.assert_array_equal(found, np.stack(expected))


def test_lsnn_cell():
    """Norse keeps θ + a where we keep a, so rounding differs; no spike does."""
    x = currents(6, mean=0.7)
    p = lsnn.LSNNParameters(
        torch.as_tensor(500.0), torch.as_tensor(100.0), torch.as_tensor(50.0), beta=torch.as_tensor(0.4)
    )
    zeros = torch.zeros(NEURONS)
    state = lsnn.LSNNFeedForwardState(zeros, zeros, torch.full((NEURONS,), float(p.v_th)))
    expected = theirs(lambda a, s: lsnn.lsnn_feed_forward_step(a, s, p, DT), state, x)
    found = spikes_of(
        x, membrane=rate(100.0), integration="euler", synapse=1 - rate(500.0), synapse_order="previous",
        threshold=float(p.v_th), strict=True, reset="value", adaptation=0.4, adaptation_decay=1 - rate(50.0),
    )  # fmt: skip
    np.testing.assert_array_equal(found, expected)


def test_bellec():
    """Bellec et al. 2018: threshold b⁰ + β·b with b = ρ·b + (1 − ρ)·z, written out, is γ = β·(1 − ρ)/ρ."""
    x, rho, beta, alpha = currents(7, mean=0.3).astype(np.float64), 0.95, 1.7, 0.9
    v, b, expected = np.zeros(NEURONS), np.zeros(NEURONS), []
    for values in x:
        v = alpha * v + values
        level = 1.0 + beta * b
        z = v > level
        v = v - z * level
        b = rho * b + (1 - rho) * z
        expected.append(z)
    found = spikes_of(
        x.astype(np.float32), membrane=alpha, threshold=1.0, strict=True, reset="subtract",
        adaptation=beta * (1 - rho) / rho, adaptation_decay=rho,
    )  # fmt: skip
    np.testing.assert_array_equal(found, np.stack(expected))
