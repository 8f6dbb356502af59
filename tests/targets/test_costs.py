"""A ledger's sums, what fits a board, and means over inputs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from snnrt.targets.costs import Ledger, Memory


def test_a_ledger_adds_by_layer_and_component() -> None:
    ledger = Ledger(2)
    assert ledger.total_energy.tolist() == [0, 0] and ledger.total_latency.tolist() == [0, 0]
    ledger.charge("a", "core", "reads", np.array([1.0, 2.0]), 1.0)
    ledger.charge("a", "core", "reads", 0.25, 1.0, None, ("law", 2.0))
    ledger.charge("a", "idle", "seconds", 2.0, 2.0)
    ledger.charge("b", "core", "reads", np.array([2.0, 0.0]), 4.0)
    ledger.wait("a", "windows", np.array([1.0, 3.0]), 1.0)
    ledger.wait("a", "windows", 1.0, 0.5, None, ("law", 2.0))
    ledger.wait("b", "windows", 0.25, 1.0)
    assert {key: value.tolist() for key, value in ledger.energy.items()} == {
        ("a", "core"): [1.5, 2.5], ("a", "idle"): [4, 4], ("b", "core"): [8, 0],
    }  # fmt: skip
    assert {key: value.tolist() for key, value in ledger.latency.items()} == {"a": [2, 4], "b": [0.25, 0.25]}
    assert ledger.total_energy.tolist() == [13.5, 6.5]
    assert ledger.total_latency.tolist() == [2.25, 4.25]
    for quantity, total in (("energy", ledger.total_energy), ("latency", ledger.total_latency)):
        terms = [term.value for term in ledger.terms if term.quantity == quantity]
        assert sum(terms).tolist() == total.tolist()


def test_a_charge_is_not_what_the_caller_holds() -> None:
    joules = np.array([1.0])
    ledger = Ledger(1)
    ledger.charge("a", "core", "reads", joules, 1.0)
    ledger.charge("a", "core", "reads", joules, 1.0)
    assert joules.tolist() == [1] and ledger.total_energy.tolist() == [2]


@pytest.mark.parametrize(
    ("arena", "ram", "model", "code", "flash", "fits"),
    [
        (100, 100, 50, 50, 100, True),
        (101, 100, 50, 50, 100, False),
        (100, 100, 51, 50, 100, False),
        (100, 100, 50, 51, 100, False),
        (None, 1, 50, None, 50, True),
        (10**9, None, 10**9, 1, None, True),
        (0, 0, 0, 0, 0, True),
        (1, 0, None, None, None, False),
    ],
)
def test_memory(arena, ram, model, code, flash, fits) -> None:
    assert Memory(arena, ram, model, code, flash).fits is fits


def test_what_is_not_known_hinders_nothing() -> None:
    for place in itertools.product((None, 1), repeat=3):
        assert Memory(place[0], None, place[1], place[2], None).fits
