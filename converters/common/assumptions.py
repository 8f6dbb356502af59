"""What every importer may have to assume, in one line each."""

from __future__ import annotations

from snnrt.ir.graph import Shape

CONSTANT_INPUT = "input: a constant current, the same at each timestep; encoding 'spikes' for data over time"


def recurrence(reader: str, source: str) -> str:
    """A cycle was cut between two nodes."""
    return f"recurrence: {reader!r} reads {source!r} of the step before"


def timestep_count(timesteps: int) -> str:
    """The number of timesteps was not given."""
    return f"timesteps = {timesteps}"


def batch_axis(shape: Shape) -> str:
    """The input's first axis is no axis of a sample."""
    return f"the leading 1 of the input shape {shape} is a batch axis"


def height_of_one(shape: Shape) -> str:
    """The input has one axis in space."""
    return f"the input shape {shape} is (channels, height 1, width)"


def flattened_for(reader: str, shape: Shape) -> str:
    """A layer of vectors reads a map."""
    return f"{reader!r} reads its input of shape {shape} flattened"


def flatten_counts_batch(name: str, shape: Shape) -> str:
    """A flatten from axis 1 has no batch axis in front."""
    return f"{name!r} flattens all of {shape} (its start_dim of 1 counts a batch axis)"


def output_map(shape: Shape) -> str:
    """The output is a map."""
    channels, _, width = shape
    return (
        f"the output is a map {shape}: channel c at row y, column x is class (y·{width} + x)·{channels} + c"
    )
