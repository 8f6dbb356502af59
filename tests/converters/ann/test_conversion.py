"""Thresholds of a network as an importer shows it."""

from __future__ import annotations

import numpy as np

from snnrt.converters.ann import conversion
from snnrt.converters.ann.conversion import Seen, activations_of, thresholds_of, trained_levels
from snnrt.converters.ann.spiking import NeuronChoice
from snnrt.converters.ann.thresholds import best_thresholds
from snnrt.converters.common.rollup.operations import Activation, Linear
from snnrt.converters.common.rollup.template import Template, TemplateNode


class Shown:
    """Two activations of 3 channels, the second rounded to 4 levels up to 2; batches of random values."""

    def __init__(self) -> None:
        self.template = Template([TemplateNode(None, (), (3,), True)])
        for path, fields in (("a", {}), ("b", {"ceiling": 2.0, "levels": 4})):
            place = self.template.add(
                TemplateNode(Linear("linear", np.eye(3, dtype=np.float32) * len(path + str(fields))),
                             ((len(self.template.nodes) - 1, 0),), (3,), True)
            )  # fmt: skip
            self.template.add(TemplateNode(Activation("relu", path, **fields), ((place, 0),), (3,), False))
        rng = np.random.default_rng(3)
        self.values = np.abs(rng.normal(0, 1, (3, 50, 3)))

    def seen(self, x: np.ndarray | None):
        for batch in self.values if x is not None else self.values[:1]:
            yield Seen({"a": batch, "b": batch}, batch)


def test_of_all_batches_by_channel() -> None:
    network = Shown()
    assert list(activations_of(network.template)) == ["a", "b"]
    assert trained_levels(network.template) is None
    del network.template.nodes[2]
    assert trained_levels(network.template) == 4
    network = Shown()
    found = thresholds_of(network, np.zeros(1), NeuronChoice())
    np.testing.assert_array_equal(found["a"], best_thresholds(network.values.reshape(-1, 3).T))
    assert found["b"].tolist() == [2, 2, 2]
    example = thresholds_of(network, None, NeuronChoice())
    np.testing.assert_array_equal(example["a"], best_thresholds(network.values[0].T))


def test_maps_are_looked_at_by_channel(monkeypatch) -> None:
    network = Shown()
    network.values = network.values.reshape(3, 5, 10, 3).transpose(0, 1, 3, 2).copy()
    found = thresholds_of(network, np.zeros(1), NeuronChoice())["a"]
    expected = best_thresholds(np.moveaxis(network.values, 2, 0).reshape(3, -1))
    np.testing.assert_allclose(np.sort(found), np.sort(expected))
    # no more than so many of each are kept, the same at each call
    monkeypatch.setattr(conversion, "SAMPLES", 20)
    few = thresholds_of(network, np.zeros(1), NeuronChoice())["a"]
    np.testing.assert_array_equal(few, thresholds_of(network, np.zeros(1), NeuronChoice())["a"])
