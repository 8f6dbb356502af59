"""Random numbers of the core."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.devices.crossbar.core import normals, stream_key, uniforms


def threefry(key: int, counter: int) -> list[int]:
    """Threefry4x32-13 of (counter, 0, 0, 0), as its paper has it (Salmon et al., SC 2011)."""
    rotations = ((10, 26), (11, 21), (13, 27), (23, 5), (6, 20), (17, 11), (25, 10), (18, 20))
    keys = [key & 0xFFFFFFFF, key >> 32, 0, 0]
    keys.append(0x1BD11BDA ^ keys[0] ^ keys[1])
    x = [(value + add) % 2**32 for value, add in zip((counter, 0, 0, 0), keys)]
    for turn in range(13):
        for first, second, bits in zip((0, 2), (1, 3) if turn % 2 == 0 else (3, 1), rotations[turn % 8]):
            x[first] = (x[first] + x[second]) % 2**32
            x[second] = (x[second] << bits | x[second] >> (32 - bits)) % 2**32 ^ x[first]
        if turn % 4 == 3:
            inject = turn // 4 + 1
            x = [(value + keys[(inject + i) % 5]) % 2**32 for i, value in enumerate(x)]
            x[3] = (x[3] + inject) % 2**32
    return x


def test_the_generator_is_the_published_one():
    """Its known answer for zeros, of the authors' own vectors."""
    assert threefry(0, 0) == [0x531C7E4F, 0x39491EE5, 0x2C855A92, 0x3D6ABF9A]


@pytest.mark.parametrize("key", [0, 12345678901234567890])
def test_normals_are_box_and_muller_of_its_words(key):
    found = normals(key, (128,))
    for counter in (0, 5, 15, 16, 31):
        words = threefry(key, counter)
        for pair in range(2):
            u = ((words[2 * pair] >> 8) + 1) / 2**24
            r = np.sqrt(-2 * np.log(u))
            angle = ((words[2 * pair + 1] >> 6 & 0xFFFFFF) / 2**24 - 0.5) * np.pi / 2
            cosine = np.cos(angle) * (-1 if words[2 * pair + 1] >> 31 else 1)
            ends = [r * cosine, r * np.sin(angle)]
            if words[2 * pair + 1] >> 30 & 1:
                ends.reverse()
            at = counter // 16 * 64 + counter % 16 + 32 * pair
            np.testing.assert_allclose(found[[at, at + 16]], ends, atol=2e-5)


def test_normals_are_normal():
    """A million: the mean is known to 0.001, the variance to 0.0014, the fourth moment to 0.01 (one σ)."""
    draws = normals(7, (1_000_000,)).astype(np.float64)
    assert abs(draws.mean()) < 0.005
    assert draws.var() == pytest.approx(1.0, abs=0.007)
    assert np.mean(draws**4) == pytest.approx(3.0, abs=0.06)
    assert np.mean(np.abs(draws) > 3.0) == pytest.approx(0.0027, abs=0.0003)
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.005


def test_streams_of_other_places_are_other_numbers():
    keys = {stream_key(1, name, *place) for name in ("a", "b") for place in ((0,), (1,), ("x", 0))}
    assert len(keys) == 6 and stream_key(1, "a", 0) == stream_key(1, "a", 0) != stream_key(2, "a", 0)
    assert uniforms(3, (5, 2)).shape == (5, 2)
    np.testing.assert_array_equal(uniforms(3, (4,)), uniforms(3, (4,)))
    draws = uniforms(4, (100_000,))
    assert draws.min() >= 0.0 and draws.max() < 1.0 and draws.mean() == pytest.approx(0.5, abs=0.005)
