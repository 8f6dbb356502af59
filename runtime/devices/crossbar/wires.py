"""Wires with resistance: the exact effective matrix of an array of linear devices.

Rows are driven through one segment before their first column; columns end, behind their last row, through
one segment in a virtual ground. Undriven rows are grounded at their source. All of it is linear, so an array
with wires is one matrix from row drives to column currents.
"""

from __future__ import annotations

import numpy as np


def wired(g: np.ndarray, row: float, column: float) -> np.ndarray:
    """What an array of conductances ``g`` (columns, rows) passes a driven row, (columns, rows).

    ``row`` and ``column``: resistance of one segment in units of 1 / G_max (ohm · G_max), 0: a perfect wire.
    The nodal equations of all 2·rows·columns wire nodes, solved by eliminating each row's wire (a
    tridiagonal matrix), then the columns row by row: exact to rounding.
    """
    g = np.asarray(g, np.float64).T  # (rows, columns): one row's cells side by side
    cells, feeds = _rows(g, row)
    if column == 0.0:
        return np.ascontiguousarray(feeds.T)
    conductance = 1.0 / column
    count, width = g.shape
    identity = np.eye(width)
    # from the top down: what a row sees of those above it
    inverses = np.empty((count, width, width))
    above = np.zeros((width, width))
    for index in range(count):
        segments = conductance * (1.0 if index == 0 else 2.0)
        block = cells[index] + segments * identity - conductance**2 * above
        above = inverses[index] = np.linalg.inv(block)
    # from the ground up: what a current into each row's column nodes gives at the ends
    result = np.empty((width, count))
    passed = conductance * inverses[-1]
    for index in range(count - 1, -1, -1):
        result[:, index] = passed @ feeds[index]
        if index:
            passed = conductance * (passed @ inverses[index - 1])
    return result


def _rows(g: np.ndarray, resistance: float) -> tuple[np.ndarray, np.ndarray]:
    """Of each row (rows, columns): what its cells take from the column nodes (rows, columns, columns), and
    what they
    feed into them for a row driven with 1 (rows, columns)."""
    width = g.shape[1]
    if resistance == 0.0:
        return g[:, :, np.newaxis] * np.eye(width), g
    segment = 1.0 / resistance
    wire = 2.0 * segment * np.eye(width) - segment * (np.eye(width, k=1) + np.eye(width, k=-1))
    wire[-1, -1] = segment
    # row nodes by what flows into them: (wire + g) u = g·v + source
    inverse = np.linalg.inv(wire + g[:, :, np.newaxis] * np.eye(width))
    feeds = g * inverse[:, :, 0] * segment
    cells = -g[:, :, np.newaxis] * inverse * g[:, np.newaxis, :]
    cells[:, np.arange(width), np.arange(width)] += g
    return cells, feeds
