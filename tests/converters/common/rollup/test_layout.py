"""Inputs in the axes that a module takes."""

import numpy as np
import pytest
from module_parity import framework, torch
from torch import nn

from snnrt.converters.common.rollup.layout import Layout
from snnrt.converters.common.rollup.meaning import Meaning
from snnrt.converters.torch.adapter import Adapter
from snnrt.converters.torch.importer import observe
from snnrt.errors import DataError

snn = framework("snntorch")


def layout(example, net=None):
    net = net or nn.Sequential(nn.Linear(3, 4), snn.Leaky(0.9, init_hidden=True))
    recording, found = observe(net, (example,), Adapter(), None)
    return Layout(found.meanings[id(recording.inputs[0])])


def test_a_batch_in_front():
    x = np.random.default_rng(1).random((7, 3)).astype(np.float32)
    found = layout(torch.rand(1, 3))
    assert found.batched
    np.testing.assert_array_equal(found.array(x), x)
    with pytest.raises(DataError, match="as the network takes"):
        found.array(np.zeros((7, 4), np.float32))


def test_the_same_at_every_timestep_where_only_the_network_has_time():
    x = np.random.default_rng(1).random((4, 1, 3)).astype(np.float32)
    found = Layout(Meaning(0, "sequence", ("T", "N"), (1, 3))).array(x, 5)
    np.testing.assert_array_equal(found, np.stack([x] * 5))


@pytest.mark.parametrize("lead", [("N", "T"), ("T", "N"), ("NT",), ("TN",), ("T",)])
def test_time_and_batch(lead):
    x = np.random.default_rng(1).random((1 if lead == ("T",) else 4, 5, 3)).astype(np.float32)
    found = Layout(Meaning(0, "sequence", lead, (3,))).array(x)
    expected = {
        ("N", "T"): x, ("T", "N"): x.swapaxes(0, 1), ("NT",): x.reshape(20, 3) if len(x) > 1 else x,
        ("TN",): x.swapaxes(0, 1).reshape(-1, 3), ("T",): x[0],
    }[lead]  # fmt: skip
    np.testing.assert_array_equal(found, expected)


def test_one_input_at_a_time():
    alone = Layout(Meaning(0, "static", (), (3,)))
    assert not alone.batched and alone.array(np.ones((1, 3))).shape == (3,)
    with pytest.raises(DataError, match="one input at a time"):
        alone.array(np.ones((2, 3)))
