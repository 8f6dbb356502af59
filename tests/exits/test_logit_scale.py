"""The scale that a softmax needs to say how often it is right."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.errors import DataError
from snnrt.exits.logit_scale import least_nll_scale


def nll(scale: float, logits: np.ndarray, labels: np.ndarray) -> float:
    z = scale * logits
    each = np.log(np.exp(z - z.max(axis=2, keepdims=True)).sum(axis=2)) + z.max(axis=2)
    return float((each - np.take_along_axis(z, labels[:, None, None], axis=2)[:, :, 0]).mean())


@pytest.mark.parametrize("true", [0.02, 1.0, 40.0])
def test_labels_that_are_drawn_from_a_softmax_give_its_scale_back(true: float) -> None:
    rng = np.random.default_rng(0)
    right = rng.normal(0, 2, (20_000, 1, 4))
    shares = np.exp(right[:, 0])
    shares /= shares.sum(axis=1, keepdims=True)
    labels = (shares.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    found = least_nll_scale(right / true, labels)
    assert found == pytest.approx(true, rel=0.05)
    assert nll(found, right / true, labels) <= min(nll(found * r, right / true, labels) for r in (0.97, 1.03))


def test_labels_that_are_never_missed_give_a_scale_that_grows_with_their_number() -> None:
    eye = np.eye(3)[None].repeat(40, 0).reshape(120, 1, 3)
    labels = np.tile(np.arange(3), 40)
    few, many = least_nll_scale(eye[:6], labels[:6]), least_nll_scale(eye, labels)
    assert 1 < few < many < 20


def test_all_timesteps_count_alike() -> None:
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(0, 1, (500, 3, 5)), rng.integers(0, 5, 500)
    logits[np.arange(500), :, labels] += 1.0
    one_by_one = logits.reshape(1500, 1, 5), labels.repeat(3)
    assert least_nll_scale(logits, labels) == pytest.approx(least_nll_scale(*one_by_one), rel=2e-3)


@pytest.mark.parametrize(
    "logits", [np.zeros((8, 1, 3)), -np.eye(3)[[0, 1, 2, 0]][:, None], np.full((2, 1, 3), np.nan)]
)
def test_logits_that_say_nothing(logits: np.ndarray) -> None:
    with pytest.raises(DataError, match="tell the classes apart"):
        least_nll_scale(logits, np.array([0, 1, 2, 0, 1, 2, 0, 1])[: len(logits)])
