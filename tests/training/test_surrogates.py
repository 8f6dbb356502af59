import math

import pytest
import torch
from torch.testing import assert_close

from snnrt.errors import ModelError
from snnrt.training import surrogates

ALL = (surrogates.arctan, surrogates.fast_sigmoid, surrogates.triangle, surrogates.boxcar)


@pytest.mark.parametrize("make", ALL)
def test_even_largest_at_the_threshold_and_falling(make):
    x = torch.linspace(0, 3, 301)
    found = make()(x)
    assert_close(found, make()(-x))
    assert (found.diff() <= 0).all() and found[0] > 0 and found.dtype == x.dtype


@pytest.mark.parametrize("make", (surrogates.arctan, surrogates.triangle, surrogates.boxcar))
@pytest.mark.parametrize("steepness", [0.5, 1.0, 3.0])
def test_the_area_is_one(make, steepness):
    """They stand for the derivative of a step of height one."""
    x = torch.linspace(-1000, 1000, 2_000_001, dtype=torch.float64)
    assert float(torch.trapezoid(make(steepness)(x), x)) == pytest.approx(1, abs=2e-3)


def test_values():
    x = torch.tensor([0.5])
    assert_close(surrogates.arctan(2.0)(x), torch.tensor([1 / (1 + (math.pi / 2) ** 2)]))
    assert_close(surrogates.fast_sigmoid(25.0)(x), torch.tensor([1 / 13.5**2]))
    assert_close(surrogates.triangle(2.0)(x), torch.tensor([0.375]))
    assert_close(surrogates.boxcar(0.5)(x), torch.tensor([1.0]))
    assert_close(surrogates.boxcar(0.4)(x), torch.tensor([0.0]))


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("steepness", [0.0, -1.0, math.nan, math.inf])
def test_refuses_a_steepness(make, steepness):
    with pytest.raises(ModelError, match="expected a finite number above 0"):
        make(steepness)
