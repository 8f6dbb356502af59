"""Counts the core's instructions on a Cortex-M4 and rewrites what depends on them.

    python benchmarks/microcontroller_instructions/recount.py           about 3 minutes
    python benchmarks/microcontroller_instructions/recount.py --check   prints, writes nothing

Runs the core in an emulator on small networks, fits the instructions of each event (non-negative least
squares on relative errors, of whole runs and of parts of them), and writes the charges of
targets/cores/cortex-m-dsp.toml and tests/targets/counted_runs.json. Needs arm-none-eabi-gcc with newlib, and
`pip install 'snnrt[benchmark]'`.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from charges import CORE, Fit, charge_tables, with_charges
from counted_networks import IN_TESTS, WHOLE, Networks, Whole
from emulated_core import EmulatedCore, compiler_version
from scipy.optimize import nnls

from snnrt.atomic_write import write_atomically
from snnrt.ir.graph import Graph
from snnrt.network import Network
from snnrt.results.counts import Counts
from snnrt.targets.microcontroller import events_of
from snnrt.targets.target import Microcontroller

COUNTED_RUNS = Path(__file__).resolve().parents[2] / "tests" / "targets" / "counted_runs.json"
FIELDS = Counts.FIELDS
EVENTS = tuple(Microcontroller.events)
NEURONS = frozenset(event for event in EVENTS if event.startswith("neuron_"))
# functions that do nothing but some of the events
PARTS = (
    (re.compile(
        r"neuron|^next_|update_(plain|words|in_words|variants|wide|narrow|run|from|layer|with|by_copies|currents)"
    ), NEURONS),
    (re.compile(r"exit_(sum|entropy|probability)|^quotient"), frozenset({"exit_step", "exit_class"})),
    (re.compile("network_reset"), frozenset({"arena_word"})),
    (re.compile(r"add_planes|_(count|value)_rows|dsp_add_values"), frozenset(
        {"listed_operation", "listed_operation_by_4", "listed_operation_by_1", "listed_block_16",
         "listed_block_4", "listed_block_1", "listed_product", "listed_product_by_4", "value_block",
         "plane_list", "plane_16", "sum_call"}
    )),
    (re.compile(r"^(finish|add_spikes_to|add_to_[14])"), frozenset(
        {"synaptic_operation", "synaptic_operation_by_4", "multiply_accumulate", "operation_by_1",
         "sum_block_16", "sum_block_4", "sum_block_1", "product_block"}
    )),
    (re.compile("sum_listed|(add|drop)_columns|list_(column|value_fours)|_pieces|begin_sums"), frozenset(
        {"listed_step", "listed_row", "list_column", "column_line", "list_spike", "list_value", "list_input",
         "list_entry", "list_window", "list_output"}
    )),
    (re.compile("conv2d_image|lay_out_line|sum_pairs"), frozenset(
        {"tap_line", "tap_input", "tap_weight", "tap_column", "tap_output"}
    )),
    (re.compile("add_pairs"), frozenset({"tap_block", "tap_operation"})),
    (re.compile("max_pool_bits"), frozenset({"pool_any_word"})),
    (re.compile("snnrt_pool_bits"), frozenset({"pool_word", "pool_four"})),
)  # fmt: skip
PART_WEIGHT = 0.1
"""Of a part's instructions beside all of a run's: enough to tell events apart that come together."""


def event_counts(graph: Graph, counts: Counts) -> np.ndarray:
    """How often each of EVENTS happened in the one input of ``counts``."""
    totals: Counter[str] = Counter()
    for _, event, count in events_of(Network(graph).graph, counts):
        totals[event] += float(count[0])
    return np.array([totals[event] for event in EVENTS])


def output_element(core: EmulatedCore, networks: Networks) -> float:
    """What a sum takes an output where there are no events: the difference between two convolutions."""
    copied, outputs = [], []
    for graph, x in networks.convolutions_of((32, 64)):
        functions, _ = core.count(graph, x)
        copied.append(sum(count for name, count in functions.items() if name.startswith("snnrt_accumulate_")))
        outputs.append(np.prod(graph["conv"].shape))
    return float((copied[1] - copied[0]) / (outputs[1] - outputs[0]))


def fit(core: EmulatedCore, networks: Networks) -> Fit:
    """The instructions of each event. A neuron follows each output, so that totals in float32 cannot tell
    the two apart: ``output_element`` is measured alone. Raises RuntimeError where the core fails."""
    counted = []
    for graph, x in networks.fitted():
        functions, result = core.count(graph, x)
        counted.append((event_counts(graph, result.counts), functions))
    return fit_of(counted, {} if networks.integer else {"output_element": output_element(core, networks)})


def fit_of(counted: Sequence[tuple[np.ndarray, Counter[str]]], known: Mapping[str, float]) -> Fit:
    """The instructions of each event, from whole runs and, with less weight, from parts of them.
    ``counted``: events and instructions by function of each run; ``known``: what is not fitted."""
    events = np.array([row for row, _ in counted])
    instructions = np.array([functions.total() for _, functions in counted], float)
    parts = np.array([part_counts(functions) for _, functions in counted])
    # functions of int8 are none of float32, whose events have the same names
    present = parts.any(0)[:-1]
    figures = np.zeros(len(EVENTS))
    free = events.any(0)
    for event, figure in known.items():
        figures[EVENTS.index(event)] = figure
        free[EVENTS.index(event)] = False
    of_parts = [
        np.array([event in part for event in EVENTS]) * seen for (_, part), seen in zip(PARTS, present)
    ]
    rest = ~np.logical_or.reduce(of_parts)
    matrix = [events, *(PART_WEIGHT * events * part for part in (*of_parts, rest))]
    taken = [instructions, *(PART_WEIGHT * parts.T)]
    # a part's errors count relative to the part, less where it is a small share of the run
    relative = np.concatenate(
        [
            instructions,
            *(np.sqrt(instructions * np.maximum(part, 0.01 * instructions)) for part in parts.T),
        ]
    )
    stacked = np.vstack(matrix)
    wanted = np.concatenate(taken) - stacked @ figures
    figures[free] = nnls(stacked[:, free] / relative[:, None], wanted / relative, maxiter=10_000)[0]
    errors = np.abs(events @ figures / instructions - 1)
    seen = {event: float(figure) for event, figure, any_ in zip(EVENTS, figures, events.any(0)) if any_}
    return Fit(seen, len(counted), float(errors.mean()), float(errors.max()))


def part_counts(functions: Mapping[str, int]) -> list[float]:
    """The instructions of each of PARTS, and of all other functions."""
    found = [0.0] * (len(PARTS) + 1)
    for name, count in functions.items():
        place = next((place for place, (wanted, _) in enumerate(PARTS) if wanted.search(name)), len(PARTS))
        found[place] += count
    return found


def counted_run(described: Whole, graph: Graph, counts: Counts, instructions: int) -> dict[str, object]:
    """An entry of counted_runs.json."""
    return {
        "numbers": described.numbers, "channels": list(described.channels), "size": described.size,
        "encoding": described.encoding, "rule": described.rule, "timesteps": int(counts.timesteps[0]),
        "instructions": instructions,
        "events": {field: getattr(counts, field)[0].tolist() for field in FIELDS},
    }  # fmt: skip


def whole_runs(core: EmulatedCore, fits: Mapping[str, Fit]) -> list[dict[str, object]]:
    """Counts the networks that stayed out of the fit, and prints how the fit predicts them."""
    runs = []
    for described in WHOLE:
        graph, x = Networks(described.numbers, seed=1).whole(described)
        functions, result = core.count(graph, x)
        figures = np.array([fits[described.numbers].figures.get(event, 0.0) for event in EVENTS])
        error = event_counts(graph, result.counts) @ figures / functions.total() - 1
        print(f"{described}: {functions.total():,} instructions, predicted {error:+.1%}")
        runs.append(counted_run(described, graph, result.counts, functions.total()))
    return runs


def print_fits(fits: Mapping[str, Fit]) -> None:
    """Print each event's instructions."""
    for numbers, fitted in fits.items():
        errors = f"error mean {fitted.mean_error:.1%}, largest {fitted.largest_error:.1%}"
        print(f"{numbers}: {fitted.runs} runs, {errors}")
        for event, figure in fitted.figures.items():
            print(f"    {event:20} {figure:8.2f}")


def main() -> None:
    """Count, fit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="print the figures, write nothing")
    check = parser.parse_args().check
    try:
        with tempfile.TemporaryDirectory() as folder:
            core = EmulatedCore(Path(folder))
            fits = {numbers: fit(core, Networks(numbers)) for numbers in ("int8", "float32")}
            print_fits(fits)
            runs = whole_runs(core, fits)
    except FileNotFoundError as error:
        parser.exit(1, f"recount: {error.filename} not found; install gcc-arm-none-eabi and its newlib\n")
    except subprocess.CalledProcessError as error:
        parser.exit(1, f"recount: {error.cmd[0]} failed:\n{error.stderr}")
    if check:
        return
    tables = charge_tables(fits, compiler_version())
    write_atomically(CORE, with_charges(CORE.read_text("utf-8"), tables).encode())
    lines = ",\n".join(json.dumps(run) for run in runs[:IN_TESTS])
    write_atomically(COUNTED_RUNS, f"[\n{lines}\n]\n".encode())


if __name__ == "__main__":
    main()
