"""NIR's primitives and their fields, read with any version of the ``nir`` package, or without.

Versions of ``nir`` know different nodes and fields (1.0.4 has no ``v_reset``, no CubaLI), and some frameworks
pin old ones; files of all of them are read alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

REQUIRED = object()
OLD_RESET = object()
"""Files of versions without ``v_reset`` reset to 0."""

FIELDS: dict[str, dict[str, Any]] = {
    "Input": {"shape": REQUIRED},
    "Output": {"shape": REQUIRED},
    "NIRGraph": {"nodes": REQUIRED, "edges": REQUIRED},
    "Affine": {"weight": REQUIRED, "bias": REQUIRED},
    "Linear": {"weight": REQUIRED},
    "Scale": {"scale": REQUIRED},
    "Conv1d": {
        "weight": REQUIRED, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": REQUIRED,
        "input_shape": None,
    },
    "Conv2d": {
        "weight": REQUIRED, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": REQUIRED,
        "input_shape": None,
    },
    "SumPool2d": {"kernel_size": REQUIRED, "stride": REQUIRED, "padding": REQUIRED},
    "AvgPool2d": {"kernel_size": REQUIRED, "stride": REQUIRED, "padding": REQUIRED},
    "Flatten": {"start_dim": 1, "end_dim": -1, "input_type": None},
    "Delay": {"delay": REQUIRED},
    "Threshold": {"threshold": REQUIRED},
    "I": {"r": REQUIRED},
    "IF": {"r": REQUIRED, "v_threshold": REQUIRED, "v_reset": OLD_RESET},
    "LI": {"tau": REQUIRED, "r": REQUIRED, "v_leak": REQUIRED},
    "LIF": {
        "tau": REQUIRED, "r": REQUIRED, "v_leak": REQUIRED, "v_threshold": REQUIRED, "v_reset": OLD_RESET,
    },
    "CubaLI": {
        "tau_syn": REQUIRED, "tau_mem": REQUIRED, "r": REQUIRED, "v_leak": REQUIRED, "w_in": 1.0,
    },
    "CubaLIF": {
        "tau_syn": REQUIRED, "tau_mem": REQUIRED, "r": REQUIRED, "v_leak": REQUIRED,
        "v_threshold": REQUIRED, "v_reset": OLD_RESET, "w_in": 1.0,
    },
}  # fmt: skip
"""For each primitive its fields, and what stands for one that a file leaves out."""

UNREAD = ("input_type", "output_type", "metadata", "input_shape", "type")
"""What files hold beside, and says nothing that the rest does not."""


class NirNode:
    """A node of the primitive ``kind``; its fields are attributes."""

    def __init__(self, kind: str, values: Mapping[str, Any]) -> None:
        """Raises TypeError where a field is missing or unknown to the primitive."""
        known = FIELDS[kind]
        unknown = [key for key in values if key not in known and key not in UNREAD]
        missing = [key for key, default in known.items() if default is REQUIRED and key not in values]
        if unknown or missing:
            words = [f"without {', '.join(missing)}"] * bool(missing)
            words += [f"with {', '.join(map(repr, unknown))}, which it does not have"] * bool(unknown)
            raise TypeError("; ".join(words))
        self.kind = kind
        self.names = tuple(key for key in known if key not in UNREAD)
        for key in self.names:
            value = values[key] if key in values else known[key]
            if value is OLD_RESET:
                value = np.zeros_like(values["v_threshold"])
            setattr(self, key, np.float32(value) if isinstance(value, float) else value)

    def __getattr__(self, name: str) -> Any:
        # what mypy may expect of a node; fields themselves are found before
        raise AttributeError(f"{self.kind} has no {name}")

    @property
    def values(self) -> dict[str, Any]:
        """Its fields by name."""
        return {name: getattr(self, name) for name in self.names}


def as_node(node: object) -> NirNode:
    """A node of the ``nir`` package as one of ours; a framework's tensors in it become arrays.

    Raises TypeError where it is none of NIR's primitives.
    """
    if isinstance(node, NirNode):
        return node
    kind = type(node).__name__
    if kind not in FIELDS or kind == "NIRGraph":
        raise TypeError(f"type {kind} is not known")
    values = {key: _array(value) for key, value in vars(node).items() if key in FIELDS[kind]}
    end = {"Input": "input_type", "Output": "output_type"}.get(kind)
    if end is not None:
        values["shape"] = _array(getattr(node, end)[end.removesuffix("_type")])
    return NirNode(kind, values)


def _array(value: Any) -> Any:
    if not hasattr(value, "detach"):
        return value
    value = value.detach().cpu()
    return value.numpy() if hasattr(value, "numpy") else np.asarray(value)
