"""Stored order: channels last, through a flatten and everything element by element behind it."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.errors import ModelError
from snnrt.ir.element_order import channel_last, element_orders

SHAPE = (2, 2, 3)
# channel, y, x of (2, 2, 3) in row-major order, channels last
ORDER = [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]


def test_channels_come_last() -> None:
    assert channel_last(SHAPE).tolist() == ORDER
    assert channel_last((4,)).tolist() == [0, 1, 2, 3]
    assert channel_last((1, 2, 2)).tolist() == [0, 1, 2, 3]


def test_a_flattened_order_goes_on_element_by_element_and_back_to_a_dense() -> None:
    g = GraphBuilder(SHAPE, encoding="spikes")
    flat = g.flatten(g.input, name="flat")
    other = g.dense(flat, np.ones((12, 12)), name="other")
    both = g.if_(g.add(flat, other, name="both"), name="fires")
    last = g.dense(both, np.ones((2, 12)), name="last")
    orders = element_orders(g.finish(last))
    moved = {name for name, order in orders.items() if order is not None}
    assert moved == {"flat", "other", "both", "fires"}
    assert all(orders[name].tolist() == ORDER for name in moved)
    assert set(orders) == moved | {"last", "readout", "exit"}


def test_a_concatenation_has_its_inputs_orders() -> None:
    g = GraphBuilder(SHAPE, encoding="spikes")
    flat = g.flatten(g.input)
    plain = g.dense(flat, np.ones((3, 12)))
    joined = g.concatenate(plain, flat, name="joined")
    orders = element_orders(g.finish(g.dense(joined, np.ones((2, 15)))))
    assert orders["joined"].tolist() == [0, 1, 2, *(3 + place for place in ORDER)]


def test_orders_that_meet_are_refused() -> None:
    g = GraphBuilder(SHAPE, encoding="spikes")
    wide = g.flatten(g.input, name="wide")
    tall = g.flatten(g.conv2d(g.input, np.ones((3, 2, 1, 2))), name="tall")
    total = g.add(wide, tall, name="meet")
    with pytest.raises(
        ModelError, match=r"node '(tall|wide)' and node '(tall|wide)' reach the same vector.*dense"
    ):
        element_orders(g.finish(g.dense(total, np.ones((2, 12)))))
    g = GraphBuilder(SHAPE)
    with pytest.raises(ModelError, match=r"'readout'.*different orders"):
        element_orders(g.finish(g.flatten(g.input, name="classes")))
