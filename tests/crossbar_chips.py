"""Chips under random models as files for crossbar_runs.c, and its results held against the device's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from exported_models import Exported, export
from strategies import random_graph

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.core import ChipLayer
from snnrt.devices.crossbar.device import Crossbar
from snnrt.devices.crossbar.layers import Calibration
from snnrt.devices.crossbar.session import synapses_of
from snnrt.ir.graph import Graph
from snnrt.network import Network
from snnrt.results.counts import Counts
from snnrt.results.result import Result

# as crossbar_runs.c reads them
NUMBERS = (
    "node", "mode", "groups", "fan_in", "outputs", "lanes", "slices", "tile_rows", "row_tiles", "bits",
    "codes", "noisy",
)  # fmt: skip
FLOATS = ("variance_step", "row_variance", "read_variance", "scale")
ARRAYS = (
    "order", "output_order", "matrix", "variance", "gain", "offset", "bow", "correction", "worth",
    "output_offset", "keys",
)  # fmt: skip


@dataclass(frozen=True)
class ChipRun:
    """A model on a chip: what the device says of its inputs, and its layers' events."""

    model: Exported
    result: Result
    events: tuple[Any, ...]


def export_chip(folder: Path, place: int, graph: Graph, x: np.ndarray, crossbar: Crossbar) -> ChipRun:
    """Write ``place``.snnrt, ``place``.input and ``place``.chip."""
    model = export(folder, place, graph, x)
    network = Network(graph)
    result = network.run(x, device=crossbar)
    raw, events = [], []
    synapses = synapses_of(network.model)
    for one in synapses:
        arrays = crossbar.programmed(one.node).arrays
        layer = arrays.layer(one.bits, one.index, one.order, one.output_order)
        raw += _layer_bytes(layer, one.elements)
        events.append(crossbar.events_of(one.node.name, layer))
    (folder / f"{place}.chip").write_bytes(np.uint32(len(synapses)).tobytes() + b"".join(raw))
    return ChipRun(model, result, tuple(events))


def _layer_bytes(layer: ChipLayer, elements: int) -> Iterator[bytes]:
    yield np.array([*(getattr(layer.struct, name) for name in NUMBERS), elements], np.uint32).tobytes()
    yield np.array([getattr(layer.struct, name) for name in FLOATS], np.float64).tobytes()
    for name in ARRAYS:
        array = layer.arrays.get(name)
        raw = b"" if array is None else np.ascontiguousarray(array).tobytes()
        yield np.uint32(len(raw)).tobytes() + raw


def random_chip(rng: np.random.Generator, graph: Graph) -> Crossbar:
    """Ideal or with errors, with and without converters, noise and calibration."""
    ideal = rng.random() < 0.2
    config: dict[str, object] = {
        "rows": int(rng.choice([3, 17, 64, 100, 128])),
        "cell_bits": int(rng.integers(1, 8)),
        "seed": int(rng.integers(100)),
    }
    if not ideal:
        config |= {"on_off_ratio": 10.0, "programming_error": 0.05, "adc_bits": int(rng.choice([0, 3, 8]))}
        noise = rng.choice(["", "read_noise", "absolute", "proportional"])
        if noise == "read_noise":
            config["read_noise"] = 0.3
        elif noise:
            config |= {"device_read_noise": 0.05, "device_read_noise_model": noise}
        if config["adc_bits"] and rng.random() < 0.5:
            config |= {"adc_offset": 0.5, "adc_gain_error": 0.05, "adc_nonlinearity": 0.5}
    crossbar = Crossbar(CrossbarConfig(**config))  # type: ignore[arg-type]
    for one in synapses_of(Network(graph).model):
        if not ideal and rng.random() < 0.3:
            mapping = crossbar.mapping(one.node)
            shape = (mapping.groups, mapping.outputs)
            crossbar.calibrations[one.node.name] = Calibration(
                output_gain=rng.uniform(0.9, 1.1, shape), output_offset=rng.uniform(-5, 5, shape)
            )
    return crossbar


def export_random_chips(folder: Path, count: int, seed: int) -> list[ChipRun]:
    """``count`` random integer models on random chips."""
    found = []
    for place in range(count):
        rng = np.random.default_rng((seed, place))
        graph, x = random_graph(rng, "int8", blocks=int(rng.integers(1, 5)))
        found.append(export_chip(folder, place, graph, x, random_chip(rng, graph)))
    return found


def check_chip_output(raw: bytes, run: ChipRun) -> int:
    """Every kernel set gives what the device gave; returns how many there were."""
    graph = run.model.graph
    inputs = np.dtype(
        [
            ("words", "<u4", 3),
            ("accumulators", "<i4", graph.readout.shape[0]),
            ("counts", "<u8", (len(graph.nodes), len(Counts.FIELDS))),
        ]
    )
    events = b"".join(
        np.array([one.windows, one.silent_windows], np.uint64).tobytes()
        + one.passes.tobytes()
        + one.row_activations.tobytes()
        + one.reads.tobytes()
        for one in run.events
    )
    size = inputs.itemsize * run.model.inputs + len(events)
    assert len(raw) % size == 0 and raw
    sums = np.frombuffer(raw, inputs, run.model.inputs)["accumulators"]
    for start in range(0, len(raw), size):
        found = np.frombuffer(raw, inputs, run.model.inputs, start)
        assert raw[start + size - len(events) : start + size] == events
        assert np.array_equal(found["words"][:, 0], run.result.predictions)
        assert np.array_equal(found["words"][:, 1], run.result.timesteps)
        for place, field in enumerate(Counts.FIELDS):
            assert np.array_equal(found["counts"][:, :, place], getattr(run.result.counts, field))
        assert np.array_equal(found["accumulators"], sums)
    return len(raw) // size
