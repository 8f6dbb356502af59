"""A network that follows its inputs, by timesteps and by EDP; an exported core does the same."""

from __future__ import annotations

import numpy as np
import pytest
from c_programs import command, input_bytes, need_compiler
from demo_network import demo_network
from exported_projects import export, include_flags

from snnrt.calibration.step_counts import step_counts
from snnrt.errors import SnnrtError, TargetError
from snnrt.network import Network
from snnrt.targets.trade_off import costs_by_step

MAIN = """
#include <stdio.h>
#include "digits_model.h"
#include "snnrt.h"

{settings}
static snnrt_network network;
static unsigned char arena[{arena}] __attribute__((aligned(8)));
static unsigned char input[{bytes}] __attribute__((aligned(8)));

int main(void) {{
    snnrt_result result;
    snnrt_status status =
        snnrt_network_init(&network, digits_model, DIGITS_MODEL_BYTES, arena, sizeof arena, NULL);
    if (status != SNNRT_OK || snnrt_network_adapt(&network, &adaptation) != SNNRT_OK) {{
        return 1;
    }}
    while (fread(input, sizeof input, 1, stdin) == 1) {{
        if (snnrt_network_run(&network, input, &result) != SNNRT_OK) {{
            return 2;
        }}
        printf("%u %u\\n", (unsigned)result.timesteps, (unsigned)result.class_index);
    }}
    return 0;
}}
"""


@pytest.mark.firmware
def test_an_exported_core_follows_alike(tmp_path) -> None:
    need_compiler("gcc")
    network, x = demo_network("int8")
    network, x = Network(network.graph.with_exit("entropy:0.02")), x[:200]
    found = network.adapt(x, 1.05, 1.1, floor=0.5, window=8, figure="timesteps")
    assert len(set(found.thresholds.tolist())) > 3
    folder = tmp_path / "project"
    export(network.graph, folder, with_parts=("adaptation",))
    raw = input_bytes(network.graph, x)
    text = MAIN.format(
        arena=network.file_info().arena_bytes,
        bytes=len(raw) // len(x),
        settings=found.settings.c_initialiser(),
    )
    (tmp_path / "follow.c").write_text(text)
    sources = (folder / name for name in ("snnrt.c", "digits_model.c"))
    program = tmp_path / "follow"
    command(["gcc", *include_flags(folder), tmp_path / "follow.c", *sources, "-o", program])
    (tmp_path / "inputs").write_bytes(raw)
    lines = command(["sh", "-c", f"{program} <{tmp_path}/inputs"]).splitlines()
    expected = zip(found.timesteps.tolist(), found.predictions.tolist(), strict=True)
    assert [tuple(map(int, line.split())) for line in lines] == list(expected)


def test_edp_is_kept_in_its_band() -> None:
    network, x = demo_network("int8")
    x = np.tile(x, (3, 1, 1, 1))
    network = Network(network.graph.with_exit("entropy:0.005"))
    every = network.adapt(x, 1e-30, 1.0, floor=0.5, figure="edp", target="dt-snn")
    # a band with all of it in: the threshold stays
    assert len(set(every.thresholds.tolist())) == 1
    costs = every.settings.costs
    assert costs is not None and len(costs) == 4 and (np.diff(costs.astype(int)) > 0).all()
    unit = costs_by_step(network.model, step_counts(network.model, x), "dt-snn", "edp", "entropy")[-1] / 65535
    mean = costs[every.timesteps - 1].mean() * unit
    kept = network.adapt(x, 0.5 * mean, 0.8 * mean, floor=0.5, figure="edp", target="dt-snn")
    last = costs[kept.timesteps[-800:] - 1].mean() * unit
    assert 0.4 * mean < last < 0.85 * mean and kept.thresholds[-1] > kept.thresholds[0]
    assert kept.accuracy is None


def test_labels_and_targets() -> None:
    network, x = demo_network("int8")
    found = network.adapt("digits", 1.1, 1.3, floor=0.5, exit="margin:2", careful=4.0)
    assert found.accuracy is not None and 0.9 < found.accuracy <= 1
    assert found.thresholds.max() <= 4.0 and found.thresholds.min() >= 0.5
    with pytest.raises(TargetError, match="target"):
        network.adapt(x[:50], 1, 2, floor=0.5, figure="edp")


@pytest.mark.parametrize(
    ("band", "options", "word"),
    [
        (("a", 2), {}, "expected a band above 0"),
        ((2, 1), {}, "low before high, found 2 to 1"),
        ((float("nan"), 2), {}, "expected a band above 0"),
        ((9, 12), {}, "expected at most 4, the network's timesteps, found 9"),
        ((1, 2), {"floor": 2.0}, "threshold from 0 to 1, found 2"),
        ((1, 2), {"floor": "bold"}, "which is no number"),
        ((1, 2), {"floor": 0.1, "careful": 0.3}, "floor: expected one bolder than entropy:0.3"),
        ((1, 2), {"exit": "patience:2", "floor": 1}, "entropy, confidence, margin alone"),
        ((1, 2), {"exit": "never"}, "entropy, confidence, margin alone"),
        ((1, 2), {"window": 2.5}, "window: expected 1 to 65535, found 2.5"),
        ((1, 2), {"figure": "speed", "target": "dt-snn"}, "expected one of timesteps, edp"),
    ],
)
def test_what_can_not_be_followed(band, options, word) -> None:
    network, x = demo_network("int8")
    with pytest.raises(SnnrtError, match=word):
        network.adapt(x[:5], *band, **{"floor": 0.5} | options)


@pytest.mark.parametrize(
    ("x", "word"),
    [
        (np.zeros((0, 1, 8, 8)), "at least one input"),
        (np.zeros((3, 8, 8, 8)), "shape"),
        (np.full((3, 1, 8, 8), 255.0), "divide by 255"),
        (np.full((3, 1, 8, 8), np.nan), "finite"),
    ],
)
def test_inputs_that_do_not_fit(x, word) -> None:
    network, _ = demo_network("int8")
    with pytest.raises(SnnrtError, match=word):
        network.adapt(x, 1, 2, floor=0.5)
