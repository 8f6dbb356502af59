"""Several spikes a step are small integers everywhere: every node that may read counts reads them."""

from __future__ import annotations

import numpy as np
import pytest
from scalar_network import run_scalar

from snnrt import GraphBuilder
from snnrt.devices.cpu import kernel_sets
from snnrt.devices.crossbar.device import Crossbar, CrossbarConfig
from snnrt.ir.graph import Graph, arithmetic_of
from snnrt.ir.nodes import NODES
from snnrt.network import Network
from snnrt.reference.run import Reference

STEPS, INPUTS, CAP = 4, 3, 6
RECORD = ("spikes", "membranes")


def counting_network(numbers: str) -> tuple[Graph, np.ndarray]:
    """Neurons that fire up to 6 times a step, between them a node of each kind that reads counts, and
    ``x`` (3, 4, 2, 6, 6), of 0 … 5."""
    rng, integer = np.random.default_rng(2), numbers == "int8"
    fields = {"high": 5.0, **({"scale": 1.0, "peak": 5} if integer else {})}
    g = GraphBuilder(
        (2, 6, 6), encoding="spikes", timesteps=STEPS, arithmetic=arithmetic_of(numbers), **fields
    )

    def weights(*shape: int) -> np.ndarray:
        return rng.integers(-2, 6, shape).astype(np.int8 if integer else np.float32)

    def several(x, name: str, threshold: int):
        leak = 24576 if integer else 0.75
        return g.neuron(
            x, name=name, membrane=leak, threshold=threshold, reset="subtract", multiple=True, max_spikes=CAP
        )

    x = several(g.conv2d(g.input, weights(4, 2, 3, 3), padding=1, name="images"), "n1", 20)
    x = several(g.conv2d(x, weights(4, 1, 3, 3), padding=1, groups=4, name="depthwise"), "n2", 10)
    x = several(g.conv2d(x, weights(4, 4, 1, 1), name="pointwise"), "n3", 5)
    x = g.concatenate(g.max_pool2d(x, (2, 2), stride=2), g.sum_pool2d(x, (2, 2), stride=2))
    x = g.delay(g.pad2d(x, (1, 0, 0, 1)), 1, name="later")
    x = g.add(x, x, name="twice")
    if not integer:
        x = g.avg_pool2d(x, (2, 2), stride=1)
    x = several(g.dense(g.flatten(x), weights(5, int(np.prod(x.shape)))), "n4", 90)
    x = g.dense(x, weights(3, 5), name="last")
    return g.finish(x, scale=np.ones(3) if integer else None), rng.integers(0, 6, (INPUTS, STEPS, 2, 6, 6))


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_counts_are_there_at_every_node(numbers: str) -> None:
    """And the reference has of each what loops over single values give."""
    graph, x = counting_network(numbers)
    readers = {node.KIND.name for node in NODES if "int16" in str(node.KIND.reads)}
    # of these only the potentials may be numbers
    assert readers - {node.kind for node in graph} <= {"inhibition", "winners"}
    expected = run_scalar(graph, x[0].astype(np.float32))
    for node in graph.nodes[:-2]:
        values = expected.outputs[node.name]
        assert values.max() > 1, node.name
    for name in ("n1", "n2", "n3"):
        assert expected.outputs[name].max() == CAP
    result = Reference(graph).run(x, record=RECORD)
    for name, values in result.spikes.items():
        np.testing.assert_array_equal(values[0], expected.outputs[name])


@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize("kernels", kernel_sets())
def test_the_core_gives_the_same(numbers: str, kernels: str) -> None:
    graph, x = counting_network(numbers)
    expected = Reference(graph).run(x, record=RECORD)
    found = Network(graph).run(x, record=RECORD, kernels=kernels)
    np.testing.assert_array_equal(found.logits, expected.logits)
    for name, values in expected.spikes.items():
        np.testing.assert_array_equal(found.spikes[name], values)
        np.testing.assert_array_equal(found.membranes[name], expected.membranes[name])
    np.testing.assert_array_equal(found.counts.capped_updates, expected.counts.capped_updates)


@pytest.mark.parametrize(
    "config",
    [
        CrossbarConfig(rows=16, cell_bits=2),
        CrossbarConfig(rows=7, mapping="offset", on_off_ratio=10),
        # one code a level: each pass of one bit is converted without rounding
        CrossbarConfig(rows=16, cell_bits=3, adc_bits=9, adc_range="level"),
    ],
)
def test_an_ideal_crossbar_applies_counts_bit_by_bit(config: CrossbarConfig) -> None:
    graph, x = counting_network("int8")
    expected, crossbar = Reference(graph).run(x, record=RECORD), Crossbar(config)
    found = Reference(graph, crossbar).run(x, record=RECORD)
    np.testing.assert_array_equal(found.logits, expected.logits)
    for name, values in expected.spikes.items():
        np.testing.assert_array_equal(found.spikes[name], values)
    for name in ("images", "depthwise", "pointwise", "last"):
        events = crossbar.events[name]
        # 6 is two bits set, of three
        assert events.windows - events.silent_windows < events.passes <= 3 * events.windows
