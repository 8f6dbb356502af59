"""Parameters of the crossbar: what is accepted, and what an error says."""

from __future__ import annotations

import math

import pytest

from snnrt.devices.crossbar.device import CrossbarConfig
from snnrt.errors import TargetError


def test_round_trip_through_a_dictionary():
    config = CrossbarConfig(rows=128, on_off_ratio=10, adc_bits=6, adc_range=11.5, mapping="offset", seed=7)
    assert CrossbarConfig.from_dict(config.to_dict()) == config
    assert CrossbarConfig.from_dict({}) == CrossbarConfig()


def test_defaults_are_an_ideal_chip():
    config = CrossbarConfig()
    assert (config.rows, config.columns, config.slices, config.outputs_per_tile) == (64, 64, 2, 32)
    assert (config.g_min, config.programming_error, config.read_noise, config.adc_bits) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("mapping", "cell_bits", "slices", "outputs"),
    [("differential", 4, 2, 32), ("differential", 7, 1, 64), ("differential", 2, 4, 16),
     ("differential", 3, 3, 21), ("offset", 4, 2, 31), ("offset", 8, 1, 63), ("offset", 3, 3, 20)],
)  # fmt: skip
def test_slices_and_outputs_of_a_tile(mapping, cell_bits, slices, outputs):
    config = CrossbarConfig(mapping=mapping, cell_bits=cell_bits)
    assert (config.slices, config.outputs_per_tile) == (slices, outputs)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("rows", 0, "1 … 4096"),
        ("rows", 64.0, "integer"),
        ("rows", True, "integer"),
        ("rows", "64", "integer"),
        ("columns", 4097, "1 … 4096"),
        ("columns", 1, "at least 2"),
        ("cell_bits", 8, "1 … 7"),
        ("weight_bits", 9, "2 … 8"),
        ("weight_bits", 1, "2 … 8"),
        ("on_off_ratio", 1.0, "at least 1.1"),
        ("on_off_ratio", math.nan, "at least 1.1"),
        ("on_off_ratio", "10", "number"),
        ("on_off_ratio", None, "number"),
        ("mapping", "pairs", "'differential' or 'offset'"),
        ("programming_error", -0.1, "at least 0"),
        ("programming_error", math.inf, "at least 0"),
        ("programming_error_model", "gaussian", "'absolute'"),
        ("read_noise", math.nan, "at least 0"),
        ("adc_bits", 1, "a sign has no size"),
        ("adc_bits", 17, "0 … 16"),
        ("adc_range", "auto", "'full' or 'level'"),
        ("adc_range", 0, "above 0"),
        ("adc_range", -1.0, "at least 0"),
        ("adc_range", math.inf, "at least 0"),
        ("seed", -1, "integer 0"),
        ("seed", 1.5, "integer 0"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_field(field, value, says):
    with pytest.raises(TargetError) as caught:
        CrossbarConfig.from_dict({field: value})
    message = str(caught.value)
    assert message.startswith(f"crossbar {field}") and says in message and "\n" not in message


def test_unknown_parameter_suggests_the_nearest():
    with pytest.raises(TargetError, match=r"unknown parameter 'adc_bit'; did you mean adc_bits\?"):
        CrossbarConfig.from_dict({"adc_bit": 4})
    with pytest.raises(TargetError, match="known: rows, columns"):
        CrossbarConfig.from_dict({"zzz": 4})
    with pytest.raises(TargetError, match="expected a table"):
        CrossbarConfig.from_dict([("rows", 4)])
