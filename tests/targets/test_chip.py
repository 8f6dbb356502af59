"""One chip description: what computes and what is costed are the same file, and change together."""

from __future__ import annotations

import importlib.resources

import numpy as np
import pytest
from demo_network import demo_network

from snnrt.data.load import load_dataset
from snnrt.errors import TargetError
from snnrt.targets import InMemory, load_target
from snnrt.targets.profiling import profile

DATA = load_dataset("digits", split="test")
LIMIT = 40


def file_of(tmp_path, name: str = "dt-snn", **changes: str):
    text = (importlib.resources.files("snnrt.targets") / "profiles" / f"{name}.toml").read_text("utf-8")
    for old, new in changes.items():
        text = text.replace(f"[crossbar.{old}]\nvalue = ", f"[crossbar.{old}]\nvalue = {new} # ", 1)
    path = tmp_path / "chip.toml"
    path.write_text(text, "utf-8")
    return path


def test_run_and_profile_are_the_same_noisy_run(tmp_path):
    path = file_of(tmp_path)
    network = demo_network("int8")[0]
    result = network.run(DATA.x[:LIMIT], device=f"crossbar:{path}")
    target = load_target(path)
    profiled = profile(network.model, DATA.x[:LIMIT], DATA.y[:LIMIT], [target], device="crossbar")
    np.testing.assert_array_equal(profiled.dynamic.logits, result.logits)
    np.testing.assert_array_equal(profiled.dynamic.timesteps, result.timesteps)
    assert profiled.reports[0].accuracy == result.accuracy(DATA.y[:LIMIT])
    core = network.profile(DATA.x[:LIMIT], DATA.y[:LIMIT], target=str(path))
    assert core.accuracy != profiled.reports[0].accuracy
    assert core.dynamic.energy_j.mean() != profiled.reports[0].dynamic.energy_j.mean()


def test_adc_bits_change_what_is_computed_and_what_it_costs(tmp_path):
    network = demo_network("int8")[0]
    reports = []
    for bits in ("8", "5"):
        target = load_target(file_of(tmp_path, adc_bits=bits))
        assert isinstance(target, InMemory) and target.bits == target.crossbar.adc_bits == int(bits)
        found = profile(network.model, DATA.x[:LIMIT], DATA.y[:LIMIT], [target], device="crossbar")
        reports.append(found)
    fine, coarse = reports
    assert not np.array_equal(fine.static.logits, coarse.static.logits)
    costs = [found.reports[0].static for found in reports]
    assert costs[0].energy_j.mean() > costs[1].energy_j.mean()
    # nine cycles a conversion in place of six, eight conversions a read of all columns
    layer = costs[0].layers.index("conv2")
    ratio = costs[0].layer_latency_s[0, layer] / costs[1].layer_latency_s[0, layer]
    assert ratio == pytest.approx((2 + 8 * 9) / (2 + 8 * 6))


def test_the_crossbar_of_which_target():
    network = demo_network("int8")[0]
    for names in (["stm32u575"], ["dt-snn", "hermes"]):
        with pytest.raises(TargetError, match="expected one target of kind imc"):
            network.profile(DATA.x[:2], target=names, device="crossbar")


def test_the_mapping_that_is_costed_is_the_one_that_computes():
    from snnrt.devices.crossbar.device import Crossbar
    from snnrt.targets.in_memory_mapping import mapping_of

    graph = demo_network("int8")[0].graph
    for name in ("dt-snn", "isaac", "hermes", "neurram"):
        target = load_target(name)
        chip = Crossbar(target.crossbar)
        for layer in mapping_of(graph, target):
            tiles = chip.mapping(graph[layer.layer])
            assert (tiles.row_tiles, tiles.column_tiles) == (layer.row_blocks, layer.column_blocks)
            assert tiles.tiles == layer.blocks
