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
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    assert len(blocks) == 3
    names: dict = {}
    for block in blocks:
        exec(block, names)
    plain, net, x = names["tuned"].eval(), names["net"].eval(), names["x"]
    assert (plain(x) - net(x)[0]).abs().median() < 1e-4
    assert not any("parametrizations" in name for name in names["quick"].state_dict())
    assert len(names["history"]) == 3 and "epoch   3 of 3: T 4" in capsys.readouterr().err
    assert snnrt.load("model.snnrt").graph.integer
    assert snnrt.convert("model.nir").graph.timesteps == 4
