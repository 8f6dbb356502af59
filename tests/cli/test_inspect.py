"""snnrt inspect."""

from __future__ import annotations

from pathlib import Path

import pytest

import snnrt
from snnrt.targets.build_settings import OPTIMISATION
from snnrt.targets.code_sizes import builds_for


@pytest.fixture(params=["float_model", "int8_model"])
def model(request) -> Path:
    return request.getfixturevalue(request.param)


def test_json_agrees_with_the_network(snnrt_command, model):
    document = snnrt_command("inspect", model, "--json").json
    network = snnrt.load(model)
    graph, info = network.graph, network.file_info()
    assert document["numbers"] == graph.numbers and document["timesteps"] == 4
    assert document["input"] == {"shape": [1, 8, 8], "encoding": "constant", "low": 0.0, "high": 1.0}
    assert document["exit"] == "entropy:0.6"
    assert document["file_bytes"] == model.stat().st_size
    assert document["arena_bytes"] == info.arena_bytes > 0
    assert [node["name"] for node in document["nodes"]] == [node.name for node in graph]
    by_name = {node["name"]: node for node in document["nodes"]}
    size = 4 if not graph.integer else 1
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


def test_what_it_takes_on_each_core(snnrt_command, model):
    document = snnrt_command("inspect", model, "--json").json
    assert {"cortex-m0", "cortex-m4", "cortex-m55", "rv32"} <= set(document["cores"])
    network = snnrt.load(model)
    every = [
        (name, setting, core)
        for name, of_core in document["cores"].items()
        for setting, core in of_core.items()
    ]
    assert len(every) == 2 * len(document["cores"])
    for name, setting, core in every:
        (build,) = builds_for(network.graph, setting, name)
        assert core["optimisation"] == OPTIMISATION[setting]
        assert core["code_bytes"] == build.code_bytes > 4000 and core["compiler"].startswith("gcc ")
        assert core["flash_bytes"] == build.code_bytes + document["file_bytes"]
        assert core["ram_bytes"] == document["arena_bytes"] + core["network_bytes"] + build.stack_bytes
        assert core["added_bytes"]["strings"] > 500 < core["added_bytes"]["model_check"]
    text = snnrt_command("inspect", model).out
    assert "code that may be added: health " in text
    for name, setting, core in every:
        lines = [line.split() for line in text.splitlines() if line.startswith(name + " ")]
        (words,) = [words for words in lines if words[1] == OPTIMISATION[setting]]
        stacks = [core[f"{call}_stack_bytes"] for call in ("init", "step", "run", "verify")]
        steps = [core["first_timestep_instructions"], core["later_timestep_instructions"]]
        figures = [core["code_bytes"], core["flash_bytes"], core["ram_bytes"], *stacks, *steps]
        assert [int(word) for word in words[2:]] == figures


def test_one_core_only(snnrt_command, model):
    document = snnrt_command("inspect", model, "--core", "cortex-m0", "--json").json
    assert list(document["cores"]) == ["cortex-m0"]
    assert "cortex-m4 " not in snnrt_command("inspect", model, "--core", "cortex-m0").out
    snnrt_command("inspect", model, "--core", "z80").failed(
        "core 'z80' is unknown; expected one of cortex-m0,"
    )


def test_the_arena_by_buffer_and_node(snnrt_command, model):
    document = snnrt_command("inspect", model, "--json").json
    ends = [buffer["offset"] + buffer["bytes"] for buffer in document["buffers"]]
    assert -(-max(ends) // 8) * 8 == document["arena_bytes"]
    states = {buffer["node"]: buffer["bytes"] for buffer in document["buffers"] if buffer["role"] == "state"}
    assert states == {node["name"]: node["state_bytes"] for node in document["nodes"] if node["state_bytes"]}
    scratch = {node["name"]: node["scratch_bytes"] for node in document["nodes"]}
    # int8 has no use for it
    expected = 4 * (64 + 1 + 2 * 64) if document["numbers"] == "float32" else 0
    assert scratch.pop("conv") == document["scratch_bytes"] == expected
    assert set(scratch.values()) == {0}
    text = snnrt_command("inspect", model).out
    for buffer in document["buffers"]:
        assert f"{buffer['bytes']}  {buffer['node']}" in text


def test_the_largest_timestep(snnrt_command, model):
    """3×3 windows on 8×8 pixels with padding 1 see 22² pixels, each of which reaches 4 outputs."""
    document = snnrt_command("inspect", model, "--json").json
    first, later = document["first_timestep"], document["later_timesteps"]
    assert first["synaptic_operations"] == 22**2 * 4 + 64 * 10
    assert later["synaptic_operations"] == 64 * 10
    assert first["neuron_updates"] == later["neuron_updates"] == 4 * 64
    for of_core in document["cores"].values():
        for core in of_core.values():
            assert core["later_timestep_instructions"] < core["first_timestep_instructions"]
        fast, small = of_core["fast"], of_core["small"]
        # both are bounds, with a margin of their own
        assert fast["first_timestep_instructions"] < 1.3 * small["first_timestep_instructions"]
    by_name = {node["name"]: node for node in document["nodes"]}
    assert by_name["conv"]["first_timestep_only"] and not by_name["dense"]["first_timestep_only"]
    text = snnrt_command("inspect", model).out
    assert f"at most {first['synaptic_operations']} synaptic operations, 256 neuron updates" in text
    assert f"; after the first {later['synaptic_operations']} synaptic operations" in text


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
    added = {"accuracy": 0.9375, "class_names": names, "author": "A\x1b[31m B\nC", "\x9b2J": "µ\u202e"}
    snnrt.Network(graph.with_(metadata=graph.metadata | added)).save(path)
    text = snnrt_command("inspect", path).out
    assert "accuracy  0.9375\n" in text and f"classes   {', '.join(names)}\n" in text
    assert "author    A\\x1b[31m B C\n" in text and "\\x9b2J    µ\\u202e\n" in text
    printed = snnrt_command("inspect", path, "--json")
    assert all(character.isprintable() or character == "\n" for character in printed.out + text)
    assert snnrt_command("inspect", path, "--json").json["metadata"] == graph.metadata | added


def test_where_a_network_lies_on_a_chip(snnrt_command, int8_model):
    text = snnrt_command("inspect", int8_model, "--target", "dt-snn").out
    assert "A  conv: 1 block " in text and "blocks of them empty" in text
    document = snnrt_command("inspect", int8_model, "--target", "dt-snn", "--json").json
    assert document["blocks"] == sum(layer["blocks"] for layer in document["layers"])
    assert "neurons: " in snnrt_command("inspect", int8_model, "--target", "odin").out
    snnrt_command("inspect", int8_model, "--target", "stm32u575").failed("has no places for layers")
