"""Events by timestep."""

from __future__ import annotations

from small_networks import dense_lif

from snnrt.calibration.step_counts import counted_steps, step_counts
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


def test_long_runs_are_counted_after_some_timesteps() -> None:
    assert counted_steps(1) == [1] and counted_steps(5) == [1, 2, 3, 4, 5]
    for timesteps in (16, 17, 77, 1000, 65535):
        steps = counted_steps(timesteps)
        assert steps[:16] == list(range(1, 17)) and steps[-1] == timesteps
        assert steps == sorted(set(steps)) and len(steps) < 64
