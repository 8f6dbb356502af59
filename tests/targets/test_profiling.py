"""What `snnrt profile` and `Network.profile` share: two runs, their accuracies, a report a target."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt import Exit
from snnrt.errors import DataError, TargetError
from snnrt.network import Network
from snnrt.targets import Target, load_target
from snnrt.targets.profiling import profile, targets_of

NAMES = ("dt-snn", "stm32u575")


@pytest.fixture(scope="module")
def case() -> tuple[Network, np.ndarray, np.ndarray]:
    """A network, inputs, and labels that are the classes after all timesteps, but for every third input."""
    graph, x = dense_lif("int8")
    network = Network(graph.with_exit("entropy", 0.97))
    x = np.concatenate([x, x[::-1] * 0.7, x * 0.3]).astype(np.float32)
    y = network.run(x, exit="never").predictions.copy()
    y[::3] = (y[::3] + 1) % graph.readout.shape[0]
    return network, x, y


def test_both_runs_are_the_network_s(case) -> None:
    network, x, y = case
    found = profile(network.model, x, y, targets_of(NAMES))
    early, full = network.run(x), network.run(x, exit="never")
    for result, expected in ((found.dynamic, early), (found.static, full)):
        np.testing.assert_array_equal(result.predictions, expected.predictions)
        np.testing.assert_array_equal(result.timesteps, expected.timesteps)
        np.testing.assert_array_equal(result.counts.synaptic_operations, expected.counts.synaptic_operations)
    assert early.timesteps.mean() < full.timesteps.mean()
    assert [report.target.name for report in found.reports] == list(NAMES)
    for report in found.reports:
        assert report.accuracy == (early.predictions == y).mean()
        assert report.static_accuracy == (full.predictions == y).mean() == 16 / 24
        assert report.dynamic.timesteps.tolist() == early.timesteps.tolist()
        assert report.static.timesteps.tolist() == full.timesteps.tolist()
    memory = found.reports[1].dynamic.memory
    assert memory is not None
    assert (memory.arena_bytes, memory.model_bytes) == (
        network.file_info().arena_bytes,
        len(network.to_bytes()),
    )


def test_a_rule_of_the_call(case) -> None:
    network, x, _ = case
    found = profile(network.model, x, None, targets_of("dt-snn"), exit="confidence:0.4", timesteps=3)
    expected = network.run(x, exit="confidence:0.4", timesteps=3)
    assert (found.request.exit, found.request.timesteps) == (Exit.confidence(0.4), 3)
    assert found.dynamic.timesteps.tolist() == expected.timesteps.tolist()
    assert set(found.static.timesteps) == {3}
    assert found.reports[0].accuracy is None and found.reports[0].static_accuracy is None


def test_without_a_rule_one_run_is_both(case) -> None:
    network, x, y = case
    titles = []

    class Bar:
        def __init__(self, title: str) -> None:
            titles.append(title)

        def __enter__(self) -> None:
            return None

        def __exit__(self, *_: object) -> None:
            return None

    found = profile(network.model, x, y, targets_of("dt-snn"), exit="never", progress_bar=Bar)
    assert found.dynamic is found.static and titles == ["full timesteps"]
    profile(network.model, x, y, targets_of("dt-snn"), progress_bar=Bar)
    assert titles[1:] == ["full timesteps", "dynamic timesteps"]


def test_labels_that_do_not_fit(case) -> None:
    network, x, y = case
    with pytest.raises(
        DataError, match=r"y: expected one label for each input, shape \(24,\), found \(23,\)"
    ):
        profile(network.model, x, y[1:], targets_of("dt-snn"))


def test_targets_of_every_form() -> None:
    loaded = load_target("loihi")
    assert [one.name for one in targets_of(["dt-snn", loaded])] == ["dt-snn", "loihi"]
    assert targets_of(loaded) == [loaded] and isinstance(targets_of("odin")[0], Target)
    with pytest.raises(TargetError, match="'nowhere' is unknown"):
        targets_of("nowhere")
