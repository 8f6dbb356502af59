"""Windows of a stream are the runs that one would cut by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from small_networks import dense_lif, every_kind

from snnrt._core import ffi, lib
from snnrt.devices.core import Execution, address, aligned_copy
from snnrt.errors import DataError
from snnrt.network import Network

EXITS = ["never", "entropy:0.9", "margin:0.2 and patience:2", "confidence:0.4"]


def network_and_frames(numbers: str) -> tuple[Network, np.ndarray]:
    graph, x = every_kind(numbers)
    frames = x.reshape(-1, *graph.input.shape)
    return Network(graph), np.concatenate([frames, frames[::-1], frames[::3]])


@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize("exit", EXITS)
def test_windows_are_runs(numbers, exit) -> None:
    network, frames = network_and_frames(numbers)
    start, most = 0, network.timesteps
    found = list(network.stream(frames, exit=exit))
    for window in found:
        assert window.start == start
        room = np.zeros((1, most, *frames.shape[1:]), np.float32)
        part = frames[start : start + most]
        room[0, : len(part)] = part
        run = network.run(room, exit=exit)
        assert (window.timesteps, window.prediction) == (run.timesteps[0], run.predictions[0])
        np.testing.assert_equal(window.score, run.scores[0])
        start += window.timesteps
    assert len(found) > 3 and len(frames) - start < most
    if exit != "never":
        assert min(window.timesteps for window in found) < most


def test_frames_are_asked_for_one_at_a_time() -> None:
    network, frames = network_and_frames("int8")
    asked = 0

    def sensor() -> Iterator[np.ndarray]:
        nonlocal asked
        while True:
            yield frames[asked % len(frames)]
            asked += 1

    windows = network.stream(sensor(), timesteps=2, exit="never")
    assert [next(windows).start for _ in range(5)] == [0, 2, 4, 6, 8] and asked == 9


def test_the_core_wants_a_result() -> None:
    network, _ = network_and_frames("int8")
    execution = Execution(aligned_copy(network.to_bytes()), network.model.info)
    room = np.zeros(network.model.info.input_bytes, np.uint8)
    assert lib.snnrt_network_stream(execution.network, address(room), ffi.NULL) == lib.SNNRT_ERROR_NULL


def test_what_is_no_stream() -> None:
    network, frames = network_and_frames("int8")
    for wrong, word in (
        (frames[0][None], "frame 0: expected the shape"),
        (np.full(frames.shape[1:], np.nan), "frame 0.*: expected finite"),
        ("frame", "frame 0: expected numbers"),
        (object(), "frame 0: expected an array"),
        (frames[0] * 1j, "frame 0: expected numbers"),
        (frames[0] + 300.0, "frame 0: expected values in"),
    ):
        with pytest.raises(DataError, match=word):
            list(network.stream([wrong]))  # type: ignore[list-item]
    with pytest.raises(DataError, match="timesteps"):
        network.stream(frames, timesteps=0)
    for nothing in (None, 5, "frames.npz"):
        with pytest.raises(DataError, match="stream: expected frames, arrays of shape"):
            network.stream(nothing)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="use run"):
        Network(dense_lif("int8")[0]).stream(frames)
