import pytest
import torch

from snnrt.training import Evaluation, evaluate
from snnrt.training.evaluation import as_input
from snnrt.training.networks import small_vgg


def test_accuracies_and_exits_by_hand():
    outputs = torch.tensor([
        [[9.0, 0.0], [0.1, 0.0]],
        [[0.0, 0.0], [0.0, 9.0]],
    ])  # fmt: skip
    found = Evaluation(outputs, torch.tensor([0, 1]))
    assert found.accuracies() == [0.5, 1.0]
    # the first is sure at once, the second at the end
    assert found.with_exit(0.1) == (1.0, 1.5)
    assert found.with_exit(1.1) == (0.5, 1.0)
    assert found.with_exit(0.0) == (1.0, 2.0)


def test_evaluation_is_in_eval_mode_in_parts_and_leaves_the_network():
    torch.manual_seed(1)
    net = small_vgg((1, 8, 8), width=2, timesteps=3)
    before = {name: one.clone() for name, one in net.state_dict().items()}
    x = torch.randint(0, 256, (7, 1, 8, 8), dtype=torch.uint8)
    found = evaluate(net, x, torch.zeros(7, dtype=torch.int64), batch=3)
    assert net.training and found.outputs.shape == (3, 7, 10) and not found.outputs.requires_grad
    assert all(torch.equal(one, before[name]) for name, one in net.state_dict().items())
    torch.testing.assert_close(found.outputs, net.eval()(x / 255).detach())


def test_an_ordinary_network_is_one_of_a_single_timestep():
    torch.manual_seed(1)
    x, y = torch.rand(7, 4), torch.arange(7) % 3
    net = torch.nn.Linear(4, 3)
    found = evaluate(net, x, y, batch=3)
    assert found.outputs.shape == (1, 7, 3)
    assert found.accuracies() == [float((net(x).argmax(1) == y).double().mean())]


def test_inputs_over_time():
    x = torch.randint(0, 3, (4, 5, 2, 8, 8), dtype=torch.uint8)
    assert as_input(x, True).shape == (5, 4, 2, 8, 8) and as_input(x, True).max() == 2
    assert as_input(x[:, 0], False).max() == pytest.approx(2 / 255)
    net = small_vgg((2, 8, 8), width=2)
    found = evaluate(net, x, torch.zeros(4, dtype=torch.int64), over_time=True)
    assert found.outputs.shape == (5, 4, 10)
