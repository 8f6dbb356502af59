"""The model's own preprocessing as C: raw sensor values to the input of an integer network, in integers."""

from __future__ import annotations

import numpy as np

from snnrt.data.preprocessing import Preprocessing
from snnrt.errors import DataError
from snnrt.ir.graph import Graph

_CALLS = (
    ("u8", np.dtype(np.uint8), "uint8_t", "Bytes"),
    ("q15", np.dtype(np.int16), "int16_t", "Q15 values"),
)


def has_encoding(graph: Graph) -> bool:
    """Whether the core's encoding is for this model: constant values in integers, with a preprocessing."""
    return graph.integer and graph.input.is_constant and Preprocessing.of_graph(graph) is not None


def encoding_text(graph: Graph, name: str, prefix: str) -> str:
    """Parameters and calls ``NAME_encode_u8`` and ``NAME_encode_q15`` for the model's header, or nothing."""
    if not has_encoding(graph):
        return ""
    chosen = Preprocessing.of_graph(graph)
    assert chosen is not None
    text = ""
    for call, dtype, c_type, what in _CALLS:
        try:
            whole = chosen.integers(dtype, graph.input)
        except DataError:
            continue  # this type's values are more than 32 bits hold
        pairs = np.stack([whole.multiplier, whole.offset], 1)
        if (pairs == pairs[0]).all():
            pairs = pairs[:1]
        rows = ", ".join(f"{{{multiplier}, {_c_int32(offset)}}}" for multiplier, offset in pairs.tolist())
        peak = f"{prefix}_INPUT_PEAK" if whole.needs_clipping else "0"
        text += f"""
/* {what} of a sensor, ordered (height, width, channels), as the network reads them, bit for bit. */
static inline void {name}_encode_{call}(const {c_type} *values, {name}_input *input) {{
    static const snnrt_affine channels[] = {{{rows}}};
    snnrt_encode_{call}(values, input, {prefix}_INPUT_ELEMENTS, channels, {len(pairs)}u, {peak});
}}
"""
    return text and "\n" + text.lstrip("\n")


def _c_int32(value: int) -> str:
    return "(-2147483647 - 1)" if value == -(2**31) else str(value)
