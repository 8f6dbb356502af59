"""Inputs as PNG: decoded again with Pillow."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest

from snnrt.targets.report.pictures import BARS, LARGEST, Picture, pictures, png_address

Image = pytest.importorskip("PIL.Image")


def decoded(picture: Picture | str) -> np.ndarray:
    address = picture if isinstance(picture, str) else picture.address
    raw = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    with Image.open(io.BytesIO(raw)) as image:
        image.load()
        return np.asarray(image.convert("RGB"))


def test_png_is_what_was_drawn() -> None:
    random = np.random.default_rng(0)
    colour = random.integers(0, 256, (5, 7, 3), np.uint8)
    np.testing.assert_array_equal(decoded(png_address(colour)), colour)
    grey = np.repeat(random.integers(0, 256, (9, 4, 1), np.uint8), 3, axis=2)
    np.testing.assert_array_equal(decoded(png_address(grey)), grey)


def test_grey_and_colour_are_on_one_scale() -> None:
    x = np.zeros((2, 1, 2, 3), np.float32)
    x[0, 0, 0, 0], x[1, 0, 1, 2] = -1.0, 3.0
    first, second = pictures(x, (1, 2, 3))
    assert (first.width, first.height, first.words) == (3, 2, "in grey")
    assert decoded(first)[0, 0].tolist() == [0, 0, 0] and decoded(first)[1, 1].tolist() == [64, 64, 64]
    assert decoded(second)[1, 2].tolist() == [255, 255, 255]
    colour = np.zeros((1, 3, 1, 2))
    colour[0, :, 0, 1] = [1, 2, 0]
    (found,) = pictures(colour, (3, 1, 2))
    assert decoded(found)[0].tolist() == [[0, 0, 0], [255, 255, 0]] and found.words == "in colour"


def test_events_are_summed_and_have_two_colours() -> None:
    x = np.zeros((1, 5, 2, 2, 2), np.uint8)
    x[0, :, 1, 0, 0] = 1
    x[0, 2, 0, 1, 1] = 1
    (found,) = pictures(x, (2, 2, 2))
    picture = decoded(found).astype(int)
    assert found.words == "two polarities, summed over time"
    assert picture[0, 1].tolist() == [255, 255, 255]
    assert picture[0, 0, 2] > picture[0, 0, 0] + 100 and picture[1, 1, 0] > picture[1, 1, 2] + 20
    many = pictures(np.ones((1, 4, 3, 3)), (4, 3, 3))
    assert many[0].words == "the mean of 4 channels"


def test_vectors_are_bars_and_over_time_lines() -> None:
    (found,) = pictures(np.array([[0.0, 0.5, 1.0, -1.0]]), (4,))
    inked = (decoded(found)[..., 0] < 128).sum(axis=0)
    # a bar of 0 is none, half a bar is a quarter of the height from -1 to 1
    assert (found.width, found.height) == (4 * 5, BARS)
    assert inked.tolist() == [0] * 5 + [8] * 5 + [16] * 10
    over_time = np.zeros((1, 60, 4))
    over_time[0, 59, 3] = 1.0
    (line,) = pictures(over_time, (4,))
    # 60 timesteps, rows as thick as makes 40 of them
    assert (line.width, line.height) == (60, 40)
    assert decoded(line)[30:, 59].max() < 60 and decoded(line)[29, 59].tolist() == [255, 255, 255]
    assert decoded(line)[0, 0].tolist() == [255, 255, 255]


def test_large_and_empty_inputs() -> None:
    (found,) = pictures(np.ones((1, 1, 300, 700)), (1, 300, 700))
    assert max(found.width, found.height) <= LARGEST and (found.width, found.height) == (117, 100)
    assert decoded(found).shape == (100, 117, 3)
    assert pictures(np.ones((0, 1, 3, 3)), (1, 3, 3)) == []
    (flat,) = pictures(np.full((1, 6), 7.0), (6,))
    assert decoded(flat).shape == (BARS, 6 * 4, 3)
