"""The counts of instructions on a microcontroller: what needs no emulator, and with one, a count."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from c_programs import need_compiler

from snnrt.targets.loading import tomllib

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "microcontroller_instructions"))

from charges import CORE, Fit, charge_tables, with_charges
from counted_networks import IN_TESTS, WHOLE, Networks

COUNTED = json.loads((Path(__file__).parents[1] / "targets" / "counted_runs.json").read_text("utf-8"))


COUNTED_CHARGES = tomllib.loads(CORE.read_text("utf-8"))["charges"]


def events_in(numbers: str) -> list[str]:
    return [charge["event"] for charge in COUNTED_CHARGES if charge["numbers"] == numbers]


def fits(figure: float) -> dict[str, Fit]:
    int8, float32 = (dict.fromkeys(events_in(numbers), figure) for numbers in ("int8", "float32"))
    return {"int8": Fit(int8, 10, 0.01, 0.02), "float32": Fit(float32, 12, 0.03, 0.04)}


def test_charges_are_replaced_and_nothing_else():
    before = CORE.read_text("utf-8")
    after = with_charges(before, charge_tables(fits(123.456), "12.2"))
    old, new = tomllib.loads(before), tomllib.loads(after)
    assert {charge["value"] for charge in new["charges"]} == {123.0}
    assert [(charge["event"], charge["numbers"]) for charge in new["charges"]] == [
        (charge["event"], charge["numbers"]) for charge in old["charges"]
    ]
    assert {key: new[key] for key in new if key != "charges"} == {
        key: old[key] for key in old if key != "charges"
    }
    assert "fitted to 12 runs (mean error 3.0 %)" in after


@pytest.mark.parametrize(("figure", "low"), ((5.0, 1.41), (0.4, 0.4)))
def test_low_ends_stay_below_the_figures(figure, low):
    first = charge_tables(fits(figure), "12.2").split("\n\n")[0]
    assert f"value = {figure}\nlow = {low}\n" in first


def test_low_ends_without_a_source_are_half():
    table = next(t for t in charge_tables(fits(5.0), "12.2").split("\n\n") if "sum_block_16" in t)
    assert "value = 5.0\nlow = 2.5\nhigh = 5.5\n" in table
    assert "Low: half, assumed" in table


def test_networks_are_the_same_every_time():
    for numbers, runs in (("int8", 296), ("float32", 248)):
        first, second = list(Networks(numbers).fitted()), list(Networks(numbers).fitted())
        assert len(first) == runs
        assert all((a[1] == b[1]).all() for a, b in zip(first, second))


def test_counted_runs_are_the_first_of_the_whole_networks():
    assert [(run["numbers"], tuple(run["channels"]), run["size"], run["rule"]) for run in COUNTED] == [
        (whole.numbers, whole.channels, whole.size, whole.rule) for whole in WHOLE[:IN_TESTS]
    ]


def test_emulated_core_takes_the_counted_instructions(tmp_path):
    need_compiler("arm-none-eabi-gcc")
    from emulated_core import EmulatedCore

    core = EmulatedCore(tmp_path)
    described, counted = WHOLE[2], COUNTED[2]
    graph, x = Networks(described.numbers, seed=1).whole(described)
    functions, result = core.count(graph, x)
    assert result.timesteps[0] == counted["timesteps"]
    assert result.counts.row_activations[0].tolist() == counted["events"]["row_activations"]
    # another compiler or a change of the kernels: count again where it is more
    assert functions.total() == pytest.approx(counted["instructions"], rel=0.05)
