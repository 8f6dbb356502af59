"""What few inputs let expect of others is what many show."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.converters.passes.class_changes import expected_changes


def draw(rng: np.random.Generator, inputs: int, whole: bool, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits of ten classes and the same moved by ``size``; whole: counts, which are often equal."""
    logits = rng.normal(size=(inputs, 10)) + 3 * np.eye(10)[rng.integers(0, 10, inputs)]
    moved = logits + size * rng.normal(size=logits.shape)
    return (np.rint(4 * logits), np.rint(4 * moved)) if whole else (logits, moved)


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("size", [0.01, 0.05])
def test_few_inputs_tell_what_many_show(size: float, whole: bool) -> None:
    rng = np.random.default_rng(0)
    source, changed = draw(rng, 200_000, whole, size)
    share = float((source.argmax(axis=1) != changed.argmax(axis=1)).mean())
    found = [expected_changes(*draw(rng, 400, whole, size)) for _ in range(8)]
    spread = np.std([one.share for one in found])
    # of counts, moved by what a rounding leaves, more are expected than come
    assert 0.8 < np.mean([one.share for one in found]) / share < (1.7 if whole else 1.2)
    # counting the 400 would spread by √(p / 400)
    assert spread < 0.5 * np.sqrt(share / 400)
    assert np.mean([one.standard_error for one in found]) == pytest.approx(spread, rel=0.8)
    assert sum(one.at_most > share for one in found) >= 7


def test_logits_that_stay_change_nothing_and_few_inputs_show_little() -> None:
    logits, _ = draw(np.random.default_rng(1), 50, True, 0.0)
    found = expected_changes(logits, logits)
    assert (found.share, found.standard_error, found.inputs) == (0.0, 0.0, 50)
    assert found.at_most == 1 / 400
    assert expected_changes(logits[:1], logits[:1]).at_most > 1


def test_the_first_of_equal_logits_is_the_class() -> None:
    """A draw that the second joins changes nothing; one that the first joins does, stretched a quarter."""
    first, second = np.repeat([[[1.0, 0.0]], [[0.0, 1.0]]], 50, axis=1)
    assert expected_changes(first, np.add(first, [0.0, 0.25])).share == 0.0
    assert expected_changes(second, np.add(second, [0.25, 0.0])).share == 0.25
    # a draw that is decided otherwise is not stretched
    drawn = np.ones((50, 2))
    assert expected_changes(drawn, np.add(drawn, [0.0, 0.1])).share == 1.0
    assert expected_changes(drawn, np.add(drawn, [0.1, 0.0])).share == 0.0


def test_one_class_and_thousands_of_inputs() -> None:
    logits = np.random.default_rng(2).normal(size=(4000, 1))
    found = expected_changes(logits, logits + 1)
    assert found.share == 0.0 and found.inputs == 1500
