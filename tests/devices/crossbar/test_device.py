"""The crossbar as a device: exact where ideal, worse where it is worse, the same chip for the same seed."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from effort import effort
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrt.devices.crossbar.device import Crossbar, CrossbarConfig
from snnrt.errors import DataError, TargetError
from snnrt.ir.graph import Conv2d, Dense, Edge, Flatten


def dense(weights: np.ndarray, name: str = "dense") -> Dense:
    return Dense(name, (Edge("input"),), (len(weights),), np.asarray(weights, np.int8))


def layer(outputs: int = 40, fan_in: int = 150, seed: int = 0, name: str = "dense") -> Dense:
    random = np.random.default_rng(seed)
    return dense(random.integers(-127, 128, (outputs, fan_in)), name)


def spikes(windows: int = 200, fan_in: int = 150, density: float = 0.2, seed: int = 1) -> np.ndarray:
    return (np.random.default_rng(seed).random((windows, fan_in)) < density).astype(np.int16)


def product(node: Dense | Conv2d, rows: np.ndarray) -> np.ndarray:
    return rows.astype(np.int64) @ node.weights.reshape(len(node.weights), -1).T.astype(np.int64)


def rms_error(config: CrossbarConfig, node: Dense | None = None, rows: np.ndarray | None = None) -> float:
    node = layer() if node is None else node
    rows = spikes() if rows is None else rows
    return float(np.sqrt(np.mean((Crossbar(config).multiply(node, rows) - product(node, rows)) ** 2.0)))


@st.composite
def products(draw) -> tuple[CrossbarConfig, Dense, np.ndarray]:
    """An error-free crossbar, a layer that it can hold, and rows."""
    mapping = draw(st.sampled_from(["differential", "offset"]))
    weight_bits = draw(st.integers(2, 8))
    config = CrossbarConfig(
        rows=draw(st.integers(1, 40)),
        columns=draw(st.integers(16, 40)),
        cell_bits=draw(st.integers(1, weight_bits - (mapping == "differential"))),
        weight_bits=weight_bits,
        mapping=mapping,
        on_off_ratio=draw(st.sampled_from([1.1, 2.0, 10.0, 17.3, 1e9, np.inf])),
    )
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    highest = 2 ** (weight_bits - 1) - 1
    outputs, fan_in = draw(st.integers(1, 30)), draw(st.integers(1, 90))
    weights = random.integers(-highest, highest + 1, (outputs, fan_in))
    low, high = draw(st.sampled_from([(0, 1), (0, 4), (-255, 255), (-32768, 32767)]))
    rows = random.integers(low, high + 1, (draw(st.integers(0, 12)), fan_in))
    rows[random.random(rows.shape) < draw(st.sampled_from([0.0, 0.7, 1.0]))] = 0
    return config, dense(weights), rows.astype(np.int16)


@given(products())
@settings(deadline=None, max_examples=effort(100))
def test_ideal_crossbar_is_the_integer_product(case):
    config, node, rows = case
    result = Crossbar(config).multiply(node, rows)
    assert result.dtype == np.int32 and result.shape == (len(rows), len(node.weights))
    np.testing.assert_array_equal(result, product(node, rows))


@given(products())
@settings(deadline=None, max_examples=effort(100))
def test_an_adc_of_one_code_a_level_is_exact_until_it_clips(case):
    config, node, rows = case
    lossless = config.rows * max(config.levels) <= 2**15 - 1
    config = dataclasses.replace(config, adc_bits=16, adc_range="level")
    if lossless:
        np.testing.assert_array_equal(Crossbar(config).multiply(node, rows), product(node, rows))


@pytest.mark.parametrize("mapping", ["differential", "offset"])
@pytest.mark.parametrize("ratio", [1.1, np.inf])
def test_exact_at_the_edge_of_what_a_valid_graph_can_hold(mapping, ratio):
    """fan_in · 127 · largest input just below 2^30, all at once: the sums that round most."""
    fan_in = 2**30 // (127 * 32767)
    node = dense(np.stack([np.full(fan_in, 127), np.full(fan_in, -127), np.tile([127, -126], fan_in // 2)]))
    rows = np.array([[32767], [-32767], [32766], [1]], np.int16) * np.ones((1, fan_in), np.int16)
    for cell_bits in (1, 4, 6, 7):
        config = CrossbarConfig(rows=4096, cell_bits=cell_bits, mapping=mapping, on_off_ratio=ratio)
        np.testing.assert_array_equal(Crossbar(config).multiply(node, rows), product(node, rows))


def test_exact_with_many_binary_inputs():
    fan_in = 20_000
    node = dense(np.random.default_rng(0).integers(100, 128, (1, fan_in)))
    for rows in (7, 4096):
        config = CrossbarConfig(rows=rows, cell_bits=6, on_off_ratio=1.1)
        result = Crossbar(config).multiply(node, np.ones((1, fan_in), np.int16))
        np.testing.assert_array_equal(result, product(node, np.ones((1, fan_in))))


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_a_convolution_uses_the_weights_of_its_group(groups):
    random = np.random.default_rng(5)
    weights = random.integers(-127, 128, (8, 8 // groups, 3, 3)).astype(np.int8)
    node = Conv2d("conv", (Edge("input"),), (8, 4, 4), weights, groups=groups)
    crossbar = Crossbar(CrossbarConfig(rows=16))
    rows = random.integers(-255, 256, (10, 9 * 8 // groups)).astype(np.int16)
    for group in range(groups):
        mine = weights[group * 8 // groups : (group + 1) * 8 // groups].reshape(8 // groups, -1)
        expected = rows.astype(np.int64) @ mine.T.astype(np.int64)
        np.testing.assert_array_equal(crossbar.multiply(node, rows, group), expected)
    assert crossbar.mapping(node).tiles == groups * -(-(72 // groups) // 16)


def test_more_adc_bits_less_error():
    for adc_range in ("full", 6.0):
        chips = [
            CrossbarConfig(adc_bits=bits, adc_range=adc_range, on_off_ratio=10) for bits in (3, 5, 7, 9, 12)
        ]
        errors = [rms_error(chip) for chip in chips]
        assert all(better < worse for worse, better in itertools.pairwise(errors))


@pytest.mark.parametrize("model", ["absolute", "proportional", "neurram"])
@pytest.mark.parametrize("mapping", ["differential", "offset"])
def test_more_programming_error_more_error(model, mapping):
    chip = CrossbarConfig(programming_error_model=model, mapping=mapping, on_off_ratio=10)
    errors = [rms_error(dataclasses.replace(chip, programming_error=sigma)) for sigma in (0, 0.02, 0.08, 0.3)]
    assert errors[0] == 0 and all(less < more for less, more in itertools.pairwise(errors))


def test_more_read_noise_more_error():
    errors = [rms_error(CrossbarConfig(read_noise=sigma)) for sigma in (0, 0.01, 0.1, 1.0)]
    assert errors[0] == 0 and all(less < more for less, more in itertools.pairwise(errors))


def test_read_noise_of_an_output_is_the_sum_over_its_readings():
    """σ² = (σ_read / (1 − g_min))² · Σ_slices (levels · 2^(slice · cell_bits))², once a row tile."""
    node, rows = layer(outputs=50, fan_in=128), np.ones((400, 128), np.int16)
    crossbar = Crossbar(CrossbarConfig(read_noise=0.3, on_off_ratio=10))
    noise = crossbar.multiply(node, rows) - product(node, rows)
    assert noise.std() == pytest.approx(0.3 / 0.9 * np.sqrt(2 * (15**2 + (7 * 16) ** 2)), rel=0.02)


def test_programming_error_of_a_weight_is_that_of_its_devices():
    """Far from zero conductance nothing clips: the variances of two slices of two devices add."""
    node = dense(np.full((200, 300), 0x77))
    config = CrossbarConfig(programming_error=0.01, on_off_ratio=4)
    error = Crossbar(config).effective_matrix(node) - 0x77
    assert error.std() == pytest.approx(0.01 / 0.75 * np.sqrt(2 * (15**2 + (7 * 16) ** 2)), rel=0.02)
    assert error.mean() == pytest.approx(0, abs=6 * error.std() / np.sqrt(error.size))


def test_an_offset_tile_shares_one_reference_column_for_each_slice():
    node = dense(np.zeros((20, 50)))
    chip = CrossbarConfig(programming_error=0.05, on_off_ratio=4, columns=22)
    offset = Crossbar(dataclasses.replace(chip, mapping="offset")).effective_matrix(node)
    pairs = Crossbar(chip).effective_matrix(node)
    assert np.corrcoef(offset[:10])[0, 1] > 0.3 and abs(np.corrcoef(pairs)[0, 1]) < 0.5
    assert abs(np.corrcoef(offset[[0, 15]])[0, 1]) < 0.5


NOISY = CrossbarConfig(
    on_off_ratio=10,
    programming_error=0.2,
    programming_error_model="proportional",
    read_noise=0.05,
    adc_bits=6,
    seed=3,
)


def test_the_same_seed_is_the_same_chip_in_any_order():
    first, second = layer(name="first"), layer(seed=9, name="second")
    rows, others = spikes(), spikes(seed=2)
    one, two = Crossbar(NOISY), Crossbar(NOISY)
    results = [one.multiply(first, rows), one.multiply(second, others)]
    again = [two.multiply(second, others), two.multiply(first, rows)][::-1]
    np.testing.assert_array_equal(results[0], again[0])
    np.testing.assert_array_equal(results[1], again[1])


def test_another_seed_name_or_tile_is_other_devices():
    node = dense(np.full((40, 150), 50))
    chip = Crossbar(NOISY).effective_matrix(node)
    assert not np.any(chip == Crossbar(dataclasses.replace(NOISY, seed=4)).effective_matrix(node))
    assert not np.any(chip == Crossbar(NOISY).effective_matrix(node.with_(name="other")))
    assert not np.any(chip[:, :64] == chip[:, 64:128])
    assert not np.any(chip[:8] == chip[32:])
    grouped = Conv2d("conv", (Edge("input"),), (8, 1, 1), np.full((8, 9, 1, 1), 50, np.int8), groups=2)
    crossbar = Crossbar(NOISY)
    assert not np.any(crossbar.effective_matrix(grouped, 0) == crossbar.effective_matrix(grouped, 1))


def test_reset_repeats_the_noise_and_keeps_the_chip():
    crossbar, node, rows = Crossbar(NOISY), layer(), spikes()
    chip = crossbar.effective_matrix(node)
    first, second = crossbar.multiply(node, rows), crossbar.multiply(node, rows)
    assert not np.array_equal(first, second)
    crossbar.reset()
    assert crossbar.events == {}
    np.testing.assert_array_equal(crossbar.multiply(node, rows), first)
    np.testing.assert_array_equal(crossbar.effective_matrix(node), chip)


def test_new_weights_under_a_name_are_programmed_anew():
    crossbar = Crossbar()
    rows = spikes()
    node = layer()
    crossbar.multiply(node, rows)
    node.weights[0, 0] += 1 if node.weights[0, 0] < 127 else -1
    np.testing.assert_array_equal(crossbar.multiply(node, rows), product(node, rows))


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=effort(20))
def test_silence_reads_exactly_zero_and_draws_nothing(seed):
    random = np.random.default_rng(seed)
    node = layer(outputs=9, fan_in=70)
    rows = np.where(random.random((20, 1)) < 0.5, 0, random.integers(-3, 4, (20, 70))).astype(np.int16)
    silent = ~rows.any(axis=1)
    result = Crossbar(NOISY).multiply(node, rows)
    np.testing.assert_array_equal(result[silent], 0)
    np.testing.assert_array_equal(result[~silent], Crossbar(NOISY).multiply(node, rows[~silent]))


def test_negative_inputs_with_an_adc_mirror_positive_ones():
    crossbar, node = Crossbar(CrossbarConfig(adc_bits=5, on_off_ratio=10)), layer()
    rows = np.random.default_rng(0).integers(0, 256, (30, 150)).astype(np.int16)
    np.testing.assert_array_equal(crossbar.multiply(node, rows), -crossbar.multiply(node, -rows))


@pytest.mark.parametrize("sign", [1, -1])
def test_full_range_never_clips_and_is_reached(sign):
    """All rows driven, weights of one sign: the strongest column gives the highest code, the others less."""
    random = np.random.default_rng(0)
    node = dense(sign * random.integers(0, 16, (30, 64)))
    chip = CrossbarConfig(adc_bits=16, adc_range="full", on_off_ratio=10, columns=128)
    rows = np.ones((1, 64), np.int16)
    np.testing.assert_array_equal(Crossbar(chip).multiply(node, rows), product(node, rows))
    strongest = np.abs(product(node, rows)).max()
    coarse = Crossbar(dataclasses.replace(chip, adc_bits=2)).multiply(node, rows)
    assert set(np.abs(coarse).ravel().tolist()) <= {0, strongest} and np.abs(coarse).max() == strongest
    narrow = Crossbar(dataclasses.replace(chip, adc_range=1.0)).multiply(node, rows)
    np.testing.assert_array_equal(narrow, np.full((1, 30), sign * round(15 / 0.9)))


def test_results_beyond_int32_saturate():
    node = dense(np.full((40, 1000), 127))
    crossbar = Crossbar(CrossbarConfig(programming_error=30.0, seed=1))
    rows = np.full((1, 1000), 32767, np.int16)
    real = rows.astype(float) @ crossbar.effective_matrix(node).T
    assert real.max() > 2**31 and real.min() < -(2**31) and np.abs(real).min() < 2**31
    np.testing.assert_array_equal(crossbar.multiply(node, rows), np.clip(np.rint(real), -(2**31), 2**31 - 1))


@st.composite
def counted(draw) -> tuple[CrossbarConfig, Dense, np.ndarray]:
    config, node, rows = draw(products())
    if draw(st.booleans()):
        config = dataclasses.replace(config, adc_bits=4)
    return config, node, rows


@given(counted())
@settings(deadline=None, max_examples=effort(100))
def test_events_count_what_is_driven_and_read(case):
    """Against a count one window, one pass and one tile at a time."""
    config, node, rows = case
    crossbar = Crossbar(config)
    crossbar.multiply(node, rows)
    events, mapping = crossbar.events["dense"], crossbar.mapping(node)
    fan_in = rows.shape[1]
    activations, reads, skipped = (np.zeros(mapping.row_tiles, np.uint64) for _ in range(3))
    passes = 0
    for window in rows.astype(int):
        for sign in (1, -1):
            for bit in range(16):
                driven = [(max(sign * x, 0) >> bit) & 1 for x in window.tolist()]
                if not any(driven):
                    continue
                passes += 1
                for tile, start in enumerate(range(0, fan_in, config.rows)):
                    count = sum(driven[start : start + config.rows])
                    activations[tile] += np.uint64(count)
                    (reads if count else skipped)[tile] += np.uint64(1)
    np.testing.assert_array_equal(events.row_activations, activations[np.newaxis])
    np.testing.assert_array_equal(events.reads, reads[np.newaxis])
    np.testing.assert_array_equal(events.skipped_reads, skipped[np.newaxis])
    assert events.passes == passes
    assert events.adc_conversions == int(reads.sum()) * len(node.weights) * config.slices
    assert (events.windows, events.silent_windows) == (len(rows), int(np.sum(~rows.any(axis=1))))


def test_events_of_each_group_are_apart():
    node = Conv2d("conv", (Edge("input"),), (4, 1, 1), np.ones((4, 3, 1, 1), np.int8), groups=2)
    crossbar = Crossbar(CrossbarConfig(rows=2))
    crossbar.multiply(node, np.array([[1, 1, 0], [0, 1, 0]], np.int16), 0)
    crossbar.multiply(node, np.array([[0, 0, 1], [0, 0, 0]], np.int16), 1)
    events = crossbar.events["conv"]
    assert events.row_activations.tolist() == [[3, 0], [0, 1]]
    assert events.reads.tolist() == [[2, 0], [0, 1]]
    assert events.skipped_reads.tolist() == [[0, 2], [1, 0]]
    assert (events.windows, events.silent_windows, events.passes) == (4, 1, 3)
    assert events.adc_conversions == 3 * 2 * 2


def test_events_do_not_depend_on_how_windows_are_batched():
    node, rows = layer(), spikes(100) * np.random.default_rng(8).integers(-9, 10, (100, 150)).astype(np.int16)
    whole, parts = Crossbar(), Crossbar()
    expected = whole.multiply(node, rows)
    pieces = [parts.multiply(node, rows[start : start + 7]) for start in range(0, 100, 7)]
    np.testing.assert_array_equal(np.concatenate(pieces), expected)
    for field in dataclasses.fields(whole.events["dense"]):
        one, other = (getattr(crossbar.events["dense"], field.name) for crossbar in (whole, parts))
        np.testing.assert_array_equal(one, other)


def test_mapping_counts_tiles_and_arrays():
    mapping = Crossbar(CrossbarConfig()).mapping(layer(outputs=40, fan_in=150))
    assert (mapping.row_tiles, mapping.column_tiles, mapping.slices) == (3, 2, 2)
    assert (mapping.tiles, mapping.arrays) == (6, 12)
    assert Crossbar(CrossbarConfig(mapping="offset")).mapping(layer(outputs=40, fan_in=150)).arrays == 6


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (np.zeros((2, 149), np.int16), r"\(M, 150\), found \(2, 149\)"),
        (np.zeros(150, np.int16), r"found \(150,\)"),
        ([[0] * 150], "found None"),
        (np.zeros((2, 150), np.float32), "integer crossbar input, found float32"),
        (np.full((1, 150), 40000, np.int32), "-32768 … 32767"),
    ],
)
def test_wrong_rows_are_data_errors(rows, says):
    with pytest.raises(DataError, match="node 'dense': expected.*" + says):
        Crossbar().multiply(layer(), rows)


def test_nodes_that_do_not_fit_are_target_errors():
    rows = np.zeros((1, 150), np.int16)
    wide = CrossbarConfig(weight_bits=4, cell_bits=3)
    with pytest.raises(TargetError, match=r"node 'dense': weights of .* expected -7 … 7 .*weight_bits 4"):
        Crossbar(wide).multiply(layer(), rows)
    with pytest.raises(TargetError, match="int8 weights on a crossbar, found float32: convert"):
        Crossbar().multiply(layer().with_(weights=np.zeros((3, 150), np.float32)), rows)
    with pytest.raises(TargetError, match=r"no group 1, expected 0 … 0"):
        Crossbar().multiply(layer(), rows, 1)
    with pytest.raises(TargetError, match="expected dense or conv2d on a crossbar, found flatten"):
        Crossbar().multiply(Flatten("flat", (Edge("input"),), (4,)), rows)
    uneven = Conv2d("conv", (Edge("input"),), (3, 1, 1), np.ones((3, 1, 1, 1), np.int8), groups=2)
    with pytest.raises(TargetError, match="2 groups share evenly"):
        Crossbar().multiply(uneven, rows)
    with pytest.raises(TargetError, match="split the layer"):
        Crossbar().mapping(dense(np.ones((1, 2**21 + 1))))
