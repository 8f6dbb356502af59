"""A short slice of `make differential`: networks of devices' sizes as firmware, and on emulated cores."""

from __future__ import annotations

import device_programs
import differential
import pytest
from device_programs import need_core
from effort import effort

from snnrt.targets.emulator import CORES

SEED = 5


def run(links: list[str], networks: range, seed: int = SEED) -> list[str]:
    said: list[str] = []
    return [str(failure) for failure in differential.differential(links, seed, networks, say=said.append)]


def test_firmware_under_sanitisers():
    assert run(["firmware"], range(effort(40))) == []


@pytest.mark.parametrize("name", ["cortex-m4", "cortex-m55"])
def test_cores(name):
    need_core(name)
    assert run([name], range(15)) == []


def test_what_ends_a_link_is_named_and_the_others_run(monkeypatch, tmp_path):
    """A core that stops where a sum is of three outputs, and is wrong where it is of one."""
    real = device_programs.amalgamate

    def faulty(options):
        source, header = real(options)
        right = "run->to[output] = sum;"
        assert source.count(right) == 1
        wrong = "if (run->outputs == 3u) { __builtin_trap(); } run->to[output] = sum + (run->outputs == 1u);"
        return source.replace(right, wrong), header

    monkeypatch.setattr(device_programs, "amalgamate", faulty)
    found = differential.differential(["firmware"], SEED, range(40), tmp_path, [].append)
    assert 0 < len(found) < 30
    assert {failure.what.startswith("differs") for failure in found} == {True, False}
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {f"{SEED}_{failure.network}.{end}" for failure in found for end in ("snnrt", "input")}


@pytest.mark.long
@pytest.mark.parametrize("link", [*differential.HOST_LINKS, *CORES, *(f"{name}-small" for name in CORES)])
@pytest.mark.parametrize("seed", range(60, 64))
def test_many_networks(link, seed):
    assert run([link], range(500), seed) == []
