"""Each layer without state, alone in a file, against a plain NumPy computation."""

import nir
import numpy as np
import pytest
from nir_files import dyadic, ends, outputs, read, save

from snnrt.ir.graph import Conv2d, Dense

X = dyadic((2, 3, 6), 0)


def windows(x, kernel, stride, padding, dilation=(1, 1)):
    """(N, C, H, W) → (N, C, out_h, out_w, kernel_h, kernel_w); padding (top, bottom, left, right)."""
    x = np.pad(x, ((0, 0), (0, 0), padding[:2], padding[2:]))
    reach = [dilation[a] * (kernel[a] - 1) + 1 for a in (0, 1)]
    rows = range(0, x.shape[2] - reach[0] + 1, stride[0])
    columns = range(0, x.shape[3] - reach[1] + 1, stride[1])
    cut = [
        [x[:, :, r : r + reach[0] : dilation[0], c : c + reach[1] : dilation[1]] for c in columns]
        for r in rows
    ]
    return np.moveaxis(np.array(cut), (0, 1), (2, 3))


def convolve(x, weight, bias, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    cut = windows(x, weight.shape[2:], stride, padding, dilation)
    parts = zip(np.split(cut, groups, 1), np.split(weight, groups, 0))
    out = np.concatenate([np.einsum("nchwij,ocij->nohw", part, w) for part, w in parts], 1)
    return out + bias[:, None, None]


def frames(shape, seed=1):
    return dyadic((2, 2, *shape), seed)


def by_step(x, compute):
    return np.stack([compute(x[:, step]).reshape(x.shape[0], -1) for step in range(x.shape[1])], 1)


def test_affine(tmp_path):
    weight, bias = dyadic((4, 6), 1), dyadic((4,), 2)
    path = save(tmp_path / "net.nir", ends((6,), (4,), dense=nir.Affine(weight, bias)))
    np.testing.assert_array_equal(outputs(path, X), by_step(X, lambda x: x @ weight.T + bias))


def test_linear(tmp_path):
    weight = dyadic((4, 6), 1)
    path = save(tmp_path / "net.nir", ends((6,), (4,), dense=nir.Linear(weight)))
    np.testing.assert_array_equal(outputs(path, X), by_step(X, lambda x: x @ weight.T))


@pytest.mark.parametrize(
    "stride, padding, dilation, groups, expected",
    [
        (1, 0, 1, 1, (0, 0, 0, 0)),
        ((2, 1), (1, 2), (1, 2), 1, (1, 1, 2, 2)),
        (2, 1, 1, 2, (1, 1, 1, 1)),
        ((1, 1), "valid", (2, 1), 1, (0, 0, 0, 0)),
        ((1, 1), "same", (1, 1), 2, (1, 1, 0, 1)),
        ((1, 1), "same", (2, 3), 1, (2, 2, 1, 2)),
    ],
)
def test_conv2d(tmp_path, stride, padding, dilation, groups, expected):
    """A kernel of 3 × 2: nir infers a wrong shape for it, and 'same' pads one more at the end."""
    weight, bias = dyadic((6, 4 // groups, 3, 2), 3), dyadic((6,), 4)
    layer = nir.Conv2d((7, 8), weight, stride, padding, dilation, groups, bias)
    path = save(tmp_path / "net.nir", ends((4, 7, 8), (1,), conv=layer))
    x = frames((4, 7, 8))
    pair = [value if isinstance(value, tuple) else (value, value) for value in (stride, dilation)]
    plain = by_step(x, lambda frame: convolve(frame, weight, bias, pair[0], expected, pair[1], groups))
    np.testing.assert_array_equal(outputs(path, x), plain)
    assert read(path).graph["conv"].padding == expected


@pytest.mark.parametrize("padding, expected", [(1, (1, 1)), ("same", (1, 2)), ("valid", (0, 0))])
def test_conv1d(tmp_path, padding, expected):
    weight, bias = dyadic((4, 1, 4), 3), dyadic((4,), 4)
    layer = nir.Conv1d(9, weight, 1 if padding == "same" else 2, padding, 1, 2, bias)
    path = save(
        tmp_path / "net.nir", ends((2, 9), (1,), conv=layer, flat=nir.Flatten(np.array([4, 1]), 0, -1))
    )
    x = frames((2, 1, 9))
    stride = (1, 1 if padding == "same" else 2)
    plain = by_step(x, lambda f: convolve(f, weight[:, :, None], bias, stride, (0, 0, *expected), groups=2))
    np.testing.assert_array_equal(outputs(path, x), plain)


@pytest.mark.parametrize("kind", [nir.SumPool2d, nir.AvgPool2d])
@pytest.mark.parametrize(
    "kernel, stride, padding", [((2, 2), (2, 2), (0, 0)), ((3, 2), (2, 1), (1, 1)), (np.array([2]), 2, 0)]
)
def test_pools(tmp_path, kind, kernel, stride, padding):
    layer = kind(kernel_size=kernel, stride=stride, padding=padding)
    path = save(tmp_path / "net.nir", ends((3, 7, 8), (1,), pool=layer))
    x = frames((3, 7, 8))
    size, step, pad = (np.broadcast_to(value, 2) for value in (kernel, stride, padding))
    total = by_step(x, lambda f: windows(f, size, step, np.repeat(pad, 2)).sum((-1, -2)))
    expected = total if kind is nir.SumPool2d else (total / np.float32(size.prod())).astype(np.float32)
    np.testing.assert_allclose(outputs(path, x), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("start, end", [(0, -1), (0, 2), (-3, -1)])
def test_flatten(tmp_path, start, end):
    weight = dyadic((3, 24), 5)
    nodes = ends((2, 3, 4), (3,), flat=nir.Flatten(np.array([2, 3, 4]), start, end), dense=nir.Linear(weight))
    path = save(tmp_path / "net.nir", nodes)
    x = frames((2, 3, 4))
    np.testing.assert_array_equal(outputs(path, x), by_step(x, lambda f: f.reshape(2, -1) @ weight.T))


def test_flatten_that_counts_a_batch_axis(tmp_path):
    weight = dyadic((3, 24), 5)
    flat = nir.Flatten(np.array([2, 3, 4]), 1, -1)
    path = save(tmp_path / "net.nir", ends((2, 3, 4), (3,), flat=flat, dense=nir.Linear(weight)))
    x = frames((2, 3, 4))
    np.testing.assert_array_equal(outputs(path, x), by_step(x, lambda f: f.reshape(2, -1) @ weight.T))
    assert any("'flat' flattens all of (2, 3, 4)" in line for line in read(path).assumptions)


def test_dense_without_its_flatten(tmp_path):
    """Exporters that do not know Flatten leave it out."""
    weight = dyadic((3, 24), 5)
    path = save(tmp_path / "net.nir", ends((2, 3, 4), (3,), dense=nir.Linear(weight)))
    x = frames((2, 3, 4))
    np.testing.assert_array_equal(outputs(path, x), by_step(x, lambda f: f.reshape(2, -1) @ weight.T))
    assert "'dense' reads its input of shape (2, 3, 4) flattened" in read(path).assumptions


def test_a_flatten_of_nothing_is_left_out(tmp_path):
    nodes = ends((6,), (4,), flat=nir.Flatten(np.array([6]), 0, -1), dense=nir.Linear(dyadic((4, 6), 1)))
    graph = read(save(tmp_path / "net.nir", nodes)).graph
    assert [node.kind for node in graph] == ["input", "dense", "readout", "exit"]


def test_batch_axis_of_the_input_is_dropped(tmp_path):
    layer = nir.Conv2d((5, 5), dyadic((3, 2, 3, 3), 1), 1, 0, 1, 1, np.zeros(3, np.float32))
    imported = read(save(tmp_path / "net.nir", ends((1, 2, 5, 5), (1,), conv=layer)))
    assert imported.graph.input.shape == (2, 5, 5)
    assert "the leading 1 of the input shape (1, 2, 5, 5) is a batch axis" in imported.assumptions
    assert imported.graph["conv"].bias is None


SCALE = np.array([0.5, 2, -1, 4], np.float32)
DENSE = nir.Affine(dyadic((4, 6), 1), dyadic((4,), 2))


def test_scale_folds_into_the_layer_before(tmp_path):
    path = save(tmp_path / "net.nir", ends((6,), (4,), dense=DENSE, scale=nir.Scale(SCALE)))
    assert [node.kind for node in read(path).graph] == ["input", "dense", "readout", "exit"]
    np.testing.assert_array_equal(
        outputs(path, X), by_step(X, lambda x: (x @ DENSE.weight.T + DENSE.bias) * SCALE)
    )


def test_scale_folds_into_the_layer_behind(tmp_path):
    factors = np.array([0.5, 2, -1, 4, 1, 0.25], np.float32)
    path = save(tmp_path / "net.nir", ends((6,), (4,), scale=nir.Scale(factors), dense=DENSE))
    assert [node.kind for node in read(path).graph] == ["input", "dense", "readout", "exit"]
    np.testing.assert_array_equal(
        outputs(path, X), by_step(X, lambda x: (x * factors) @ DENSE.weight.T + DENSE.bias)
    )


@pytest.mark.parametrize("groups", [1, 2])
def test_channel_scale_folds_into_a_convolution_behind(tmp_path, groups):
    weight, bias = dyadic((6, 4 // groups, 3, 3), 3), dyadic((6,), 4)
    scale = nir.Scale(np.broadcast_to(SCALE[:, None, None], (4, 5, 5)).copy())
    layer = nir.Conv2d((5, 5), weight, 1, 1, 1, groups, bias)
    path = save(tmp_path / "net.nir", ends((4, 5, 5), (1,), scale=scale, conv=layer))
    assert [type(node) for node in read(path).graph].count(Conv2d) == 1
    x = frames((4, 5, 5))
    scaled = by_step(
        x, lambda f: convolve(f * SCALE[:, None, None], weight, bias, padding=(1, 1, 1, 1), groups=groups)
    )
    np.testing.assert_array_equal(outputs(path, x), scaled)


def test_scale_folds_into_the_gain_of_a_neuron(tmp_path):
    lif = nir.LI(*(np.full(4, value, np.float32) for value in (2e-4, 1, 0)))
    path = save(tmp_path / "net.nir", ends((6,), (4,), dense=DENSE, scale=nir.Scale(SCALE), li=lif))
    graph = read(path, framework="nir").graph
    np.testing.assert_array_equal(graph["li"].gain, SCALE)
    assert [node.kind for node in graph] == ["input", "dense", "neuron", "readout", "exit"]


@pytest.mark.parametrize(
    "shape, factors",
    [
        ((4,), SCALE),
        ((4,), np.float32(3)),
        ((4, 2, 3), SCALE.reshape(4, 1, 1)),
        ((4, 2, 3), dyadic((4, 2, 3), 7)),
    ],
)
def test_scale_between_nothing_that_takes_it(tmp_path, shape, factors):
    factors = np.broadcast_to(factors, shape).copy()
    path = save(tmp_path / "net.nir", ends(shape, shape, scale=nir.Scale(factors)))
    x = frames(shape)
    np.testing.assert_array_equal(outputs(path, x), by_step(x, lambda f: f * factors))


def test_scale_with_two_readers_stays(tmp_path):
    nodes = ends(
        (4,), (4,), scale=nir.Scale(SCALE), a=nir.Linear(dyadic((4, 4), 1)), b=nir.Linear(dyadic((4, 4), 2))
    )
    edges = [("input", "scale"), ("scale", "a"), ("scale", "b"), ("a", "output"), ("b", "output")]
    path = save(tmp_path / "net.nir", nodes, edges)
    assert [type(node) for node in read(path).graph].count(Dense) == 3
    x = frames((4,))
    plain = by_step(x, lambda f: (f * SCALE) @ (nodes["a"].weight + nodes["b"].weight).T)
    np.testing.assert_array_equal(outputs(path, x), plain)
