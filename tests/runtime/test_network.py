"""The face of the package: one data rule, one exit, one device name; reports, reprs and names."""

from __future__ import annotations

import pydoc
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import snnrt
from snnrt.data.load import Dataset, load_dataset
from snnrt.errors import DataError, ModelError, TargetError

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "examples" / "models" / "digits_conv.nir"


@pytest.fixture(scope="module")
def network() -> snnrt.Network:
    return snnrt.convert(
        SOURCE, framework="snntorch", timesteps=4, numbers="int8", calibrate="digits", exit="entropy:0.2",
        class_names=[f"digit {number}" for number in range(10)],
    )  # fmt: skip


DATA = load_dataset("digits")


def test_names_paths_arrays_and_data_sets_alike(network, tmp_path):
    np.savez(tmp_path / "digits.npz", x=DATA.x, y=DATA.y)
    np.save(tmp_path / "x.npy", DATA.x[:, 0])
    expected = network.run(DATA.x)
    for x in ("digits", tmp_path / "digits.npz", str(tmp_path / "x.npy"), DATA, DATA.x[:, 0]):
        assert network.run(x).logits.tobytes() == expected.logits.tobytes()
    assert len(network.run("digits:train")) == 1000


def test_score_and_accuracy(network, tmp_path):
    out = network.run(DATA.x)
    right = float(np.mean(out.predictions == DATA.y))
    assert network.score("digits") == network.score(DATA) == network.score(DATA.x, DATA.y) == right
    assert out.accuracy(DATA.y) == right and len(out) == len(DATA)
    assert network.score("digits", exit="never") == network.run(DATA.x, exit="never").accuracy(DATA.y)
    assert network.score(DATA, np.roll(DATA.y, 1)) < 0.5
    with pytest.raises(DataError, match=r"expected labels, .* give y, or data with labels"):
        network.score(DATA.x)
    with pytest.raises(DataError, match=r"y: expected one label for each input, shape \(797,\)"):
        out.accuracy(DATA.y[:5])
    with pytest.raises(DataError, match=r"one-hot labels: use y.argmax"):
        out.accuracy(np.eye(10, dtype=int)[DATA.y])


@pytest.mark.parametrize("device", ["cpu", "reference", "crossbar"])
def test_values_out_of_range_are_refused_alike(network, device):
    images = (DATA.x[:3] * 255).astype(np.uint8)
    remedy = "expected values in 0 … 1, found 0 … 255; 8-bit images: divide by 255"
    with pytest.raises(DataError, match=remedy):
        network.run(images, device=device)
    with pytest.raises(DataError, match=remedy):
        network.profile(images, target="dt-snn")
    with pytest.raises(DataError, match=f"calibrate: x: {remedy}"):
        snnrt.convert(SOURCE, numbers="int8", calibrate=images, timesteps=4)
    with pytest.raises(DataError, match=remedy):
        network.run(Dataset(images, None, "images"), device=device)


def test_facts(network):
    assert network.input_shape == (1, 8, 8) and network.timesteps == 4
    assert network.exit == snnrt.Exit.entropy(0.2)
    assert network.class_names is not None and network.class_names[3] == "digit 3"
    assert snnrt.convert(SOURCE, timesteps=4).class_names is None
    lines = network.summary().splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    for word in ("1×8×8", "normalised entropy < 0.2", "11", "conv1", "lif2", "digit 0"):
        assert word in network.summary()


def test_a_large_network_has_a_summary_of_one_screen():
    builder = snnrt.GraphBuilder((4,))
    x = builder.input
    for number in range(60):
        name = f"a_rather_long_name_of_a_layer_{number}" * 2
        x = builder.lif(builder.dense(x, np.eye(4), name=name), 0.9)
    large = snnrt.Network(builder.finish(x))
    lines = large.summary().splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80 and "… 108 more" in large.summary()
    assert len(repr(large)) <= 200 and repr(large.graph).count("\n") <= 20


def test_a_target_a_report_several_targets_several(network):
    one = network.profile("digits", target="dt-snn")
    several = network.profile("digits", target=["dt-snn"])
    assert isinstance(several, list) and several[0].to_dict() == one.to_dict()
    assert one.accuracy == network.score("digits")
    every = network.profile(DATA.x[:2], target="all")
    assert [report.target.name for report in every] == list(snnrt.targets.list_targets())
    never = network.profile("digits", target=snnrt.targets.load_target("dt-snn"), exit="never", timesteps=2)
    assert never.dynamic.timesteps.tolist() == [2] * 797 and never.edp_reduction == 0


