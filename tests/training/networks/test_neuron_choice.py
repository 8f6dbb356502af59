import pytest
import torch

from snnrt.errors import ModelError
from snnrt.training.networks.neuron_choice import default_neuron, dropped, widths


def test_widths():
    assert widths(3) == (3, 6, 12, 24)
    with pytest.raises(ModelError, match="width: expected 1 or more, found 0"):
        widths(0)


def test_one_in_six_fires_in_the_first_step_of_normal_currents():
    torch.manual_seed(1)
    assert float(default_neuron()(torch.randn(1, 1, 100_000)).mean()) == pytest.approx(1 / 6, abs=0.01)


def test_dropout_is_left_out_where_there_is_none():
    assert dropped(0.0) == [] and dropped(0.3)[0].p == 0.3
