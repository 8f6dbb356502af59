"""The fitted instructions as charges of the microcontrollers' core (targets/cores/cortex-m-dsp.toml)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CORE = Path(__file__).resolve().parents[2] / "targets" / "cores" / "cortex-m-dsp.toml"
QEMU = "QEMU 7.2, GCC 12.2, M3 / M4 / M7 / M33: "
# above the fitted figure: another compiler, another core
MARGIN = 1.1


@dataclass(frozen=True)
class Fit:
    """``figures``: instructions an event; errors of a run's total, relative."""

    figures: Mapping[str, float]
    runs: int
    mean_error: float
    largest_error: float


@dataclass(frozen=True)
class Charge:
    """What is known of an event beside its figure: its component, what the instructions do, and how many
    better kernels take, in int8 and float32 (None: half of the figure is assumed)."""

    event: str
    component: str
    text: str
    low: tuple[float | None, float | None] = (None, None)


CHARGES = (
    Charge("synaptic_operation", "synapses", "int8: two SXTAB16 for four weights, 16 outputs at a time; "
           "float32: load weight, load sum, add, store, branch. Low, int8: " + QEMU + "such pairs 1.41",
           (1.41, 5)),
    Charge("synaptic_operation_by_4", "synapses", "the loop's own instructions for four outputs at a time"),
    Charge("multiply_accumulate", "synapses", "load weight, multiply, add", (None, 5)),
    Charge("operation_by_1", "synapses", "load weight and input, multiply, add, and the loop's own"),
    Charge("row_activation", "synapses", "find the input, note it; float32: locate its weight row, enter the "
           "loop", (6, 12)),
    Charge("sum_piece", "synapses", "the sum called and the scan entered once more"),
    Charge("sum_block_16", "synapses", "call, registers saved, sums of 16 bits taken apart, added, stored"),
    Charge("sum_block_4", "synapses", "call, registers saved, sums of 16 bits taken apart, added, stored"),
    Charge("product_block", "synapses", "call, registers saved, four sums loaded and stored"),
    Charge("sum_block_1", "synapses", "call, registers saved, one sum loaded and stored"),
    Charge("listed_operation", "synapses", "two SXTAB16 for four weights, and the loop's own for 16, four "
           "rows at a time"),
    Charge("listed_operation_by_4", "synapses", "the same, the loop's own for 8 or 4"),
    Charge("listed_operation_by_1", "synapses", "load the entry and the weight, add or multiply"),
    Charge("listed_product", "synapses", "SXTB16, two SMLAxx for two weights, the loop's own for 8. Low: "
           + QEMU + "CMSIS-NN 1.94 a MAC", (1.94, None)),
    Charge("listed_product_by_4", "synapses", "the same, the loop's own for 4. Low: "
           + QEMU + "CMSIS-NN 1.94 a MAC", (1.94, None)),
    Charge("listed_block_16", "synapses", "16 sums begun, taken apart, added, stored"),
    Charge("listed_block_4", "synapses", "call, registers saved, 8 or 4 sums taken apart, added, stored"),
    Charge("listed_block_1", "synapses", "one sum loaded and stored"),
    Charge("value_block", "synapses", "call, registers saved, 4 or 8 sums loaded and stored"),
    Charge("plane_list", "synapses", "a plane found, its list entered between four rows"),
    Charge("plane_16", "synapses", "eight SADD16, the plane counted"),
    Charge("sum_call", "synapses", "call of a sum, its planes and blocks noted"),
    Charge("tap_block", "synapses", "eight sums loaded and stored, entered between four pairs"),
    Charge("tap_operation", "synapses", "LDM, two SMLAD for four products, the loop's own for 16, four pairs "
           "at a time"),
    Charge("depthwise_operation", "synapses", "channel found, its weight multiplied and added"),
    Charge("depthwise_block", "windows", "bounds of a window, its channels' sums begun", (60, 60)),
    Charge("depthwise_tap", "windows", "word of spikes put together, pixel and weights found"),
    Charge("depthwise_value", "windows", "value compared with zero, noted"),
    Charge("window", "windows", "bounds of a convolution's window and its bookkeeping", (60, 60)),
    Charge("window_run", "windows", "one call of the scan and its set-up", (25, 25)),
    Charge("scan_word", "windows", "one word of spikes", (10, 10)),
    Charge("scan_value", "windows", "one value compared with zero", (4, 4)),
    Charge("listed_step", "windows", "call, room for the lists laid out"),
    Charge("listed_row", "windows", "lists forgotten, first window found"),
    Charge("list_window", "windows", "bounds of a window, its sum begun", (60, None)),
    Charge("list_column", "windows", "a column found, the lists' ends noted"),
    Charge("column_line", "windows", "a line found, its first word loaded", (25, None)),
    Charge("list_spike", "windows", "lowest bit found and cleared, its weight row noted", (6, None)),
    Charge("list_value", "windows", "four values compared with zero at a time", (2, None)),
    Charge("list_input", "windows", "value taken apart"),
    Charge("list_entry", "windows", "noted in the list of a plane"),
    Charge("list_output", "windows", "bias copied, or 0 stored", (2, None)),
    Charge("tap_line", "windows", "a line found, room for it cleared"),
    Charge("tap_input", "windows", "value laid out, compared with zero", (2, None)),
    Charge("tap_weight", "windows", "weight widened, laid out beside that of the next tap"),
    Charge("tap_column", "windows", "window looked at, whether it is all zeros"),
    Charge("tap_output", "windows", "bias copied", (2, None)),
    Charge("output_element", "windows", "bias copied word by word; float32: measured alone, as the "
           "difference between two convolutions", (2, 2)),
    Charge("row_block", "dispatch", "a convolution called for a few rows"),
    Charge("arena_word", "neurons", "0 stored"),
    Charge("neuron_update", "neurons", "LIF: decay (int8: SMMLAR), addition, comparison. Low, "
           "float32: " + QEMU + "LIF update 13.1 a neuron and step", (None, 13.1)),
    Charge("neuron_spike", "neurons", "bit set, reset"),
    Charge("neuron_run", "neurons", "parameters found, loop called and entered"),
    Charge("neuron_single", "neurons", "a neuron at a time, its parameters' distances added"),
    Charge("neuron_general", "neurons", "the loop for every kind of neuron, which asks for each option"),
    Charge("neuron_synapse", "neurons", "one more state, decayed", (15, 12)),
    Charge("neuron_bias", "neurons", "one more addition; float32: one more pass over a block", (4, 4)),
    Charge("neuron_reset_next", "neurons", "a second comparison", (5, 5)),
    Charge("neuron_int16", "neurons", "widened, clamped, narrowed", (4, 4)),
    Charge("neuron_bound", "neurons", "one more comparison; float32: one more pass over a block", (3, 3)),
    Charge("neuron_adaptation", "neurons", "one more state: decayed, added to the threshold, raised"),
    Charge("neuron_refractory", "neurons", "a counter looked at"),
    Charge("neuron_parameter", "neurons", "copied with the channel counted round", (2, 2)),
    Charge("neuron_step", "neurons", "pointers set up; float32: parameters laid out in blocks", (100, 200)),
    Charge("pool_tap", "other layers", "one place of a window of packed spikes", (20, 20)),
    Charge("pool_element", "other layers", "one channel of it; int8: outputs cleared", (0.5, 4)),
    Charge("pool_spike", "other layers", "lowest bit found, output increased"),
    Charge("pool_any_word", "other layers", "a word found, put together with those of the window's other "
           "places", (16, 16)),
    Charge("pool_word", "other layers", "four words found, added bit by bit"),
    Charge("pool_four", "other layers", "four sums spread by two products, stored"),
    Charge("add_element", "other layers", "one element of one input", (8, 6)),
    Charge("readout_element", "other layers", "accumulate, compare with the best", (25, 25)),
    Charge("node_step", "dispatch", "one node of a step, of a dense layer with its window", (50, 50)),
    Charge("exit_step", "exit rule", "entropy: logarithm by table, 64-bit division; mean over both rules",
           (40, 80)),
    Charge("exit_class", "exit rule", "distance, exponential by table, two sums", (50, 35)),
)  # fmt: skip


