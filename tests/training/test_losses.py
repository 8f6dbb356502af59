import math

import numpy as np
import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from snnrt.errors import ModelError
from snnrt.training import Cumulative, ExpectedExits, PerStep, losses
from snnrt.training.networks import small_vgg

GENERATOR = torch.Generator().manual_seed(1)
OUTPUTS = torch.randn((4, 6, 3), generator=GENERATOR) * 2
LABELS = torch.tensor([0, 1, 2, 0, 1, 2])


def cross_entropies(outputs):
    return [functional.cross_entropy(one, LABELS) for one in outputs]


def test_each_step_alone():
    assert_close(PerStep()(OUTPUTS, LABELS), torch.stack(cross_entropies(OUTPUTS)).mean())
    pulled = PerStep(pull=0.25, towards=2.0)(OUTPUTS, LABELS)
    assert_close(pulled, 0.75 * PerStep()(OUTPUTS, LABELS) + 0.25 * ((OUTPUTS - 2) ** 2).mean())


def test_the_mean_so_far():
    means = [OUTPUTS[: t + 1].mean(0) for t in range(4)]
    found = cross_entropies(means)
    assert_close(Cumulative()(OUTPUTS, LABELS), torch.stack(found).mean())
    weighted = (2 * found[0] + found[1] + found[2] + found[3]) / 5
    assert_close(Cumulative([2, 1])(OUTPUTS, LABELS), weighted)
    assert_close(Cumulative([2, 1, 1, 1, 9])(OUTPUTS, LABELS), weighted)


def test_smoothing_is_pytorchs():
    found = Cumulative(smoothing=0.1)(OUTPUTS[:1], LABELS)
    assert_close(found, functional.cross_entropy(OUTPUTS[0], LABELS, label_smoothing=0.1))


def test_exits_are_those_of_the_rule():
    """By the definition, with NumPy in float64."""
    logits = OUTPUTS.numpy().astype(np.float64).cumsum(0)
    p = np.exp(logits) / np.exp(logits).sum(2, keepdims=True)
    entropy = -(p * np.log(p)).sum(2) / math.log(3)
    expected = [next((t for t in range(4) if entropy[t, n] < 0.5), 3) for n in range(6)]
    assert losses.exit_steps(OUTPUTS, 0.5).tolist() == expected
    assert 0 < sum(expected) < 18
    shares = losses.exit_shares(OUTPUTS, 0.5)
    assert_close(shares, torch.tensor([expected.count(t) / 6 for t in range(4)]))


def test_steps_weigh_what_exits_there():
    found = torch.stack(cross_entropies([OUTPUTS[: t + 1].mean(0) for t in range(4)]))
    weights = 0.7 * losses.exit_shares(OUTPUTS, 0.5) + 0.3 / 4
    assert_close(ExpectedExits(0.5, floor=0.3)(OUTPUTS, LABELS), (found * weights).sum())
    # one that never is sure exits at the end
    assert_close(ExpectedExits(0.0, floor=0.0)(OUTPUTS, LABELS), found[-1])


def test_the_rate_penalty_counts_what_is_above_and_makes_spikes_fewer():
    torch.manual_seed(1)
    net = small_vgg((1, 8, 8), width=4)
    x = torch.rand(16, 1, 8, 8)
    with losses.firing_rates(net) as rates:
        net(x)
    by_hand = sum(max(0.0, float(one.detach()) - 0.05) ** 2 for one in rates.by_layer.values())
    assert len(rates.by_layer) == 4 and float(rates.penalty(0.05).detach()) == pytest.approx(by_hand)
    assert float(rates.penalty(1.0).detach()) == 0
    before = sum(float(one.detach()) for one in rates.by_layer.values())
    optimiser = torch.optim.Adam(net.parameters(), 0.02)
    for _ in range(20):
        with losses.firing_rates(net) as rates:
            net(x)
        optimiser.zero_grad()
        rates.penalty(0.05).backward()
        optimiser.step()
    assert sum(float(one.detach()) for one in rates.by_layer.values()) < 0.7 * before
    assert not any(one._forward_hooks for one in net.modules())


def test_refusals():
    with pytest.raises(ModelError, match="smoothing: expected 0 or more and below 1, found 1"):
        PerStep(smoothing=1.0)
    for weights in ([], [0.0, 1.0], [1.0, -1.0], [math.nan]):
        with pytest.raises(ModelError, match="weights: expected"):
            Cumulative(weights)
