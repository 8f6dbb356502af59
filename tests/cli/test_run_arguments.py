"""What ``snnrt run`` says of arguments in the wrong place."""

from __future__ import annotations

import pytest
from small_networks import dense_lif

from snnrt.cli import main
from snnrt.network import Network


@pytest.fixture
def model(tmp_path) -> str:
    Network(dense_lif("int8")[0]).save(tmp_path / "a.snnrt")
    return str(tmp_path / "a.snnrt")


def said(capsys, *words: str) -> str:
    try:
        assert main(list(words)) != 0
    except SystemExit as ended:
        assert ended.code
    return capsys.readouterr().err


def test_swapped(model, capsys):
    assert "is a model: the model comes first, then the data" in said(capsys, "run", "digits", model)


def test_an_output_that_is_neither_npz_nor_csv(model, capsys, tmp_path):
    text = said(capsys, "run", model, "digits", "--output", str(tmp_path / "x.txt"))
    assert "ends in .npz or .csv" in text and not (tmp_path / "x.txt").exists()
