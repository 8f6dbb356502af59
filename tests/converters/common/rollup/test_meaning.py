"""Axes of recorded tensors."""

import pytest

from snnrt.converters.common.rollup.meaning import Meaning, joined, reshaped


def meaning(lead, sample, time="sequence", **fields):
    return Meaning(1, time, tuple(lead), tuple(sample), **fields)


@pytest.mark.parametrize(
    ("lead", "sample", "before", "after", "expected"),
    [
        (["N"], (4, 2, 2), (3, 4, 2, 2), (3, 16), (("N",), (16,))),
        (["N"], (4, 2, 2), (1, 4, 2, 2), (1, 16), (("N",), (16,))),
        (["N"], (1, 28, 28), (1, 1, 28, 28), (1, 784), (("N",), (784,))),
        (["T", "N"], (4, 2), (5, 3, 4, 2), (15, 4, 2), (("TN",), (4, 2))),
        (["TN"], (4, 2), (15, 4, 2), (5, 3, 4, 2), (("T", "N"), (4, 2))),
        (["NT"], (8,), (15, 8), (3, 5, 8), (("N", "T"), (8,))),
        (["T", "N"], (4, 2), (5, 3, 4, 2), (5, 3, 8), (("T", "N"), (8,))),
        (["1", "N"], (8,), (1, 3, 8), (3, 8), (("N",), (8,))),
        (["N"], (8,), (3, 8), (3, 8, 1, 1), (("N",), (8, 1, 1))),
    ],
)
def test_reshapes(lead, sample, before, after, expected):
    found = reshaped(meaning(lead, sample), before, after, 5)
    assert (found.lead, found.sample) == expected


@pytest.mark.parametrize(
    ("lead", "sample", "before", "after"),
    [
        (["N"], (4, 2), (3, 4, 2), (12, 2)),
        (["T", "N"], (4,), (5, 3, 4), (5, 12)),
        (["N"], (6,), (4, 6), (8, 3)),
    ],
)
def test_reshapes_that_mix_inputs(lead, sample, before, after):
    assert reshaped(meaning(lead, sample), before, after, 5) is None


def test_what_is_computed_of_several():
    early, late = meaning("N", (3,), "step", step=1), meaning("N", (3,), "step", step=2)
    assert joined([early, late]).step == 2
    still = meaning("N", (3,), "static")
    assert joined([still, early]).time == "step"
    assert joined([early, meaning("TN", (3,))]) is None
    total = [meaning("N", (3,), "reduced", mode=mode) for mode in ("sum", "mean")]
    assert joined(total) is None
