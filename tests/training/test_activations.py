"""Activations that round, and where their ceilings are set."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from snnrt.errors import ModelError
from snnrt.training.activations import QCFS, best_ceiling, with_qcfs


@pytest.mark.parametrize("levels", [1, 4])
def test_it_is_the_equation_and_alike_in_training(levels):
    x = torch.linspace(-1, 3, 401)
    expected = 2.0 * ((x * levels / 2.0 + 0.5).floor() / levels).clamp(0, 1)
    one = QCFS(levels, 2.0)
    assert_close(one.eval()(x), expected)
    assert_close(one.train()(x), expected)
    assert len(expected.unique()) == levels + 1 and f"levels={levels}, ceiling=2" in repr(one)


def test_gradients_pass_the_rounding():
    x = torch.linspace(-1, 5, 62, requires_grad=True)
    weights = torch.linspace(0.5, 2, 62)
    one = QCFS(4, 2.5)
    (one(x) * weights).sum().backward()
    same, ceiling = x.detach().clone().requires_grad_(), torch.tensor(2.5, requires_grad=True)
    # as its equation by autograd, the rounding a constant offset
    steps = (same / ceiling).clamp(0, 1) * 4
    ((steps + ((steps + 0.5).floor() - steps).detach()) / 4 * ceiling * weights).sum().backward()
    assert_close(x.grad, same.grad)
    assert_close(one.ceiling.grad, ceiling.grad)


def test_bfloat16_rounds_as_float32_does():
    x = torch.rand(1000).bfloat16() * 4
    one = QCFS(4, 3.3)
    found = one(x)
    assert found.dtype == torch.bfloat16
    assert_close(found, one(x.float()).bfloat16(), rtol=0, atol=0)


@pytest.mark.parametrize("levels", [1, 3, 8])
def test_the_best_ceiling_is_the_one_that_values_have(levels):
    values = torch.randint(0, levels + 1, (5000,), generator=torch.Generator().manual_seed(levels)) * 0.5
    assert best_ceiling(values, levels) == pytest.approx(0.5 * levels)
    assert best_ceiling(torch.zeros(5), levels) == 1.0


def test_few_far_values_are_cut_off():
    values = torch.cat([torch.rand(10_000, generator=torch.Generator().manual_seed(1)), torch.tensor([6.0])])
    assert 0.85 < best_ceiling(values, 4) < 1.3


def test_relus_are_replaced_in_a_copy():
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(4, 20), nn.ReLU(), nn.Sequential(nn.Linear(20, 20), nn.ReLU()))
    x = torch.randn(200, 4)
    made = with_qcfs(net, 8, x)
    assert made.training and [type(one) for one in (made[1], made[2][1])] == [QCFS, QCFS]
    assert isinstance(net[1], nn.ReLU) and made[1].ceiling != made[2][1].ceiling
    error = (made(x) - net(x)).square().mean() / net(x).square().mean()
    assert 0 < float(error.detach()) < 0.05
    with pytest.raises(ModelError, match="found none"):
        with_qcfs(nn.Linear(4, 4), 4, x)
