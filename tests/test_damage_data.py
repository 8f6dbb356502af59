"""Damaged input files: a part of what ``python tests/damage_data.py`` tries."""

from __future__ import annotations

from damage_data import LIMIT_S, try_files
from effort import effort


def test_damaged_files_give_data_or_a_line(tmp_path):
    files = effort(600)
    seconds = try_files(files, tmp_path, seed=1)
    assert sum(map(len, seconds.values())) == files
    assert seconds["read"] and seconds["refused"]
    assert max(map(max, seconds.values())) < LIMIT_S
