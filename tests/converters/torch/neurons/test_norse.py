"""Norse's neurons as modules: 400 steps of 256 neurons, every spike."""

import numpy as np
import pytest
from module_parity import NEURONS, Loop, converted, currents, framework, torch

from snnrt.converters.torch.importer import import_module
from snnrt.errors import ModelError
from snnrt.network import Network

norse = framework("norse.torch")
reset = framework("norse.torch.functional.reset")
METHODS = ("super", "heaviside", "triangle", "tanh", "circ", "heavi_erfc")


def values(**found):
    return {name: torch.as_tensor(value) for name, value in found.items()}


LIF = norse.LIFParameters(**values(tau_syn_inv=150.0, tau_mem_inv=80.0, v_leak=0.1, v_th=0.6, v_reset=-0.1))


class Steps(torch.nn.Module):
    """Passes the state on."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        state, found = None, []
        for one in x:
            spikes, state = self.net(one, state)
            found.append(spikes)
        return torch.stack(found)


def run(net, scale=2.0, least=1.0):
    net = Steps(net) if type(net).__name__.endswith("Cell") else net
    return converted(net, currents(1) * scale, least=least)


@pytest.mark.parametrize("kind", ["LIFCell", "LIF"])
@pytest.mark.parametrize("dt", [1e-3, 2e-3])
def test_leaky(kind, dt):
    run(getattr(norse, kind)(LIF, dt=dt))


@pytest.mark.parametrize("method", METHODS)
def test_methods_fire_as_a_step(method):
    run(norse.LIFCell(norse.LIFParameters(method=method)), 3.0)


def test_parameters_of_each_neuron():
    decays, thresholds = torch.linspace(50, 200, NEURONS), torch.linspace(0.5, 1.5, NEURONS)
    p = norse.LIFParameters(tau_mem_inv=decays, v_th=thresholds)
    graph = run(norse.LIFCell(p), 3.0)
    assert graph["net"].membrane.shape == (NEURONS,) and graph["net"].threshold.shape == (NEURONS,)


@pytest.mark.parametrize("method", [reset.reset_value, reset.reset_subtract])
def test_without_a_synaptic_current(method):
    run(norse.LIFBoxCell(norse.LIFBoxParameters(reset_method=method)), 4.0)
    shifted = norse.LIFBoxParameters(reset_method=method, **values(v_leak=0.2, v_th=0.5, v_reset=0.1))
    run(norse.LIFBoxCell(shifted))


def test_integrate_and_fire():
    run(norse.IAF())
    run(norse.IAFCell(norse.IAFParameters(v_reset=torch.as_tensor(-0.3))))


@pytest.mark.parametrize("steps", [0.0, 2.5, 3.0])
def test_refractory(steps):
    graph = run(norse.LIFRefracCell(norse.LIFRefracParameters(LIF, torch.as_tensor(steps))))
    resting = graph["net"].refractory
    assert (resting is None) if steps == 0 else resting == 3


@pytest.mark.parametrize("kind", ["LSNNCell", "LSNN"])
def test_adaptive(kind):
    # its own sum of tiny steps and our product differ in the last bit of the threshold
    run(getattr(norse, kind)(), 3.0, least=0.9999)
    run(getattr(norse, kind)(norse.LSNNParameters(**values(tau_adapt_inv=20.0, beta=0.3))), 3.0, 0.9999)


@pytest.mark.parametrize("kind", ["LIFRecurrent", "LIFRefracRecurrent", "LSNNRecurrent"])
@pytest.mark.parametrize("form", ["Cell", ""])
def test_recurrent(kind, form):
    torch.manual_seed(2)
    net = getattr(norse, kind + form)(40, NEURONS)
    x = (torch.rand(150, 2, 40) < 0.4).float() * (3 if kind == "LSNNRecurrent" else 1)
    graph = converted(Steps(net) if form else net, x, least=0.9999, dull=0.003)
    assert any(edge.delay == 1 for node in graph for edge in node.inputs)


@pytest.mark.parametrize("kind", ["LICell", "LI", "LIBoxCell", "LILinearCell"])
def test_integrators(kind):
    torch.manual_seed(3)
    sizes = (NEURONS, 5) if kind == "LILinearCell" else ()
    stepwise = kind.endswith("Cell")
    net = norse.SequentialState(norse.IAFCell() if stepwise else norse.IAF(), getattr(norse, kind)(*sizes))
    x = currents(3)[:30]
    imported = import_module(Steps(net) if stepwise else net, example=x, readout="last")
    outputs = (Steps(net)(x) if stepwise else net(x)[0]).detach().numpy()
    found = Network(imported.graph).run(x.numpy().swapaxes(0, 1), exit="never").logits
    np.testing.assert_allclose(found, outputs[-1], rtol=1e-4, atol=1e-5)


def halved(z, v, v_reset, v_th):
    return v * (1 - z / 2)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: norse.LIFAdExCell(), "not linear"),
        (lambda: norse.LIFBoxCell(norse.LIFBoxParameters(reset_method=halved)), "reset_method"),
    ],
)
def test_settings_without_a_form(make, words):
    net = Steps(norse.SequentialState(torch.nn.Linear(4, 3), make()))
    with pytest.raises(ModelError, match=rf"'net\.1'.*{words}"):
        import_module(net, example=torch.rand(5, 1, 4))


def test_a_state_that_is_not_passed_on():
    with pytest.raises(ModelError, match=r"'net'.*starts anew at each timestep; pass it the state"):
        import_module(Loop(norse.LIFCell()), example=torch.rand(5, 1, 4))
