"""The model's own preprocessing as C: raw sensor values to the input of an integer network, in integers."""

from __future__ import annotations

import math

import numpy as np

from snnrt.data.integer_encoding import IntegerEncoding
from snnrt.data.preprocessing import Preprocessing
from snnrt.data.spike_encoding import CHANGES, POLARITIES, change_threshold
from snnrt.errors import DataError
from snnrt.ir.graph import Graph
from snnrt.targets.export.spike_encoding import changes_text, latency_text, rate_text

CALLS = (
    ("u8", np.dtype(np.uint8), "uint8_t", "Bytes"),
    ("q15", np.dtype(np.int16), "int16_t", "Q15 values"),
)
MOST_TABLES = 8
"""Tables of 512 bytes of flash each; with more channels the products are computed."""


def has_encoding(graph: Graph) -> bool:
    """Whether the core's encoding is for this model: integers, with a preprocessing of constant values or one
    that makes spikes of values."""
    chosen = Preprocessing.of_graph(graph)
    if not graph.integer or chosen is None or chosen.sample_rate is not None:
        return False
    return graph.input.is_constant or chosen.encoding != "none"


def encoding_text(graph: Graph, name: str, prefix: str) -> str:
    """Parameters and calls ``NAME_encode_u8`` and ``NAME_encode_q15`` for the model's header, or nothing."""
    if not has_encoding(graph):
        return ""
    chosen = Preprocessing.of_graph(graph)
    assert chosen is not None
    text = ""
    for call, dtype, c_type, what in CALLS:
        try:
            if chosen.encoding == "none":
                body = _constant(chosen.integers(dtype, graph.input), call, prefix)
                text += f"""
/* {what} of a sensor, ordered (height, width, channels), as the network reads them, bit for bit. */
static inline void {name}_encode_{call}(const {c_type} *values, {name}_input *input) {{
{body}}}
"""
            else:
                text += _spikes(chosen, graph, name, prefix, (call, dtype, c_type, what))
        except DataError:
            continue  # this type's values are more than 32 bits hold
    return text and "\n" + text.lstrip("\n")


def _constant(whole: IntegerEncoding, call: str, prefix: str) -> str:
    """The body of a call that makes constant values."""
    fields = np.stack([whole.multiplier, whole.offset, whole.low, whole.high], 1)
    if (fields == fields[0]).all():
        fields = fields[:1]
    count = len(fields)
    # products are as fast where nothing is limited
    tables = call == "u8" and (whole.needs_clipping or count not in (1, 3)) and count <= MOST_TABLES
    if tables:
        rows = "".join(f"        {', '.join(map(str, row))},\n" for row in _in_lines(whole.tables()[:count]))
        return f"""    static const int16_t tables[] = {{
{rows}    }};
    snnrt_encode_u8_by_table(values, input, {prefix}_INPUT_ELEMENTS, tables, {count}u);
"""
    if call == "u8":
        fields[:, 2:] = 0
    rows = ", ".join(
        f"{{{multiplier}, {_c_int32(offset)}, {low}, {high}}}"
        for multiplier, offset, low, high in fields.tolist()
    )
    last = f"{int(whole.needs_clipping)}u"
    if call == "u8":
        last = f"{prefix}_INPUT_PEAK" if whole.needs_clipping else "0"
    return f"""    static const snnrt_affine channels[] = {{{rows}}};
    snnrt_encode_{call}(values, input, {prefix}_INPUT_ELEMENTS, channels, {count}u, {last});
"""


def _in_lines(tables: np.ndarray) -> list[list[int]]:
    return tables.reshape(-1, 16).tolist()


def _spikes(
    chosen: Preprocessing, graph: Graph, name: str, prefix: str, what: tuple[str, np.dtype, str, str]
) -> str:
    """A call that makes the spikes of one timestep."""
    source = graph.input
    call, dtype, c_type, words = what
    scale = chosen.scale_of(dtype)
    elements = math.prod(source.shape)
    one = spike_units(graph)
    if chosen.encoding in CHANGES:
        values = elements // 2 if chosen.polarity == "both" else elements
        body = changes_text(
            int(change_threshold(chosen.threshold, scale)), one, POLARITIES.index(chosen.polarity),
            chosen.encoding != "delta", source.shape[0] * values // elements, call, values,
        )  # fmt: skip
        memory = f"{c_type} *last, "
        note = f" `last`: as many\n * of the caller, {values}, which timestep 0 begins anew."
    else:
        memory, note = "", ""
        text = rate_text if chosen.encoding == "rate" else latency_text
        body = text(dtype, scale, one, chosen.seed, graph.timesteps, f"{prefix}_INPUT_ELEMENTS", elements)
    return f"""
/* {words} of a sensor, ordered (height, width, channels), as spikes at one timestep, bit for bit.{note} */
static inline void {name}_encode_{call}(const {c_type} *values, {memory}uint32_t timestep,
                                        {name}_input *input) {{
{body}}}
"""


def spike_units(graph: Graph) -> int:
    """What an integer model reads as a spike."""
    source = graph.input
    return int(min(np.rint(np.float32(1) / np.float32(source.scale)), source.peak))


def _c_int32(value: int) -> str:
    return "(-2147483647 - 1)" if value == -(2**31) else str(value)
