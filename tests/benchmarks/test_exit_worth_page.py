"""What exits are worth: the page states what exit_worth.json holds, and says it as it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from exit_worth_page import PAGE, even_table, pair, read_results, rows_table, with_tables

from snnrt.errors import SnnrtError


def test_the_page_states_what_was_measured():
    page, results = PAGE.read_text("utf-8"), read_results()
    assert list(results) == ["digits", "fashion_vgg"]
    assert with_tables(page, results) == page
    with pytest.raises(SnnrtError, match=r"exit_rules.md: expected its marks once, found 0"):
        with_tables("", results)


@pytest.mark.parametrize("name", ("digits", "fashion_vgg"))
def test_what_was_measured_holds_together(name):
    worth = read_results()[name]
    static, first, exits, twin = worth["rows"]
    assert first["mean_timesteps"] == twin["mean_timesteps"] == 1 < exits["mean_timesteps"] < 4
    for row in (static, first, exits):
        once, again = row["instructions"]
        assert again - once == pytest.approx((row["mean_timesteps"] - 1) * worth["fit"]["front"])
        assert row["synaptic_operations"][0] <= row["synaptic_operations"][1]
    # the fit gives what was counted back, though of fewer images
    fit, (once, again) = worth["fit"], static["synaptic_operations"]
    behind = once - (again - once) / 3
    told = fit["once"] + 4 * fit["step"] + fit["operation"] * behind
    assert told == pytest.approx(static["instructions"][0], rel=0.1)
    assert [line["timesteps"] for line in worth["break_even"][:4]] == [1, 2, 3, 4]
    assert worth["break_even"][4]["timesteps"] == pytest.approx(exits["mean_timesteps"])


def test_pairs_and_rates_in_words():
    assert pair([1234.0, 1234.0], ",.0f") == "1,234"
    assert pair([1e-12, 2.5e-12], ".2e") == "1.00e-12 / 2.50e-12"
    assert pair([3e-7, None], ".2e") == "3.00e-07 / –"
    worth = read_results()["digits"]
    lines = [{"timesteps": 1.5, "exits": True, "once": 1.2, "again": -0.1}]
    assert "| 1.50, exits | always | never | 25.0 % |" in even_table({**worth, "break_even": lines})
    assert "J·s, `dt-snn`" in rows_table(worth)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "worth.json"
    assert read_results(path) == {}
    for text in ("nothing", "[]"):
        path.write_text(text)
        with pytest.raises(SnnrtError, match=r"worth.json: expected"):
            read_results(path)
