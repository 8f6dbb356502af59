"""The public functions on a board, called well and badly: every status, number and bit as on the host."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from c_programs import input_bytes
from device_programs import EVERYTHING, build_for_core, build_for_host, need_core, run_on_core, run_on_host
from malformed_models import CASES, malformed
from small_networks import dense_lif, every_kind

from snnrt.network import Network

CORES = ("cortex-m0", "cortex-m4", "rv32")
LARGEST = 65536
# what an integer model without convolutions is linked with, and no words
SMALL = {"float32": 0, "conv2d": 0, "pool2d": 0, "exit_scores": 1}


def write_files(folder: Path) -> None:
    """The models and inputs that calls.c reads."""
    folder.mkdir(exist_ok=True)
    for name, make in (("constant", dense_lif), ("spikes", every_kind)):
        graph, x = make("int8")
        network = Network(graph)
        (folder / f"{name}.snnrt").write_bytes(network.to_bytes())
        (folder / f"{name}.input").write_bytes(input_bytes(network.graph, x))
    raws = [raw for raw in (malformed(case)[0] for case in CASES) if 0 < len(raw) < LARGEST]
    for place, raw in enumerate(raws):
        (folder / f"{place:03}.bad").write_bytes(raw)


class OnHost:
    """calls.c built for this machine with ``overrides``, and what it printed and wrote."""

    def __init__(self, folder: Path, overrides: dict[str, int]) -> None:
        self.graph = dense_lif("int8")[0]
        self.overrides = overrides
        write_files(folder)
        self.text = run_on_host(build_for_host(folder / "host", "calls", self.graph, overrides), folder)
        self.health = (folder / "health.bin").read_bytes()

    def check(self, name: str, folder: Path) -> None:
        """The same from a core."""
        core = need_core(name)
        write_files(folder)
        image = build_for_core(core, folder / "build", "calls", self.graph, self.overrides)
        text = run_on_core(core, image, folder)
        assert text.splitlines() == self.text.splitlines()
        assert (folder / "health.bin").read_bytes() == self.health


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> OnHost:
    return OnHost(tmp_path_factory.mktemp("host"), EVERYTHING)


@pytest.mark.parametrize("name", CORES)
def test_calls(name, host, tmp_path):
    host.check(name, tmp_path)


def test_calls_of_a_small_build(tmp_path_factory, tmp_path):
    folder = tmp_path_factory.mktemp("small")
    small = OnHost(folder, SMALL)
    # the model with convolutions is refused, without words
    assert "spikes.snnrt: 19 \n" in small.text
    small.check("cortex-m0", tmp_path)


def test_what_was_printed(host):
    network = Network(host.graph)
    arena, file = network.file_info().arena_bytes, network.file_info().file_bytes
    text = host.text
    too_small = "the arena is smaller than the model needs"
    assert f"expected {arena} found {arena - 1} arena of N-1 bytes: 17 {too_small}\n" in text
    assert "arena of N bytes: 0 ok\n" in text
    assert "found 4 unaligned arena: 18 the arena must lie at a multiple of 8 bytes\n" in text
    assert f"expected {file} found {file - 1} truncated: 5 " in text
    for shift in range(1, 8):
        assert f"found {shift} unaligned: 2 the model must lie at a multiple of 8 bytes\n" in text
    newer = "the model's format version is newer than this core\n"
    assert f"newer major version: 4 {newer}" in text and f"newer minor version: 4 {newer}" in text
    assert "an array" not in text or "13 a node's array lies outside the data section" in text
    for call in ("reset", "step", "run", "exit", "scratch", "hook", "verify", "health", "counts", "trace"):
        assert f"{call} before init: 20 the network was not initialised\n" in text
    damaged = "6 the model's checksum does not match: the bytes are damaged\n"
    assert text.count(f"verify after a flipped bit: {damaged}") == 6
    assert text.count(f"run until init: {damaged}") == 6
    assert "a hook without input: 23 the input hook gave no input\n" in text
    assert "differs" not in text and "0 wrong in the main loop; interrupts: 0 ok\n" in text
    statuses = {int(number) for number in re.findall(r": (\d+) ", text)}
    assert statuses >= set(range(1, 24)) - {19}, "every status but a missing kernel's"
    alone = dict(re.findall(r"^alone: (\S+ \d): (.*)$", text, re.MULTILINE))
    assert len(alone) == 3
    assert alone == dict(re.findall(r"^interleaved: (\S+ \d): (.*)$", text, re.MULTILINE))


def test_the_health_record_is_readable(host):
    from snnrt.health.record import HealthRecord

    graph, x = dense_lif("int8")
    result = Network(graph).run(x)
    record = HealthRecord.from_bytes(host.health)
    assert record.inferences == len(x) and record.checks == 1 and record.faults == 0
    exits = np.bincount(result.timesteps - 1, minlength=16)
    assert np.array_equal(record.timesteps, exits)
