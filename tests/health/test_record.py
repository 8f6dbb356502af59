"""The health record: the bytes that the core writes, what is refused, and what the figures say."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_networks import SMALL_NETWORKS

from snnrt._core import ffi, lib
from snnrt.devices.core import Execution, aligned_copy
from snnrt.devices.core_values import CoreValues
from snnrt.devices.cpu import RULES as ENGINE_RULES
from snnrt.errors import DataError
from snnrt.exits.fixed_point import threshold_q
from snnrt.health import record as record_module
from snnrt.health.record import (
    BINS,
    BYTES,
    COUNT_MAX,
    RULES,
    HealthRecord,
    find_records,
    model_crc,
    natural_logarithm_q16,
)
from snnrt.ir.exit_choice import Exit
from snnrt.network import Network


def execution(network: Network) -> Execution:
    return Execution(aligned_copy(network.to_bytes()), network.model.info)


def of_the_core(network: Network, x: np.ndarray, rule: str, threshold: float, steps: int) -> bytes:
    """The record that the core itself keeps over these inputs, one snnrt_network_run each."""
    engine = execution(network)
    classes = network.graph.readout.shape[0]
    integer = threshold_q(rule, threshold, classes)
    record = ffi.new("snnrt_health *")
    ffi.buffer(record)[:] = b"\xff" * BYTES
    assert lib.snnrt_network_set_exit(engine.network, ENGINE_RULES[rule], integer, steps) == lib.SNNRT_OK
    assert lib.snnrt_network_record_health(engine.network, record) == lib.SNNRT_OK
    result = ffi.new("snnrt_result *")
    for values in CoreValues(network.model).stored_input(x):
        pointer = ffi.cast("void *", ffi.from_buffer(values))
        assert lib.snnrt_network_run(engine.network, pointer, result) == lib.SNNRT_OK
    return bytes(ffi.buffer(record))


def network_of(name: str, numbers: str) -> tuple[Network, np.ndarray]:
    graph, x = SMALL_NETWORKS[name](numbers)
    random = np.random.default_rng(3)
    return Network(graph), random.permutation(np.concatenate([x, x[::-1], np.zeros_like(x[:3])]))


@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize(
    ("rule", "threshold", "steps"),
    [
        ("entropy", 0.7, 4),
        ("entropy", 0.0, 2),
        ("confidence", 0.6, 4),
        ("never", 0.0, 3),
        ("entropy", 0.8, 1),
    ],
)
def test_a_host_run_makes_the_bytes_of_the_core(numbers, rule, threshold, steps):
    network, x = network_of("dense_lif", numbers)
    expected = of_the_core(network, x, rule, threshold, steps)
    record = HealthRecord.of(network, x, exit=Exit(rule, threshold), timesteps=steps)
    assert record.to_bytes() == expected
    again = HealthRecord.from_bytes(expected)
    assert again.to_bytes() == expected and again.is_of(network)
    assert again.inferences == len(x) and again.model_crc == model_crc(network)


def test_many_timesteps_share_bins():
    network, x = network_of("dense_lif", "int8")
    expected = of_the_core(network, x, "entropy", 0.3, 40)
    record = HealthRecord.of(network, x, exit="entropy:0.3", timesteps=40)
    assert record.to_bytes() == expected and record.steps_per_bin == 3


def test_the_rule_of_the_model_is_the_default():
    network, x = network_of("dense_lif", "int8")
    rule, threshold = network.graph.exit.rule, network.graph.exit.threshold
    assert rule != "never"
    expected = of_the_core(network, x, rule, threshold, network.graph.timesteps)
    assert HealthRecord.of(network, x).to_bytes() == expected


def test_checks_and_faults_are_in_the_record():
    network, _ = network_of("dense_lif", "int8")
    engine = execution(network)
    record, complete = ffi.new("snnrt_health *"), ffi.new("bool *")
    lib.snnrt_network_record_health(engine.network, record)
    assert lib.snnrt_network_verify(engine.network, 0, complete) == lib.SNNRT_OK and complete[0]
    engine.room[200] ^= 4
    assert lib.snnrt_network_verify(engine.network, 0, complete) == lib.SNNRT_ERROR_CRC
    read = HealthRecord.from_bytes(bytes(ffi.buffer(record)))
    assert (read.checks, read.faults, read.inferences) == (2, 1, 0)


@pytest.mark.parametrize("classes", [1, 2, 3, 10, 1000, 4096])
def test_the_end_of_the_last_score_bin(classes):
    assert abs(natural_logarithm_q16(classes) - 65536 * math.log(classes)) < 2


def sample(inferences: int = 100) -> HealthRecord:
    """T = 4, entropy of ten classes."""
    start = HealthRecord.empty(0x1234ABCD, "entropy", 15000, 4, 10)
    random = np.random.default_rng(0)
    return start.with_counts(
        random.integers(1, 5, inferences), random.integers(0, start.score_limit + 1, inferences)
    )


def edited(offset: int, value: int, size: int = 4) -> bytes:
    raw = bytearray(sample().to_bytes())
    raw[offset : offset + size] = value.to_bytes(size, "little")
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "expected 176 bytes, found 0"),
        (sample().to_bytes() + b"\0", "found 177"),
        (edited(0, 0), "expected it to start with b'SNNH'"),
        (edited(4, 2, 2), "version: expected 1, found 2"),
        (edited(6, 180, 2), "bytes: expected 176, found 180"),
        (edited(12, 7), "rule: expected 0 to 6, found 7"),
        (edited(12, 0), "exits: expected 0 with the rule never"),
        (edited(12, 2), "score_limit: expected 65536"),
        (edited(20, 0), "maximum_timesteps: expected 1 to 65535, found 0"),
        (edited(20, 65536), "maximum_timesteps: expected 1 to 65535, found 65536"),
        (edited(24, 2), "steps_per_bin: expected 1, found 2"),
        (edited(28, 2**30), "score_limit: expected at most"),
        (edited(32, 99), "timesteps: expected 99 inferences in all bins, found 100"),
        (edited(36, 101), "exits: expected at most the 100 inferences, found 101"),
        (edited(44, 1), "faults: expected at most the 0 checks, found 1"),
        (edited(112, 1000), "scores: expected 100 inferences in all bins"),
        (edited(48, 0), "timesteps: expected 100 inferences"),
    ],
)
def test_bytes_that_no_core_wrote(raw, words):
    with pytest.raises(DataError) as caught:
        HealthRecord.from_bytes(raw)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_inferences_past_the_last_timestep():
    raw = bytearray(sample().to_bytes())
    at_one, at_six = (int.from_bytes(raw[48 + 4 * k : 52 + 4 * k], "little") for k in (0, 6))
    raw[48:52], raw[72:76] = (at_one - 1).to_bytes(4, "little"), (at_six + 1).to_bytes(4, "little")
    with pytest.raises(DataError, match="no inference past 4, found 1"):
        HealthRecord.from_bytes(bytes(raw))


@given(st.binary(min_size=BYTES, max_size=BYTES))
def test_any_bytes_give_a_record_or_an_error(noise):
    for raw in (noise, sample().to_bytes()[:8] + noise[8:], sample().to_bytes()[:48] + noise[48:]):
        with contextlib.suppress(DataError):
            assert HealthRecord.from_bytes(raw).to_bytes() == raw


@given(
    st.sampled_from(RULES),
    st.integers(1, 200),
    st.integers(2, 4096),
    st.integers(0, 30),
    st.integers(0, 2**32),
)
def test_every_record_survives_its_bytes(rule, steps, classes, inferences, seed):
    random = np.random.default_rng(seed)
    start = HealthRecord.empty(seed, rule, 7, steps, classes) if seed < 2**32 else sample(0)
    taken = np.full(inferences, steps) if rule == "never" else random.integers(1, steps + 1, inferences)
    if seed == 2**32:
        taken = np.ones(inferences, int)
    record = start.with_counts(taken, random.integers(0, start.score_limit + 5, inferences))
    assert HealthRecord.from_bytes(record.to_bytes()).to_bytes() == record.to_bytes()
    assert record.timesteps.shape == record.scores.shape == (BINS,)


def test_figures_of_a_record():
    record = HealthRecord.empty(1, "entropy", 9, 4, 10).with_counts(
        np.array([1] * 70 + [2] * 20 + [4] * 10), np.array([100] * 50 + [140000] * 50)
    )
    assert record.exit_share == 0.9 and record.mean_timesteps == pytest.approx(1.5)
    assert [record.timestep_quantile(q) for q in (0, 0.5, 0.7, 0.71, 0.9, 1)] == [1, 1, 1, 2, 2, 4]
    assert record.score_quantile(0.25) == pytest.approx(0.5 / 16)
    assert 14 / 16 < record.score_quantile(0.9) < 15 / 16
    assert record.timestep_edges[:5].tolist() == [[1, 1], [2, 2], [3, 3], [4, 4], [5, 4]]
    with pytest.raises(DataError, match="share from 0 to 1, found 2"):
        record.timestep_quantile(2)
    empty = HealthRecord.empty(1, "entropy", 9, 4, 10)
    assert math.isnan(empty.exit_share) and math.isnan(empty.mean_timesteps)
    with pytest.raises(DataError, match="no inference yet"):
        empty.score_quantile(0.5)


def test_the_mean_of_shared_bins_is_within_a_bin():
    random = np.random.default_rng(1)
    taken = random.integers(1, 101, 5000)
    record = HealthRecord.empty(1, "entropy", 9, 100, 10).with_counts(taken, np.zeros(5000))
    assert record.steps_per_bin == 7
    assert abs(record.mean_timesteps - taken.mean()) < 0.5
    assert abs(record.timestep_quantile(0.5) - np.median(taken)) <= 7


def test_counts_stand_still_at_their_end():
    record = sample()
    raw = bytearray(record.to_bytes())
    raw[32:36] = COUNT_MAX.to_bytes(4, "little")
    full = HealthRecord.from_bytes(bytes(raw))
    assert full.with_counts(np.array([1]), np.array([0])).inferences == COUNT_MAX


def test_records_inside_a_dump():
    first, second = sample(10).to_bytes(), sample(20).to_bytes()
    dump = b"SNNH" + bytes(37) + first + b"SNN" + second + first[:100]
    found = find_records(dump)
    assert [(offset, record.inferences) for offset, record in found] == [(41, 10), (220, 20)]
    assert find_records(b"nothing here") == []


def every_offset(dump: bytes) -> list[int]:
    """Where a record is valid, by trying every byte."""
    found = []
    for offset in range(len(dump)):
        with contextlib.suppress(DataError):
            HealthRecord.from_bytes(dump[offset : offset + BYTES])
            found.append(offset)
    return found


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 175), st.integers(0, 255)), max_size=6))
def test_the_fast_search_finds_what_trying_every_byte_finds(parts):
    raw = sample(5).to_bytes()
    dump = b""
    for gap, place, value in parts:
        dump += raw[:gap] + raw[:place] + bytes([value]) + raw[place + 1 :]
    assert [offset for offset, _ in find_records(dump)] == every_offset(dump)


def test_records_with_full_counters_and_unusual_rules_are_found():
    full = bytearray(sample().to_bytes())
    full[32:36] = COUNT_MAX.to_bytes(4, "little")
    others = [HealthRecord.empty(7, rule, 0, steps, 1) for rule in RULES for steps in (1, 16, 17, 65535)]
    dump = bytes(full) + b"".join(record.to_bytes() for record in others)
    assert [offset for offset, _ in find_records(dump)] == list(range(0, len(dump), BYTES))


def test_records_across_the_windows_of_the_search():
    raw = sample().to_bytes()
    for place in (0, 1, record_module._WINDOW - 1, record_module._WINDOW - 175, 2 * record_module._WINDOW):
        dump = bytes(place) + raw
        assert [offset for offset, _ in find_records(dump)] == [place]
        assert find_records(dump[:-1]) == []


@pytest.mark.parametrize(
    "pattern",
    [b"SNNH", b"SNNH\x01\x00\xb0\x00", sample().to_bytes()[:-1] + b"\x01", sample().to_bytes()[:48]],
    ids=["magic", "head", "wrong sum", "without counts"],
)
def test_a_damaged_dump_costs_little(monkeypatch, pattern):
    """A megabyte of what looks like records: hardly any is taken apart."""
    tried = []
    monkeypatch.setattr(HealthRecord, "from_bytes", classmethod(lambda cls, raw: tried.append(raw)))
    find_records(pattern * (2**20 // len(pattern)))
    assert len(tried) <= 1
