import copy

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from snnrt.errors import ModelError
from snnrt.training import preconditioning

torch.set_num_threads(1)


def images(count=60):
    """Smooth ones, as photographs are."""
    generator = torch.Generator().manual_seed(1)
    rough = torch.rand(count, 3, 16, 16, generator=generator)
    return functional.avg_pool2d(rough, 3, 1, 1) * 0.9 + 0.1 * rough


def test_whitened_patches_are_uncorrelated():
    x = images()
    filters = preconditioning.whitening_filters(x, 2)
    assert filters.shape == (12, 3, 2, 2) and filters.dtype == torch.float32
    found = functional.conv2d(x, filters).transpose(0, 1).flatten(1).double()
    covariance = torch.cov(found)
    spread = covariance.diagonal()
    # eigenvalue / (eigenvalue + 5e-4), the largest first
    assert (spread[:-1] >= spread[1:] - 1e-6).all() and spread[0] > 0.9 and spread.max() < 1.001
    assert (covariance - spread.diag()).abs().max() < 1e-3
    whole = (x * 255).round().byte()
    of_bytes = preconditioning.whitening_filters(whole, 2)
    assert torch.equal(of_bytes, preconditioning.whitening_filters(whole.float() / 255, 2))


def test_a_whitened_convolution_is_two_in_one():
    torch.manual_seed(1)
    x = images(4)
    layer = nn.Conv2d(3, 32, 4, padding=1, bias=False)
    preconditioning.whiten(layer, images())
    filters = preconditioning.whitening_filters(images(), 2)
    learnt = layer.parametrizations.weight.original
    assert layer.weight.shape == (32, 3, 4, 4) and learnt.shape == (32, 12, 3, 3)
    components = functional.conv2d(x, filters, padding=1)
    assert_close(layer(x), functional.conv2d(components, learnt), rtol=1e-4, atol=1e-4)
    # it begins as the components, and these below 0
    assert_close(layer(x)[:, :12], components[:, :, 1:-1, 1:-1], rtol=1e-4, atol=1e-4)
    assert_close(layer(x)[:, 12:24], -components[:, :, 1:-1, 1:-1], rtol=1e-4, atol=1e-4)
    assert [name for name, one in layer.named_parameters() if one.requires_grad] == [
        "parametrizations.weight.original"
    ]


def test_settled_layers_are_plain_and_compute_the_same():
    torch.manual_seed(1)
    x = images(4)
    made = nn.Sequential(nn.Conv2d(3, 5, 4), nn.Flatten(), nn.Linear(5 * 13 * 13, 2))
    whole = copy.deepcopy(made[2].weight.detach())
    preconditioning.whiten(made[0], images())
    preconditioning.scale_down(made[2], 0.25)
    assert_close(made[2].weight, 0.25 * whole)
    # a copy stays what it is, which shares PyTorch's class for such a module
    other = copy.deepcopy(made)
    before = made(x)
    for one in (made, other):
        preconditioning.settle(one)
        assert type(one[0]) is nn.Conv2d and type(one[2]) is nn.Linear
        assert set(one.state_dict()) == {"0.weight", "0.bias", "2.weight", "2.bias"}
        assert all(value.requires_grad for value in one.parameters())
        assert_close(one(x), before)


def test_identity_and_norms():
    layer = nn.Conv2d(3, 5, 3, padding=1, bias=False)
    random = layer.weight.detach()[3:].clone()
    preconditioning.begin_as_identity(layer)
    x = images(2)
    assert_close(layer(x)[:, :3], x)
    assert torch.equal(layer.weight[3:], random)
    norm = nn.BatchNorm2d(3)
    preconditioning.freeze_norm_scales(nn.Sequential(layer, norm), 0.4)
    assert norm.momentum == 0.4 and not norm.weight.requires_grad and norm.bias.requires_grad


def test_refusals():
    with pytest.raises(ModelError, match="at least 4 outputs, found 2"):
        preconditioning.begin_as_identity(nn.Conv2d(4, 2, 3))
    for layer in (nn.Conv2d(3, 8, 2), nn.Conv2d(3, 9, 4, groups=3)):
        with pytest.raises(ModelError, match="one group and a kernel above 2"):
            preconditioning.whiten(layer, images())
