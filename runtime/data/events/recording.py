"""A recording of events, and how it becomes a spike tensor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.errors import DataError

MOST_EVENTS = 1 << 25
"""In one recording: what its arrays and a reader's working memory hold in well below 1 GiB."""
MOST_ELEMENTS = 1 << 27
"""In one spike tensor: 512 MiB."""


@dataclass(frozen=True, eq=False)
class Recording:
    """N events of a sensor, in the order of the file.

    ``t`` (N,) uint64, microseconds; ``x``, ``y`` (N,) uint16, pixels from the top left corner; ``on`` (N,)
    bool, whether it grew brighter. ``size``: (width, height) in pixels, None where the file does not say.
    ``has_polarity``: whether ``on`` says anything. ``colour`` (N, 3) uint8, red, green and blue, of a colour
    camera; ``payload`` (B,) uint8 of generic events, one behind the other, each up to its ``payload_ends``
    (N,).
    """

    t: np.ndarray
    x: np.ndarray
    y: np.ndarray
    on: np.ndarray
    size: tuple[int, int] | None
    name: str
    has_polarity: bool = True
    colour: np.ndarray | None = None
    payload: np.ndarray | None = None
    payload_ends: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.t)

    def __repr__(self) -> str:
        size = "unknown" if self.size is None else "×".join(map(str, self.size))
        return f"<snnrt.data.events.Recording {self.name!r}: {len(self)} events, {size} pixels>"


def binned(
    recording: Recording,
    timesteps: int,
    shape: tuple[int, int, int],
    *,
    size: tuple[int, int] | None = None,
    interval: int | None = None,
    count: int | None = None,
    highest: float = 1.0,
) -> np.ndarray:
    """Spikes (``timesteps``, C, H, W), float32: how many events fell into each bin, at most ``highest``.

    ``shape`` (C, H, W): with two channels, 0 holds events of pixels that grew darker and 1 those that grew
    brighter; with one both. ``size``: (width, height) of the sensor in pixels (None: what the recording says,
    else W and H); pixel (x, y) goes to (⌊x·W/width⌋, ⌊y·H/height⌋). A bin lasts ``interval`` microseconds
    from the first event on, or takes ``count`` events; with neither, the time from the first to the last
    event is cut into equal bins: ⌊(t − t₀)·T / (t₁ − t₀ + 1)⌋. Events behind the last bin are left out.
    Raises DataError for a recording without events, pixels outside the sensor, a shape that is no map of 1
    or 2 channels.
    """
    name = recording.name
    if len(shape) != 3 or shape[0] not in (1, 2):
        raise DataError(
            f"{name}: events become maps of 1 or 2 channels, (C, H, W), found a model that reads {shape}"
        )
    if shape[0] == 2 and not recording.has_polarity:
        raise DataError(
            f"{name}: its events do not say whether a pixel grew brighter, which the model's 2 channels "
            "tell; use a model of 1 channel"
        )
    if not len(recording):
        raise DataError(f"{name}: expected at least one event, found none")
    channels, height, width = shape
    elements = timesteps * channels * height * width
    if elements > MOST_ELEMENTS:
        raise DataError(f"{name}: {elements} values do not fit into memory; convert with fewer timesteps")
    columns, rows = size or recording.size or (width, height)
    if int(recording.x.max()) >= columns or int(recording.y.max()) >= rows:
        found = f"({int(recording.x.max())}, {int(recording.y.max())})"
        raise DataError(
            f"{name}: expected pixels within {columns}×{rows}, found {found}; state the sensor's size "
            "(--events size=WIDTHxHEIGHT)"
        )
    first = recording.t.min()
    if count is not None:
        bins = np.arange(len(recording)) // count
    else:
        past = (recording.t - first).astype(np.int64)
        # integers: the bin of an event on an edge is the same everywhere
        bins = past // interval if interval is not None else past * timesteps // (int(past.max()) + 1)
    kept = bins < timesteps
    place = bins[kept]
    if channels == 2:
        place = place * 2 + recording.on[kept]
    place = place * height + recording.y[kept].astype(np.int64) * height // rows
    place = place * width + recording.x[kept].astype(np.int64) * width // columns
    counts = np.bincount(place, minlength=elements)
    return np.minimum(counts, highest).astype(np.float32).reshape(timesteps, *shape)
