"""Profile files: the shipped ones are complete, a user's own is checked field by field."""

from __future__ import annotations

import dataclasses
import importlib.resources

import pytest
from effort import effort
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.errors import TargetError
from snnrt.targets import InMemory, explain, figure_rows, list_targets, load_target, parse_target
from snnrt.targets.figures import MARKS, UNITS
from snnrt.targets.kinds import KINDS
from snnrt.targets.loading import tomllib

CORE = (importlib.resources.files("snnrt.targets") / "cores" / "cortex-m-dsp.toml").read_text("utf-8")


def whole(name: str) -> str:
    """A board's profile with its core's charges in it."""
    return shipped(name).replace('core = "cortex-m-dsp"\n', "") + CORE[CORE.index("[[charges]]") :]


def shipped(name: str) -> str:
    return (importlib.resources.files("snnrt.targets") / "profiles" / f"{name}.toml").read_text("utf-8")


def test_what_is_shipped():
    names = set(list_targets())
    assert {
        "stm32u575",
        "stm32l4r5",
        "stm32h7a3",
        "stm32u385",
        "dt-snn",
        "spikesim-65nm",
        "hermes",
        "loihi",
    } <= names
    assert {load_target(name).kind for name in names} == set(KINDS)


@pytest.mark.parametrize("name", list_targets())
def test_every_figure_says_where_it_comes_from(name):
    target = load_target(name)
    assert target.name == name
    rows = figure_rows(target)
    given = len(target.figures) + len(target.charges)
    if isinstance(target, InMemory):
        given += len(target.crossbar_figures) + len(target.areas)
    assert len(rows) == given
    text = explain(target)
    for row in rows:
        assert row.mark in MARKS
        assert len(row.source) > 10 and row.operating_point
        assert row.source in text and row.operating_point in text and row.figure in text
        # What is recalled or guessed is an assumption, never a source.
        if "recalled" in row.source or "estimated" in row.source:
            assert row.mark == "assumption", row


