"""Exit scores of fixed logits, from docs/ir.md in Python's integers: the reference and the core."""

from __future__ import annotations

import math

import numpy as np
import pytest

import snnrt
from snnrt import Exit
from snnrt.devices.cpu import kernel_sets
from snnrt.exits import fixed_point
from snnrt.exits.decisions import decide
from snnrt.network import Network

# distances from the best logit in nats Q16, S, H in Q16, the largest probability in Q16; from the third to
# the last but one ln S lies between two entries of its table: the lower alone would give 100 to 1000 less
CASES = [
    ([0, 0], 134217728, 45426, 32768),
    ([0, 0, 0], 201326592, 71999, 21845),
    ([0, 65536], 91794643, 38151, 47912),
    ([0, 30000, 65536, 131072], 143333530, 78206, 30684),
    ([0, 1, 2, 3, 4], 335535896, 105474, 13107),
    ([0, 100000, 100001, 200000, 300000, 400000], 100298819, 64410, 43849),
    ([0, *range(5000, 100000, 5000)], 714931167, 190332, 6151),
    ([0, 77777, 77777, 77777, 77777, 77777, 77777], 189986398, 118502, 23149),
    ([0, 1048575, 1048575, 1048575], 67108885, 0, 65536),
]  # fmt: skip
DEVICES = ["reference", *(f"cpu:{name}" for name in kernel_sets())]


def of_logits(classes: int) -> Network:
    """One timestep that hands its input through."""
    g = snnrt.GraphBuilder(classes, timesteps=1, low=-100.0, high=0.0)
    return Network(g.finish(g.dense(g.input, np.eye(classes, dtype=np.float32))))


@pytest.mark.parametrize(("distances", "total", "entropy", "probability"), CASES)
def test_integers(distances: list[int], total: int, entropy: int, probability: int) -> None:
    found = np.array([distances])
    assert fixed_point.exponentials(found).sum() == total
    assert fixed_point.entropy_q(found).tolist() == [entropy]
    assert decide("confidence", 0, found).scores.tolist() == [probability / 65536]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("distances", "total", "entropy", "probability"), CASES)
def test_devices(device: str, distances: list[int], total: int, entropy: int, probability: int) -> None:
    network = of_logits(len(distances))
    # -d / 65536 is exact in float32, and so is the difference from 0
    x = -np.array([distances], np.float32) / np.float32(65536)
    scores = network.run(x, device=device, exit="entropy:0").scores
    unit = 65536 * math.log(len(distances))
    assert np.rint(scores.astype(np.float64) * unit).tolist() == [entropy]
    scores = network.run(x, device=device, exit="confidence:1").scores
    assert np.rint(scores.astype(np.float64) * 65536).tolist() == [probability]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("classes", [2, 4, 8])
def test_a_tie_of_confidence_goes_on(device: str, classes: int) -> None:
    """Equal logits: the largest probability is 1 / K exactly, and 1 / K is not above 1 / K."""
    g = snnrt.GraphBuilder(classes, timesteps=3)
    network = Network(g.finish(g.dense(g.input, np.eye(classes, dtype=np.float32))))
    x = np.zeros((1, classes), np.float32)
    for threshold, steps in ((1 / classes, 3), (1 / classes - 1 / 65536, 1)):
        result = network.run(x, device=device, exit=Exit.confidence(threshold))
        assert result.timesteps.tolist() == [steps]
        assert result.scores.tolist() == [1 / classes]


@pytest.mark.parametrize("device", DEVICES)
def test_a_tie_of_entropy_goes_on(device: str) -> None:
    """Two logits that differ by one have an entropy of 38151; stopping needs less than the threshold."""
    g = snnrt.GraphBuilder(2, timesteps=3)
    network = Network(g.finish(g.dense(g.input, np.eye(2, dtype=np.float32)), readout="mean"))
    for integer, steps in ((38151, 3), (38152, 1)):
        threshold = integer / (65536 * math.log(2))
        assert fixed_point.threshold_q("entropy", threshold, 2) == integer
        result = network.run(np.array([[1.0, 0.0]]), device=device, exit=Exit.entropy(threshold))
        assert result.timesteps.tolist() == [steps]


@pytest.mark.parametrize("device", DEVICES)
def test_a_tie_of_margin_goes_on(device: str) -> None:
    g = snnrt.GraphBuilder(2, timesteps=3)
    network = Network(g.finish(g.dense(g.input, np.eye(2, dtype=np.float32)), readout="mean"))
    for threshold, steps in ((1.0, 3), (1.0 - 1 / 65536, 1)):
        result = network.run(np.array([[1.0, 0.0]]), device=device, exit=Exit.margin(threshold))
        assert result.timesteps.tolist() == [steps] and result.scores.tolist() == [1.0]


@pytest.mark.parametrize(
    ("threshold", "classes", "integer", "unrounded"),
    [(0.519, 100, 156636, 156637), (0.663, 2, 30117, 30118), (0.721, 10, 108801, 108800)],
)
def test_a_threshold_is_a_float32_first(threshold: float, classes: int, integer: int, unrounded: int) -> None:
    """As the file stores it; in double precision the integer would be another one."""
    assert fixed_point.threshold_q("entropy", threshold, classes) == integer
    assert round(threshold * math.log(classes) * 65536) == unrounded
