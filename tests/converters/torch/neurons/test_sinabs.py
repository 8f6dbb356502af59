"""Sinabs' neurons as modules: 400 steps of 256 neurons, every spike."""

import numpy as np
import pytest
from module_parity import NEURONS, converted, currents, framework, torch

from snnrt.converters.torch.importer import import_module
from snnrt.errors import ModelError

framework("sinabs")
layers = framework("sinabs.layers")
activation = framework("sinabs.activation")
ADAPTIVE = framework("sinabs.layers.alif")

SPIKES = {
    "several": activation.MultiSpike,
    "one": activation.SingleSpike,
    "at most three": activation.MaxSpike(3),
    "no maximum": activation.MaxSpike(),
}
RESETS = {"subtract": activation.MembraneSubtract(), "zero": activation.MembraneReset()}
each_spike_fn = pytest.mark.parametrize("spike_fn", SPIKES.values(), ids=SPIKES)
each_reset_fn = pytest.mark.parametrize("reset_fn", RESETS.values(), ids=RESETS)


def batches(seed=1, **options):
    """(inputs, STEPS, NEURONS), as Sinabs has them."""
    return currents(seed, **options).transpose(0, 1).contiguous()


def exact(low=-0.75, high=1.25):
    """Two values, whose sums are exact in any order; the other input that is tried has the same."""
    return torch.where(batches(4, mean=0.0) > 0, high, low)


def run(neuron, seed=1, mean=0.25, spread=0.6, **options):
    return converted(neuron, batches(seed, mean=mean, spread=spread), **options)


def neuron_of(graph):
    """The only one."""
    (found,) = (node for node in graph if node.kind == "neuron")
    return found


@each_reset_fn
@each_spike_fn
def test_iaf(spike_fn, reset_fn):
    run(layers.IAF(spike_fn=spike_fn, reset_fn=reset_fn, spike_threshold=0.7), spread=1.2)


@pytest.mark.parametrize("normalised", [True, False])
@each_reset_fn
@each_spike_fn
def test_lif(spike_fn, reset_fn, normalised):
    neuron = layers.LIF(5.0, spike_fn=spike_fn, reset_fn=reset_fn, norm_input=normalised)
    run(neuron, spread=4.0 if normalised else 1.0)


@pytest.mark.parametrize("learnt", [True, False])
@pytest.mark.parametrize("normalised", [True, False])
def test_lif_with_a_synaptic_current(normalised, learnt):
    neuron = layers.LIF(6.0, 3.0, norm_input=normalised, train_alphas=learnt)
    run(neuron, spread=2.0 if normalised else 0.6)


def test_iaf_with_a_synaptic_current():
    run(layers.IAF(tau_syn=2.0), spread=1.0, mean=0.1)


@pytest.mark.parametrize("least", [-0.5, -1.0])
@each_reset_fn
@each_spike_fn
def test_lower_bound(spike_fn, reset_fn, least):
    neuron = layers.IAF(min_v_mem=least, spike_fn=spike_fn, reset_fn=reset_fn)
    graph = converted(neuron, exact())
    assert neuron_of(graph).lower_bound == np.float32(least)


def test_lower_bound_of_a_leaking_neuron():
    # Sinabs' (v − bound) + bound rounds what is above the bound, too
    run(layers.LIF(5.0, min_v_mem=-0.25, norm_input=False), mean=0.0, spread=0.8, least=0.9999)


def test_parameters_of_each_neuron():
    generator = torch.Generator().manual_seed(5)
    tau, current, threshold = (torch.rand(NEURONS, generator=generator) for _ in range(3))
    neuron = layers.LIF(
        2 + 8 * tau, 1 + 4 * current, spike_threshold=0.4 + threshold, min_v_mem=-threshold, norm_input=True
    )
    graph = run(neuron, spread=2.0, least=0.9999)
    node = neuron_of(graph)
    assert node.membrane.shape == node.synapse.shape == node.threshold.shape == (NEURONS,)


def test_parameters_of_each_column():
    # PyTorch broadcasts from the last axis on
    threshold = torch.tensor([0.5, 0.8, 1.1, 1.4, 1.7, 2.0, 2.3, 2.6])
    x = exact().reshape(2, -1, 4, 8, 8)
    graph = converted(layers.IAF(spike_threshold=threshold), x)
    assert neuron_of(graph).threshold.shape == (4, 8, 8)
    graph = converted(layers.IAF(spike_threshold=threshold[:4].reshape(4, 1, 1)), x)
    assert neuron_of(graph).threshold.shape == (4,)


@pytest.mark.parametrize("sizes", [{"batch_size": 2}, {"num_timesteps": 400}])
@pytest.mark.parametrize("kind", ["IAFSqueeze", "LIFSqueeze"])
def test_batch_and_time_in_one_axis(kind, sizes):
    options = {"tau_mem": 5.0, "norm_input": False} if kind == "LIFSqueeze" else {}
    converted(getattr(layers, kind)(**options, **sizes), batches().flatten(0, 1))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["IAFRecurrent", "LIFRecurrent"])
