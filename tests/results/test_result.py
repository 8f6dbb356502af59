"""What a result says of its network's outputs."""

import numpy as np
import pytest

import snnrt
from snnrt.errors import DataError
from snnrt.ir.build import GraphBuilder
from snnrt.results.result import in_class_order, in_map_order


@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_an_output_that_is_a_map(device):
    build = GraphBuilder((2, 3, 4), timesteps=1, high=100.0)
    graph = build.finish(build.flatten(build.sum_pool2d(build.input, kernel=1, stride=1), channels_last=True))
    x = np.arange(48, dtype=np.float32).reshape(2, 2, 3, 4)
    out = snnrt.Network(graph).run(x, device=device)
    assert graph.output_map == out.output_map == (2, 3, 4)
    np.testing.assert_array_equal(out.maps, x)
    # the largest is the last channel of the last position
    assert out.predictions.tolist() == [23, 23]
    np.testing.assert_array_equal(out.logits[:, (2 * 4 + 1) * 2 + 1], x[:, 1, 2, 1])


def test_a_vector_has_no_map():
    build = GraphBuilder(3, timesteps=1)
    out = snnrt.Network(build.finish(build.add(build.input))).run(np.ones((1, 3)))
    with pytest.raises(DataError, match="maps: expected a network whose output is a map, found 3 classes"):
        _ = out.maps


def test_orders_are_inverse():
    maps = np.arange(60).reshape(5, 2, 3, 2)
    np.testing.assert_array_equal(in_map_order(in_class_order(maps), (2, 3, 2)), maps)
