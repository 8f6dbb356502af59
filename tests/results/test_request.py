"""The one check of a run's arguments: the same errors from every device."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.errors import DataError, ModelError
from snnrt.network import Network
from snnrt.reference.run import Reference
from snnrt.results.request import Capabilities, checked_array, checked_request

DEVICES = ["cpu", "cpu:portable", "reference", "crossbar", "emulator:cortex-m4"]
GRAPH, X = dense_lif("int8")
NETWORK = Network(GRAPH)

WRONG = [
    ({"steps": True}, DataError, "steps: expected 1 to 65535, found True"),
    ({"steps": 0}, DataError, "steps: expected 1 to 65535, found 0"),
    ({"steps": 2.0}, DataError, r"steps: expected 1 to 65535, found 2\.0"),
    ({"steps": 65536}, DataError, "steps: expected 1 to 65535, found 65536"),
    ({"exit_rule": "margin"}, ModelError, "exit rule: expected one of never, entropy, .*, found 'margin'"),
    ({"exit_rule": "margin", "threshold": 2}, ModelError, "exit rule: .*found 'margin'"),
    ({"exit_rule": ["never"]}, ModelError, r"exit rule: expected one of .*, found \['never'\]"),
    ({"exit_rule": "confidence"}, DataError, "threshold: expected a number from 0 to 1 for exit rule"),
    ({"exit_rule": "entropy", "threshold": 2}, ModelError, "exit threshold: expected a number from 0 to 1"),
    ({"threshold": True}, DataError, "threshold: expected a number from 0 to 1, found True"),
    ({"threshold": "0.5"}, ModelError, "exit threshold: expected a number from 0 to 1, found '0.5'"),
    ({"record": "spikes"}, DataError, r"record: expected a collection such as \('spikes',\), found 'spikes'"),
    ({"record": ("spikes", "currents")}, DataError, "record: expected some of spikes, .*found 'currents'"),
    ({"record": [["spikes"]]}, DataError, r"record: expected some of .*, found \['spikes'\]"),
    ({"record": 1}, DataError, "record: expected a collection such as"),
    ({"kernels": "nonsense"}, DataError, "kernels: expected .*, found 'nonsense'"),
    ({"kernels": 3}, DataError, "kernels: expected .*, found 3"),
    ({"threads": 0}, DataError, "threads: expected 1 to 2147483647, found 0"),
    ({"threads": True}, DataError, "threads: expected 1 to 2147483647, found True"),
    ({"progress": 1}, DataError, "progress: expected a function of done and total, found 1"),
    ({"x": X[0]}, DataError, r"input '\w+': expected shape \(N, "),
    ({"x": X[:0]}, DataError, "with N ≥ 1"),
    ({"x": X.astype(str)}, DataError, "expected numbers, found dtype <U"),
    ({"x": [[1.0], [1.0, 2.0]]}, DataError, r"input '\w+': expected an array of numbers"),
    ({"x": np.full_like(X, np.nan)}, DataError, "expected finite float32 values"),
    ({"x": np.full(X.shape, 1e300)}, DataError, "expected finite float32 values"),
]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("arguments", "error", "message"), WRONG, ids=lambda value: str(value)[:40])
def test_every_device_refuses_the_same_in_the_same_words(device, arguments, error, message):
    given = {"x": X, **arguments}
    with pytest.raises(error, match=message) as caught:
        NETWORK.run(**given, device=device)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG, ids=lambda value: str(value)[:40])
def test_the_reference_by_itself_refuses_the_same(arguments, error, message):
    if not {"kernels", "threads"} & set(arguments):
        given = {"x": X, **arguments}
        with pytest.raises(error, match=message):
            Reference(NETWORK.graph).run(**given)


def test_a_device_is_asked_only_for_what_it_can():
    weak = Capabilities("weak", records=(), arithmetics=("float32",))
    with pytest.raises(DataError, match="device weak: expected a graph in float32, found int8"):
        checked_request(GRAPH, X, weak)
    graph, x = dense_lif("float32")
    with pytest.raises(DataError, match="record: expected nothing on device weak, found 'spikes'"):
        checked_request(graph, x, weak, record=("spikes",))
    with pytest.raises(
        DataError, match="kernels: expected none, since device weak has no choice, found 'avx2'"
    ):
        checked_request(graph, x, weak, kernels="avx2")
    with pytest.raises(DataError, match="device crossbar: expected a graph in int8, found float32"):
        Network(graph).run(x, device="crossbar")


def test_the_model_s_own_rule_stands_for_what_is_not_given():
    request = checked_request(GRAPH, X, Capabilities("any"), record=["membranes", "spikes"])
    assert (request.rule, request.threshold) == (GRAPH.exit.rule, GRAPH.exit.threshold)
    assert request.timesteps == GRAPH.timesteps and request.record == ("spikes", "membranes")
    full = request.for_all_timesteps()
    assert (full.rule, full.threshold_q) == ("never", 0) and full.inputs is request.inputs
    assert len(request.part(1, 3)) == 2


def test_inputs_are_not_copied_and_the_last_of_many_is_looked_at():
    source = GRAPH.input
    x = np.zeros((300_000, *source.shape), np.float64)
    assert checked_array(x, source, 1) is x
    x[-1] = np.inf
    with pytest.raises(DataError, match="found NaN or infinity"):
        checked_array(x, source, 1)
