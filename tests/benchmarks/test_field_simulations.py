"""The simulations of the field run, on a small network, and print what they promise."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import adaptive_threshold
import drift_monitor
import page_rows
from drifting_images import DRIFTS, Ended, Field, amount_that_costs
from page_rows import with_rows

import snnrt
from snnrt.errors import SnnrtError
from snnrt.ir.monitor_table import MonitorTable
from snnrt.network import Network


@pytest.fixture(scope="module")
def field() -> Field:
    """Images whose brightest quarter is their class, seen less well at first."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 300)
    x = rng.random((300, 1, 4, 4)) * 0.55
    for image, label in zip(x, y):
        row, column = divmod(int(label), 2)
        image[0, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2] += 0.4
    weights = np.zeros((4, 16))
    for pixel in range(16):
        weights[2 * (pixel // 8) + (pixel % 4) // 2, pixel] = 1.0
    g = snnrt.GraphBuilder((1, 4, 4), timesteps=4)
    network = Network(g.finish(g.dense(g.flatten(g.input), weights - weights.mean()), exit="entropy:0.3"))
    return Field("quarters", network, x.astype(np.float32), y)


def run(module, field: Field, monkeypatch, capsys, *words: str) -> str:
    monkeypatch.setattr(module, "fields_of", lambda arguments: [field])
    monkeypatch.setattr(sys, "argv", [module.__name__, *words])
    module.main()
    return str(capsys.readouterr().out)


def test_drifts_cost_what_they_shall(field):
    usual = Ended.of(field.network, field.x, field.y)
    assert usual.right.mean() > 0.9 and len(usual) == 300 and 1 < usual.timesteps.mean() < 4
    amount = amount_that_costs(field, "noise")
    noisy = Ended.of(field.network, DRIFTS["noise"][0](field.x, amount), field.y)
    assert 0 < usual.right.mean() - noisy.right.mean() < 0.15


def test_the_monitor_is_late_but_never_sooner_than_is_possible(field, monkeypatch, capsys):
    words = ("--runs", "20", "--length", "400", "--references", "100,10000", "--mean-run", "100")
    told = run(drift_monitor, field, monkeypatch, capsys, *words)
    assert "reference of 100" in told and "the bound allows 4 a run" in told
    lines = [line for line in told.splitlines() if "least possible" in line]
    assert len(lines) == 2 * len(DRIFTS)
    for line in lines:
        median, *_, growing, own = (
            float(one) for one in re.findall(r"(?<= )(\d+|inf)(?= (?:inputs|by|with))", line)
        )
        assert own >= growing - 1 and median >= 0.4 * growing


def test_alarms_are_counted_and_begin_anew():
    bets = np.array([[3, 3, 3, -9, 5, 1], [1, 1, 1, 1, 1, 0]])
    assert drift_monitor.alarm_counts(bets, 6).tolist() == [2, 0]
    assert drift_monitor.delays_of(bets, 6).tolist() == [2.0, np.inf]
    table = MonitorTable(6, 0, 0, np.tile(np.arange(16, dtype=np.int16), (8, 1)))
    # the replay of the core's integers says the same
    levels = table.levels("entropy", np.ones(6, int), np.array([2, 2, 2, 2, 2, 2]))
    assert (levels >= 6).argmax() == 2


@pytest.mark.parametrize("figure", ["timesteps", "edp"])
def test_a_threshold_that_follows_comes_back_into_its_band(field, monkeypatch, capsys, figure):
    told = run(adaptive_threshold, field, monkeypatch, capsys, "--length", "1500", "--figure", figure)
    low, high = (float(one) for one in re.search(r"band (\S+) to (\S+)", told).groups())
    follows = [line for line in told.splitlines() if line.strip().startswith("follows")]
    assert len(follows) == len(DRIFTS)
    for line in follows:
        usual = float(line.split(":")[1].split(",")[0])
        assert 0.8 * low <= usual <= 1.2 * high


def test_lines_of_a_page_are_written_by_their_first_cell():
    table = "| network | a |\n|---|---|\n| one | 1 |\n| one more | 2 |\n"
    page = f"before\n<!-- written by benchmarks/x.py -->\n{table}<!-- end -->\nbehind\n"
    found = with_rows(page, "x.py", {"one": ["5"], "new": ["7"]})
    assert found == page.replace("| one | 1 |", "| one | 5 |").replace("| 2 |\n", "| 2 |\n| new | 7 |\n")
    for wrong in ("", page + page):
        with pytest.raises(SnnrtError, match=r"expected the marks of benchmarks/x\.py once"):
            with_rows(wrong, "x.py", {})


def test_both_write_into_their_pages(field, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(page_rows, "DOCS", tmp_path)
    for module, name, words in (
        (drift_monitor, "monitor.md", ("--runs", "3", "--length", "50", "--references", "100")),
        (adaptive_threshold, "adaptation.md", ("--length", "200")),
    ):
        page = tmp_path / name
        page.write_text(f"<!-- written by benchmarks/{module.__name__}.py -->\n| a |\n|---|\n<!-- end -->\n")
        run(module, field, monkeypatch, capsys, *words, "--write")
        lines = page.read_text().splitlines()[3:-1]
        assert lines and all(line.startswith("| quarters, ") for line in lines)
