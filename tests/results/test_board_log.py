"""Lines that a board printed."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.errors import DataError
from snnrt.results.board_log import read_board_log

LINES = """\
boot
snnrt input 0: class 1, timesteps 1, score 21, cycles 99, accumulators 1 2
[00:01] snnrt input 0: class 1, timesteps 1, score 21, cycles 100, accumulators -7 2
[00:02] snnrt input 1: class 0, timesteps 4, score 9, cycles 300, accumulators 2.5 -1e-05
snnrt: 0 of 2 inputs differ from the host
"""


def test_the_last_run_is_read_whatever_stands_around_it(tmp_path):
    path = tmp_path / "board.log"
    path.write_bytes(b"\xff\x00" + LINES.encode())
    log = read_board_log(path, 2)
    assert len(log) == 2 and log.classes.tolist() == [1, 0] and log.timesteps.tolist() == [1, 4]
    assert log.cycles.tolist() == [100, 300]
    assert np.array_equal(log.accumulators, [[-7, 2], [2.5, -1e-05]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing", "found none"),
        (LINES.replace("input 1", "input 2"), "expected input 1, found input 2"),
        (LINES.replace(" -7 2", " -7 2 3"), "expected 2 accumulators, found 3"),
        (LINES.replace(" -7 2", " -7 e-"), "no numbers"),
    ],
)
def test_what_is_no_log_is_said(tmp_path, text, said):
    path = tmp_path / "board.log"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        read_board_log(path, 2)
    with pytest.raises(DataError, match="cannot be read"):
        read_board_log(tmp_path / "absent.log", 2)
