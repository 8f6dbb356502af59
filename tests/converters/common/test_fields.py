"""Fields of layers."""

import numpy as np
import pytest

from snnrt.converters.common.fields import bias_of, integers, numbers
from snnrt.converters.common.source_node import SourceNode
from snnrt.errors import ModelError

NODE = SourceNode("fc", "Linear")


def test_numbers():
    found = numbers(NODE, "weight", [[1, 2]])
    assert found.dtype == np.float32 and found.shape == (1, 2)
    for wrong, message in (
        (["a"], "expected numbers, found <U1"),
        (np.zeros(0), "expected numbers"),
        (1e300, "finite numbers that float32 can hold"),
        (np.nan, "finite numbers"),
        (1j, "expected numbers, found complex128"),
    ):
        with pytest.raises(ModelError, match=rf"'fc' \(Linear\): weight: .*{message}"):
            numbers(NODE, "weight", wrong)


def test_integers():
    assert integers(NODE, "stride", 2, 2, 1) == (2, 2)
    assert integers(NODE, "stride", np.array([1.0, 65535]), 2, 1) == (1, 65535)
    for wrong in (0, 1.5, [1, 2, 3], "1", 65536, [True], np.nan):
        with pytest.raises(ModelError, match=r"stride: expected 2 integer\(s\) from 1 to 65535"):
            integers(NODE, "stride", wrong, 2, 1)
    with pytest.raises(ModelError, match="groups: expected an integer from 1"):
        integers(NODE, "groups", 0, 1, 1)


def test_bias():
    assert bias_of(NODE, None, 3) is None and bias_of(NODE, np.zeros(3), 3) is None
    np.testing.assert_array_equal(bias_of(NODE, [[1, 2]], 2), [1, 2])
    with pytest.raises(ModelError, match=r"bias: expected shape \(3,\), found \(2,\)"):
        bias_of(NODE, [1, 2], 3)
