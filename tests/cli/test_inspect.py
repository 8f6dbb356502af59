"""snnrt inspect."""

from __future__ import annotations

from pathlib import Path

import pytest

import snnrt


@pytest.fixture(params=["float_model", "int8_model"])
def model(request) -> Path:
    return request.getfixturevalue(request.param)


def test_json_agrees_with_the_network(snnrt_command, model):
    document = snnrt_command("inspect", model, "--json").json
    network = snnrt.load(model)
    graph, info = network.graph, network.file_info()
    assert document["numbers"] == graph.numbers and document["timesteps"] == 4
    assert document["input"] == {"shape": [1, 8, 8], "encoding": "constant", "low": 0.0, "high": 1.0}
    assert document["exit_rule"] == "entropy" and document["threshold"] == pytest.approx(0.6)
    assert document["file_bytes"] == model.stat().st_size
    assert document["arena_bytes"] == info.arena_bytes > 0
    assert [node["name"] for node in document["nodes"]] == [node.name for node in graph]
    by_name = {node["name"]: node for node in document["nodes"]}
    size = 4 if graph.numbers == "float32" else 1
    assert by_name["conv"]["weight_bytes"] >= 4 * 9 * size and by_name["conv"]["shape"] == [4, 8, 8]
    assert by_name["lif"]["kind"] == "LIF" and by_name["lif"]["state_bytes"] > 0
    assert document["weight_bytes"] == sum(node["weight_bytes"] for node in document["nodes"])
    assert document["metadata"]["source"]


def test_text_says_the_same(snnrt_command, model):
    document = snnrt_command("inspect", model, "--json").json
    text = snnrt_command("inspect", model).out
    for fragment in ("1×8×8", "0 … 1", "normalised entropy < 0.6, at most 4 timesteps", "10 classes, sum"):
        assert fragment in text
    for figure in ("file_bytes", "arena_bytes", "weight_bytes"):
        assert f"{document[figure]} bytes" in text
    lines = text.splitlines()
    for node in document["nodes"]:
        assert any(line.startswith(node["name"]) and node["kind"] in line for line in lines)


def test_files_that_are_no_models(snnrt_command, model, tmp_path):
    whole = model.read_bytes()
    damaged = bytearray(whole)
    damaged[len(damaged) // 2] ^= 0x10
    cases = {
        "empty": b"",
        "text": b"hello\n",
        "half": whole[: len(whole) // 2],
        "no header": whole[:20],
        "longer": whole + b"\0",
        "damaged": bytes(damaged),
        "later version": whole[:8] + b"\x09\x00" + whole[10:],
    }
    for name, content in cases.items():
        path = tmp_path / f"{name}.snnrt"
        path.write_bytes(content)
        snnrt_command("inspect", path).failed(str(path))
    snnrt_command("inspect", tmp_path / "missing.snnrt").failed("missing.snnrt")
    snnrt_command("inspect", tmp_path).failed(str(tmp_path))


def test_metadata(snnrt_command, float_model, tmp_path):
    path = tmp_path / "noted.snnrt"
    graph = snnrt.load(float_model).graph
    names = [f"digit {index}" for index in range(10)]
    added = {"accuracy": 0.9375, "class_names": names, "author": "A\x1b[31m B\nC"}
    snnrt.Network(graph.with_(metadata=graph.metadata | added)).save(path)
    text = snnrt_command("inspect", path).out
    assert "accuracy  0.9375\n" in text and f"classes   {', '.join(names)}\n" in text
    assert "author    A\\x1b[31m B C\n" in text
    assert snnrt_command("inspect", path, "--json").json["metadata"] == graph.metadata | added
