"""Each assumption is one line that names what it is about."""

from __future__ import annotations

from snnrt.converters.common import assumptions


def test_lines() -> None:
    assert assumptions.recurrence("a", "b") == "recurrence: 'a' reads 'b' of the step before"
    assert assumptions.timestep_count(7) == "timesteps = 7"
    assert assumptions.batch_axis((1, 4)) == "the leading 1 of the input shape (1, 4) is a batch axis"
    assert assumptions.height_of_one((2, 5)) == "the input shape (2, 5) is (channels, height 1, width)"
    assert assumptions.flattened_for("fc", (2, 3, 3)) == "'fc' reads its input of shape (2, 3, 3) flattened"
    line = assumptions.flatten_counts_batch("f", (2, 3))
    assert line == "'f' flattens all of (2, 3) (its start_dim of 1 counts a batch axis)"
    assert "encoding 'spikes'" in assumptions.CONSTANT_INPUT and "\n" not in assumptions.CONSTANT_INPUT
