"""The spiking networks of this comparison: their layers, how they are trained and converted, and which
ordinary network is the twin of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ordinary_layers import ORDINARY, Layer, pooled


@dataclass(frozen=True)
class Recipe:
    """``epochs`` of ``images``, ``late`` of them with all timesteps (the others with one) at a third of the
    learning rate; an ordinary network sees as many. ``rate_target``: of neurons, beyond which the loss grows.
    ``bfloat16``: layers compute in it."""

    images: int
    epochs: int
    batch: int
    late: int
    rate_target: float = 1.0
    rate_weight: float = 0.0
    learning_rate: float = 3e-3
    bfloat16: bool = True


SHORT = Recipe(images=12_800, epochs=3, batch=64, late=3)
FULL = Recipe(images=58_000, epochs=4, batch=64, late=1)
RECIPES = {"short": SHORT, "full": FULL}
"""Of ordinary networks, by name."""


@dataclass(frozen=True)
class Spiking:
    """``layers``, with a neuron where the ordinary network has ReLU. ``twin``: an ordinary network, whose
    recipe of RECIPES is ``twin_recipe``. ``conversion``: beyond int8, as of ``snnrt.open``."""

    layers: tuple[Layer, ...]
    twin: str
    twin_recipe: str
    recipe: Recipe
    conversion: Mapping[str, Any] = field(default_factory=dict)


_SPARSE = replace(FULL, rate_target=0.08, rate_weight=3.0)
_POOL = replace(SHORT, bfloat16=False)

SPIKING: dict[str, Spiking] = {
    "conv_pool": Spiking(ORDINARY["conv_pool"], "conv_pool", "short", _POOL),
    "conv_pool_small": Spiking(
        ORDINARY["conv_pool"], "conv_pool", "short", _POOL, {"state_bits": 16, "memory": "least"}
    ),
    # CMSIS-NN's max pools of these sizes were not counted: its twin has average pools
    "conv_max": Spiking(
        pooled("maxpool", 16, 32), "conv_pool", "full", replace(FULL, rate_target=0.05, rate_weight=5.0)
    ),
    "conv_stride": Spiking(ORDINARY["conv_stride"], "conv_stride", "full", _SPARSE),
    "separable": Spiking(ORDINARY["separable"], "separable", "full", _SPARSE),
    "dense": Spiking(ORDINARY["dense"], "dense", "full", _SPARSE),
}  # fmt: skip
"""By the name of the file."""
