"""The ordinary network of the same layers, and what the spiking one takes over from it."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

import snnrt
from snnrt import training
from snnrt.errors import ModelError
from snnrt.training.activations import QCFS, with_qcfs
from snnrt.training.networks import dense, resnet19, separable, small_vgg
from snnrt.training.ordinary import carry_over, ordinary

X = torch.rand((30, 1, 12, 12), generator=torch.Generator().manual_seed(1))


def neuron(spikes, **changed):
    options = {"threshold": 1.5, "initial": 0.75, "max_spikes": spikes, **changed}
    return lambda: training.IF(surrogate=training.surrogates.triangle(), **options)


def used(net):
    """``net`` with statistics as training leaves them."""
    torch.manual_seed(2)
    for one in net.modules():
        if isinstance(one, (nn.BatchNorm1d, nn.BatchNorm2d)):
            one.running_mean.normal_(0, 0.2)
            one.running_var.uniform_(0.2, 0.6)
            one.weight.data.uniform_(0.5, 2)
            one.bias.data.normal_(0, 0.5)
    return net


def test_layers_are_the_same_without_time():
    net = used(small_vgg((1, 12, 12), width=4)).eval()
    plain = ordinary(net).eval()
    assert plain(X).shape == (30, 10) and not any(isinstance(one, training.LIF) for one in plain.modules())
    layers = [one for one in plain.modules() if not list(one.children())]
    x = X
    for layer in layers:
        x = layer(x)
    assert_close(plain(X), x)
    assert sum(isinstance(one, nn.ReLU) for one in layers) == 4
    # a copy
    plain[0][0].weight.data.zero_()
    assert net.stem[0].weight.abs().sum() > 0


@pytest.mark.parametrize("make", [resnet19, separable])
def test_networks_that_branch_have_one_too(make):
    net = make((1, 12, 12), width=2)
    assert ordinary(net, QCFS)(X).shape == (30, 10)


def test_an_ordinary_network_is_converted_as_any_other():
    net = ordinary(used(small_vgg((1, 12, 12), width=4))).eval()
    found = snnrt.convert(net, X[:1], spiking=True, calibrate=X.numpy(), timesteps=32)
    same = found.run(X.numpy(), exit="never").predictions == net(X).argmax(1).numpy()
    assert same.mean() > 0.8


@pytest.mark.parametrize("spikes", [1, 4])
@pytest.mark.parametrize("make", [small_vgg, separable])
def test_the_first_timestep_is_what_qcfs_gives(make, spikes):
    net = make((1, 12, 12), width=4, neuron=neuron(spikes))
    plain = with_qcfs(used(ordinary(net)).eval(), spikes, X)
    carry_over(plain, net)
    first = net.eval()(X)[0]
    assert first.std() > 0.01
    # a value on the edge of a level may fall to either side
    near = (first - plain(X)).abs().amax(1) < 1e-4
    assert near.float().mean() > 0.9


def test_dense_networks_too_and_the_core_agrees():
    net = dense(6, (20, 10), 5, timesteps=3, neuron=neuron(4))
    x = torch.rand((50, 6), generator=torch.Generator().manual_seed(3))
    carry_over(with_qcfs(used(ordinary(net)).eval(), 4, x), net)
    expected = net.eval()(x).sum(0).detach()
    found = training.to_network(net).run(x.numpy(), exit="never")
    np.testing.assert_allclose(found.logits, expected, atol=1e-4)


def test_refusals():
    net = small_vgg((1, 12, 12), width=2, neuron=neuron(4))
    plain = ordinary(net)
    with pytest.raises(ModelError, match="QCFS in its place"):
        carry_over(plain, net)
    with pytest.raises(ModelError, match="expected up to 2 spikes, begun at half"):
        carry_over(with_qcfs(plain, 2, X), net)
    late = small_vgg((1, 12, 12), width=2, neuron=neuron(4, initial=0.0))
    with pytest.raises(ModelError, match="begun at half the threshold"):
        carry_over(with_qcfs(ordinary(late), 4, X), late)
    with pytest.raises(ModelError, match="found other weights"):
        carry_over(with_qcfs(plain, 4, X), separable((1, 12, 12), width=2, neuron=neuron(4)))
    branched = resnet19((1, 12, 12), width=2, neuron=neuron(4))
    with pytest.raises(ModelError, match="expected a chain of layers, found ResidualBlock"):
        carry_over(with_qcfs(ordinary(branched), 4, X), branched)
