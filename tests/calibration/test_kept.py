"""Metadata that hold what a calibration left, and those that hold something else."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pytest

from snnrt.calibration.kept import kept


@dataclass(frozen=True)
class Said:
    name: str
    share: float
    count: int


SAID = Said("entropy", 0.5, 3)


def test_what_was_kept_comes_back():
    assert kept(Said, asdict(SAID)) == SAID
    assert kept(Said, asdict(SAID) | {"later": 1}) == SAID


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {},
        asdict(SAID) | {"name": 1},
        asdict(SAID) | {"share": float("nan")},
        asdict(SAID) | {"share": float("inf")},
        asdict(SAID) | {"count": 1.5},
        asdict(SAID) | {"count": True},
    ],
)
def test_anything_else_is_none(given):
    assert kept(Said, given) is None
