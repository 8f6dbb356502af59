"""Rockpool's neurons as modules: 400 steps of 256 neurons, every spike."""

import numpy as np
import pytest
from module_parity import NEURONS, converted, currents, framework, torch

from snnrt.converters.torch.importer import import_module
from snnrt.errors import ModelError

with pytest.MonkeyPatch.context() as patch:
    # it warns of each simulator that is not installed
    patch.setattr("warnings.warn", lambda *words, **options: None)
    modules = framework("rockpool.nn.modules")
    combinators = framework("rockpool.nn.combinators")
    lif = framework("rockpool.nn.modules.torch.lif_torch")


def batches(seed=1, mean=0.02, spread=0.2):
    """(inputs, STEPS, NEURONS), as Rockpool has them."""
    return currents(seed, mean=mean, spread=spread).transpose(0, 1).contiguous()


def run(neuron, seed=1, least=1.0, **options):
    return converted(neuron, batches(seed, **options), least=least)


def neuron_of(graph):
    """The only one."""
    (found,) = (node for node in graph if node.kind == "neuron")
    return found


def constants(generator, *shape):
    return torch.rand(shape, generator=generator)


@pytest.mark.parametrize("generation", ["StepPWL", "PeriodicExponential"])
@pytest.mark.parametrize("most", [None, 3, 1])
@pytest.mark.parametrize("kind", ["LIFTorch", "LIFBitshiftTorch", "LIFNeuronTorch"])
def test_spikes_a_step(kind, most, generation):
    options = {} if most is None else {"max_spikes_per_dt": torch.tensor(most)}
    if generation == "PeriodicExponential":
        options["spike_generation_fn"] = lif.PeriodicExponential
    if kind != "LIFNeuronTorch":
        options["tau_syn"] = 3e-3
    neuron = getattr(modules, kind)(NEURONS, tau_mem=8e-3, threshold=0.6, **options)
    # Rockpool's default of 65536 is more than snnrt counts
    expected = most or (31 if kind == "LIFBitshiftTorch" else 255)
    graph = run(neuron, spread=1.5 if kind == "LIFNeuronTorch" else 0.8)
    assert neuron_of(graph).max_spikes == expected


@pytest.mark.parametrize(
    "decays",
    [
        {"tau_mem": 12e-3, "tau_syn": 4e-3, "dt": 2e-3},
        {"leak_mode": "decays", "alpha": torch.tensor(0.9), "beta": torch.tensor(0.7)},
        {"leak_mode": "bitshifts", "dash_mem": torch.tensor(3.0), "dash_syn": torch.tensor(1.0)},
    ],
    ids=["taus", "decays", "bitshifts"],
)
def test_decays_as_they_are_learnt(decays):
    run(modules.LIFTorch(NEURONS, **decays))


def test_shifts_are_rounded():
    graph = run(modules.LIFBitshiftTorch(NEURONS, tau_mem=11e-3, tau_syn=5e-3))
    neuron = neuron_of(graph)
    # log2(11) and log2(5), rounded
    assert neuron.membrane == np.float32(1 - 2**-3) and neuron.synapse == np.float32(1 - 2**-2)


@pytest.mark.parametrize("kind", ["LIFTorch", "LIFBitshiftTorch", "LIFNeuronTorch"])
def test_parameters_of_each_neuron(kind):
    generator = torch.Generator().manual_seed(5)
    tau, current, threshold, bias = (constants(generator, NEURONS) for _ in range(4))
    options = {} if kind == "LIFNeuronTorch" else {"tau_syn": 0.002 + 0.006 * current[:, None]}
    neuron = getattr(modules, kind)(
        NEURONS, tau_mem=0.004 + 0.02 * tau, threshold=0.3 + threshold, bias=0.1 * bias - 0.05, **options
    )
    node = neuron_of(run(neuron, spread=0.4))
    assert node.membrane.shape == node.threshold.shape == node.bias.shape == (NEURONS,)


