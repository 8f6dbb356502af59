"""Terms at work: what is in force when, what must be met together, what is remembered."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.exits.decisions import Decider
from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Edge
from snnrt.ir.nodes.exit import Exit as ExitNode

ONE = 65536
NODE = ExitNode("exit", (Edge("readout"),), (3,))
# margins of one input after six timesteps, and its class
MARGINS = [1.0, 0.5, 2.0, 3.0, 1.5, 4.0]
CLASSES = [0, 1, 1, 1, 2, 2]


def stops(exit: Exit | str) -> list[int]:
    """The timesteps at which the exit would end the run, asked at every one."""
    decider, found = Decider(NODE.choosing(Exit.of(exit)).terms_q, 3), []
    for step, (margin, best) in enumerate(zip(MARGINS, CLASSES), 1):
        distances = np.full((1, 3), int(margin * ONE))
        distances[0, best] = 0
        if decider.step(distances, np.array([best]), step).stop[0]:
            found.append(step)
    return found


@pytest.mark.parametrize(
    ("exit", "expected"),
    [
        ("margin:1.5", [3, 4, 6]),
        ("margin:4", []),
        ("patience:1", [1, 2, 3, 4, 5, 6]),
        ("patience:2", [3, 4, 6]),
        ("patience:3", [4]),
        ("budget:5", [5, 6]),
        ("margin:9,1,2.5", [4, 6]),
        ("margin:0.7@1", [1]),
        ("margin:0.2@2-3", [2, 3]),
        ("margin:0.2@5-", [5, 6]),
        ("margin:1 and patience:2", [3, 4, 6]),
        ("margin:2.5 and patience:2", [4, 6]),
        ("margin:3.5 or patience:3", [4, 6]),
        ("margin:2.5 and patience:3 or budget:6", [4, 6]),
        ("never", []),
    ],
)
def test_when_a_run_ends(exit: str, expected: list[int]) -> None:
    assert stops(exit) == expected
    assert stops(str(Exit.of(exit))) == expected


def test_the_score_is_of_the_first_term() -> None:
    decider = Decider(NODE.choosing(Exit.of("margin:9@4- or patience:2")).terms_q, 3)
    decision = decider.step(np.array([[0, ONE, 2 * ONE]]), np.array([0]), 1)
    assert decision.scores.tolist() == [1.0] and not decision.stop[0]


def test_those_that_are_left_keep_what_they_remember() -> None:
    decider = Decider(NODE.choosing(Exit.patience(3)).terms_q, 3)
    flat = np.zeros((3, 3), np.int64)
    decider.step(flat, np.array([0, 1, 2]), 1)
    decider.step(flat, np.array([0, 1, 0]), 2)
    decider.keep(np.array([False, True, True]))
    assert decider.step(flat[:2], np.array([1, 0]), 3).stop.tolist() == [True, False]


def test_any_and_all() -> None:
    either = Exit.any_of("margin:3.5", Exit.patience(3))
    both = Exit.all_of(either, Exit.budget(6))
    assert stops(either) == [4, 6] and stops(both) == [6]
    assert str(both) == "margin:3.5 and budget:6 or patience:3 and budget:6"
