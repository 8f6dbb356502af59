"""SpikingJelly's neurons as modules: 400 steps of 256 neurons, every spike.

For 0.0.0.0.14 and 2.0, whichever is installed.
"""

import numpy as np
import pytest
from module_parity import NEURONS, Loop, converted, currents, framework, torch

from snnrt.converters.passes.quantise import quantise
from snnrt.converters.torch.importer import import_module
from snnrt.errors import ModelError
from snnrt.network import Network

neuron = framework("spikingjelly.activation_based.neuron")
layer = framework("spikingjelly.activation_based.layer")
surrogate = framework("spikingjelly.activation_based.surrogate")
functional = framework("spikingjelly.activation_based.functional")
RESETS = (None, 0.0, -0.2)
SECOND = hasattr(neuron, "CUBALIFNode")


def run(node, step_mode="s", seed=1):
    node.step_mode = step_mode
    return converted(Loop(node) if step_mode == "s" else node, currents(seed))


@pytest.mark.parametrize("step_mode", ["s", "m"])
@pytest.mark.parametrize("reset", RESETS)
def test_integrate_and_fire(reset, step_mode):
    run(neuron.IFNode(v_reset=reset), step_mode)


@pytest.mark.parametrize("step_mode", ["s", "m"])
@pytest.mark.parametrize("decay_input", [True, False])
@pytest.mark.parametrize("reset", RESETS)
def test_leaky(reset, decay_input, step_mode):
    run(neuron.LIFNode(3.3, decay_input, 0.35 if decay_input else 1.0, reset), step_mode)


@pytest.mark.parametrize("decay_input", [True, False])
@pytest.mark.parametrize("reset", RESETS)
def test_parametric(reset, decay_input):
    node = neuron.ParametricLIFNode(3.3, decay_input, 0.35 if decay_input else 1.0, reset)
    run(node, "m")


@pytest.mark.parametrize("scale_reset", [True, False])
@pytest.mark.parametrize("decay_input", [True, False])
@pytest.mark.parametrize("reset", [None, 0.0, 0.1] if SECOND else [0.0, 0.1])
def test_k_based(reset, decay_input, scale_reset):
    node = neuron.KLIFNode(scale_reset, 2.5, decay_input, 0.4 if decay_input else 1.0, reset)
    node.k.data.fill_(1.3)
    graph = run(node)
    assert graph["net"].lower_bound is not None


@pytest.mark.skipif(not SECOND, reason="of version 2.0")
@pytest.mark.parametrize("reset", RESETS)
def test_current_based(reset):
    run(neuron.CUBALIFNode(0.5, 0.75, 0.5, reset))


@pytest.mark.skipif(not SECOND, reason="of version 2.0")
def test_half_a_threshold_at_the_start_and_the_simple_classes():
    run(neuron.HalfThresholdIFNode(1.0))
    run(neuron.SimpleIFNode(1.0))
    graph = run(neuron.SimpleLIFNode(2.5, False, 0.8, 0.1))
    assert graph["net"].initial is None


@pytest.mark.skipif(not SECOND, reason="of version 2.0")
@pytest.mark.parametrize("decode", [None, "max-mem", "mean-mem", "last_mem"])
def test_neurons_that_never_fire(decode):
    torch.manual_seed(2)
    first = neuron.IFNode(step_mode="m")
    net = torch.nn.Sequential(first, layer.Linear(NEURONS, 5), neuron.NonSpikingLIFNode(4.0, decode))
    imported = import_module(net, example=currents(2)[:30])
    expected = net(currents(2)[:30])
    last = (expected[-1] if decode is None else expected).detach().numpy()
    readout = {"max-mem": "maximum", "mean-mem": "mean"}.get(decode, "last")
    run = imported.graph if decode else import_module(net, example=currents(2)[:30], readout="last").graph
    found = Network(run).run(currents(2)[:30].numpy().swapaxes(0, 1), exit="never").logits
    assert run["output"].mode == readout
    np.testing.assert_allclose(found, last, rtol=1e-4, atol=1e-5)


def test_a_start_and_decays_of_each_neuron():
    node = neuron.ParametricLIFNode(v_threshold=0.4, v_reset=None, store_v_seq=True)
    node.w = torch.nn.Parameter(torch.linspace(-1, 1, NEURONS))
    node.set_reset_value("v", 0.25)
    graph = run(node)
    assert graph["net"].membrane.shape == (NEURONS,) and graph["net"].initial == np.float32(0.25)


class Integrated(torch.nn.Module):
    """Reads the membrane of a neuron that never fires."""

    def __init__(self, step_mode, name, **options):
        super().__init__()
        self.name = name
        self.first = neuron.LIFNode(2.0, True, 0.3, step_mode=step_mode)
        self.dense = layer.Linear(NEURONS, 4, step_mode=step_mode)
        self.last = neuron.LIFNode(5.0, v_threshold=float("inf"), step_mode=step_mode, **options)

    def forward(self, x):
        if self.last.step_mode == "s":
            for one in x:
                self.last(self.dense(self.first(one)))
        else:
            self.last(self.dense(self.first(x)))
        return getattr(self.last, self.name)


