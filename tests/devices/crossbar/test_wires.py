"""The effective matrix of an array with wires, against nodal analysis written out node by node."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.devices.crossbar.wires import wired


def nodal(g: np.ndarray, row: float, column: float) -> np.ndarray:
    """Column currents for each driven row, by Kirchhoff's current law at all 2·rows·columns wire nodes."""
    columns, rows = g.shape
    count = rows * columns
    result = np.zeros((columns, rows))
    for driven in range(rows):
        matrix, source = np.zeros((2 * count, 2 * count)), np.zeros(2 * count)

        def join(one: int, other: int | None, conductance: float, volts: float = 0.0) -> None:
            matrix[one, one] += conductance  # noqa: B023
            if other is None:
                source[one] += conductance * volts  # noqa: B023
            else:
                matrix[other, other] += conductance  # noqa: B023
                matrix[one, other] -= conductance  # noqa: B023
                matrix[other, one] -= conductance  # noqa: B023

        for i in range(rows):
            for j in range(columns):
                top, bottom = i * columns + j, count + i * columns + j
                join(top, bottom, g[j, i])
                if j == 0:
                    join(top, None, 1 / row, float(i == driven))
                else:
                    join(top, top - 1, 1 / row)
                join(bottom, bottom + columns if i + 1 < rows else None, 1 / column)
        volts = np.linalg.solve(matrix, source)
        result[:, driven] = volts[count + (rows - 1) * columns :] / column
    return result


@pytest.mark.parametrize("size", [(1, 1), (1, 6), (5, 1), (4, 7)])
@pytest.mark.parametrize(("row", "column"), [(1e-3, 2e-3), (0.5, 0.1)])
def test_agrees_with_nodal_analysis(size, row, column):
    g = np.random.default_rng(0).random(size)
    np.testing.assert_allclose(wired(g, row, column), nodal(g, row, column), rtol=1e-10)


def test_devices_that_pass_nothing_are_no_trouble():
    g = np.zeros((3, 4))
    np.testing.assert_array_equal(wired(g, 1e-3, 1e-3), g)


@pytest.mark.parametrize(("row", "column"), [(0.0, 1e-3), (1e-3, 0.0), (0.0, 0.0)])
def test_a_perfect_wire_is_the_limit_of_a_good_one(row, column):
    g = np.random.default_rng(1).random((5, 6))
    np.testing.assert_allclose(wired(g, row, column), wired(g, row or 1e-9, column or 1e-9), atol=1e-6)


def test_far_cells_lose_most():
    ratio = wired(np.full((32, 32), 0.5), 1e-3, 1e-3) / 0.5
    assert ratio[0, -1] == ratio.max() and ratio[-1, 0] == ratio.min() and ratio.max() < 1.0
