import pytest
import torch
from torch.testing import assert_close

from snnrt.errors import ModelError
from snnrt.training import IF, LIF, ParametricLIF, surrogates

TRIANGLE = surrogates.triangle(1.5)


class Spike(torch.autograd.Function):
    """Of u and θ; from the first threshold to the last, the slope is the peak."""

    @staticmethod
    def forward(ctx, u, threshold, most):
        ctx.save_for_backward(u)
        ctx.numbers = threshold, most
        return sum((u >= number * threshold).to(u.dtype) for number in range(1, most + 1))

    @staticmethod
    def backward(ctx, given):
        (u,), (threshold, most) = ctx.saved_tensors, ctx.numbers
        inside = (u > threshold) & (u < most * threshold)
        nearest = torch.where(u <= threshold, u - threshold, u - most * threshold)
        return given * torch.where(inside, TRIANGLE(torch.zeros(1)), TRIANGLE(nearest)), None, None


def step_by_step(x, decay, threshold, reset, initial=0.0, most=1):
    """The equations of the module's docstring, by autograd."""
    v, out = torch.full_like(x[0], initial), []
    for current in x:
        u = v * decay + current
        s = Spike.apply(u, threshold, most)
        v = u - threshold * s.detach() if reset == "subtract" else u * (s.detach() == 0)
        out.append(s)
    return torch.stack(out)


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("channels", [None, 3])
@pytest.mark.parametrize(("initial", "most"), [(0.0, 1), (0.45, 1), (-0.3, 3)])
def test_spikes_and_gradients_are_those_of_the_equations(reset, channels, initial, most):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn((7, 2, 3, 4, 4), generator=generator) + 0.4
    weights = torch.randn(x.shape, generator=generator)
    neuron = ParametricLIF(0.7, 0.9, reset, TRIANGLE, channels, initial, most)
    if channels:
        neuron.weight.data = torch.tensor([-1.0, 0.5, 2.0])
    given, same = x.clone().requires_grad_(), x.clone().requires_grad_()
    found = neuron(given)
    (found * weights).sum().backward()
    logit = neuron.weight.detach().clone().requires_grad_()
    decay = logit.sigmoid().reshape(-1, 1, 1) if channels else logit.sigmoid()
    expected = step_by_step(same, decay, 0.9, reset, initial, most)
    (expected * weights).sum().backward()
    assert 0.1 < float(expected.detach().mean()) < 0.9 and expected.max() == most
    assert_close(found, expected, rtol=0, atol=0)
    assert_close(given.grad, same.grad)
    assert_close(neuron.weight.grad, logit.grad)


def test_membranes_are_float32_where_currents_are_bfloat16():
    x = torch.full((400, 1, 1), 1 / 256, dtype=torch.bfloat16)
    found = IF(1.0)(x)
    # in bfloat16 a sum of 1/256 stands still at 1, in float32 it fires every 256 steps
    assert found.dtype == torch.bfloat16 and found.sum() == 1 and found[255] == 1


def test_each_call_begins_at_rest():
    neuron = LIF(0.9)
    x = torch.full((3, 2, 5), 0.45)
    assert_close(neuron(x), neuron(x), rtol=0, atol=0)


def test_a_constant_input_is_read_without_a_copy_of_it():
    x = torch.rand(2, 3, 4, 4)
    assert_close(LIF()(x.unsqueeze(0).expand(4, *x.shape)), LIF()(x.unsqueeze(0).repeat(4, 1, 1, 1, 1)))


def test_a_state_dict_holds_the_decay():
    one, other = LIF(0.25), LIF(0.5)
    other.load_state_dict(one.state_dict())
    assert float(other.decay) == 0.25 and "decay=0.25" in repr(other)
    assert "3 values" in repr(ParametricLIF(channels=3))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: LIF(1.5), "decay: expected 0 to 1"),
        (lambda: LIF(float("nan")), "decay"),
        (lambda: LIF(threshold=0.0), "threshold: expected a finite number above 0"),
        (lambda: LIF(initial=1.0), "initial: expected a finite number below the threshold, found 1.0"),
        (lambda: IF(max_spikes=0), "max_spikes: expected 1 to 32767, found 0"),
        (lambda: LIF(reset="hard"), "reset: expected 'subtract' or 'zero', found 'hard'"),
        (lambda: ParametricLIF(1.0), "decay: expected above 0 and below 1"),
        (lambda: LIF()(torch.zeros(2, 3)), r"expected \(T, N, …\) currents"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(ModelError, match=words):
        make()
