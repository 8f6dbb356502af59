"""snnrt check."""

from __future__ import annotations

import json

import h5py
import pytest


@pytest.fixture
def unsupported(source, tmp_path):
    """The digits network with two nodes that nobody knows."""
    path = tmp_path / "net.nir"
    path.write_bytes(source.read_bytes())
    with h5py.File(path, "r+") as file:
        for name in ("lif", "pool"):
            del file[f"node/nodes/{name}/type"]
            file[f"node/nodes/{name}/type"] = f"{name} \x1b[31mof the future"
    return path


def test_a_supported_network(snnrt_command, source):
    document = snnrt_command("check", source, "--framework", "snntorch", "--json").json
    assert document["supported"] and document["faithful"] and document["framework"] == "snntorch"
    assert [node["name"] for node in document["nodes"]] == [
        "input", "conv", "lif", "pool", "flatten", "dense", "output",
    ]  # fmt: skip
    assert document["nodes"][2]["rule"] == (
        "v = α·v + x; fires where v > θ; reset: subtract θ at the next step; α = 0.9, θ = 1"
    )
    outcome = snnrt_command("check", source, "--framework", "snntorch", "--reset", "zero")
    assert (
        outcome.code == 0
        and "lif      LIF, faithful: v = α·v + x; fires where v > θ; reset: to 0 at once" in (outcome.out)
    )
    assert outcome.out.endswith("\n7 nodes: 7 faithful\n") and outcome.err == ""


def test_unsupported_nodes(snnrt_command, unsupported):
    outcome = snnrt_command("check", unsupported, "--framework", "snntorch")
    assert outcome.code == 1 and outcome.err == "" and "\x1b" not in outcome.out
    assert outcome.out.endswith("\n7 nodes: 5 faithful, 2 unsupported\n")
    outcome = snnrt_command("check", unsupported, "--framework", "snntorch", "--json")
    document = json.loads(outcome.out)
    assert outcome.code == 1 and not document["supported"]
    assert [node["name"] for node in document["nodes"] if node["verdict"] == "unsupported"] == ["lif", "pool"]


def test_approximate_nodes(snnrt_command, source):
    """Under rules that the file contradicts, which the caller wants all the same."""
    usual = ("check", source, "--framework", "norse", "--dt", "0.0005")
    assert snnrt_command(*usual).code == 0
    assert snnrt_command(*usual, "--faithful").code == 1
    assert snnrt_command("check", source, "--faithful", "--framework", "snntorch").code == 0


def test_what_cannot_be_read(snnrt_command, tmp_path):
    snnrt_command("check", tmp_path / "missing.nir").failed("missing.nir", "no such file")
    snnrt_command("check").failed("required: SOURCE", "as in: snnrt check digits_conv.nir", code=2)