@pytest.mark.parametrize("name", list_targets())
def test_a_copy_under_a_path_is_the_same_target(name, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(shipped(name), encoding="utf-8")
    assert dataclasses.replace(load_target(path), path=f"{name}.toml") == load_target(name)
    assert load_target(str(path)).path == str(path)


def test_unknown_names():
    for name, hint in (("stm32u576", "stm32u575"), ("STM32L4R5", "stm32l4r5"), ("loihi2", "loihi")):
        with pytest.raises(TargetError, match=hint):
            load_target(name)
    with pytest.raises(TargetError, match="known: apollo4"):
        load_target("qqqqqq")
    with pytest.raises(TargetError, match="no such file"):
        load_target("missing.toml")
    with pytest.raises(TargetError):
        load_target("../\x00.toml")


def test_folders_and_huge_files_are_refused(tmp_path):
    with pytest.raises(TargetError, match="not a file"):
        load_target(str(tmp_path) + "/")
    path = tmp_path / "huge.toml"
    path.write_bytes(b"#" * (1 << 20) + b"#")
    with pytest.raises(TargetError, match="larger than"):
        load_target(path)


# What is replaced in stm32u575.toml, by what, and what the error must say.
BROKEN = [
    ("format = 1", "format = 2", "format: expected 1, .*found 2"),
    ("format = 1", "format = true", "format: expected 1"),
    ("format = 1\n", "", "format is missing"),
    ('kind = "microcontroller"', 'kind = "gpu"',
     "kind: expected one of microcontroller, imc, neuromorphic, found 'gpu'"),
    ('kind = "microcontroller"', "kind = [1]", "kind: expected"),
    ('name = "stm32u575"', 'name = "../x"', "name: expected lower-case"),
    ('title = "STM32U575', 'titel = "STM32U575',
     "'titel' is not a key of this profile; did you mean title"),
    ("[figures.clock]", "[figures.clok]", "'clok' is not a key of this profile; did you mean clock"),
    ("[figures.clock]\nvalue = 160", "[figures.clock]", "figures.clock: value is missing"),
    ("value = 160", "value = -160", r"figures.clock.value: expected a finite number from 0 .* found -160"),
    ("value = 160", "value = 0", "figures.clock.low: expected above 0"),
    ("value = 160", "value = nan", "figures.clock.value: expected a finite number"),
    ("value = 160", "value = inf", "figures.clock.value: expected a finite number"),
    ("value = 160", "value = true", "figures.clock.value: expected a finite number"),
    ("value = 160", 'value = "160"', "figures.clock.value: expected a finite number"),
    ("value = 160", "value = 1" + "0" * 400, "figures.clock.value: expected a finite number"),
    ("value = 160", "value = 160\nlow = 170",
     "figures.clock: expected low ≤ value ≤ high, found '170, 160, 160'"),
    ("value = 160", "value = 160\nhigh = 150", "figures.clock: expected low ≤ value ≤ high"),
    ('unit = "MHz"', 'unit = "mHz"', "figures.clock.unit: expected one of Hz, kHz, MHz, GHz, found 'mHz'"),
    ('unit = "MHz"', 'unit = "pJ"', "figures.clock.unit: expected one of Hz"),
    ('unit = "pJ/cycle"', 'unit = "pJ"', "figures.energy_per_cycle.unit: expected one of .*pJ/cycle"),
    ('unit = "KiB"', 'unit = "KB"', "figures.ram.unit: expected one of byte, KiB, MiB, found 'KB'"),
    ('mark = "source"', 'mark = "measured"',
     "figures.clock.mark: expected one of source, derived, assumption"),
    ("source = ", "sources = ",
     "figures.clock: 'sources' is not a key of this profile; did you mean source"),
    ("operating_point = ", "#", "figures.clock: operating_point is missing"),
    ('operating_point = "160 MHz, 1.8 V"', 'operating_point = " "',
     "figures.clock.operating_point: expected text"),
    ('operating_point = "160 MHz, 1.8 V"', 'operating_point = "a\\u001bb"', "expected printable text"),
    ('event = "synaptic_operation"', 'event = "read"',
     r"charges\[0\].event: expected one of synaptic_operation"),
    ('event = "synaptic_operation"', "", r"charges\[0\]: event is missing"),
    ('numbers = "int8"', 'numbers = "int4"', r"charges\[0\].numbers: expected int8 or float32"),
    ('numbers = "int8"', "times = 0", r"charges\[0\].times: expected a whole number from 1"),
    ('numbers = "int8"', "times = 1.5", r"charges\[0\].times: expected a whole number from 1"),
    ('unit = "instruction"', 'unit = "pJ"', r"charges\[0\].unit: expected one of instruction, found 'pJ'"),
    ("[[charges]]", "[[charge]]", "'charge' is not a key of this profile; did you mean charges"),
    ("[figures.clock]", "[figures]\nclock = 3\n[x]", "'x' is not a key"),
    ("format = 1", "format = ", "is not a TOML file"),
    ("format = 1", "format = 1\nformat = 1", "is not a TOML file"),
    ("format = 1", "format = " + "[" * 3000, "is not a TOML file"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), BROKEN)
def test_malformed_profiles(old, new, message):
    text = whole("stm32u575")
    assert old in text
    with pytest.raises(TargetError, match=message) as raised:
        parse_target(text.replace(old, new, 1).encode(), "mine.toml")
    line = str(raised.value)
    assert line.startswith("mine.toml: ") and "\n" not in line and len(line) < 1500


IMC_BROKEN = [
    ('pairs = "arrays"', 'pairs = "both"', "choices.pairs: expected one of arrays, in_cell, found 'both'"),
    ('pairs = "arrays"\n', "", "choices: pairs is missing"),
    ("[choices]", "[choices]\ncolour = 1", "choices: 'colour' is not a key"),
    ("value = 64", "value = 64.5", "crossbar rows: expected an integer"),
    ("value = 64", "value = 0", "crossbar rows: expected an integer"),
    ("[crossbar.rows]", "[crossbar.rowz]", "crossbar: unknown parameter 'rowz'; did you mean rows"),
    ("[crossbar.rows]\n", '[crossbar.rows]\nunit = "V"\n', "crossbar.rows.unit: expected one of"),
    ("[figures.settle_time]", "[figures.clock]", "'clock' is not a key"),
    ('law = ["node"]', 'law = ["nodes"]', r"charges\[2\].law: expected a list of converter_bits"),
    ('law = ["node"]', 'law = ["node", "node"]', r"charges\[2\].law: expected each law once"),
    ('law = ["node"]\nat = { node = 32 }', 'law = ["node"]\nat = { nods = 32 }', "'nods' is not a key"),
    ('law = ["node"]\nat = { node = 32 }', 'law = ["node"]', r"charges\[2\].at: node is missing"),
    ('law = ["node"]\nat = { node = 32 }', 'law = ["node"]\nat = { node = 0 }',
     r"charges\[2\].at.node: expected a number from"),
    ("[figures.input_bits]", "[figures.on_resistance]",
     "figures.on_resistance: the crossbar says this, in crossbar.on_resistance; a fact is stated once"),
    ("[figures.input_bits]", "[figures.converters]",
     "figures.converters: the crossbar says this, in crossbar.columns_per_adc"),
    ("[crossbar.on_resistance]", "[crossbar.temperature]", r"crossbar.temperature.unit: expected one of K"),
    ("[figures.node]", "[figures.static_power]", "static_power.unit: expected one of fW"),
    ('kind = "imc"', 'kind = "imc"\ncore = "cortex-m-dsp"', "'core' is not a key"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), IMC_BROKEN)
def test_malformed_imc_profiles(old, new, message):
    text = shipped("dt-snn")
    assert old in text
    with pytest.raises(TargetError, match=message):
        parse_target(text.replace(old, new, 1).encode(), "mine.toml")


def test_a_fact_is_stated_once():
    """What the crossbar computes with is no figure of the costs, and the other way round."""
    figures = {item.name for item in dataclasses.fields(InMemory) if "unit" in item.metadata}
    assert not figures & {item.name for item in dataclasses.fields(CrossbarConfig)}
    # neighbouring columns that share the errors of an ADC are those that wait for it
    adcs = {"dt-snn": 8, "neurosim-32nm": 8, "spikesim-65nm": 8, "isaac": 1, "hermes": 256, "neurram": 256}
    for name, number in adcs.items():
        target = load_target(name)
        assert isinstance(target, InMemory) and target.converters == number
        assert "columns_per_adc" in target.crossbar_figures
        assert target.with_parameters({"columns_per_adc": 4096}).converters == 1


def test_a_law_s_resistance_must_be_stated():
    text = shipped("dt-snn")
    start = text.index("[crossbar.on_resistance]")
    without = text[:start] + text[text.index("[", start + 1) :]
    assert (
        load_target("dt-snn").crossbar_figures["on_resistance"].si
        == load_target("dt-snn").crossbar.on_resistance
    )
    at = 'law = ["conductance"]\nat = { on_resistance = 2e4, on_off_ratio = 10 }'
    law = without.replace('law = ["node"]\nat = { node = 32 }', at, 1)
    assert law != without
    with pytest.raises(TargetError, match=r"crossbar\.on_resistance is missing: a charge's law needs it"):
        parse_target(law.encode(), "mine.toml")


def test_fixed_part_needs_its_density():
    text = shipped("dt-snn")
    start = text.index("[figures.nominal_density]")
    end = text.index("[figures.", start + 1)
    with pytest.raises(TargetError, match="nominal_density, which is missing"):
        parse_target((text[:start] + text[end:]).encode(), "mine.toml")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_profile_or_an_error(data):
    with pytest.raises(TargetError):
        parse_target(data, "mine.toml")


@settings(max_examples=effort(150), deadline=None)
@given(st.data())
def test_any_damage_is_a_profile_or_an_error(data):
    text = bytearray(shipped(data.draw(st.sampled_from(list_targets()))).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(place, min(len(text), place + 40)))
        text[place:end] = data.draw(st.binary(max_size=10))
    try:
        parse_target(bytes(text), "mine.toml")
    except TargetError as error:
        assert str(error).startswith("mine.toml: ") and "\n" not in str(error)


def test_units_are_what_they_say():
    clock = load_target("stm32u575").clock
    assert clock.si == 160e6 and str(clock) == "160 MHz"
    energy = load_target("stm32u575").energy_per_cycle
    assert energy.si == pytest.approx(146.5e-12) and str(energy) == "146.5 (143 … 150) pJ/cycle"
    assert load_target("stm32u575").ram.si == 784 * 1024
    assert {base for base, _ in UNITS.values()} >= {"J", "J/cycle", "s", "W", "Hz", "byte", "instruction"}


def test_profiles_have_no_unread_keys():
    """tomllib and the target agree on the number of figures and charges."""
    for name in list_targets():
        document = tomllib.loads(shipped(name))
        target = load_target(name)
        assert set(document["figures"]) == set(target.figures)
        if "core" in document:
            assert len(target.charges) == len(tomllib.loads(CORE)["charges"])
        else:
            assert len(document["charges"]) == len(target.charges)
        assert len(document.get("reproduces", [])) == len(target.reproduces)


def test_a_board_is_its_core_and_its_own_figures():
    """What the board charges otherwise stands in place of its core's."""
    own = """
[[charges]]
event = "node_step"
component = "dispatch"
numbers = "int8"
value = 7
unit = "instruction"
mark = "source"
source = "counted on this board"
operating_point = "its own library"
"""
    board, changed = (
        load_target("stm32u575"),
        parse_target((shipped("stm32u575") + own).encode(), "mine.toml"),
    )
    assert len(changed.charges) == len(board.charges)
    (seven,) = [item for item in changed.charges if (item.event, item.numbers) == ("node_step", "int8")]
    assert seven.si == 7
    with pytest.raises(TargetError, match="core: expected one of cortex-m-dsp, found 'z80'"):
        parse_target(shipped("stm32u575").replace("cortex-m-dsp", "z80", 1).encode(), "mine.toml")
