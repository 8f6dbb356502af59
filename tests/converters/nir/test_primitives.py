"""NIR's primitives, whatever version of the package wrote them."""

from dataclasses import dataclass, fields

import nir
import numpy as np
import pytest

from snnrt.converters.nir.primitives import FIELDS, UNREAD, NirNode, as_node


@pytest.mark.parametrize("kind", sorted(set(FIELDS) - {"Input", "Output", "NIRGraph"}))
def test_fields_are_those_of_the_package(kind):
    theirs = {field.name for field in fields(getattr(nir, kind))}
    assert theirs - set(UNREAD) == set(FIELDS[kind]) - set(UNREAD)


def test_nodes_of_the_package():
    one = np.ones(3, np.float32)
    node = as_node(nir.LIF(one, 2 * one, one, one, 3 * one))
    assert (node.kind, node.r[0], node.v_reset[0]) == ("LIF", 2, 3)
    assert as_node(node) is node
    assert list(as_node(nir.Input(np.array([3, 4]))).shape) == [3, 4]
    assert list(as_node(nir.Output(np.array([5]))).shape) == [5]


def test_versions_without_a_reset_value():
    """nir up to 1.0.4: it is 0, in the shape of the threshold."""

    @dataclass
    class LIF:
        tau: np.ndarray
        r: np.ndarray
        v_leak: np.ndarray
        v_threshold: np.ndarray

    node = as_node(LIF(*(np.ones(3) for _ in range(4))))
    np.testing.assert_array_equal(node.v_reset, np.zeros(3))
    cuba = NirNode(
        "CubaLIF", {key: np.ones(3) for key in ("tau_syn", "tau_mem", "r", "v_leak", "v_threshold")}
    )
    assert cuba.w_in == 1 and not cuba.v_reset.any()


def test_refused():
    with pytest.raises(TypeError, match="without weight"):
        NirNode("Linear", {})
    with pytest.raises(TypeError, match="with 'refractory', which it does not have"):
        NirNode("Linear", {"weight": np.ones((2, 2)), "refractory": 1})
    with pytest.raises(TypeError, match="type dict is not known"):
        as_node({})
    with pytest.raises(AttributeError, match="Linear has no bias"):
        NirNode("Linear", {"weight": np.ones((2, 2))}).bias  # noqa: B018
