"""Which figures are a disagreement."""

import pytest

from snnrt.comparison.figures import LIMITS, OUTPUT_LIMITS, Comparison

SAME = {
    "inputs": 9, "timesteps": 4, "spike_agreement": 1.0, "node_spike_agreement": {}, "first_difference": None,
    "class_agreement": 1.0, "logits_mean_difference": 0.0, "logits_max_difference": 0.0, "accuracy": 0.9,
    "source_accuracy": 0.9, "logits_largest": 10.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, []),
        ({"spike_agreement": 0.5}, ["spikes agree for 0.500000"]),
        ({"class_agreement": 0.5}, ["classes agree for 0.500000"]),
        ({"accuracy": 0.8}, ["the accuracy falls by 0.1000"]),
        ({"logits_max_difference": 0.02}, ["logits differ by up to 0.02, expected at most 0.001 of the"]),
        ({"logits_max_difference": 0.009}, []),
        ({"spike_agreement": None, "class_agreement": None, "logits_max_difference": None,
          "source_accuracy": None}, []),
    ],
)  # fmt: skip
def test_disagreements(changed, words):
    found = Comparison(**(SAME | changed)).disagreements(OUTPUT_LIMITS["float32"])
    assert len(found) == len(words)
    assert all(text.startswith(word) for text, word in zip(found, words))


def test_logits_have_no_limit_against_a_source_and_in_int8():
    comparison = Comparison(**(SAME | {"logits_max_difference": 9.0}))
    for limits in (LIMITS["float32"], LIMITS["int8"], OUTPUT_LIMITS["int8"]):
        assert comparison.disagreements(limits) == []
