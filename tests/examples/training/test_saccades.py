"""Streams synthesised of images move as N-MNIST's do, and are like its recordings."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

FOLDER = Path(__file__).parents[3] / "examples" / "training"
DATA = Path(os.environ.get("SNNRT_DATA") or Path(__file__).parents[3].parent / "shared" / "data")


@pytest.fixture
def saccades(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("saccades", "datasets"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import saccades

    yield saccades
    for name in ("saccades", "datasets"):
        sys.modules.pop(name, None)


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def squares(count: int) -> torch.Tensor:
    """(count, 28, 28): a bright square in the middle."""
    images = torch.zeros((count, 28, 28), dtype=torch.uint8)
    images[:, 10:18, 10:18] = 255
    return images


def middle(events: torch.Tensor, axis: int) -> float:
    """Where the mean event of (…, 17, 17) counts is, along rows (0) or columns (1)."""
    counts = events.float().flatten(0, -3).sum(0).sum(1 - axis)
    return float((counts * torch.arange(17)).sum() / counts.sum())


def test_what_moves_grows_dark_in_front_and_bright_behind(saccades):
    quiet = dataclasses.replace(saccades.SENSOR, noise_on=0.0, noise_off=0.0)
    found = saccades.streams(squares(40), 15, seeded(), quiet)
    assert found.shape == (40, 15, 2, 17, 17) and found.dtype == torch.uint8 and int(found.max()) == 1
    off, on = found[:, :, 0], found[:, :, 1]
    # the digit goes down, back up, and to the left
    for bins, axis, sign in ((slice(0, 4), 0, 1), (slice(6, 9), 0, -1), (slice(11, 15), 1, -1)):
        assert sign * (middle(off[:, bins], axis) - middle(on[:, bins], axis)) > 1
    # between saccades little happens
    assert found[:, 4].sum() < found[:, 2].sum() / 3


def test_nothing_on_the_screen_gives_noise_alone(saccades):
    empty = torch.zeros((60, 28, 28), dtype=torch.uint8)
    sensor = dataclasses.replace(saccades.SENSOR, noise_off=0.0)
    found = saccades.streams(empty, 15, seeded(), sensor).float()
    assert not found[:, :, 0].any()
    # four pixels in four steps of 5 ms; five standard deviations
    share, places = 16 * sensor.noise_on, found[:, :, 1].numel()
    spread = (share * (1 - share) / places) ** 0.5
    assert float(found[:, :, 1].mean()) == pytest.approx(share, abs=5 * spread)


def test_brightness_is_of_the_moved_image(saccades):
    still = dataclasses.replace(saccades.SENSOR, late=0.0, late_spread=0.0, place_spread=0.0)
    seen = saccades.brightness(squares(1).float() / 255, seeded(), still)
    assert seen.shape == (61, 1, 34, 34) and 0 <= float(seen.min()) < 0.05 and float(seen.max()) == 1
    dark = 1 - seen[:, 0]
    place = torch.arange(34.0) - 16.5
    for axis, step in ((0, 0), (0, 15), (1, 44), (1, 60)):
        weight = dark[step].sum(axis)
        assert float((weight * place).sum() / weight.sum()) == pytest.approx(
            -float(saccades.PATH[step, axis]), abs=0.05
        )


def test_a_seed_gives_the_same_streams(saccades):
    first, again, other = (saccades.streams(squares(3), 5, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])


@pytest.mark.parametrize("bins", [0, 7, 61, -1])
def test_bins_that_do_not_fit_are_refused(saccades, bins):
    with pytest.raises(ValueError, match=f"bins: expected a divisor of 60, found {bins}"):
        saccades.streams(squares(1), bins, seeded())


def test_they_are_like_the_recordings_that_fitted_nothing(saccades):
    """The last 200 recordings, each beside the stream of its own image."""
    if not DATA.is_dir() and os.environ.get("CI") != "true":
        pytest.skip(f"needs {DATA}")
    import datasets

    recorded, labels = (one[800:] for one in datasets.nmnist(DATA / "nmnist", "train", 15))
    images, of_images = (one[800:1000] for one in datasets.idx_images(DATA / "mnist", "train"))
    assert torch.equal(labels, of_images)
    made = saccades.streams(images[:, 0], 15, seeded())
    real, synthetic = recorded.float().mean((0, 3, 4)), made.float().mean((0, 3, 4))
    # bits a bin and polarity while the camera moves; in between it had more than are made
    moving = torch.ones(15, dtype=torch.bool)
    moving[[4, 5, 9, 10]] = False
    np.testing.assert_allclose(synthetic[moving], real[moving], rtol=0.25)

    def agreement(one: torch.Tensor, other: torch.Tensor) -> float:
        return float((one & other).sum() / (one | other).sum())

    assert agreement(made, recorded) > 0.55 > 0.3 > agreement(made.roll(1, 0), recorded)
