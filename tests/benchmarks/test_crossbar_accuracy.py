"""The page has the accuracies that the crossbar gives; what was promised of them holds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import crossbar_accuracy
from crossbar_accuracy import CALIBRATIONS, PAGE, TABLES

from snnrt.devices.crossbar.device import CrossbarConfig
from snnrt.targets.sweep.intervals import estimate_mean


@pytest.mark.parametrize("name", TABLES)
def test_the_page_has_what_the_crossbar_gives(name):
    page = PAGE.read_text("utf-8")
    assert f"<!-- crossbar accuracy: {name} -->\n{TABLES[name]()}\n<!-- end -->" in page


def rows(name):
    page = PAGE.read_text("utf-8")
    block = page[page.index(f"<!-- crossbar accuracy: {name} -->") :]
    lines = block[: block.index("<!-- end -->")].splitlines()[3:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_no_cell_width_loses_the_network():
    """Leftover bits have levels of their own: 3, 5 and 6 bits lost 41 to 85 points before."""
    means = {int(row[0]): float(row[4].split(" %")[0]) for row in rows("cells")}
    assert list(means) == [1, 2, 3, 4, 5, 6, 7]
    assert all(mean >= 95 for mean in means.values())


def test_accuracies_follow_the_errors_of_weights():
    found = sorted((float(row[2].split(" %")[0]), float(row[4].split(" %")[0])) for row in rows("cells"))
    means = [mean for _, mean in found]
    # but for chance
    assert all(mean <= min(means[:place]) + 0.5 for place, mean in enumerate(means) if place)
    for row in rows("cells"):
        formula, chips = (float(cell.split(" %")[0]) for cell in row[2:4])
        assert 0.96 * formula - 0.05 <= chips <= formula + 0.05


def test_four_bits_are_enough_when_calibrated():
    (row,) = [row for row in rows("converters") if row[0] == "4"]
    shares = [float(cell.split(" %")[0]) for cell in row[1:]]
    assert shares[2] >= 96.5 and shares[2] > shares[1] > shares[0]
    assert len(shares) == 2 + len(CALIBRATIONS)


def test_chips_differ_and_repeat():
    one, again, other = (
        crossbar_accuracy.correct(CrossbarConfig(programming_error=0.1, on_off_ratio=10, seed=seed))
        for seed in (0, 0, 1)
    )
    assert (one == again).all() and (one != other).any()
    assert estimate_mean(one[None], 0.95, fraction=True).mean == one.mean()


def test_marks_that_are_not_there_are_an_error():
    with pytest.raises(SystemExit, match="expected <!-- crossbar accuracy: cells --> once, found it 0 times"):
        crossbar_accuracy.written("# nothing")


def test_the_time_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(crossbar_accuracy, "TIMED_CHIPS", 2)
    monkeypatch.setattr(crossbar_accuracy, "TIMED_IMAGES", 4)
    crossbar_accuracy.main(["--time"])
    assert "2 chips × 4 images of the 28×28 network" in capsys.readouterr().out
