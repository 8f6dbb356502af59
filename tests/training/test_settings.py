import pytest

from snnrt.errors import ModelError
from snnrt.training import Settings


def test_timesteps_of_epochs():
    assert [Settings(4, timesteps=[1, 2]).timesteps_at(one, 4) for one in range(4)] == [1, 2, 2, 2]
    assert Settings(4).timesteps_at(0, 5) == 5


def test_plain_values():
    assert Settings(3, timesteps=(1, 2)).as_plain()["timesteps"] == [1, 2]
    assert Settings(3).as_plain()["timesteps"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0), ("batch", 0), ("learning_rate", 0.0), ("learning_rate", float("nan")), ("clip", -1.0),
        ("weight_decay", -1.0), ("rate_weight", float("nan")), ("rate_target", -0.1),
        ("norm_rate", 0.0), ("lookahead", -1),
        ("timesteps", []), ("timesteps", [1, 0]), ("optimiser", "adam"),
    ],
)  # fmt: skip
def test_refusals(field, value):
    with pytest.raises(ModelError, match=field):
        Settings(**{"epochs": 1, field: value})
