"""The tables of published figures in the page are what the profiles give."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from published_costs import PAGE, TABLES, table


@pytest.mark.parametrize("name", TABLES)
def test_the_page_has_the_profiles_figures(name):
    page = PAGE.read_text("utf-8")
    assert f"<!-- published costs: {name} -->\n{table(name)}\n<!-- end -->" in page
