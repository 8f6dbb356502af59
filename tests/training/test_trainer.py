"""It learns, goes on bit for bit, and ends cleanly."""

from dataclasses import replace

import pytest
import torch

from snnrt.errors import DataError, ModelError
from snnrt.training import Cumulative, Settings, Trainer, augment, evaluate
from snnrt.training.networks import small_vgg
from snnrt.training.ordinary import ordinary

torch.set_num_threads(1)


def task(count=240, seed=0):
    """Which quarter of the image is bright."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 4, (count,), generator=generator)
    x = torch.rand((count, 1, 8, 8), generator=generator) * 0.5
    for one, label in zip(x, y):
        one[0, 4 * (label // 2) :][:4, 4 * (label % 2) :][:, :4] += 0.5
    return x, y


def network():
    torch.manual_seed(1)
    return small_vgg((1, 8, 8), classes=4, width=4, timesteps=3, dropout=0.1)


def settings(**changed):
    return Settings(**{"epochs": 4, "batch": 40, "learning_rate": 1e-2, "timesteps": [1, 1, 3], **changed})


def train(path=None, resume=False, net=None, **options):
    net = network() if net is None else net
    trainer = Trainer(net, settings(), augment=augment.flip(0.0), checkpoint=path, progress=False, **options)
    return net, trainer.fit(*task(), validation=task(40, 1), resume=resume)


def state(net):
    return torch.cat([one.double().flatten() for one in net.state_dict().values()])


def test_it_learns_and_says_how():
    net = network()
    long = settings(epochs=8, timesteps=[1, 1, 3])
    history = Trainer(net, long, progress=False).fit(*task(), validation=task(40, 1))
    assert [one.epoch for one in history] == list(range(1, 9))
    assert [one.timesteps for one in history] == [1, 1] + [3] * 6
    assert history[-1].loss < 0.5 * history[0].loss and net.timesteps == 3
    assert len(history[0].accuracies) == 3 and 0 < history[0].rate < 1
    found = evaluate(net, *task(200, 2)).accuracies()
    assert min(found) > 0.9 and history[-1].accuracies[-1] > 0.9


def test_an_ordinary_network_learns_by_sgd_and_goes_on(tmp_path):
    def made():
        return ordinary(network())

    chosen = Settings(4, 40, 0.1, 5e-4, "sgd")
    whole, path = made(), tmp_path / "run.pt"
    history = Trainer(whole, chosen, progress=False).fit(*task(), validation=task(40, 1))
    assert [len(one.accuracies) for one in history] == [1] * 4 and history[0].rate == 0
    assert evaluate(whole, *task(200, 2)).accuracies()[0] > 0.9
    net = made()
    with pytest.raises(KeyboardInterrupt):
        Trainer(net, chosen, Stop(15), checkpoint=path, progress=False).fit(*task())
    Trainer(net, chosen, checkpoint=path, progress=False).fit(*task(), resume=True)
    assert torch.equal(state(net), state(whole))
    with pytest.raises(ModelError, match="optimiser"):
        Trainer(net, Settings(4, 40, 0.1, 5e-4), checkpoint=path, progress=False).fit(*task(), resume=True)


def test_the_same_seed_gives_the_same_network():
    (one, _), (other, _) = train(), train()
    assert torch.equal(state(one), state(other))


class Stop(Cumulative):
    """Ctrl-C at a batch."""

    def __init__(self, at):
        super().__init__()
        self.left = at

    def __call__(self, outputs, labels):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().__call__(outputs, labels)


def test_a_run_that_was_broken_off_goes_on_bit_for_bit(tmp_path, capsys):
    whole, history = train()
    path = tmp_path / "run.pt"
    net = network()
    with pytest.raises(KeyboardInterrupt):
        Trainer(net, settings(), Stop(15), augment=augment.flip(0.0), checkpoint=path).fit(
            *task(), validation=task(40, 1)
        )
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3 and lines[-1] == f"interrupted; {path} holds 2 whole epochs: go on with resume"
    # a network of other random weights: all of it comes from the file
    torch.manual_seed(9)
    net, resumed = train(path, True, small_vgg((1, 8, 8), classes=4, width=4, timesteps=3, dropout=0.1))
    assert torch.equal(state(net), state(whole))
    assert [one.loss for one in resumed] == [one.loss for one in history]
    # nothing is left to do
    again, same = train(path, True)
    assert torch.equal(state(again), state(whole)) and len(same) == 4


FAST = Settings(4, 40, 0.05, 5e-4, "sgd", norm_rate=8.0, lookahead=4, alternate_flip=True)


def test_an_averaged_run_goes_on_bit_for_bit_and_no_run_without_goes_on_from_it(tmp_path):
    whole, path = ordinary(network()), tmp_path / "run.pt"
    history = Trainer(whole, FAST, progress=False).fit(*task())
    assert history[-1].loss < 0.7 * history[0].loss
    net = ordinary(network())
    with pytest.raises(KeyboardInterrupt):
        Trainer(net, FAST, Stop(15), checkpoint=path, progress=False).fit(*task())
    torch.manual_seed(9)
    net = ordinary(small_vgg((1, 8, 8), classes=4, width=4, timesteps=3, dropout=0.1))
    Trainer(net, FAST, checkpoint=path, progress=False).fit(*task(), resume=True)
    assert torch.equal(state(net), state(whole))
    with pytest.raises(ModelError, match="made with lookahead 4, found 0"):
        Trainer(net, replace(FAST, lookahead=0), checkpoint=path, progress=False).fit(*task(), resume=True)


def test_biases_of_norms_have_a_rate_of_their_own():
    net = ordinary(network())
    first = next(one for one in net.modules() if isinstance(one, torch.nn.BatchNorm2d))
    first.weight.requires_grad_(False)
    state_ = Trainer(net, FAST, progress=False)._begin(6)
    found = [(group["initial_lr"], group["weight_decay"]) for group in state_.optimiser.param_groups]
    assert found == [(0.05, 5e-4), (0.05, 0.0), (0.4, 5e-4 / 8)]
    faster = {id(one) for one in state_.optimiser.param_groups[2]["params"]}
    norms = [one for one in net.modules() if isinstance(one, torch.nn.BatchNorm2d)]
    assert faster == {id(one.bias) for one in norms}
    # what is frozen is no one's
    every = [id(one) for group in state_.optimiser.param_groups for one in group["params"]]
    assert id(first.weight) not in every and len(every) == len(set(every)) == len(list(net.parameters())) - 1


def test_an_interruption_in_the_first_epoch_says_that_nothing_was_kept(capsys):
    with pytest.raises(KeyboardInterrupt):
        Trainer(network(), settings(), Stop(1)).fit(*task())
    assert capsys.readouterr().err == "interrupted after 0 whole epochs; nothing was written\n"


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    path = tmp_path / "run.pt"
    train(path)
    with pytest.raises(ModelError, match=r"run\.pt: of another network"):
        train(path, True, small_vgg((1, 8, 8), classes=4, width=5, timesteps=3))


def test_inputs_over_time_and_fewer_spikes():
    x, y = task()
    spikes = (
        torch.rand((len(x), 5, 1, 8, 8), generator=torch.Generator().manual_seed(1)) < x[:, None]
    ).byte()
    rates = []
    for weight in (0.0, 50.0):
        net = network()
        found = Trainer(
            net,
            settings(rate_weight=weight, rate_target=0.05, timesteps=None),
            Cumulative([1.0]),
            progress=False,
        ).fit(spikes, y, over_time=True)
        rates.append(found[-1].rate)
        assert found[-1].timesteps == 5
    assert rates[1] < 0.8 * rates[0]


def test_bytes_are_images_and_bfloat16_learns_too():
    x, y = task()
    net = network()
    found = Trainer(net, settings(bfloat16=True, clip=1.0), progress=False).fit((x * 255).byte(), y)
    assert found[-1].loss < 0.7 * found[0].loss
    assert all(one.dtype == torch.float32 for one in net.parameters())


def test_a_last_batch_of_one_is_left_to_the_next_epoch():
    x, y = task(41)
    Trainer(network(), settings(epochs=1), progress=False).fit(x, y)


def test_refusals():
    x, y = task(8)
    with pytest.raises(DataError, match="as many labels as inputs"):
        Trainer(network(), settings(), progress=False).fit(x, y[:7])
