"""Events by timestep."""

from __future__ import annotations

from small_networks import dense_lif

from snnrt.calibration.step_counts import step_counts
from snnrt.network import Network


def test_events_of_each_timestep() -> None:
    graph, x = dense_lif("int8")
    network = Network(graph)
    counts = step_counts(network.model, x)
    assert len(counts) == graph.timesteps
    for step, found in enumerate(counts, 1):
        expected = network.run(x, exit="never", timesteps=step).counts
        assert found.spikes.tolist() == expected.spikes.tolist()
        assert found.timesteps.tolist() == [step] * len(x)
