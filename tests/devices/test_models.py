"""Models by the core's check: of a graph, of bytes, of a file; what is wrong names the file."""

from __future__ import annotations

import pytest
from small_networks import dense_lif

from snnrt.devices import models
from snnrt.errors import ModelError


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_a_graph_its_bytes_and_its_file_are_one_model(numbers, tmp_path):
    graph, _ = dense_lif(numbers)
    made = models.model_of(graph)
    path = tmp_path / "model.snnrt"
    path.write_bytes(made.raw)
    for again in (models.read_model(made.raw), models.load_model(path), models.load_model(str(path))):
        assert again.raw == made.raw
        assert [node.name for node in again.graph] == [node.name for node in made.graph]
        assert again.info.arena_bytes == made.plan.arena_bytes == again.plan.arena_bytes


def test_a_graph_that_is_none():
    graph, _ = dense_lif("int8")
    with pytest.raises(ModelError, match="timesteps"):
        models.model_of(graph.with_(timesteps=0))


def test_what_cannot_be_read(tmp_path):
    missing, folder = tmp_path / "no.snnrt", tmp_path
    with pytest.raises(ModelError, match=r"no\.snnrt: no such file; expected a \.snnrt file"):
        models.load_model(missing)
    with pytest.raises(ModelError, match=r"can't be read \(Is a directory\)"):
        models.load_model(folder)
    damaged = tmp_path / "damaged.snnrt"
    damaged.write_bytes(b"hello")
    with pytest.raises(ModelError, match=r"damaged\.snnrt: "):
        models.load_model(damaged)
    with pytest.raises(ModelError) as caught:
        models.read_model(b"hello")
    assert "snnrt:" not in str(caught.value)


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "LARGEST_FILE", 1000)
    path = tmp_path / "large.snnrt"
    path.write_bytes(bytes(5000))
    with pytest.raises(ModelError, match=r"large\.snnrt: expected fewer than 1000 bytes"):
        models.load_model(path)
