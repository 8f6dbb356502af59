"""Lateral inhibition: by hand, and at radius 0 against the published whole-run form."""

from __future__ import annotations

import numpy as np
import pytest
from competing_networks import competing, times
from device_programs import need_core
from hypothesis import given, settings
from hypothesis import strategies as st
from spyketorch_form import NEVER, pointwise_inhibition

import snnrt
from snnrt.converters.passes.quantise import quantise
from snnrt.errors import ModelError
from snnrt.ir.graph import Arithmetic
from snnrt.ir.nodes import Inhibition

RUNS = [("cpu", "float32"), ("reference", "float32"), ("cpu", "integer"), ("reference", "integer")]


@pytest.mark.parametrize(("device", "arithmetic"), RUNS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_radius_0_is_pointwise_inhibition(seed: int, device: str, arithmetic: Arithmetic) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.choice([1, 2, 5, 33])), int(rng.integers(1, 6)), int(rng.integers(1, 6)))
    # cumulative, with many equals
    x = rng.integers(0, 3, (2, 4, *shape)).cumsum(axis=1).astype(np.float32)
    graph = competing(Inhibition, shape, 4, 3.0, arithmetic)
    expected = np.stack([pointwise_inhibition(one, 3.0) for one in x])
    np.testing.assert_array_equal(times(graph, x, device), expected)


@pytest.mark.parametrize(("device", "arithmetic"), RUNS)
@pytest.mark.parametrize(
    ("radius", "decided", "expected"),
    [
        # 9 at the second place, 7 at the last; the third map at the first place comes too late
        (0, True, [[NEVER, NEVER, 0, 1], [0, 0, NEVER, NEVER], [NEVER] * 4]),
        # 9 silences its neighbours, which leaves the last place to be taken a step later
        (1, True, [[NEVER, NEVER, NEVER, 1], [NEVER, 0, NEVER, NEVER], [NEVER] * 4]),
        (2, True, [[NEVER] * 4, [NEVER, 0, NEVER, NEVER], [NEVER] * 4]),
        # without potentials the lowest map, then the first place
        (0, False, [[NEVER, 0, 0, 1], [0, NEVER, NEVER, NEVER], [NEVER] * 4]),
        (1, False, [[NEVER, 0, NEVER, 1], [NEVER] * 4, [NEVER] * 4]),
    ],
)
def test_by_hand(radius: int, decided: bool, expected: list, device: str, arithmetic: Arithmetic) -> None:
    x = np.zeros((1, 3, 3, 1, 4), np.float32)
    x[0, :, 0, 0] = [0, 8, 6, 0], [0, 8, 6, 7], [0, 8, 6, 7]
    x[0, :, 1, 0] = [5, 9, 5, 0], [5, 9, 5, 7], [5, 9, 5, 7]
    x[0, :, 2, 0] = [0, 0, 0, 0], [9, 0, 0, 6], [9, 9, 9, 9]
    graph = competing(Inhibition, (3, 1, 4), 3, 4.0, arithmetic, decided, radius=radius)
    assert times(graph, x, device)[0, :, 0].tolist() == expected


@pytest.mark.parametrize(("device", "arithmetic"), RUNS)
def test_a_vector_has_one_winner_which_goes_on(device: str, arithmetic: Arithmetic) -> None:
    graph = competing(Inhibition, (40,), 3, 1.0, arithmetic)
    x = np.zeros((1, 3, 40), np.float32)
    x[0, 1, [7, 33]] = 2, 3
    x[0, 2, [7, 33]] = 9, 2
    result = snnrt.Network(graph).run(x, device=device)
    assert np.flatnonzero(result.logits[0]).tolist() == [33] and result.logits[0, 33] == 2


