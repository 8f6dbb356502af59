"""Whose rules hold, and what that assumes."""

import pytest

from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.framework import Mechanisms
from snnrt.converters.frameworks.registry import NAMES
from snnrt.converters.frameworks.rules import choose_rules, describe
from snnrt.errors import ModelError

LIF = Mechanisms(leaky=True, fires=True)
LI = Mechanisms(leaky=True)


@pytest.mark.parametrize(
    "name, dt, reset, strict, multiple",
    [
        ("snntorch", 1e-4, "subtract", True, False),
        ("spikingjelly", 1e-4, "value", False, False),
        ("norse", 1e-3, "value", True, False),
        ("sinabs", 1.0, "subtract", False, True),
        ("nir", 1e-4, "value", True, False),
    ],
)
def test_defaults(name, dt, reset, strict, multiple):
    rules = choose_rules(name, Choices())
    assert (rules.dt, rules.reset, rules.strict, rules.multiple) == (dt, reset, strict, multiple)
    assert rules.max_spikes == (255 if multiple else 1) and rules.framework.name == name


def test_choices_win():
    choices = Choices(2e-3, "zero", False, True, 7, -1.0, True)
    rules = choose_rules("norse", choices)
    assert (rules.dt, rules.reset, rules.strict, rules.multiple, rules.max_spikes) == (
        2e-3,
        "zero",
        False,
        True,
        7,
    )
    assert (rules.lower_bound, rules.normalise_input) == (-1.0, True)
    assert choose_rules("snntorch", Choices(multiple=True, reset="subtract_now")).strict is False


@pytest.mark.parametrize(
    "name, choices, message",
    [
        ("keras", Choices(), "framework: expected one of"),
        (
            "nir",
            Choices(reset="soft"),
            "reset: expected one of subtract, subtract_now, zero, none, found 'soft'",
        ),
        ("nir", Choices(reset="value"), "found 'value'"),
        ("nir", Choices(dt=0.0), "dt: expected seconds above 0, found 0"),
        ("nir", Choices(dt=float("inf")), "dt: expected seconds above 0"),
        ("sinabs", Choices(strict=True), "strict: expected not set"),
        ("snntorch", Choices(multiple=True), "multiple: snnTorch resets one spike, at the next step"),
        ("norse", Choices(reset_delay=False), "reset_delay: expected none: Norse with reset 'value'"),
        ("snntorch", Choices(reset_delay=True, reset="subtract_now"), "reset_delay: expected none"),
        ("sinabs", Choices(max_spikes=32768), "max_spikes: expected 1 to 32767, found 32768"),
        ("nir", Choices(lower_bound=float("nan")), "lower_bound: expected a finite number"),
    ],
)
def test_contradictions(name, choices, message):
    with pytest.raises(ModelError, match=message):
        choose_rules(name, choices)


def described(name, neurons, delays=False, **choices):
    given = Choices(**choices)
    return describe(choose_rules(name, given), given, neurons, delays)


def test_all_that_is_assumed_is_said():
    assert described("snntorch", [LIF]) == [
        "dt = 0.0001 s (snnTorch's export)",
        "reset: subtract (snnTorch's default); 'zero' if it was trained so",
        "a neuron fires where v > threshold (snnTorch's rule)",
        "a reset comes at the next step (snnTorch's default reset_delay)",
    ]
    assert len(described("snntorch", [LIF], reset_delay=False)) == 3
    assert described("sinabs", [LIF, LI]) == [
        "dt = 1 step (Sinabs writes τ in steps)",
        "reset: subtract, at once (Sinabs' default); 'zero' if it was trained so",
        "a neuron fires up to 255 spikes a step (Sinabs' default MultiSpike)",
        "no lower bound on the membrane (Sinabs' default; its export leaves min_v_mem out)",
        "LIF scales its input by 1 − α (Sinabs' default norm_input)",
        "leaky integrators do not scale their input (ExpLeak's default norm_input)",
    ]


def test_the_cap_is_said_where_nobody_chose_it():
    line = "a neuron fires up to 255 spikes a step (our default max_spikes)"
    assert described("norse", [LIF], multiple=True)[-1] == line
    assert line not in described("norse", [LIF], multiple=True, max_spikes=7)
    assert line not in described("norse", [LI], multiple=True) + described("norse", [LIF])


def test_only_what_the_network_has():
    assert described("norse", []) == [] and described("nir", []) == []
    assert described("norse", [], delays=True) == ["dt = 0.001 s (Norse's export)"]
    assert described("spikingjelly", [LI]) == ["dt = 0.0001 s (SpikingJelly's export)"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_given_is_not_assumed(name):
    several = name == "sinabs"
    lines = described(
        name, [LIF, LI], dt=1.0, reset="zero", strict=not several, multiple=several, lower_bound=-1.0,
        normalise_input=False, max_spikes=7,
    )  # fmt: skip
    assert all("forward Euler" in line for line in lines)
