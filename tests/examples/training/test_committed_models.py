"""The committed networks are what their logs say."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import snnrt

MODELS = Path(__file__).parents[3] / "examples" / "models"
TRAINED = sorted(
    path for path in MODELS.glob("*.json") if "training_seconds" in json.loads(path.read_text("utf-8"))
)


@pytest.mark.parametrize("path", TRAINED, ids=lambda path: path.stem)
def test_both_files_hold_the_network_of_the_log(path):
    log = json.loads(path.read_text("utf-8"))
    small, whole = snnrt.load(path.with_suffix(".snnrt")), snnrt.convert(path.with_suffix(".nir"))
    assert small.graph.integer and not whole.graph.integer
    assert small.file_info().file_bytes == log["file_bytes"] == path.with_suffix(".snnrt").stat().st_size
    assert path.with_suffix(".nir").stat().st_size < 5e6
    assert small.graph.timesteps == whole.graph.timesteps == log["network"]["timesteps"]
    said = log["exit"].get("as_text") or "{rule}:{threshold:g}".format(**log["exit"])
    assert str(small.exit) == said and said.startswith("entropy:")
    # integers are the same network: on noise, too, they mostly agree
    over_time = small.graph.input.encoding == "spikes"
    shape = (small.graph.timesteps, *small.input_shape) if over_time else small.input_shape
    x = np.random.default_rng(1).random((60, *shape), np.float32)
    if over_time:
        # as sparse as streams of events are
        x = (x < 0.1).astype(np.float32)
    same = small.run(x, exit="never").predictions == whole.run(x, exit="never").predictions
    assert same.mean() > 0.5
    # what a log says must add up
    for part in ("test", "first_half_of_test"):
        found = log[part]
        steps = {int(step): count for step, count in found["exits"].items()}
        assert sum(steps.values()) == found["inputs"]
        mean = sum(step * count for step, count in steps.items()) / found["inputs"]
        assert mean == pytest.approx(found["mean_timesteps"], abs=1e-4)


def test_there_are_some():
    assert {"cifar10_vgg8", "fashion_vgg", "fashion_vgg_graded", "nmnist_vgg"} <= {
        path.stem for path in TRAINED
    }