def recurrent(seed=3, **options):
    generator = torch.Generator().manual_seed(seed)
    # multiples of 1/64 and decays of 1 − 2⁻ᵏ: nearly every sum is exact in any order
    weights = torch.round((constants(generator, NEURONS, NEURONS) - 0.5) * 6) / 64
    return modules.LIFTorch(
        NEURONS, has_rec=True, w_rec=weights, leak_mode="decays", alpha=torch.tensor(0.5),
        beta=torch.tensor(0.5), **options,
    )  # fmt: skip


def test_recurrent():
    x = torch.where(batches(4, mean=0.0) > 0, 1.25, -0.75)
    graph = converted(recurrent(), x, least=0.9999)
    assert [one.delay for node in graph for one in node.inputs if one.delay] == [1]


def test_several_synapses_a_neuron():
    generator = torch.Generator().manual_seed(6)
    tau = 0.002 + 0.008 * constants(generator, NEURONS // 2, 2)
    neuron = modules.LIFTorch((NEURONS, NEURONS // 2), tau_mem=8e-3, tau_syn=tau)
    graph = run(neuron)
    assert len([node for node in graph if node.kind == "neuron"]) == 3
    # what a linear layer in front has for the others is not computed twice
    net = combinators.Sequential(modules.LinearTorch((NEURONS, NEURONS), has_bias=True), neuron)
    graph = run(net, spread=0.1, least=0.9999)
    assert [node.weights.shape for node in graph if node.kind == "dense"] == [(NEURONS // 2, NEURONS)] * 2


def test_a_synapse_hands_its_current_on():
    net = combinators.Sequential(
        modules.ExpSynTorch(NEURONS, tau=4e-3), modules.LIFNeuronTorch(NEURONS, tau_mem=5e-3)
    )
    run(net)


def test_an_input_without_a_batch():
    neuron = modules.LIFTorch(NEURONS, tau_mem=8e-3, tau_syn=3e-3)
    graph = converted(neuron, batches()[0])
    assert graph.input.shape == (NEURONS,)


def test_states_begin_at_rest_and_are_the_users_afterwards():
    neuron = modules.LIFTorch(NEURONS, tau_mem=8e-3, tau_syn=3e-3)
    with torch.no_grad():
        neuron(batches(9))
    before = {name: value.clone() for name, value in neuron.state().items()}
    assert before["vmem"].any()
    run(neuron)
    assert all(torch.equal(value, before[name]) for name, value in neuron.state().items())


class Softer(torch.autograd.Function):
    """Fires at a threshold of its own."""

    @staticmethod
    def forward(context, x, threshold, window, most):
        return (x >= threshold / 2).float()


@pytest.mark.parametrize(
    ("neuron", "words"),
    [
        (lambda: modules.LIFTorch(4, noise_std=0.1), "set noise_std = 0"),
        (lambda: modules.ExpSynTorch(4, noise_std=0.1), "set noise_std = 0"),
        (lambda: modules.LIFTorch((4, 2), has_rec=True), "recurrent with 2 synapses a neuron"),
        (lambda: modules.LIFTorch(4, max_spikes_per_dt=torch.tensor(2.5)), "2.5 spikes"),
        (lambda: modules.LIFTorch(4, spike_generation_fn=Softer), "spike_generation_fn Softer"),
        (lambda: modules.aLIFTorch(4), "slow current"),
        (lambda: modules.RateTorch(4), "it does not spike"),
        (lambda: modules.UpDownTorch(4), "encode before the network"),
    ],
)
def test_settings_without_a_form(neuron, words):
    first = neuron()
    net = combinators.Sequential(first, modules.LIFTorch(first.size_out))
    with pytest.raises(ModelError, match=words) as error:
        import_module(net, example=torch.rand(1, 5, 4))
    assert "'0_" in str(error.value)


def test_an_input_for_all_neurons_is_refused():
    with pytest.raises(ModelError, match="an input for each neuron"):
        import_module(modules.LIFTorch(4), example=torch.rand(1, 5, 1))
