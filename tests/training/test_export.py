import numpy as np
import pytest
import torch
from settled_networks import settled
from torch import nn

import snnrt
from snnrt import training
from snnrt.errors import ModelError
from snnrt.training.networks import pooled_vgg, small_vgg


def trained(timesteps=3, channels=1):
    """Statistics as training leaves them."""
    torch.manual_seed(1)
    net = small_vgg((channels, 12, 12), classes=5, width=4, timesteps=timesteps)
    for one in net.modules():
        if isinstance(one, (nn.BatchNorm2d, nn.BatchNorm1d)):
            one.running_mean.normal_(0, 0.1)
            one.running_var.uniform_(0.02, 0.2)
    return net


X = np.random.default_rng(1).random((20, 1, 12, 12), np.float32)


def outputs(net, x):
    return net.eval()(torch.from_numpy(x)).detach().sum(0).numpy()


@pytest.mark.parametrize("timesteps", [1, 3])
def test_both_files_hold_what_pytorch_computes(tmp_path, timesteps):
    net = trained(timesteps)
    net.train()
    training.export(net, tmp_path / "a.snnrt", exit="entropy:0.3", name="tried")
    training.export(net, tmp_path / "a.nir", exit="entropy:0.3", name="tried")
    assert net.training and net.timesteps == timesteps
    expected = outputs(net, X)
    for found in (snnrt.load(tmp_path / "a.snnrt"), snnrt.convert(tmp_path / "a.nir")):
        assert found.graph.timesteps == timesteps and found.graph.exit.rule == "entropy"
        assert found.graph.metadata["name"] == "tried"
        run = found.run(X, exit="never")
        np.testing.assert_allclose(run.logits, expected, atol=1e-5)
        # no batch norm is left
        assert len(list(found.graph.nodes)) == 4 + 4 + 3 + 1 + 4


def test_integers_and_inputs_over_time():
    net = trained(channels=2)
    x = (np.random.default_rng(2).random((9, 6, 2, 12, 12)) < 0.3).astype(np.float32)
    found = training.to_network(net, over_time=6)
    assert found.graph.timesteps == 6
    expected = net.eval()(torch.from_numpy(x).movedim(1, 0)).detach().sum(0).numpy()
    np.testing.assert_allclose(found.run(x, exit="never").logits, expected, atol=1e-5)
    small = training.to_network(trained(), numbers="int8", calibrate=X)
    assert small.graph.integer
    close = np.corrcoef(small.run(X, exit="never").logits.ravel(), outputs(trained(), X).ravel())
    # a random network has no margin: a spike more or less shows
    assert close[0, 1] > 0.85


def test_a_batch_norm_behind_a_pool_leaves_nothing_that_int8_cannot_hold():
    torch.manual_seed(1)
    neuron = lambda: training.IF(1.0, initial=0.5, max_spikes=4)  # noqa: E731
    net = settled(pooled_vgg((1, 12, 12), classes=5, width=16, timesteps=2, neuron=neuron))
    whole, small = training.to_network(net), training.to_network(net, numbers="int8", calibrate=X)
    one, other = (given.run(X, exit="never", record=("spikes",)).spikes for given in (whole, small))
    # behind more layers a random network has no margin
    for name, least in (("body.0", 0.98), ("body.2", 0.95)):
        assert 0.1 < np.mean(one[name] > 0) < 0.9 and (one[name] == other[name]).mean() > least


def test_the_generator_of_a_training_stays_as_it_is():
    net = trained()
    torch.manual_seed(5)
    before = torch.get_rng_state()
    training.to_network(net)
    assert torch.equal(before, torch.get_rng_state())


def test_another_suffix(tmp_path):
    with pytest.raises(ModelError, match=r"a\.pt: expected a file \.snnrt or \.nir, found \.pt"):
        training.export(trained(), tmp_path / "a.pt")
    assert not list(tmp_path.iterdir())
