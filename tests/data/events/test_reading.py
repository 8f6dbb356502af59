"""Readers of recordings: against digests of the decoded fields, against files written by hand, and damage."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from snnrt.data.events import binned, read_events
from snnrt.errors import DataError, DataFileError

EVENTS = Path(os.environ.get("SNNRT_DATA") or Path(__file__).parents[3].parent / "shared" / "data") / "events"


def shared(name: str) -> Path:
    """A recording that is not part of the project."""
    if not EVENTS.is_dir() and os.environ.get("CI") != "true":
        pytest.skip(f"needs {EVENTS}")
    return EVENTS / name


@pytest.mark.parametrize(
    ("name", "size"),
    [("faery_evt2.raw", (640, 480)), ("faery_dvs.es", (320, 240)), ("faery_generic.es", (1, 1))],
)
def test_fields_have_the_published_digests(name, size):
    recording = read_events(shared(name))
    digests = json.loads(shared("faery_field_digests.json").read_text())[name]["sha3_224_of_field_bytes"]
    found = {field: hashlib.sha3_224(getattr(recording, field).tobytes()).hexdigest() for field in digests}
    assert found == digests and recording.size == size
    if name == "faery_generic.es":
        words = np.split(recording.payload, recording.payload_ends[:-1])
        assert [words[k].tobytes() for k in range(3)] == [b"Lorem", b"ipsum", b"dolor"]


def test_other_recordings_are_in_order_and_within_their_sensors():
    caltech = read_events(shared("evl_ncaltech101_faces_easy_0001.bin"))
    assert len(caltech) == 337225 // 5 and caltech.size is None
    aedat = read_events(shared("evl_sample.aedat4"))
    assert len(aedat) == 6676 and aedat.size == (346, 260)
    for recording in (caltech, aedat):
        assert (recording.t[1:] >= recording.t[:-1]).all()


def write(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def evt(version: str, kind: str, words: list[int]) -> bytes:
    head = f"% date 2024-01-01\n% evt {version}\n% geometry 640x480\n% end\n".encode()
    return head + struct.pack(f"<{len(words)}{kind}", *words)


def test_nmnist_time_goes_round(tmp_path):
    # bits 22–16 of the time share a byte with the polarity; row 240 adds 2^13
    events = [(3, 4, 0x80 | 1, 0, 5), (0, 240, 0, 0, 0), (6, 7, 0, 0, 9)]
    recording = read_events(write(tmp_path, "a.bin", b"".join(map(bytes, events))))
    assert recording.t.tolist() == [65541, 8192 + 9]
    assert recording.x.tolist() == [3, 6] and recording.y.tolist() == [4, 7]
    assert recording.on.tolist() == [True, False]


def test_evt3_single_events_masks_and_times(tmp_path):
    words = [
        0x8001, 0x6010, 0x0005, 0x2800 | 7,  # time 1:16, row 5, brighter at 7
        0x3800 | 100, 0x4000 | 0b101, 0x5000 | 0b10,  # from 100 on: 100, 102, then 112 + 1
        0x8002, 0x2000 | 9,  # a new upper half without its lower: 0
        0x8FFF, 0x8000, 0x6003, 0x0009, 0x3000 | 1, 0x4001,  # the counter goes round
    ]  # fmt: skip
    recording = read_events(write(tmp_path, "a.raw", evt("3.0", "H", words)))
    low = (1 << 12) + 16
    assert recording.t.tolist() == [low, low, low, low, 2 << 12, (1 << 24) + 3]
    assert recording.x.tolist() == [7, 100, 102, 113, 9, 1]
    assert recording.y.tolist() == [5, 5, 5, 5, 5, 9]
    assert recording.on.tolist() == [True, True, True, True, False, False]
    assert recording.size == (640, 480)


@pytest.mark.parametrize(("version", "kind", "size"), [("2.0", "I", 4), ("3.0", "H", 2)])
def test_evt_in_parts_is_evt_at_once(tmp_path, monkeypatch, version, kind, size):
    rng = np.random.default_rng(1)
    if version == "2.0":
        words = (rng.choice([0, 1, 8], 400) << 28) | rng.integers(0, 2**22, 400)
    else:
        words = (rng.choice([0, 2, 3, 4, 5, 6, 8], 400) << 12) | rng.integers(0, 2**9, 400)
    path = write(tmp_path, "a.raw", evt(version, kind, words.tolist()))
    whole = read_events(path)
    monkeypatch.setattr("snnrt.data.events.bytes_in.CHUNK_BYTES", 7 * size)
    parts = read_events(path)
    for field in ("t", "x", "y", "on"):
        assert np.array_equal(getattr(whole, field), getattr(parts, field))


def test_event_stream_in_parts_is_one_at_once(tmp_path, monkeypatch):
    body = b"".join(
        (b"\xff" if k % 3 == 0 else b"\xfe" if k % 5 == 0 else b"")
        + struct.pack("<BHH", (k % 60) << 1 | (k & 1), k, 9)
        for k in range(200)
    )
    path = write(tmp_path, "a.es", b"Event Stream\x02\x00\x00\x01" + struct.pack("<HH", 240, 20) + body)
    whole = read_events(path)
    monkeypatch.setattr("snnrt.data.events.event_stream.CHUNK_BYTES", 13)
    parts = read_events(path)
    assert whole.x.tolist() == list(range(200)) and set(whole.y) == {10}
    assert int(whole.t[-1]) == sum(k % 60 for k in range(200)) + 127 * 67
    for field in ("t", "x", "y", "on"):
        assert np.array_equal(getattr(whole, field), getattr(parts, field))


def stream(kind: int, *parts: bytes) -> bytes:
    return b"Event Stream\x02\x00\x00" + bytes([kind]) + b"".join(parts)


def test_an_atis_tells_changes_and_exposure(tmp_path):
    def event(past: int, brighter: bool, exposure: bool, x: int, y: int) -> bytes:
        return struct.pack("<BHH", past << 2 | brighter << 1 | exposure, x, y)

    data = stream(
        2, struct.pack("<HH", 300, 200), event(5, True, False, 299, 0), event(62, False, True, 1, 1), b"\xfe",
        b"\xfc", event(1, False, False, 2, 199),
    )  # fmt: skip
    recording = read_events(write(tmp_path, "a.es", data))
    # exposure is no change, but its time counts; 0xFE is twice 63 µs, 0xFC none
    assert recording.t.tolist() == [5, 5 + 62 + 126 + 1] and recording.on.tolist() == [True, False]
    assert recording.x.tolist() == [299, 2] and recording.y.tolist() == [199, 0]
    assert recording.has_polarity and recording.size == (300, 200)


def test_colour_events_have_no_polarity(tmp_path):
    data = stream(
        4, struct.pack("<HH", 4, 3), struct.pack("<BHHBBB", 253, 1, 2, 10, 20, 30), b"\xff\xfe",
        struct.pack("<BHHBBB", 0, 3, 0, 1, 2, 3),
    )  # fmt: skip
    recording = read_events(write(tmp_path, "a.es", data))
    assert recording.t.tolist() == [253, 507] and recording.y.tolist() == [0, 2]
    assert recording.colour.tolist() == [[10, 20, 30], [1, 2, 3]]
    assert binned(recording, 2, (1, 3, 4)).sum() == 2
    with pytest.raises(DataError, match="do not say whether a pixel grew brighter"):
        binned(recording, 2, (2, 3, 4))


def test_generic_events_have_a_time_and_bytes(tmp_path):
    long = bytes(range(200))
    # 200 bytes: 7 bits at a time, the lowest first, bit 0 says that more come
    data = stream(
        0, b"\x03\x04ab", b"\xff\xfe\x00\x00", b"\x02", bytes([(200 & 127) << 1 | 1, 200 >> 7 << 1]), long
    )
    recording = read_events(write(tmp_path, "a.es", data))
    assert recording.t.tolist() == [3, 257, 259]
    parts = np.split(recording.payload, recording.payload_ends[:-1])
    assert [part.tobytes() for part in parts] == [b"ab", b"", long]
    assert binned(recording, 3, (1, 1, 1), highest=9, count=2).ravel().tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.bin", bytes(7), "found 2 bytes behind the last"),
        ("a.raw", b"% evt 4.0\n", "expected a Prophesee RAW file of EVT 2.0 or 3.0, found 4.0"),
        ("a.raw", b"", "found no version"),
        ("a.raw", evt("2.0", "I", [1]) + b"x", "records of 4 bytes"),
        ("a.es", b"Event Stream\x02\x00\x00\x03", "found version 2 with kind 3"),
        ("a.es", b"Event Stream\x01\x00\x00\x01", "found version 1 with kind 1"),
        ("a.es", b"Event Stream\x02\x00\x00\x00\x05", "how many bytes an event has"),
        ("a.es", b"Event Stream\x02\x00\x00\x00\x05\x06ab", "an event of 3 bytes, found 2"),
        ("a.es", b"Event Stream\x02\x00\x00\x00\x05" + b"\xff" * 9, "at most 16777216 bytes"),
        ("a.es", b"Event Stream\x02\x00\x00\x04\x09\x00\x09\x00" + bytes(7), "events of 8 bytes, found 7"),
        ("a.es", b"Event Stream\x02\x00\x00\x01\x01", "the file is cut off"),
        ("a.es", b"Event Stream\x02\x00\x00\x01" + bytes(4) + b"\x02\0\0\0\0", "found some outside"),
        ("a.es", b"other", "expected an Event Stream file"),
        ("a.aedat4", b"#!AER-DAT4.0\r\n\x04\0\0\0\xff\xff\0\0", "malformed AEDAT4 file"),
        ("a.aedat4", b"", "another start"),
        ("a.xyz", b"123", r"expected a recording of events \(.aedat4"),
    ],
)
def test_what_is_refused(tmp_path, name, data, message):
    with pytest.raises(DataError, match=message) as caught:
        read_events(write(tmp_path, name, data))
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataFileError, match=r"none\.raw: cannot be read"):
        read_events(tmp_path / "none.raw")
