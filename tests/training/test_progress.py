import io
import re

import pytest
from rich.console import Console

from snnrt.training import EpochRecord, progress

RECORD = EpochRecord(2, 4, 0.5, 0.125, (0.9, 0.95), 3.2)


def test_a_line_an_epoch():
    assert RECORD.line(10) == (
        "epoch   2 of 10: T 4, loss 0.5000, firing rate 0.125, accuracy 90.00, 95.00 % (3 s)"
    )
    long = EpochRecord(1, 77, 0.5, 0.1, tuple(step / 100 for step in range(77)), 1.0).line(1)
    assert long.endswith("accuracy 0.00, 10.00, 21.00, 32.00, 43.00, 54.00, 65.00, 76.00 % "
                         "after 1, 11, 22, 33, 44, 55, 66, 77 (1 s)")  # fmt: skip
    assert "accuracy" not in EpochRecord(1, 1, 0.5, 0.1, (), 1.0).line(1)


def test_a_pipe_gets_lines_alone(capsys):
    with progress.reporting(True, 10, 20) as report:
        report.batch(0.5)
        report.epoch(RECORD)
        report.say("[all]")
    out, err = capsys.readouterr()
    assert out == "" and err == RECORD.line(10) + "\n[all]\n"


def test_silence(capsys):
    with progress.reporting(False, 10, 20) as report:
        report.batch(0.5)
        report.epoch(RECORD)
        report.say("nothing")
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    monkeypatch.setattr(progress, "Console", lambda stderr: console)
    with progress.reporting(True, 10, 20, done=4) as report:
        report.batch(0.5)
        report.epoch(RECORD)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert "5/20" in shown and "loss 0.5000" in shown and RECORD.line(10) in shown
