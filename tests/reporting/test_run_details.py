"""What a profile knows beyond costs, and whether a promise is of the exit that was run."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
from effort import effort
from report_pages import Page
from small_networks import dense_lif
from strategies import random_graph

from snnrt.calibration.calibrate import calibrate
from snnrt.devices.crossbar.device import Crossbar
from snnrt.errors import SilentLayerWarning
from snnrt.network import Network
from snnrt.reporting.run_details import promise_of, run_details
from snnrt.reporting.sweeping import outcomes_of
from snnrt.targets import TargetReport, load_target
from snnrt.targets.profiling import profile, targets_of


def test_details_are_the_runs() -> None:
    graph, x = dense_lif("int8")
    net = Network(graph.with_exit("margin:0.25").with_(metadata={"class_names": ["a", "b", "c", "d", "e"]}))
    profiled = profile(net.model, x, None, targets_of("loihi"), every_step=True)
    details = run_details(net.model, profiled, outcomes_of(net.model, profiled.static), period_s=2.0)
    assert details.inputs is profiled.request.inputs and details.period_s == 2.0
    np.testing.assert_array_equal(details.classes[:, -1], profiled.static.predictions)
    at_exit = details.classes[np.arange(len(x)), profiled.dynamic.timesteps - 1]
    np.testing.assert_array_equal(at_exit, profiled.dynamic.predictions)
    assert details.dynamic is profiled.dynamic.counts and details.static is profiled.static.counts
    assert (details.probabilities > 1 / graph.readout.shape[0]).all()
    without = run_details(net.model, profile(net.model, x, None, targets_of("loihi")), None)
    assert without.classes is None and without.sweep is None


def test_a_page_in_python(tmp_path) -> None:
    graph, x = dense_lif("int8")
    net = Network(graph.with_exit("margin:0.25"))
    y = net.run(x, exit="never").predictions
    path = tmp_path / "page.html"
    report = net.profile(x, y, target="dt-snn", device="crossbar", report=path)
    assert isinstance(report, TargetReport)
    page = Page(path.read_text("utf-8"))
    shown = {number.path: number.value for number in page.numbers}
    assert shown["targets/0/mean_energy_j"] == report.dynamic.energy_j.mean()
    assert shown["sweep/static/0/accuracy"] == net.score(x, y, exit="never", timesteps=1, device=chip())
    assert "run on crossbar" in page.text


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_any_network_has_a_page(numbers: str, tmp_path) -> None:
    """One class, no neurons, maps, spikes over time, with labels and without."""
    path = tmp_path / "page.html"
    for seed in range(effort(12)):
        random = np.random.default_rng(seed)
        graph, x = random_graph(random, numbers)
        y = random.integers(0, graph.readout.elements, len(x)) if seed % 2 else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SilentLayerWarning)
            Network(graph).profile(x, y, target="dt-snn,stm32u575,loihi", report=path)
        text = path.read_text("utf-8")
        page = Page(text)
        assert page.open == [] and "NaN" not in text and not re.search(r"[>\s-]inf\b", text)
        assert len(page.all("svg")) >= 10 and np.isfinite([number.value for number in page.numbers]).all()


def chip() -> Crossbar:
    """That of the target."""
    return Crossbar(load_target("dt-snn").crossbar)


def test_a_promise_is_of_one_exit() -> None:
    graph, x = dense_lif("int8")
    x = np.concatenate([x] * 4)
    found = calibrate(Network(graph).model, x, max_drop=60, confidence=0.5, loss="changed", rules=["margin"])
    other = x[:8] * np.float32(0.5)

    def told(inputs: np.ndarray, **options) -> tuple[bool, list[str]]:
        profiled = profile(found.model, inputs, None, targets_of("loihi"), **options)
        return promise_of(found.model, profiled.request)

    assert told(other) == (True, found.promise.sentences())
    assert told(x)[1][-1] == "these are the inputs that it was calibrated on"
    held, (line,) = told(x, exit="margin:9")
    assert not held and line.startswith("none for margin:9") and found.promise.exit in line
    held, (line,) = told(x, timesteps=3)
    assert not held and line.startswith("none for")
    plain = Network(graph)
    request = profile(plain.model, x, None, targets_of("loihi")).request
    assert promise_of(plain.model, request) == (False, [])
    broken = Network(graph.with_(metadata={"exit_promise": {"exit": 3}}))
    profiled = profile(broken.model, x, None, targets_of("loihi"))
    lines = ["the file has a promise that can't be read"]
    assert promise_of(broken.model, profiled.request) == (False, lines)
