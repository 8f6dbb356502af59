"""What a readout of spikes can reach."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import snnrt
from snnrt.exits.reach import least_entropy, reach_of
from snnrt.ir.exit_choice import Exit


def counting(timesteps: int = 4, readout: str = "sum", classes: int = 10) -> snnrt.Graph:
    g = snnrt.GraphBuilder(4, timesteps=timesteps)
    x = g.lif(g.dense(g.input, np.ones((classes, 4), np.float32)), beta=0.9)
    return g.finish(x, readout=readout)


def test_ten_classes_of_spikes() -> None:
    reach = reach_of(counting())
    assert [round(one, 3) for one in reach.entropy] == [0.947, 0.794, 0.564, 0.312]
    assert reach.margin == (1.0, 2.0, 3.0, 4.0)


@pytest.mark.parametrize("span", [0.5, 1.0, 2.0, 3.0])
def test_no_logits_have_less(span: float) -> None:
    """Every way to put four logits on a grid between the ends."""
    logits = np.array(list(itertools.product(np.linspace(0, span, 7), repeat=4)))
    weights = np.exp(logits)
    shares = weights / weights.sum(axis=1, keepdims=True)
    least = (-(shares * np.log(shares)).sum(axis=1) / math.log(4)).min()
    assert least_entropy(span, 4) == pytest.approx(least, abs=1e-9)


def test_the_warning_says_what_can_be_reached_and_what_to_do() -> None:
    text = reach_of(counting()).warning(Exit.entropy(0.2))
    assert text is not None and "0.947, 0.794, 0.564, 0.312" in text and "snnrt calibrate" in text
    # the last timestep ends the run anyway
    assert reach_of(counting()).warning(Exit.entropy(0.4)) is not None
    assert reach_of(counting()).warning(Exit.entropy(0.6)) is None
    assert reach_of(counting()).warning(Exit.confidence(0.99)) is not None
    assert reach_of(counting()).warning(Exit.margin(2.5)) is None
    assert reach_of(counting()).warning(Exit.margin(3.0)) is not None
    assert reach_of(counting()).warning(Exit.never()) is None
    assert reach_of(counting(readout="mean")).warning(Exit.entropy(0.9)) is not None


def test_of_currents_nothing_is_said() -> None:
    g = snnrt.GraphBuilder(4, timesteps=4)
    graph = g.finish(g.dense(g.input, np.ones((3, 4), np.float32)))
    assert reach_of(graph).entropy == () and reach_of(graph).warning(Exit.entropy(0.0)) is None
