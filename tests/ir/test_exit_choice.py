"""An exit as a value, as text, and as a model stores it: one meaning."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

import snnrt
from snnrt import Exit
from snnrt.errors import ArgumentTypeError, DataError


@pytest.mark.parametrize(
    ("choice", "text", "shown"),
    [
        (Exit.entropy(0.2), "entropy:0.2", "Exit.entropy(0.2)"),
        (Exit.confidence(1), "confidence:1", "Exit.confidence(1.0)"),
        (Exit.never(), "never", "Exit.never()"),
    ],
)
def test_value_and_text_are_one(choice, text, shown):
    assert str(choice) == text and repr(choice) == shown
    assert Exit.of(text) == choice == Exit.of(choice)


def test_a_model_s_exit_is_the_one_that_was_asked_for():
    graph, x = dense_lif("int8")
    for threshold in (0.2, 0.519, 1 / 3, np.float32(0.1), 0.0, 1.0):
        network = snnrt.Network.from_bytes(snnrt.Network(graph.with_exit(Exit.entropy(threshold))).to_bytes())
        stored = float(np.float32(threshold))
        assert np.float32(network.exit.threshold) == np.float32(stored)
        found, expected = network.run(x, exit=network.exit), network.run(x)
        assert found.scores.tobytes() == expected.scores.tobytes()
    assert snnrt.Network(graph.with_exit("entropy:0.2")).exit == Exit.entropy(0.2)
    assert snnrt.Network(graph.with_exit("confidence", 0.9)).exit == Exit.confidence(0.9)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Exit.entropy(1.5), DataError, "threshold from 0 to 1, found 1.5"),
        (lambda: Exit.confidence(float("nan")), DataError, "found nan"),
        (lambda: Exit.entropy("0.2"), ArgumentTypeError, "found '0.2', which is no number"),
        (lambda: Exit.entropy(True), ArgumentTypeError, "found True"),
        (lambda: Exit("median", 0.2), DataError, "found the rule 'median'"),
        (lambda: Exit.of("entropy"), DataError, "behind the rule, as entropy:0.2"),
        (lambda: Exit.of("entropy:x"), DataError, "found 'x'"),
        (lambda: Exit.of(("entropy", 0.2)), ArgumentTypeError, "expected an Exit such as"),
    ],
)
def test_what_is_no_exit_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
