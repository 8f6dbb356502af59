"""Data sets of samples and loaders of batches, by what they can do."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.data.samples import gathered, is_samples
from snnrt.errors import DataError
from snnrt.network import Network


class Samples:
    """As PyTorch's Dataset: no ``__array__``, no ``__iter__``."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, place):
        return self.x[place], int(self.y[place])


class Loader:
    """As PyTorch's DataLoader."""

    batch_size = 3

    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self):
        return -(-len(self.dataset) // 3)

    def __iter__(self):
        for start in range(0, len(self.dataset), 3):
            yield self.dataset.x[start : start + 3], self.dataset.y[start : start + 3]


@pytest.mark.parametrize("wrap", [lambda s: s, Loader])
def test_a_network_runs_them(wrap):
    graph, x = dense_lif("float32")
    network = Network(graph)
    labels = network.run(x).predictions
    samples = wrap(Samples(x, labels))
    assert is_samples(samples)
    assert network.score(samples) == 1.0
    assert np.array_equal(network.run(samples).logits, network.run(x).logits)


class Stream:
    """As PyTorch's IterableDataset."""

    def __init__(self, x, y):
        self.pairs = [(one, int(label)) for one, label in zip(x, y)]

    def __iter__(self):
        return iter(self.pairs)


@pytest.mark.parametrize(
    "given",
    [
        lambda x, y: (x, y),
        lambda x, y: (x.tolist(), y.tolist()),
        lambda x, y: {"x": x, "y": y},
        lambda x, y: list(zip(x, y)),
        lambda x, y: [(one, np.array([label])) for one, label in zip(x, y)],
        Stream,
    ],
)
def test_inputs_with_their_labels(given):
    graph, x = dense_lif("float32")
    network = Network(graph)
    labels = network.run(x).predictions
    assert network.score(given(x, labels)) == 1.0
    assert network.score(given(x, (labels + 1) % 3)) == 0.0


def test_what_holds_no_labels_is_inputs():
    graph, x = dense_lif("float32")
    network = Network(graph)
    logits = network.run(x).logits
    assert np.array_equal(network.run({"x": x}).logits, logits)
    assert np.array_equal(network.run(list(x)).logits, logits)
    assert np.array_equal(network.run((x[0], x[1])).logits, logits[:2])
    with pytest.raises(
        DataError, match=r"a mapping with x \(inputs\) and perhaps y \(labels\), found 'images'"
    ):
        network.run({"images": x})
    with pytest.raises(DataError, match="an iterator; give list"):
        network.run(iter(x))
    for ragged in ([([[0.0], [0.0, 1.0]], 1)], ([[0.0], [0.0, 1.0]], [1, 2]), ((1, 2), (3, 4))):
        with pytest.raises(DataError, match="x: "):
            network.run(ragged)


def test_what_is_refused():
    with pytest.raises(DataError, match="at least one sample"):
        gathered(Samples(np.zeros((0, 2)), []), "x")
    with pytest.raises(DataError, match="samples of one shape"):
        gathered(Samples([np.zeros(2), np.zeros(3)], [0, 1]), "x")
    assert not is_samples(np.zeros(3)) and not is_samples([1, 2])
