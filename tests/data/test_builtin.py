"""Built-in data: shapes, ranges, published splits, classes."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from snnrt.data.builtin import BUILT_IN, SPLITS, digits, generate_yin_yang, yin_yang
from snnrt.errors import DataError


def test_digits_in_two_parts() -> None:
    for split, count in (("train", 1000), ("test", 797)):
        x, y = digits(split)
        assert x.shape == (count, 1, 8, 8) and x.dtype == np.float32 and y.shape == (count,)
        assert y.dtype == np.int64 and set(y) == set(range(10))
        # sixteenths
        assert x.min() == 0 and x.max() == 1 and (x * 16 == np.rint(x * 16)).all()
    with pytest.raises(DataError, match="expected the split train or test, found validation"):
        digits("validation")


def test_digits_without_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError, match=r"needs scikit-learn, .*pip install scikit-learn"):
        digits("test")


@pytest.mark.parametrize(("split", "count"), [("train", 5000), ("validation", 1000), ("test", 1000)])
def test_yin_yang_in_three_parts(split: str, count: int) -> None:
    x, y = yin_yang(split)  # type: ignore[arg-type]
    assert x.shape == (count, 4) and x.dtype == np.float32 and y.dtype == np.int64
    np.testing.assert_allclose(x[:, 2:], 1 - x[:, :2], atol=1e-7)
    # classes are drawn first, so they are balanced
    assert (np.abs(np.bincount(y) / count - 1 / 3) < 0.05).all()


def test_yin_yang_lies_where_its_class_says() -> None:
    x, y = generate_yin_yang(600, seed=3)
    east, north = x[:, 0] - 0.5, x[:, 1] - 0.5
    assert (np.hypot(east, north) <= 0.5).all()
    to_right, to_left = np.hypot(east - 0.25, north), np.hypot(east + 0.25, north)
    dots = np.minimum(to_right, to_left) <= 0.1
    assert ((y == 2) == dots).all()
    yang = (to_left <= 0.25) | ((north > 0) & (to_right > 0.25))
    assert ((y == 1) == (yang & ~dots)).all()


def test_a_seed_is_a_set() -> None:
    first, again, other = generate_yin_yang(20, 5), generate_yin_yang(20, 5), generate_yin_yang(20, 6)
    assert (first[0] == again[0]).all() and (first[1] == again[1]).all() and (first[0] != other[0]).any()
    assert set(BUILT_IN) == {"digits", "yin-yang"} and SPLITS == ("train", "validation", "test")
