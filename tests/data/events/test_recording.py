"""Bins of time and of so many events."""

from __future__ import annotations

import numpy as np
import pytest

import snnrt
from snnrt.data.events import Recording, binned
from snnrt.errors import DataError


def recording(t, x, y, on, size=None) -> Recording:
    return Recording(
        np.array(t, np.uint64), np.array(x, np.uint16), np.array(y, np.uint16), np.array(on, bool), size, "r"
    )


FOUR = recording([10, 11, 19, 29], [0, 0, 1, 1], [0, 0, 2, 2], [1, 1, 0, 1])


def test_equal_bins_of_the_whole_time():
    spikes = binned(FOUR, 2, (2, 3, 2), highest=255)
    expected = np.zeros((2, 2, 3, 2))
    expected[0, 1, 0, 0], expected[0, 0, 2, 1], expected[1, 1, 2, 1] = 2, 1, 1
    assert spikes.dtype == np.float32 and np.array_equal(spikes, expected)


def test_bins_of_an_interval_leave_out_what_is_behind():
    spikes = binned(FOUR, 2, (1, 3, 2), interval=5, highest=255)
    assert spikes[0].sum() == 2 and spikes[1].sum() == 1


def test_bins_of_a_count():
    spikes = binned(FOUR, 2, (1, 3, 2), count=3, highest=255)
    assert spikes[0].sum() == 3 and spikes[1].sum() == 1


def test_at_most_the_highest():
    assert binned(FOUR, 1, (2, 3, 2)).max() == 1


def test_another_size_is_scaled():
    many = recording([0, 1], [639, 320], [479, 0], [1, 0], (640, 480))
    spikes = binned(many, 1, (2, 48, 64))
    assert spikes[0, 1, 47, 63] == 1 and spikes[0, 0, 0, 32] == 1 and spikes.sum() == 2


def test_scalar_form():
    rng = np.random.default_rng(3)
    n = 500
    many = recording(
        np.sort(rng.integers(0, 9999, n)), rng.integers(0, 30, n), rng.integers(0, 20, n),
        rng.integers(0, 2, n), (30, 20),
    )  # fmt: skip
    spikes = binned(many, 7, (2, 5, 9), highest=1e9)
    expected = np.zeros_like(spikes)
    first, last = int(many.t[0]), int(many.t[-1])
    for t, x, y, on in zip(many.t.tolist(), many.x.tolist(), many.y.tolist(), many.on.tolist()):
        expected[(t - first) * 7 // (last - first + 1), int(on), y * 5 // 20, x * 9 // 30] += 1
    assert np.array_equal(spikes, expected)


@pytest.mark.parametrize(
    ("one", "shape", "message"),
    [
        (FOUR, (3, 4, 4), "maps of 1 or 2 channels"),
        (FOUR, (2, 2, 2), r"expected pixels within 2×2, found \(1, 2\)"),
        (recording([], [], [], []), (2, 4, 4), "at least one event"),
    ],
)
def test_what_is_refused(one, shape, message):
    with pytest.raises(DataError, match=message):
        binned(one, 2, shape)


@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_a_network_has_the_same_classes_from_files_as_from_tensors(tmp_path, numbers):
    rng = np.random.default_rng(4)
    streams, steps = 12, 6
    builder = snnrt.GraphBuilder((2, 17, 17), encoding="spikes", timesteps=steps)
    layer = builder.conv2d(builder.input, rng.standard_normal((3, 2, 3, 3)).astype(np.float32), stride=2)
    layer = builder.flatten(builder.lif(layer, beta=0.8))
    layer = builder.dense(layer, rng.standard_normal((5, layer.shape[0])).astype(np.float32))
    snnrt.Network(builder.finish(layer)).save_nir(tmp_path / "net.nir")
    tensors = np.zeros((streams, steps, 2, 17, 17), np.float32)
    (tmp_path / "data").mkdir()
    for number in range(streams):
        place, count = rng.integers(3, 20, 2), 400
        t = np.sort(rng.integers(0, 70000, count)) + 1000 * number
        x, y = np.clip(rng.normal(place, 4, (count, 2)).round().astype(int), 0, 33).T
        on = rng.integers(0, 2, count)
        for one in range(count):
            place_in_time = (t[one] - t[0]) // 10000
            if place_in_time < steps:
                tensors[number, place_in_time, on[one], y[one] // 2, x[one] // 2] = 1
        events = zip(x, y, on, t)
        data = b"".join(bytes([x, y, on << 7 | t >> 16, t >> 8 & 255, t & 255]) for x, y, on, t in events)
        (tmp_path / "data" / f"{number:02d}.bin").write_bytes(data)
    network = snnrt.convert(
        tmp_path / "net.nir", numbers=numbers, timesteps=steps,
        calibrate=tensors if numbers == "int8" else None,
        preprocessing={"interval": 10000, "size": (34, 34)},
    )  # fmt: skip
    expected = network.run(tensors)
    assert len(set(expected.predictions.tolist())) > 1
    found = network.run(tmp_path / "data")
    assert np.array_equal(found.logits, expected.logits)
    # tensors of bytes are counts as well
    assert np.array_equal(network.run(tensors.astype(np.uint8)).logits, expected.logits)
    one = network.run(tmp_path / "data" / "07.bin")
    assert one.predictions.tolist() == expected.predictions[7:8].tolist()
