"""Layers that never fire are said by name."""

from __future__ import annotations

import warnings
from pathlib import Path

import nir
import numpy as np
import pytest
from nir_files import ends, save

import snnrt
from snnrt.devices.cpu import CpuSession
from snnrt.silence import AT_ONCE, silence_text, silent_on

F = np.float32


@pytest.fixture
def source(tmp_path) -> Path:
    """Two layers of integrate-and-fire neurons; the second needs more than the first gives."""
    weights, one = nir.Linear(np.full((3, 4), 0.5, F)), np.ones(3, F)
    return save(tmp_path / "net.nir", ends(
        (4,), (3,), fc=weights, a=nir.IF(one, one, np.zeros(3, F)), b=nir.Linear(np.eye(3, dtype=F)),
        c=nir.IF(one, 100 * one, np.zeros(3, F)),
    ))  # fmt: skip


def network(source, **options):
    return snnrt.convert(source, framework="snntorch", timesteps=4, **options)


def test_a_run_says_which_layers_were_silent(source):
    net = network(source)
    for device in ("cpu", "reference"):
        assert net.run(np.ones((5, 4)), device=device).silent_layers == ("c",)
        assert net.run(np.zeros((5, 4)), device=device).silent_layers == ("a", "c")


def test_one_input_that_fires_is_enough(source):
    x = np.zeros((3 * AT_ONCE, 4))
    x[-1] = 1
    assert network(source).run(x).silent_layers == ("c",)
    assert silent_on(network(source).model, x) == (("c",), 3 * AT_ONCE)


def test_it_stops_where_every_layer_has_fired(source, monkeypatch):
    graph = network(source).graph
    nodes = [node.with_(threshold=np.array(1, F)) if node.name == "c" else node for node in graph]
    model = snnrt.Network(graph.with_(nodes=tuple(nodes))).model
    runs, run = [], CpuSession.run
    monkeypatch.setattr(CpuSession, "run", lambda self, request: runs.append(1) or run(self, request))
    assert silent_on(model, np.ones((10 * AT_ONCE, 4))) == ((), 10 * AT_ONCE)
    assert len(runs) == 1


def test_calibration_warns(source):
    with pytest.warns(snnrt.SilentLayerWarning, match="layer 'c' never fires for any of these 5 inputs"):
        network(source, numbers="int8", calibrate=np.ones((5, 4)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network(source, numbers="int8")


def test_validate_says_it(source):
    assert network(source).validate(source, np.ones((5, 4))).silent_layers == ("c",)


def test_words():
    assert silence_text(("a",), 1).startswith("layer 'a' never fires for this input: check framework, dt,")
    many = silence_text(tuple("abcdefghij"), 9)
    assert many.startswith("layers 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' and 2 more never fire for any of")
