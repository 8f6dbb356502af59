"""One timestep of a network as nodes and delays."""

import numpy as np
import pytest

from snnrt.converters.common.rollup.operations import Affine, Cell, Convolution, Linear, Sum
from snnrt.converters.common.rollup.template import Template, TemplateNode
from snnrt.converters.common.windows import Window


def linear(outputs=2, inputs=3, bias=None):
    return Linear("Linear", np.arange(outputs * inputs, dtype=np.float32).reshape(outputs, inputs), bias)


def cell(path="lif"):
    return Cell("Leaky", path, lambda parameters: None, {})


def template(*operations):
    """A chain behind the input."""
    found = Template([TemplateNode(None, (), (3,), True)])
    for place, operation in enumerate(operations):
        found.add(TemplateNode(operation, ((place, 0),), (2,), False))
    return found


def test_what_computes_the_same_is_one_node():
    found = template(linear())
    assert found.add(TemplateNode(linear(), ((0, 0),), (2,), False)) == 1
    assert found.add(TemplateNode(linear(bias=np.ones(2, np.float32)), ((0, 0),), (2,), False)) == 2
    assert found.add(TemplateNode(cell("a"), (), (2,), False)) != found.add(
        TemplateNode(cell("b"), (), (2,), False)
    )


def test_a_delay_moves_to_the_neuron_in_front():
    found = template(cell(), linear(2, 2, np.ones(2, np.float32)), Sum("add"))
    place, delay = found.earlier(3, 2)
    assert delay == 0
    ((layer, between),) = found.nodes[place].reads
    assert between == 0 and found.nodes[layer].reads == ((1, 2),)
    assert found.earlier(0, 3) == (0, 0)


@pytest.mark.parametrize("by_channel", [True, False])
def test_a_batch_norm_goes_into_the_layer_in_front(by_channel):
    scale = np.array([2.0, 3.0]) if by_channel else np.full((2, 4, 4), 2.0)
    weights = np.ones((2, 1, 3, 3), np.float32)
    convolution = Convolution("Conv2d", weights, np.array([1, 1], np.float32), Window())
    found = template(convolution, Affine("BatchNorm", scale, np.array([0.5, 0.0])), cell())
    kept = {0, 1, 2, 3}
    gone = found.fold_affine(kept)
    if not by_channel:
        assert gone == {} and kept == {0, 1, 2, 3}
        return
    assert gone == {2: 1} and kept == {0, 1, 3} and found.nodes[3].reads == ((1, 0),)
    folded = found.nodes[1].operation
    np.testing.assert_array_equal(folded.weights[:, 0, 0, 0], [2, 3])
    np.testing.assert_array_equal(folded.bias, [2.5, 3])


def test_it_stays_where_others_read_the_layer_too():
    found = template(linear(), Affine("scale", np.array(2.0), np.array(0.0)))
    found.add(TemplateNode(Sum("add"), ((1, 0), (2, 0)), (2,), False))
    assert found.fold_affine({0, 1, 2, 3}) == {}


def test_what_is_reached():
    found = template(linear(), cell(), linear(2, 2))
    assert found.reachable(2) == {0, 1, 2}
