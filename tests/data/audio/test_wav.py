"""WAV files of every kind that is read, against values written by hand and by the standard library."""

from __future__ import annotations

import struct
import wave

import numpy as np
import pytest

from snnrt.data import load_dataset
from snnrt.data.audio import read_wav
from snnrt.errors import DataError


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def form(kind: int, bits: int, channels: int = 1, rate: int = 8000, more: bytes = b"") -> tuple[bytes, bytes]:
    frame = channels * bits // 8
    return b"fmt ", struct.pack("<HHIIHH", kind, channels, rate, rate * frame, frame, bits) + more


@pytest.mark.parametrize(
    ("kind", "bits", "data", "expected"),
    [
        (1, 8, bytes([0, 128, 192, 255]), [-1, 0, 0.5, 127 / 128]),
        (1, 16, struct.pack("<3h", -32768, 0, 16384), [-1, 0, 0.5]),
        (1, 24, b"\0\0\x80" + b"\x01\0\0" + b"\0\0\x40", [-1, 2**-23, 0.5]),
        (1, 32, struct.pack("<3i", -(2**31), 0, 2**30), [-1, 0, 0.5]),
        (3, 32, struct.pack("<3f", -1, 0.25, 1.5), [-1, 0.25, 1.5]),
    ],
)
def test_each_kind_of_number(tmp_path, kind, bits, data, expected):
    path = tmp_path / "a.wav"
    # chunks of no interest, one of an odd size, stand around the sound
    path.write_bytes(riff((b"LIST", b"abc"), form(kind, bits), (b"fact", bytes(4)), (b"data", data)))
    sound = read_wav(path, "a")
    assert sound.rate == 8000 and sound.samples.dtype == np.float32
    assert sound.samples.tolist() == np.array(expected, np.float32).tolist()
    extensible = form(0xFFFE, bits, more=struct.pack("<HHIH", 22, bits, 4, kind) + bytes(14))
    path.write_bytes(riff(extensible, (b"data", data)))
    assert np.array_equal(read_wav(path, "a").samples, sound.samples)


def test_channels_become_their_mean_as_the_standard_library_wrote_them(tmp_path):
    values = np.random.default_rng(0).integers(-32768, 32768, (50, 2)).astype("<i2")
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(values.tobytes())
    sound = read_wav(tmp_path / "a.wav", "a")
    assert sound.rate == 44100 and np.allclose(sound.samples, values.mean(1) / 32768, atol=1e-7)
    # without a model the samples are the data
    assert np.array_equal(load_dataset(tmp_path / "a.wav").x, sound.samples[None])


def test_sound_that_was_written_to_a_pipe_goes_to_the_end(tmp_path):
    data = riff(form(1, 16)) + b"data" + b"\xff" * 4 + struct.pack("<2h", 1, 2)
    (tmp_path / "a.wav").write_bytes(data)
    assert len(read_wav(tmp_path / "a.wav", "a")) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected a WAV file, found one that starts with b''"),
        (riff(form(1, 16)), "with its sound, found none"),
        (riff((b"LIST", b"")), "with its format, found none"),
        (riff((b"data", b"ab"), form(1, 16)), "expected the format ahead of the sound"),
        (riff((b"fmt ", b"abc"), (b"data", b"")), "expected a format of 16 bytes, found 3"),
        (riff(form(2, 4), (b"data", b"ab")), "found format 2 with 4 bits"),
        (riff(form(1, 16, channels=0), (b"data", b"ab")), "expected 1 to 64 channels, found 0"),
        (riff(form(1, 16, rate=0), (b"data", b"ab")), "samples a second, found 0"),
        (riff(form(1, 16), (b"data", b"")), "at least one sample, found none"),
        (riff(form(1, 16), (b"data", b"abcd"))[:-2], "expected 4 bytes of sound, found 2"),
        (riff(form(3, 32), (b"data", struct.pack("<f", float("nan")))), "expected finite samples"),
        (riff(form(3, 32), (b"data", struct.pack("<f", 32768))), "in −1 … 1, found up to 32768; divide"),
        (riff((b"LIST", b""))[:-4] + b"\xff" * 4, "found none: it is cut off"),
    ],
)
def test_what_is_refused(tmp_path, data, message):
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(tmp_path / "a.wav")
    assert "a.wav" in str(caught.value) and "\n" not in str(caught.value)