def charge_tables(fits: Mapping[str, Fit], compiler: str) -> str:
    """The core's ``[[charges]]``; ``fits`` by numbers, ``compiler`` a version of GCC."""
    return "\n\n".join(_tables(fits, compiler)) + "\n"


def _tables(fits: Mapping[str, Fit], compiler: str) -> Iterator[str]:
    where = (
        f"the core, GCC {compiler} -O2, Thumb-2 with DSP instructions for Cortex-M4, no scratch memory; "
        "instructions, not cycles"
    )
    for charge in CHARGES:
        for numbers, low in zip(("int8", "float32"), charge.low):
            fit = fits[numbers]
            if charge.event not in fit.figures:
                continue
            value = _three_places(fit.figures[charge.event])
            fitted = f"fitted to {fit.runs} runs (mean error {100 * fit.mean_error:.1f} %)"
            source = f"the core in an emulator, {fitted}: {charge.text}"
            if low is None:
                low = value / 2
                source += ". Low: half, assumed"
            fields = {
                "event": charge.event, "component": charge.component, "numbers": numbers, "value": value,
                "low": min(_three_places(low), value), "high": _three_places(MARGIN * value),
                "unit": "instruction", "mark": "derived", "source": source, "operating_point": where,
            }  # fmt: skip
            lines = (f"{name} = {json.dumps(field, ensure_ascii=False)}" for name, field in fields.items())
            yield "\n".join(["[[charges]]", *lines])


def _three_places(value: float) -> float:
    return float(f"{value:.3g}")


def with_charges(core: str, tables: str) -> str:
    """The text of a core with its charges, which stand last, replaced."""
    return core[: core.index("[[charges]]")] + tables
