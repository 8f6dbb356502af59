"""Fixed point against exact arithmetic: what docs/exit_rules.md states."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snnrt.ir.exit_rules import RULES, Moment, softmax


def exact(distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normalised entropy and largest probability in float64."""
    weights = np.exp(-distances / 65536.0)
    shares = weights / weights.sum(axis=1, keepdims=True)
    logarithms = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return -(shares * logarithms).sum(axis=1) / math.log(distances.shape[1]), shares.max(axis=1)


@pytest.mark.parametrize("classes", [2, 3, 10, 100, 1000, 4096])
def test_scores_are_exact_to_a_thousandth(classes: int) -> None:
    rng = np.random.default_rng(classes)
    worst = {"entropy": 0.0, "confidence": 0.0}
    agree = total = 0
    for spread in (0.05, 0.3, 1.0, 2.0, 4.0, 8.0):
        logits = rng.normal(0, spread, (400, classes)) * 65536
        found = (logits.max(axis=1, keepdims=True) - logits).astype(np.int64)
        entropy, probability = exact(found)
        distances = np.minimum(found, softmax.MAX_DISTANCE)
        at = Moment(distances, distances.argmin(axis=1), 1, np.ones(400, np.int64))
        for rule, wanted in (("entropy", entropy), ("confidence", probability)):
            known = RULES[rule]
            score = known.shown(known.score(at), classes)
            worst[rule] = max(worst[rule], float(np.abs(score - wanted).max()))
            for threshold in np.linspace(0.02, 0.98, 25):
                met = known.met(known.score(at), known.threshold_q(float(threshold), classes), at)
                agree += int(
                    (met == ((wanted < threshold) if rule == "entropy" else (wanted > threshold))).sum()
                )
                total += len(met)
    assert max(worst.values()) <= (4e-4 if classes <= 200 else 1 / 1024)
    assert agree / total >= 0.999


def test_equal_logits_are_as_unsure_as_can_be() -> None:
    """No threshold of 1 is met by them: the tables and ln K round alike for few classes."""
    for classes in range(2, 33):
        flat = softmax.entropy_q(np.zeros((1, classes), np.int64))[0]
        assert abs(int(flat) - round(math.log(classes) * 65536)) <= 2


def test_margins() -> None:
    distances = np.array([[0, 5, 3], [4, 0, 0], [softmax.MAX_DISTANCE, 0, softmax.MAX_DISTANCE]])
    assert softmax.margin_q(distances, np.array([0, 1, 1])).tolist() == [3, 0, softmax.MAX_DISTANCE]
