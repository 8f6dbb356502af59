"""The command that damages NIR files: a few of them, and what it says of a reading that breaks a limit."""

import h5py
import pytest
from damage_nir import MOST_BYTES, Outcome, damaged, read_all, write_good
from effort import effort


def test_damaged_files_break_no_limit(tmp_path):
    outcomes = list(read_all(range(effort(40, 6)), 2, tmp_path, tmp_path))
    assert [outcome for outcome in outcomes if outcome.broken] == []
    assert {outcome.what for outcome in outcomes} <= {"network", "error"}


def test_a_seed_is_a_file(tmp_path):
    good = write_good(tmp_path)
    assert all(h5py.is_hdf5(tmp_path / name) for name in ("own.nir", "dense.nir", "conv.nir", "nested.nir"))
    found = []
    for seed in (3, 3, 4):
        damaged(seed, good, tmp_path / "one")
        found.append((tmp_path / "one").read_bytes())
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    ("what", "seconds", "own", "reader", "broken"),
    [
        ("network", 1.0, 0, 0, ""),
        ("raised", 1.0, 0, 0, "raised"),
        ("crashed", 1.0, 0, 0, "crashed"),
        ("error", 11.0, 0, 0, "11.0 s"),
        ("error", 1.0, MOST_BYTES + 1, 0, "1024 MiB"),
        ("error", 1.0, 0, 2 * MOST_BYTES, "2048 MiB"),
    ],
)
def test_limits(what, seconds, own, reader, broken):
    assert Outcome(0, what, "", seconds, own, reader).broken == broken
