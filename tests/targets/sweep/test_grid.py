"""Fields and values as people write them, and the chips that they mean."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.errors import ArgumentTypeError, TargetError
from snnrt.targets import load_target
from snnrt.targets.sweep.grid import axes_of, chip_at, label_of, parameter_of, points_of


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("3:8", (3, 4, 5, 6, 7, 8)),
        ("0:0.3:0.05", (0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)),
        ("0:1:0.4", (0, 0.4, 0.8)),
        ("2:8:3", (2, 5, 8)),
        ("5:5", (5,)),
        ("32, 64,128", (32, 64, 128)),
        ("full,typical,2.5", ("full", "typical", 2.5)),
        ("10,inf", (10, float("inf"))),
        ("1e-3", (0.001,)),
    ],
)
def test_values(text, values):
    (axis,) = axes_of([f"some.field={text}"])
    assert (
        axis.field == "some.field" and axis.values == pytest.approx(values) if values[0] != "full" else True
    )
    assert axis.values == values


def test_the_last_value_is_in_the_range_for_every_step():
    for count in range(1, 200):
        (axis,) = axes_of([f"a=0:{count / 1000}:0.001"])
        assert len(axis.values) == count + 1 and axis.values[-1] == pytest.approx(count / 1000)


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("adc.bits", "expected FIELD=VALUES, as adc.bits=3:8"),
        ("=3:8", "expected FIELD=VALUES"),
        ("a=", "expected at least one value"),
        ("a=4:3", "a last value not below the first"),
        ("a=1:4:0", "a step above 0"),
        ("a=1:4:-1", "a step above 0"),
        ("a=0:0.3", "expected a step behind numbers that are not whole"),
        ("a=1:2:3:4", "FIRST:LAST:STEP"),
        ("a=x:3", "FIRST:LAST:STEP"),
        ("a=0:inf:1", "FIRST:LAST:STEP"),
        ("a=0:nan:1", "FIRST:LAST:STEP"),
        ("a=0:1:1e-9", "at most 10000 values; use a larger step"),
        ("a=0:1e308:1e-308", "at most 10000 values"),
        ("a=3,3", "each value once"),
    ],
)
def test_what_means_nothing_is_said(text, fragment):
    with pytest.raises(TargetError, match=r"^vary ") as error:
        axes_of([text])
    assert fragment in str(error.value)


def test_fields_of_one_name_and_grids_beyond_all_bounds():
    with pytest.raises(TargetError, match="vary adc_bits: is there twice"):
        axes_of(["adc.bits=3:4", "adc_bits=5"])
    with pytest.raises(TargetError, match=r"vary: expected at most 100000 points, found 1000000"):
        axes_of(["a=1:1000", "b=1:1000"])


def test_a_mapping_and_a_text():
    found = axes_of(
        {"adc.bits": range(3, 6), "rows": np.array([32, 64]), "mapping": "offset", "seed2": "1:2"}
    )
    assert [axis.values for axis in found] == [(3, 4, 5), (32, 64), ("offset",), (1, 2)]
    assert all(type(value) is int for value in found[1].values)
    assert axes_of("adc.bits=3") == axes_of(["adc.bits=3"])
    with pytest.raises(ArgumentTypeError, match="vary a: expected numbers or words"):
        axes_of({"a": [None]})
    with pytest.raises(ArgumentTypeError, match="vary a: expected numbers or words, found"):
        axes_of({"a": True})


def test_every_combination_the_last_fastest():
    points = points_of(axes_of(["a=1:2", "b=0:0.1:0.1"]))
    assert points == (
        (("a", 1), ("b", 0)),
        (("a", 1), ("b", 0.1)),
        (("a", 2), ("b", 0)),
        (("a", 2), ("b", 0.1)),
    )
    assert points_of(()) == ((),)
    assert label_of(points[1]) == "a=1, b=0.1"
    assert label_of((("p", 0.0),)) == "p=0"


def test_the_chip_at_a_point_computes_and_costs_otherwise():
    target = load_target("dt-snn")
    chip = chip_at(target, (("adc.bits", 7), ("figures.conversion_time", 16), ("static_layers", "once")), 5)
    assert chip.crossbar.adc_bits == chip.bits == 7 and chip.crossbar.seed == 5
    varied, known = chip.conversion_time, target.conversion_time
    assert varied.value == varied.low == varied.high == 16 and varied.unit == known.unit
    assert varied.mark == "assumption" and f"the file says {known.value:g} {known.unit}" in varied.source
    assert chip.static_layers == "once" != target.static_layers
    assert chip_at(target, (), 5).crossbar == target.with_parameters({"seed": 5}).crossbar


def test_names_of_fields():
    target = load_target("dt-snn")
    for field in ("adc.bits", "adc_bits", "adc-bits", "crossbar.adc_bits", "crossbar.adc.bits"):
        assert parameter_of(target, field) == "adc_bits"
    assert parameter_of(target, "figures.settle_time") == parameter_of(target, "settle.time") == "settle_time"
    for field, fragment in (
        ("adc.bitz", "did you mean adc_bits?"),
        ("seed", "give how many with --chips"),
        ("static_power", "gives no such figure; add [figures.static_power] to its file"),
        ("figures.adc_bits", "has no such field"),
        ("qqqq", "known: rows, columns"),
    ):
        with pytest.raises(TargetError, match=r"^vary ") as error:
            parameter_of(target, field)
        assert fragment in str(error.value)


@pytest.mark.parametrize(
    ("point", "fragment"),
    [
        ((("adc.bits", 1),), "vary adc.bits=1: crossbar adc_bits: expected 0"),
        ((("mapping", "round"),), "vary mapping=round: "),
        ((("static_layers", "never"),), "vary static_layers=never: expected one of once, every_timestep"),
        ((("input_bits", 2.5),), "vary input_bits=2.5: expected a whole number, at least 1"),
        ((("input_bits", "many"),), "expected a number of bit, found 'many'"),
        ((("settle_time", 0.0),), "vary settle_time=0: expected above 0"),
        # each can be, both cannot
        ((("columns", 8), ("cell_bits", 1)), "vary columns=8, cell_bits=1: crossbar columns"),
    ],
)
def test_values_that_a_chip_cannot_have(point, fragment):
    with pytest.raises(TargetError) as error:
        chip_at(load_target("dt-snn"), point, 0)
    assert fragment in str(error.value)
