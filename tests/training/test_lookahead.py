import pytest
import torch
from torch import nn
from torch.testing import assert_close

from snnrt.training.lookahead import Lookahead


def net(value=0.0):
    made = nn.Sequential(nn.Linear(2, 1, bias=False), nn.BatchNorm1d(1))
    nn.init.constant_(made[0].weight, value)
    return made


def test_the_slow_weights_follow_the_more_closely_the_earlier():
    made = net()
    average = Lookahead(made, 2, 4)
    for step, (given, expected) in enumerate(
        [
            (1.0, 1.0),  # between: the trained weights are as they were
            (1.0, 1 - 0.95**2 / 8),
            (3.0, 3.0),
            # the last: d is 0.95²
            (3.0, 0.95**2 * (1 - 0.95**2 / 8) + (1 - 0.95**2) * 3),
        ],
        1,
    ):
        nn.init.constant_(made[0].weight, given)
        average.after(step)
        assert_close(made[0].weight.detach(), torch.full((1, 2), expected))


def test_the_last_step_gives_the_slow_weights_where_it_is_between():
    made = net()
    average = Lookahead(made, 2, 3)
    for step in (1, 2, 3):
        nn.init.constant_(made[0].weight, float(step))
        average.after(step)
    assert_close(made[0].weight.detach(), torch.full((1, 2), 2 * (1 - 0.95**2 * (2 / 3) ** 3)))


def test_statistics_are_averaged_too_and_counts_are_not():
    made = net()
    average = Lookahead(made, 1, 1)
    made[1].running_mean.fill_(1.0)
    made[1].num_batches_tracked.fill_(7)
    average.after(1)
    assert_close(made[1].running_mean, torch.tensor([0.05]))
    assert int(made[1].num_batches_tracked) == 7


def test_it_goes_on_from_its_state():
    one = Lookahead(net(1.0), 1, 4)
    other = Lookahead(net(5.0), 1, 4)
    other.load_state_dict(one.state_dict())
    assert torch.equal(other.state_dict()["0.weight"], torch.ones(1, 2))
    with pytest.raises(KeyError, match="average: expected 5 weights"):
        other.load_state_dict({})