def test_recurrent(kind, bias):
    torch.manual_seed(3)
    back = torch.nn.Linear(NEURONS, NEURONS, bias=bias)
    with torch.no_grad():
        for one in back.parameters():
            one.copy_(torch.round(one * 64) / 64)
    options = {} if kind == "IAFRecurrent" else {"tau_mem": 4.0, "norm_input": False}
    neuron = getattr(layers, kind)(rec_connect=back, min_v_mem=-1.0, **options)
    graph = converted(neuron, exact(), least=0.9999)
    # a bias comes back from the second step on only
    assert [one.delay for node in graph for one in node.inputs if one.delay] == [1]


def test_a_recurrent_convolution():
    torch.manual_seed(4)
    back = torch.nn.Sequential(torch.nn.Conv2d(4, 4, 3, padding=1, bias=False), torch.nn.Dropout())
    with torch.no_grad():
        back[0].weight.copy_(torch.round(back[0].weight * 64) / 64)
    neuron = layers.LIFRecurrent(4.0, back, norm_input=False)
    converted(neuron, exact().reshape(2, -1, 4, 8, 8), least=0.9999)


def test_a_reset_value_is_added_to_silent_membranes_too():
    reset = activation.MembraneReset(0.125)
    for neuron in (layers.IAF(reset_fn=reset, min_v_mem=-1.0), layers.LIF(4.0, reset_fn=reset)):
        converted(neuron, exact(), least=0.9999)


@pytest.mark.parametrize("normalised", [True, False])
@pytest.mark.parametrize("synapse", [None, 3.0])
def test_alif(synapse, normalised):
    neuron = layers.ALIF(
        torch.tensor(6.0), torch.tensor(20.0), synapse and torch.tensor(synapse),
        adapt_scale=1.2, norm_input=normalised,
    )  # fmt: skip
    # the raise of the threshold is rounded in another order
    run(neuron, mean=1.0, spread=6.0 if normalised and synapse is None else 4.0, least=0.9999)


def test_alif_of_several_spikes_and_squeezed():
    neuron = ADAPTIVE.ALIFSqueeze(
        tau_mem=torch.tensor(6.0), tau_adapt=torch.tensor(10.0), spike_fn=activation.MultiSpike,
        min_v_mem=-1.0, batch_size=2,
    )  # fmt: skip
    converted(neuron, batches(spread=6.0).flatten(0, 1), least=0.9999)


def test_exp_leak():
    net = torch.nn.Sequential(layers.ExpLeak(4.0, norm_input=True), layers.IAF(spike_threshold=0.7))
    run(net)
    net = torch.nn.Sequential(
        layers.ExpLeakSqueeze(tau_mem=4.0, batch_size=2), layers.IAFSqueeze(batch_size=2)
    )
    converted(net, batches().flatten(0, 1))


def test_states_begin_at_rest_and_are_the_users_afterwards():
    neuron = layers.IAF(shape=(2, NEURONS))
    neuron.reset_states(randomize=True)
    before = neuron.v_mem.clone()
    run(neuron)
    assert torch.equal(neuron.v_mem, before)


def test_a_gradient_of_the_users_own_changes_no_spike():
    class Mine(activation.SingleSpike):
        @staticmethod
        def backward(context, gradient):
            return gradient, None, None

    assert not neuron_of(run(layers.IAF(spike_fn=Mine))).multiple


class Louder(activation.SingleSpike):
    """Fires at another threshold."""

    @staticmethod
    def forward(context, membrane, threshold, surrogate):
        return (membrane >= 2 * threshold).float()


@pytest.mark.parametrize(
    ("neuron", "words"),
    [
        (lambda: layers.IAF(spike_fn=Louder), "spike_fn Louder"),
        (lambda: layers.IAF(spike_fn=activation.MaxSpike(2.5)), "2.5 spikes"),
        (lambda: layers.IAF(reset_fn=activation.MembraneSubtract(0.5)), "takes off 0.5"),
        (lambda: layers.IAF(reset_fn=lambda spikes, state, threshold: state), "reset_fn"),
        (lambda: layers.ExpLeak(3.0, min_v_mem=-1.0), "leave min_v_mem out"),
        (lambda: layers.IAFRecurrent(torch.nn.GRUCell(4, 4)), "rec_connect is a GRUCell"),
        (
            lambda: layers.ALIF(torch.tensor(5.0), torch.tensor(5.0), adapt_scale=-1.0),
            "adapt_scale is below 0",
        ),
    ],
)
def test_settings_without_a_form(neuron, words):
    net = torch.nn.Sequential(neuron(), layers.IAF())
    with pytest.raises(ModelError, match=words) as error:
        import_module(net, example=torch.rand(1, 5, 4))
    assert "'0'" in str(error.value)