def test_two_targets_of_one_name(network, tmp_path):
    mine = tmp_path / "mine.toml"
    shipped = ROOT / "targets" / "profiles" / "dt-snn.toml"
    mine.write_bytes(shipped.read_bytes())
    with pytest.raises(TargetError, match=r"'dt-snn' is there in .* and .*mine.toml: name each once"):
        network.profile(DATA.x[:2], target=["dt-snn", mine])
    with pytest.raises(TargetError, match="'dt-snn' is there twice"):
        network.profile(DATA.x[:2], target=["dt-snn", "dt-snn"])
    with pytest.raises(TargetError, match="expected at least one, found none"):
        network.profile(DATA.x[:2], target=[])
    both = network.profile(DATA.x[:2], target="dt-snn,loihi")
    assert [report.target.name for report in both] == ["dt-snn", "loihi"]


def test_rows_are_flat(network):
    report = network.profile("digits", target="stm32u575")
    rows = report.rows()
    assert len(rows) == 797 and len({tuple(row) for row in rows}) == 1
    for row in rows:
        assert all(type(value) in (int, float, str) for value in row.values())
    assert [row["energy_j"] for row in rows] == report.dynamic.energy_j.tolist()
    assert [row["static_edp_js"] for row in rows] == report.static.edp_js.tolist()
    assert np.mean([row["prediction"] == row["label"] for row in rows]) == report.accuracy
    without = network.profile(DATA.x[:2], target="stm32u575").rows()
    assert [row["label"] for row in without] == [None, None]


def test_validate(network):
    comparison = network.validate(SOURCE, "digits")
    assert comparison.class_agreement > 0.99 and comparison.accuracy == network.score("digits", exit="never")
    plain = snnrt.convert(SOURCE, framework="snntorch", timesteps=4)
    assert network.validate(plain, DATA.x) == network.validate(plain.graph, DATA.x)
    assert plain.validate(SOURCE, DATA.x[:9]).spike_agreement == 1.0
    with pytest.raises(ModelError, match="the source is another network"):
        network.validate(network, DATA.x[:9])


def test_int8_without_data_says_so():
    blind = snnrt.convert(SOURCE, framework="snntorch", timesteps=4, numbers="int8")
    assert any("no data was seen" in line for line in blind.assumptions)
    again = snnrt.Network.from_bytes(blind.to_bytes())
    assert any("no data was seen" in line for line in again.assumptions)
    with pytest.raises(DataError, match="calibrate: it sets the scales of int8"):
        snnrt.convert(SOURCE, calibrate="digits")


def test_an_unknown_option_is_python_s_own_error():
    with pytest.raises(TypeError, match="unexpected keyword argument 'treshold'"):
        snnrt.convert(SOURCE, treshold=0.2)


def test_reprs_fit_a_screen_and_hold_no_arrays(network):
    report = network.profile("digits", target="stm32u575")
    out = network.run(DATA.x, record=("spikes", "membranes"))
    things = [
        network, out, out.counts, report, report.dynamic, report.target, network.graph, network.model, DATA,
        *network.graph.nodes, network.file_info(), network.validate(SOURCE, DATA.x[:9]),
    ]  # fmt: skip
    for thing in things:
        shown = repr(thing)
        assert "array(" not in shown and len(shown) <= 2000 and shown.count("\n") <= 22, shown


def test_help_is_a_manual():
    text = pydoc.plain(pydoc.render_doc(snnrt))
    for word in ("1. convert", "2. run", "3. choose an exit", "4. profile", "5. export", "Exit.entropy(0.2)"):
        assert word in text


def test_rooms_are_there_after_one_import_that_waits_for_nothing():
    code = (
        "import sys, snnrt; assert 'numpy' not in sys.modules; "
        "snnrt.data.load_dataset('yin-yang'); snnrt.targets.list_targets(); snnrt.devices; snnrt.Exit"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_face_is_small():
    assert len((ROOT / "runtime" / "network.py").read_text("utf-8").splitlines()) <= 190
