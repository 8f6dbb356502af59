"""Numbers that an export rounded, found again."""

import numpy as np

from snnrt.converters.nir.recovery import recover


def test_recover_prefers_the_number_that_a_person_wrote():
    export = lambda beta: np.float32(1e-4) / (np.float32(1) - beta)  # noqa: E731
    beta = np.array([0.01, 0.123, 0.5, 0.9, 0.95, 0.999], np.float32)
    stored = export(beta)
    np.testing.assert_array_equal(recover(stored, 1 - 1e-4 / stored.astype(np.float64), export), beta)


def test_recover_takes_the_nearest_of_trained_numbers():
    export = lambda beta: np.float32(1e-4) / (np.float32(1) - beta)  # noqa: E731
    beta = np.random.default_rng(0).uniform(0.75, 1, 2000).astype(np.float32)
    stored = export(beta)
    np.testing.assert_array_equal(recover(stored, 1 - 1e-4 / stored.astype(np.float64), export), beta)


def test_recover_keeps_the_guess_where_nothing_fits():
    guess = np.array([0.3], np.float64)
    assert recover(np.array([7], np.float32), guess, lambda beta: beta) == np.float32(0.3)
