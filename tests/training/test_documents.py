"""The code of docs/training.md runs."""

import re
from pathlib import Path

import pytest

import snnrt

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


# images of noise teach little
@pytest.mark.filterwarnings("ignore::snnrt.SilentLayerWarning")
def test_the_page_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    names: dict = {}
    exec(block, names)
    assert len(names["history"]) == 3 and "epoch   3 of 3: T 4" in capsys.readouterr().err
    assert snnrt.load("model.snnrt").graph.integer
    assert snnrt.convert("model.nir").graph.timesteps == 4
