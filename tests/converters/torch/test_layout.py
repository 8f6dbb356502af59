"""Inputs in the axes that a module takes."""

import numpy as np
import pytest
from module_parity import framework, torch
from torch import nn

from snnrt.converters.torch.adapter import Adapter
from snnrt.converters.torch.importer import observe
from snnrt.converters.torch.layout import Layout
from snnrt.errors import DataError

snn = framework("snntorch")


def layout(example, net=None):
    net = net or nn.Sequential(nn.Linear(3, 4), snn.Leaky(0.9, init_hidden=True))
    recording, found = observe(net, (example,), Adapter(), None)
    return Layout(found, recording)


def test_a_batch_in_front():
    x = np.random.default_rng(1).random((7, 3)).astype(np.float32)
    np.testing.assert_array_equal(layout(torch.rand(1, 3)).tensor(x).numpy(), x)
    with pytest.raises(DataError, match="as the module takes"):
        layout(torch.rand(1, 3)).tensor(np.zeros((7, 4), np.float32))


def test_the_modules_own_type():
    net = nn.Sequential(nn.Linear(3, 4), snn.Leaky(0.9, init_hidden=True)).double()
    found = layout(torch.rand(1, 3).double(), net).tensor(np.zeros((2, 3), np.float32))
    assert found.dtype == torch.float64
