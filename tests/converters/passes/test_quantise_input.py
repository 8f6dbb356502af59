"""Scale and peak of an input, from its stated range and from what was seen."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.converters.passes.quantise_input import quantised_input_node
from snnrt.errors import ModelError
from snnrt.ir.graph import Input


def node(encoding: str = "constant", low: float = 0.0, high: float = 1.0) -> Input:
    return Input("x", (), (4,), encoding=encoding, low=low, high=high)  # type: ignore[arg-type]


def seen(*values: float, count: int = 256) -> np.ndarray:
    return np.resize(np.array(values, np.float32), count)


@pytest.mark.parametrize(
    ("source", "calibration", "scale", "peak"),
    [
        # the stated range alone: 255 levels, or 127 each way
        (node(), None, 1 / 255, 255),
        (node(low=-2.0), None, 2 / 127, 127),
        # what was seen is less than what is stated
        (node(high=8.0), seen(0, 0.318309, 0.5), 0.5 / 255, 255),
        (node(low=-8.0, high=8.0), seen(0.1, 0.318309, 0.5), 0.5 / 255, 255),
        (node(low=-8.0, high=8.0), seen(-0.1, 0.318309, 0.5), 0.5 / 127, 127),
        # a grid keeps its step, and reaches as far as is stated
        (node(), seen(0, 0.25, 0.5), 0.25, 4),
        (node(high=100.0), seen(0, 0.25, 0.5), 0.25, 255),
        # few values may be a grid by chance
        (node(), seen(0, 0.25, 0.5, count=255), 0.5 / 255, 255),
        # nothing but zeros: the stated range
        (node(high=4.0), seen(0, count=8), 4 / 255, 255),
        # spikes and counts stay as they are
        (node("spikes"), None, 1, 1),
        (node("spikes", high=5.0), None, 1, 5),
        (node("spikes", high=5.0), seen(0, 9), 1, 9),
        (node("spikes", high=0.5), None, 0.5 / 255, 255),
        (node("spikes"), seen(0, 0.75, 1), 0.25, 4),
    ],
)
def test_scale_and_peak(source: Input, calibration: np.ndarray | None, scale: float, peak: int) -> None:
    found = quantised_input_node(source, calibration)
    assert found.scale == pytest.approx(scale, rel=1e-6) and found.peak == peak
    assert found.scale == float(np.float32(found.scale))
    assert (found.name, found.low, found.high) == (source.name, source.low, source.high)


def test_more_counts_than_16_bits() -> None:
    assert quantised_input_node(node("spikes", high=32767.0), None).peak == 32767
    with pytest.raises(ModelError, match=r"node 'x' \(input\): expected counts up to 32767, found 32768"):
        quantised_input_node(node("spikes", high=32768.0), None)