@pytest.mark.parametrize(
    ("step_mode", "name", "options"), [("s", "v", {}), ("m", "v", {}), ("m", "v_seq", {"store_v_seq": True})]
)
def test_the_membrane_of_a_neuron_without_a_threshold(step_mode, name, options):
    torch.manual_seed(3)
    net = Integrated(step_mode, name, **options)
    x = currents(3)[:20]
    imported = import_module(net, example=x, readout="last" if name == "v_seq" else None)
    expected = net(x).detach().numpy()
    found = Network(imported.graph).run(x.numpy().swapaxes(0, 1), exit="never").logits
    assert imported.graph["output"].mode == "last"
    np.testing.assert_allclose(found, expected if name == "v" else expected[-1], rtol=1e-4, atol=1e-5)


class Gated(torch.nn.Module):
    """Spikes of two layers multiplied, as SEW's residual functions do."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.first, self.second = neuron.IFNode(), neuron.LIFNode(2.5, v_threshold=0.3, v_reset=None)
        self.last = neuron.IFNode(3.0)

    def forward(self, x):
        one, other = self.first(x), self.second(x)
        joined = {
            "and": lambda: one * other,
            "iand": lambda: one * (1.0 - other),
            "not and": lambda: (1 - one).mul(other),
            "or": lambda: one + other - one * other,
        }[self.kind]()
        return self.last(joined)


@pytest.mark.parametrize("step_mode", ["s", "m"])
@pytest.mark.parametrize("kind", ["and", "iand", "not and", "or"])
def test_products_of_spikes(kind, step_mode):
    net = Gated(kind)
    functional.set_step_mode(net, step_mode)
    graph = converted(Loop(net) if step_mode == "s" else net, currents(7))
    gates = [node for node in graph if node.kind == "neuron" and (node.membrane == 0).all()]
    assert len(gates) == 1


def test_a_product_of_spikes_in_int8():
    net, x = Gated("iand"), currents(8)[:30]
    imported = import_module(net_of_all_steps(net), example=x)
    quantised = quantise(imported.graph, x.numpy().swapaxes(0, 1))
    with torch.no_grad():
        functional.reset_net(net)
        expected = net(x).numpy().swapaxes(0, 1)
    found = Network(quantised).run(x.numpy().swapaxes(0, 1), exit="never", record=("spikes",))
    (name,) = (node.name for node in imported.graph if node.name.endswith("last"))
    assert (found.spikes[name] == expected).mean() > 0.97


def net_of_all_steps(net):
    functional.set_step_mode(net, "m")
    return net


@pytest.mark.parametrize(
    ("product", "words"),
    [
        (lambda net, x: x * net.first(x), "of neurons that fire at most one a step"),
        (lambda net, x: (1 - net.first(x)) * (1 - net.second(x)), "1 − spikes twice"),
        (lambda net, x: net.first(x) * (2 - net.second(x)), "of neurons that fire at most one a step"),
    ],
)
def test_products_of_something_else(product, words):
    class Product(Gated):
        def forward(self, x):
            return self.last(product(self, x))

    with pytest.raises(ModelError, match=words):
        import_module(net_of_all_steps(Product("")), example=torch.rand(5, 1, 4))


@pytest.mark.parametrize("step_mode", ["s", "m"])
def test_a_delay(step_mode):
    torch.manual_seed(9)
    # a bias behind the delay, and one in front, of which the first steps see nothing
    net = torch.nn.Sequential(
        neuron.IFNode(), layer.Delay(3), layer.Linear(NEURONS, NEURONS), layer.Delay(2),
        neuron.LIFNode(v_threshold=0.2),
    )  # fmt: skip
    functional.set_step_mode(net, step_mode)
    graph = converted(Loop(net) if step_mode == "s" else net, currents(9), least=0.9999)
    assert graph is not None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: neuron.QIFNode(), "not linear"),
        (lambda: neuron.EIFNode(), "not linear"),
        (lambda: neuron.IzhikevichNode(), "not linear"),
        (lambda: neuron.KLIFNode(v_reset=-0.1), "v_reset below 0"),
        (lambda: neuron.IFNode(float("inf"), None), "NaN"),
        (lambda: neuron.ParametricLIFNode(surrogate_function=surrogate.Sigmoid(spiking=False)), "no step"),
        (lambda: layer.SynapseFilter(), "leak pauses"),
    ],
)
def test_settings_without_a_form(make, words):
    net = Loop(torch.nn.Sequential(torch.nn.Linear(4, 3), make()))
    with pytest.raises(ModelError, match=rf"'net\.1'.*{words}"):
        import_module(net, example=torch.rand(5, 1, 4))
