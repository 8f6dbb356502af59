"""A module as deployed, and afterwards as it was."""

from module_parity import framework, torch
from torch import nn

from snnrt.converters.torch.adapter import Adapter
from snnrt.converters.torch.deployed import as_deployed

snn = framework("snntorch")


def test_modes_and_states_come_back():
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), snn.Leaky(0.9, init_hidden=True))
    net(torch.rand(2, 3) * 5)
    net[1].eval()
    state = net[2].mem.clone()
    assert state.any()
    with as_deployed(net, Adapter()):
        assert not net.training and not net[0].training
        net(torch.ones(7, 3))
    assert net.training and net[0].training and not net[1].training
    assert torch.equal(net[2].mem, state)


def test_also_where_it_fails():
    net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5))
    try:
        with as_deployed(net, Adapter()):
            raise KeyError
    except KeyError:
        assert net.training
