"""A whole network of one spike a neuron against SpykeTorch: its golden vectors, and its form written again.

Run as a script, it prints how far the devices agree with the vectors.
"""

from __future__ import annotations

import numpy as np
import pytest
import spyketorch_form as form
from effort import whole
from one_spike_network import (
    GOLDEN_STEPS,
    LAYERS,
    Layer,
    Shown,
    golden,
    golden_weights,
    one_spike_network,
    shown,
)

from snnrt.ir.graph import Arithmetic

NAMES = tuple(f"{what}{layer}" for layer in (1, 2) for what in ("spike", "inhibited", "pooled"))
REFERENCE_INPUTS = 2
"""It sums one addend after another: 2 s an image. Run as a script, this has them all."""
ROUNDING = 1e-5
"""Of a sum of 6250 addends in float32, relative to the sum."""


def golden_run(arrays: dict[str, np.ndarray], device: str, inputs: int) -> Shown:
    graph = one_spike_network(golden_weights(int(arrays["seed"])), LAYERS, (6, 28, 28), GOLDEN_STEPS)
    return shown(graph, arrays["input"][:inputs], device)


def listed(winners: np.ndarray) -> list[form.Place]:
    return [(int(c), int(y), int(x)) for c, y, x in winners if c >= 0]


@pytest.mark.parametrize("device", ["cpu", pytest.param("reference", marks=whole)])
def test_golden_vectors(device: str) -> None:
    arrays = golden()
    inputs = len(arrays["input"]) if device == "cpu" else REFERENCE_INPUTS
    found = golden_run(arrays, device, inputs)
    for name in NAMES:
        np.testing.assert_array_equal(found.times[name], arrays[name][:inputs], err_msg=name)
    for layer in (1, 2):
        expected = [listed(one) for one in arrays[f"winners{layer}"][:inputs]]
        assert found.winners[f"winners{layer}"] == expected
    np.testing.assert_allclose(found.potential, arrays["potential3"][:inputs], rtol=ROUNDING)
    assert [[place] for place in found.winner] == [listed(one) for one in arrays["winner3"][:inputs]]


SMALL = (Layer(1, 150.0, 3, 2, 2), Layer(1, 200.0, 4, 1, 2))


@pytest.mark.parametrize("arithmetic", ["float32", "integer"])
@pytest.mark.parametrize("seed", range(6))
def test_the_published_form(seed: int, arithmetic: Arithmetic) -> None:
    """Weights of few whole values: every sum is exact, and many potentials are equal."""
    rng = np.random.default_rng(seed)
    steps, shape = 7, (2, 11, 9)
    shapes = ((5, 2, 3, 3), (6, 5, 3, 3), (4, 6, 5, 5))
    weights = [rng.integers(20, 24, shape) * 2 for shape in shapes]
    times = rng.integers(0, 2 * steps, (3, *shape))
    graph = one_spike_network(weights, SMALL, shape, steps, arithmetic)
    runs = [shown(graph, times, device) for device in ("cpu", "reference")]
    for place, one in enumerate(times):
        for number, layer in enumerate(SMALL, start=1):
            potential = form.potentials(one, weights[number - 1], layer.padding, steps)
            spikes = form.first_spikes(potential, layer.threshold)
            inhibited = form.pointwise_inhibition(potential, layer.threshold)
            winners = form.get_k_winners(inhibited, potential, layer.k, layer.radius)
            one = form.pooled(spikes, layer.pool)
            assert len(winners) > 1 and (one < steps).any()
            for run in runs:
                np.testing.assert_array_equal(run.times[f"spike{number}"][place], spikes)
                np.testing.assert_array_equal(run.times[f"inhibited{number}"][place], inhibited)
                np.testing.assert_array_equal(run.times[f"pooled{number}"][place], one)
                assert run.winners[f"winners{number}"][place] == winners
        last = form.potentials(one, weights[2], 2, steps)[-1]
        for run in runs:
            np.testing.assert_array_equal(run.potential[place], last)
            assert last[run.winner[place]] == last.max()


def main() -> None:
    arrays = golden()
    for device in ("cpu", "reference"):
        inputs = len(arrays["input"])
        found = golden_run(arrays, device, inputs)
        print(f"{device}, {inputs} images")
        for name in NAMES:
            differ = np.count_nonzero(found.times[name] != arrays[name][:inputs])
            print(f"  {name}: {differ} of {found.times[name].size} times differ")
        for layer in (1, 2):
            expected = [listed(one) for one in arrays[f"winners{layer}"][:inputs]]
            differ = sum(a != b for a, b in zip(found.winners[f"winners{layer}"], expected))
            print(f"  winners{layer}: {differ} of {inputs} lists differ")
        distance = np.abs(found.potential - arrays["potential3"][:inputs])
        print(f"  potential3: at most {distance.max():.2g} of {found.potential.max():.0f} away")
        differ = sum([a] != listed(b) for a, b in zip(found.winner, arrays["winner3"][:inputs]))
        print(f"  winner3: {differ} of {inputs} differ")


if __name__ == "__main__":
    main()
