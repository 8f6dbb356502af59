"""A module's call as a list of functions and neurons."""

import numpy as np
import pytest
from module_parity import framework, torch

from snnrt.converters.torch.recording import record
from snnrt.errors import ModelError

snn = framework("snntorch")


def calls(forward, x=None, cell=None):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lif = cell

        def forward(self, x):
            return forward(self, x)

    x = torch.rand(2, 3) if x is None else x
    return record(Net(), (x,), lambda module: module is cell)


def names(recording):
    return [call.function for call in recording.calls]


def test_functions_by_their_plain_names():
    def forward(net, x):
        y = (x + 1) * 2
        y += 1
        y = y.add_(3).sub(1) / 2
        return -(1 - y)

    found = calls(forward)
    assert names(found) == ["add", "mul", "add", "add", "sub", "div", "rsub", "neg"]
    assert found.result.call is found.calls[-1]
    assert found.calls[0].where.startswith("test_recording.py:")


def test_shapes_and_constants_are_not_the_networks():
    def forward(net, x):
        zeros = torch.zeros(x.size(0), x.shape[1]) + torch.zeros_like(x)
        return x + zeros

    found = calls(forward)
    assert names(found) == ["add"] and len(found.calls[0].values()) == 1


def test_a_neuron_is_one_call_and_its_states_are_kept_apart():
    cell = snn.Leaky(0.9, init_hidden=True)
    found = calls(lambda net, x: net.lif(x) + net.lif.mem, cell=cell)
    leaky, total = found.calls
    assert leaky.cell is cell and leaky.scope == "lif" and leaky.outputs[0].place == 0
    assert [value.place for value in total.values()] == [0, "mem"]


def test_what_was_in_a_tensor_before_it_changed():
    def forward(net, x):
        count = torch.zeros(2, 3)
        count += x
        return count

    (call,) = calls(forward).calls
    assert not call.arguments[0].any()


class Own(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return (x > 0.5).float()


def test_a_function_of_the_users_own_is_followed():
    assert names(calls(lambda net, x: Own.apply(x) + 1)) == ["gt", "float", "add"]


@pytest.mark.parametrize(
    "forward",
    [
        lambda net, x: torch.from_numpy(x.numpy() * 2) + x,
        lambda net, x: x + torch.rand(2, 3),
        lambda net, x: torch.bernoulli(torch.full((2, 3), 0.5)) * x,
    ],
)
def test_tensors_from_nowhere(forward):
    with pytest.raises(ModelError, match="made where snnrt does not see it"):
        calls(forward)


def test_a_failing_module():
    with pytest.raises(ModelError, match="fails on the example: RuntimeError: mat1 and mat2"):
        calls(lambda net, x: torch.nn.functional.linear(x, torch.ones(2, 2)))


def test_modules_are_called_as_before_afterwards():
    before = torch.nn.Module.__call__
    with pytest.raises(ModelError):
        calls(lambda net, x: [][0])
    assert torch.nn.Module.__call__ is before
    assert torch.nn.Identity()(3) == 3


def test_every_part_of_an_iteration_is_the_networks():
    found = calls(lambda net, x: [one * 2 for one in x])
    assert names(found) == ["unbind", "mul", "mul"] and len(found.calls[0].outputs) == 2
    assert np.array_equal(found.result[1].tensor.numpy(), found.inputs[0].tensor[1].numpy() * 2)
