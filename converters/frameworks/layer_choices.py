"""Choices for single layers of neurons, by the layer's name, where they differ from the network's.

{"lif1": {"reset": "zero"}, "lif2": {"framework": "norse", "dt": 1e-3}}
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from snnrt.converters.frameworks.choices import RESETS, Choices
from snnrt.converters.frameworks.registry import NAMES
from snnrt.errors import ModelError

LayerChoices = Mapping[str, Mapping[str, object]]
"""For a layer by name, its choices by the name that :class:`Choices` gives them, or ``framework``."""

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _truth(value: object) -> bool:
    if isinstance(value, str):
        return _TRUTHS[value.lower()]
    if value is True or value is False:
        return bool(value)
    raise ValueError


def _number(value: object) -> float:
    if isinstance(value, bool):
        raise ValueError
    found = float(value)  # type: ignore[arg-type]
    if not math.isfinite(found):
        raise ValueError
    return found


def _whole(value: object) -> int:
    found = _number(value)
    if found != int(found):
        raise ValueError
    return int(found)


def _one_of(*words: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return check


_CHOICES: dict[str, tuple[Callable[[object], object], str]] = {
    "framework": (_one_of(*NAMES), f"one of {', '.join(NAMES)}"),
    "reset": (_one_of(*RESETS), f"one of {', '.join(RESETS)}"),
    "reset_delay": (_truth, "true or false"),
    "strict": (_truth, "true or false"),
    "multiple": (_truth, "true or false"),
    "max_spikes": (_whole, "a whole number"),
    "lower_bound": (_number, "a finite number"),
    "normalise_input": (_truth, "true or false"),
    "dt": (_number, "seconds above 0"),
}
"""How a value, which may be text, is read, and what is expected."""


def checked_layers(layers: object) -> dict[str, dict[str, object]]:
    """``layers`` with its values in their types; text (``"true"``, ``"0.5"``) is read as what it says.

    Raises ModelError for what is no mapping of mappings, a choice that there is none of, and a value that is
    none.
    """
    if layers is None:
        return {}
    if not isinstance(layers, Mapping):
        raise ModelError(
            f"layers: expected a mapping from a layer's name to its choices, found {type(layers).__name__}"
        )
    checked: dict[str, dict[str, object]] = {}
    for name, own in layers.items():
        if not isinstance(own, Mapping):
            raise ModelError(
                f"layers: {name!r}: expected a mapping of choices, as {{'reset': 'zero'}}, "
                f"found {type(own).__name__}"
            )
        checked[str(name)] = {str(key): _checked(str(name), str(key), value) for key, value in own.items()}
    return checked


def for_layer(framework: str, choices: Choices, own: Mapping[str, object]) -> tuple[str, Choices]:
    """The framework and the choices of a layer: the network's, with its ``own`` in their place."""
    rest = {key: value for key, value in own.items() if key != "framework"}
    return str(own.get("framework", framework)), replace(choices, **rest)  # type: ignore[arg-type]


def parse_layer(text: str) -> tuple[str, dict[str, object]]:
    """``NAME:CHOICE=VALUE,…`` as the layer's name, which may contain colons, and its choices.

    Raises ModelError for another form.
    """
    name, colon, rest = text.rpartition(":")
    pairs = [pair.partition("=") for pair in rest.split(",")]
    if not (colon and name) or not all(key.strip() and sign and value.strip() for key, sign, value in pairs):
        raise ModelError(f"layer: expected NAME:CHOICE=VALUE, as lif1:reset=zero, found {text!r}")
    own: dict[str, object] = {key.strip().replace("-", "_"): value.strip() for key, _, value in pairs}
    return name, checked_layers({name: own})[name]


def _checked(name: str, key: str, value: object) -> object:
    if key not in _CHOICES:
        raise ModelError(f"layers: {name!r}: expected one of {', '.join(_CHOICES)}, found {key!r}")
    read, expected = _CHOICES[key]
    try:
        return read(value)
    except (TypeError, ValueError, KeyError, OverflowError):
        raise ModelError(f"layers: {name!r}: {key}: expected {expected}, found {value!r}") from None