@pytest.mark.parametrize(
    ("driven", "winner", "device"),
    [
        *(
            (*case, device)
            for case in (([1, 1, 1, 1], 2), ([1, 1, 0, 0], 1), ([1, 0, 0, 0], 0), ([0, 0, 1, 1], 2))
            for device in ("cpu", "reference")
        ),
        # what x86 makes of infinities has a sign, what Arm does has none
        ([1, 1, 1, 1], 2, "emulator:cortex-m4"),
    ],
)
def test_what_is_no_number_loses(driven: list[int], winner: int, device: str) -> None:
    if device.startswith("emulator:"):
        need_core(device.removeprefix("emulator:"))
    g = snnrt.GraphBuilder((4,), encoding="spikes", timesteps=1)
    spikes = g.lif(g.add(g.input), 0.0, 0.5, reset="none")
    # both infinite at the first element, so that their sum is no number
    large = np.zeros((4, 4))
    large[0, :2] = 3e38
    smaller = -large - np.diag([0, 1, 0, 0])
    potentials = g.add(g.dense(g.input, large), g.dense(g.input, smaller))
    network = snnrt.Network(g.finish(g.inhibition(spikes, potentials)))
    logits = network.run(np.asarray(driven, np.float32)[None, None], device=device).logits[0]
    assert np.flatnonzero(logits).tolist() == [winner]


@pytest.mark.parametrize("device", ["cpu", "reference"])
@pytest.mark.parametrize(
    ("potentials", "winner"),
    [([-0.0, 0.0], 0), ([0.0, -0.0], 0), ([-1e-30, -0.0], 1), ([-1, -2], 0), ([-2, -1], 1), ([1, 2], 1)],
)
def test_potentials_are_ordered_as_numbers(potentials: list[float], winner: int, device: str) -> None:
    g = snnrt.GraphBuilder((2,), encoding="spikes", timesteps=1, low=-2, high=2)
    spikes = g.lif(g.add(g.input), 0.0, 1.0, reset="none", bias=5.0)
    network = snnrt.Network(g.finish(g.inhibition(spikes, g.input)))
    logits = network.run(np.asarray(potentials, np.float32)[None, None], device=device).logits[0]
    assert np.flatnonzero(logits).tolist() == [winner]


@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_equals_of_a_flattened_map_win_in_the_order_of_the_file(device: str) -> None:
    g = snnrt.GraphBuilder((3, 2, 2), encoding="spikes", timesteps=1)
    x = g.inhibition(g.flatten(g.lif(g.add(g.input), 0.0, 1.0, reset="none")))
    network = snnrt.Network(g.finish(g.dense(x, np.eye(12))))
    image = np.zeros((1, 1, 3, 2, 2), np.float32)
    # elements 1 and 4 of the vector; channels last, 4 lies first
    image[0, 0, 0, 0, 1] = image[0, 0, 1, 0, 0] = 1
    assert np.flatnonzero(network.run(image, device=device).logits[0]).tolist() == [4]


def test_int8_gives_the_potentials_of_all_maps_one_unit() -> None:
    rng = np.random.default_rng(4)
    g = snnrt.GraphBuilder((2, 9, 9), encoding="spikes", timesteps=6)
    weights = rng.random((6, 2, 3, 3)) * np.array([1, 3, 0.2, 1, 0.5, 2])[:, None, None, None]
    current = g.conv2d(g.input, weights, padding=1, name="conv")
    potentials = g.neuron(current, membrane=1.0, reset="none", name="potentials")
    spikes = g.if_(current, threshold=4.0, reset="none", name="spikes")
    x = g.flatten(g.inhibition(spikes, potentials), channels_last=True)
    graph = g.finish(x)
    data = (rng.random((40, 6, 2, 9, 9)) < 0.2).astype(np.float32)
    quantised = quantise(graph, data)
    assert np.unique(quantised["conv"].scale).size == 1
    wanted = snnrt.Network(graph).run(data).logits
    found = snnrt.Network(quantised).run(data).logits
    assert (wanted == found).mean() > 0.97
    np.testing.assert_array_equal(snnrt.Network(quantised).run(data, device="reference").logits, found)


def test_int8_refuses_potentials_of_several_units() -> None:
    g = snnrt.GraphBuilder((2, 2, 2), encoding="spikes")
    current = g.conv2d(g.input, np.ones((2, 2, 1, 1)))
    gain = np.arange(1, 9).reshape(2, 2, 2)
    potentials = g.neuron(current, membrane=1.0, gain=gain, reset="none", name="own")
    x = g.inhibition(g.if_(current), potentials, name="it")
    graph = g.finish(g.flatten(x, channels_last=True))
    with pytest.raises(ModelError, match=r"'it' \(inhibition\): input.*'own'.*one gain a channel.*float32"):
        quantise(graph)
