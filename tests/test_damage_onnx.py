"""The command that damages ONNX models: a few of them."""

import onnx
from damage_nir import read_all
from damage_onnx import ONNX, damaged, write_good
from effort import effort


def test_damaged_models_break_no_limit(tmp_path):
    outcomes = list(read_all(range(effort(60, 6)), 2, tmp_path, tmp_path, ONNX))
    assert [outcome for outcome in outcomes if outcome.broken] == []
    assert {outcome.what for outcome in outcomes} <= {"network", "error"}


def test_a_seed_is_a_file(tmp_path):
    good = write_good(tmp_path)
    for one in good:
        onnx.checker.check_model(onnx.load_from_string(one))
    found = []
    for seed in (3, 3, 4):
        damaged(seed, good, tmp_path / "one")
        found.append((tmp_path / "one").read_bytes())
    assert found[0] == found[1] != found[2]
