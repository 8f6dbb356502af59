"""Choices of single layers, from mappings and from text."""

import pytest

from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.layer_choices import checked_layers, for_layer, parse_layer
from snnrt.errors import ModelError


def test_text_is_read_as_what_it_says():
    assert parse_layer("a.b:c:reset=zero, strict=True,max-spikes=7,lower_bound=-0.5,reset-delay=no") == (
        "a.b:c",
        {"reset": "zero", "strict": True, "max_spikes": 7, "lower_bound": -0.5, "reset_delay": False},
    )


@pytest.mark.parametrize("text", ["", "a", "a:", ":reset=zero", "a:reset", "a:reset=", "a:=zero", "a=b:"])
def test_text_of_another_form(text):
    with pytest.raises(ModelError, match="layer: expected NAME:CHOICE=VALUE, as lif1:reset=zero, found"):
        parse_layer(text)


@pytest.mark.parametrize(
    "layers, message",
    [
        (["a"], "layers: expected a mapping from a layer's name to its choices, found list"),
        ({"a": "zero"}, "'a': expected a mapping of choices, as {'reset': 'zero'}, found str"),
        ({"a": {"rest": "zero"}}, "'a': expected one of framework, reset, .*, found 'rest'"),
        ({"a": {"reset": "soft"}}, "'a': reset: expected one of subtract, .*, found 'soft'"),
        ({"a": {"framework": "keras"}}, "'a': framework: expected one of snntorch, .*, found 'keras'"),
        ({"a": {"strict": 1}}, "'a': strict: expected true or false, found 1"),
        ({"a": {"strict": "perhaps"}}, "strict: expected true or false, found 'perhaps'"),
        ({"a": {"dt": True}}, "dt: expected seconds above 0, found True"),
        ({"a": {"lower_bound": "nan"}}, "lower_bound: expected a finite number, found 'nan'"),
        ({"a": {"max_spikes": 1.5}}, "max_spikes: expected a whole number, found 1.5"),
    ],
)
def test_refused(layers, message):
    with pytest.raises(ModelError, match=message):
        checked_layers(layers)


def test_its_own_stand_in_place_of_the_networks():
    common = Choices(dt=1e-3, reset="subtract")
    assert for_layer("nir", common, {}) == ("nir", common)
    found = for_layer("nir", common, {"framework": "norse", "reset": "zero"})
    assert found == ("norse", Choices(dt=1e-3, reset="zero"))
