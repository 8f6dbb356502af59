"""The frameworks that snnrt knows: each is the module of its name here, and holds ``FRAMEWORK``."""

from __future__ import annotations

from importlib import import_module

from snnrt.converters.frameworks.framework import Framework
from snnrt.errors import ModelError

NAMES = (
    "snntorch",
    "spikingjelly",
    "norse",
    "sinabs",
    "rockpool",
    "lava",
    "nir",
)
"""In the order in which options and messages list them."""


def find_framework(name: str) -> Framework:
    """The framework of this ``name``. Raises ModelError for another name."""
    if name not in NAMES:
        raise ModelError(f"framework: expected one of {', '.join(NAMES)}, found {name!r}")
    framework: Framework = import_module(f"{__package__}.{name}").FRAMEWORK
    return framework
