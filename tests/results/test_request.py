"""The one check of a run's arguments: the same errors from every device."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.data.fit import fitted_inputs
from snnrt.errors import ArgumentTypeError, DataError
from snnrt.ir.exit_choice import Exit
from snnrt.network import Network
from snnrt.reference.run import Reference
from snnrt.results.request import Capabilities, checked_request

DEVICES = ["cpu", "cpu:portable", "reference", "crossbar", "emulator:cortex-m4"]
GRAPH, X = dense_lif("int8")
NETWORK = Network(GRAPH)

WRONG = [
    ({"timesteps": True}, DataError, "timesteps: expected 1 to 65535, found True"),
    ({"timesteps": 0}, DataError, "timesteps: expected 1 to 65535, found 0"),
    ({"timesteps": 2.0}, ArgumentTypeError, r"timesteps: expected 1 to 65535, found 2\.0"),
    ({"timesteps": 65536}, DataError, "timesteps: expected 1 to 65535, found 65536"),
    ({"exit": "median"}, DataError, "exit: expected entropy:THRESHOLD, .* or never, .*found 'median'"),
    ({"exit": "median:2"}, DataError, "exit: .*found 'median:2'"),
    ({"exit": ["never"]}, ArgumentTypeError, r"exit: expected an Exit such as .*, found \['never'\]"),
    (
        {"exit": "confidence"},
        DataError,
        "exit: expected a threshold .* as confidence:0.2; found 'confidence'",
    ),
    ({"exit": "entropy:2"}, DataError, "exit entropy: expected a threshold from 0 to 1, found '2'"),
    ({"exit": "never:0.5"}, DataError, "exit: expected never without a threshold, found 'never:0.5'"),
    ({"exit": 0.5}, ArgumentTypeError, "exit: expected an Exit such as .*, found 0.5"),
    ({"record": "spikes"}, DataError, r"record: expected a collection such as \('spikes',\), found 'spikes'"),
    ({"record": ("spikes", "currents")}, DataError, "record: expected some of spikes, .*found 'currents'"),
    ({"record": [["spikes"]]}, DataError, r"record: expected some of .*, found \['spikes'\]"),
    ({"record": 1}, ArgumentTypeError, "record: expected a collection such as"),
    ({"kernels": "nonsense"}, DataError, "kernels: expected .*, found 'nonsense'"),
    ({"kernels": 3}, DataError, "kernels: expected .*, found 3"),
    ({"threads": 0}, DataError, "threads: expected 1 to 2147483647, found 0"),
    ({"threads": True}, DataError, "threads: expected 1 to 2147483647, found True"),
    ({"progress": 1}, ArgumentTypeError, "progress: expected a function of done and total, found 1"),
    ({"x": X[0]}, DataError, r"x: the model reads .* of shape \(N, "),
    ({"x": X[:0]}, DataError, "x: expected at least one input, found none"),
    ({"x": X.astype(str)}, DataError, "x: expected numbers .*, found dtype str"),
    ({"x": [[1.0], [1.0, 2.0]]}, DataError, "x: expected an array of numbers"),
    ({"x": np.full_like(X, np.nan)}, DataError, r"x\[0, 0.*\]: expected finite numbers, found nan"),
    ({"x": np.full(X.shape, 1e300)}, DataError, "x: expected values in .*, found 1e\\+300 … 1e\\+300"),
    ({"x": X * 255}, DataError, "x: expected values in .*; 8-bit images: divide by 255"),
    ({"x": "no such data"}, DataError, "no such data: no such file, and no built-in data of that name"),
    ({"x": None}, ArgumentTypeError, "x: expected an array, a path or the name of built-in data, found None"),
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
    assert request.exit == Exit.of(GRAPH.exit) and request.threshold_q == GRAPH.exit.integer_threshold
    assert request.timesteps == GRAPH.timesteps and request.record == ("spikes", "membranes")
    full = request.for_all_timesteps()
    assert (full.exit, full.threshold_q) == (Exit.never(), 0) and full.inputs is request.inputs
    assert len(request.part(1, 3)) == 2


def test_inputs_are_not_copied_and_the_last_of_many_is_looked_at():
    source = GRAPH.input
    x = np.zeros((300_000, *source.shape), np.float64)
    assert fitted_inputs(x, source, 1) is x
    x[-1] = np.inf
    with pytest.raises(DataError, match=r"x\[299999, .*found inf"):
        fitted_inputs(x, source, 1)
