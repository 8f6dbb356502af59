"""The compiled core from Python: alignment, its check's words, executions of one model."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt import GraphBuilder
from snnrt._core import ffi, lib
from snnrt.converters.passes.quantise import quantise
from snnrt.devices.core import (
    RULES,
    Execution,
    RealLogits,
    address,
    aligned,
    aligned_copy,
    check_model,
    kernel_sets,
    quantised,
    status_text,
)
from snnrt.devices.core_values import CoreValues
from snnrt.errors import ModelError
from snnrt.exits import fixed_point
from snnrt.format.model import ModelInfo
from snnrt.ir.nodes.input import Input, quantise_input
from snnrt.ir.spec import EXIT_RULES
from snnrt.network import Network
from snnrt.results.counts import Counts

RAW = Network(dense_lif("int8")[0]).to_bytes()


@pytest.mark.parametrize("size", [1, 63, 64, 1000])
def test_rooms_are_aligned_zeroed_and_of_their_size(size) -> None:
    for _ in range(5):
        room = aligned(size)
        assert room.ctypes.data % 64 == 0 and room.nbytes == size and not room.any()
    copy = aligned_copy(bytes(range(1, 6)))
    assert copy.ctypes.data % 64 == 0 and copy.tolist() == [1, 2, 3, 4, 5]
    assert aligned_copy(b"").nbytes == 0


def test_rules_are_those_of_the_specification() -> None:
    assert {rule: EXIT_RULES.code(rule) for rule in EXIT_RULES.values} == RULES


def test_the_cores_check_gives_sizes_or_its_own_words() -> None:
    info = check_model(RAW)
    assert (info.file_bytes, info.timesteps, info.node_count) == (len(RAW), 6, 7)
    for damaged, words in (
        (b"", "the model has fewer or more bytes"),
        (b"X" + RAW[1:], "not a snnrt model"),
        (RAW[:-1], rf"expected {len(RAW)}, found {len(RAW) - 1}\); copy the file again whole"),
        (RAW[:60] + bytes([RAW[60] ^ 1]) + RAW[61:], "checksum does not match"),
    ):
        with pytest.raises(ModelError, match=words):
            check_model(damaged)
    assert status_text(lib.SNNRT_OK) == "ok"


def test_executions_share_a_model_and_not_their_arenas() -> None:
    room, info = aligned_copy(RAW), check_model(RAW)
    one, other = Execution(room, info), Execution(room, info)
    assert one.network.model == other.network.model and one.network.arena != other.network.arena
    one.set_up("portable", "confidence", 1 << 15, 3)
    assert (one.network.exit_rule, one.network.exit_threshold_q, one.network.maximum_timesteps) == (
        2,
        1 << 15,
        3,
    )
    assert (other.network.maximum_timesteps, kernel_sets()[0]) == (6, "portable")
    with pytest.raises(ModelError, match="exit rule entropy, 0 timesteps: an argument is out of range"):
        one.set_up("portable", "entropy", 1, 0)
    # what the core refuses leaves the rule as it was
    assert one.network.exit_rule == 2


def test_an_arena_that_no_machine_has_is_an_error_in_words() -> None:
    info = check_model(RAW)
    huge = ModelInfo(
        *[2**62 if name == "arena_bytes" else getattr(info, name) for name in info.__dataclass_fields__]
    )
    with pytest.raises(ModelError, match=f"asks for {2**62} bytes of arena, more than this machine has"):
        Execution(aligned_copy(RAW), huge)


def test_an_address_is_the_arrays() -> None:
    array = np.arange(4, dtype=np.uint8)
    assert int(str(address(array)).rstrip(">").split()[-1], 16) == array.ctypes.data


@pytest.mark.parametrize(("scale", "peak"), [(1.0, 32767), (2.0**-7, 255), (0.013, 100), (1e-38, 1)])
def test_inputs_become_the_integers_that_the_ir_states(scale, peak) -> None:
    """Ties, both signs, beyond the peak and beyond float32."""
    random = np.random.default_rng(peak)
    ties = (np.arange(-peak - 3, peak + 3) + 0.5)[: 2**15].astype(np.float32) * np.float32(scale)
    values = np.concatenate(
        [ties, random.normal(0, peak * scale, 4000), np.float32([0.0, -0.0, 3e38, -3e38, scale * peak])]
    ).astype(np.float32)
    node = Input("x", (), (len(values),), scale=scale, peak=peak)
    found = quantised(values, scale, peak)
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found, quantise_input(values, node))
    assert found.min() == -peak and found.max() == peak


@pytest.mark.parametrize("mode", ["mean", "sum"])
def test_logits_are_what_the_accumulators_mean(mode) -> None:
    """Of inputs that took different times, to the bit."""
    random = np.random.default_rng(3)
    scale = random.lognormal(-3, 2, 7).astype(np.float32)
    accumulators = random.integers(-(2**31), 2**31, (50, 7)).astype(np.int32)
    steps = random.integers(1, 9, 50).astype(np.uint32)
    found = RealLogits(scale, mode == "mean")(accumulators, steps)
    for row, taken in enumerate(steps.tolist()):
        expected = fixed_point.real_logits(accumulators[row : row + 1], scale, mode, taken)
        np.testing.assert_array_equal(found[row : row + 1], expected)


def small_convolution() -> Network:
    """Two convolutions of a constant input: the second reads spikes that come again from step to step."""
    rng = np.random.default_rng(5)
    g = GraphBuilder((1, 9, 9), encoding="constant", timesteps=5)
    x = g.lif(g.conv2d(g.input, rng.normal(0, 1, (16, 1, 3, 3)), padding=1), 0.5, 1.0, name="first")
    x = g.lif(g.conv2d(x, rng.normal(0, 0.3, (32, 16, 3, 3)), padding=1), 0.5, 1.0, name="second")
    graph = g.finish(g.dense(g.flatten(x), rng.normal(0, 1, (4, 32 * 81))))
    return Network(quantise(graph, rng.random((8, 1, 9, 9)).astype(np.float32)))


def test_what_is_kept_changes_no_result() -> None:
    """By sets that take turns in one execution, with what another input and another set left there."""
    network = small_convolution()
    x = np.random.default_rng(6).random((6, 1, 9, 9)).astype(np.float32)
    expected = network.run(x, device="reference")
    values = CoreValues(network.model).stored_input(x)
    execution = Execution(aligned_copy(network.to_bytes()), network.model.info)
    assert len(execution.kept) > 0
    for place, stored in enumerate(values):
        for kernels in (*kernel_sets(), *kernel_sets()[::-1]):
            execution.set_up(kernels, "never", 0, 5)
            out = execution.run(stored, 0)
            assert out.classes[0] == expected.predictions[place]
            for name, row in zip(Counts.FIELDS, out.counts[0].T):
                np.testing.assert_array_equal(row, getattr(expected.counts, name)[place], err_msg=name)


def constant_neurons(timesteps: int, reset: str, initial: float | None, bits: int) -> Network:
    """Neurons of a current that stays as it is, beside some of one that is large."""
    rng = np.random.default_rng(8)
    g = GraphBuilder((1, 8, 8), encoding="constant", timesteps=timesteps)
    weights = rng.normal(0, 1, (32, 1, 3, 3))
    weights[5] *= 40.0
    x = g.conv2d(g.input, weights, padding=1)
    more = {} if reset == "subtract" else {"reset_value": -0.25}
    more |= {} if initial is None else {"initial": initial}
    x = g.lif(x, 0.5 if bits == 32 else 0.7, 1.0, reset=reset, name="first", **more)
    graph = g.finish(g.dense(g.flatten(x), rng.normal(0, 1, (4, 32 * 64))))
    return Network(quantise(graph, rng.random((8, 1, 8, 8)).astype(np.float32), state_bits=bits))


CONSTANT = [
    (2, "value", None, 32),
    (4, "subtract", None, 16),
    (7, "value", 0.3, 32),
    (8, "subtract", None, 32),
    (11, "value", None, 16),
    (11, "subtract", 0.3, 32),
]


@pytest.mark.parametrize(("timesteps", "reset", "initial", "bits"), CONSTANT)
def test_spikes_found_ahead_are_those_of_each_step(timesteps, reset, initial, bits) -> None:
    network = constant_neurons(timesteps, reset, initial, bits)
    x = np.random.default_rng(9).random((4, 1, 8, 8)).astype(np.float32)
    x[1] = 0.0
    expected = network.run(x, device="reference")
    execution = Execution(aligned_copy(network.to_bytes()), network.model.info)
    for place, stored in enumerate(CoreValues(network.model).stored_input(x)):
        for kernels in kernel_sets():
            execution.set_up(kernels, "never", 0, timesteps)
            out = execution.run(stored, 0)
            for name, row in zip(Counts.FIELDS, out.counts[0].T):
                np.testing.assert_array_equal(row, getattr(expected.counts, name)[place], err_msg=name)


BEHIND = [
    # channels in and out, bias, reset, leak, density of the first layer's weights
    (32, 64, 0.0, "value", 0.5, 1.0),
    (16, 32, 0.2, "subtract", 0.7, 1.0),
    (40, 96, 0.2, "value", 1.0, 1.0),
    (64, 128, 0.0, "subtract", 1.0, 0.3),
    (32, 48, 0.1, "value", 0.5, 1.0),
    (32, 64, 60.0, "subtract", 0.5, 1.0),
]


@pytest.mark.parametrize(("depth", "outputs", "bias", "reset", "leak", "density"), BEHIND)
@pytest.mark.parametrize("pool", [False, True])
@pytest.mark.parametrize("encoding", ["constant", "spikes"])
def test_neurons_take_a_convolutions_sums(depth, outputs, bias, reset, leak, density, pool, encoding) -> None:
    """Behind spikes and behind counts, which come again from step to step or do not."""
    rng = np.random.default_rng(depth + outputs)
    g = GraphBuilder((1, 12, 12), encoding=encoding, timesteps=5)
    first = rng.normal(0, 1, (depth, 1, 3, 3)) * (rng.random((depth, 1, 1, 1)) < density)
    x = g.lif(g.conv2d(g.input, first, padding=1), 0.5, 1.0)
    x = g.avg_pool2d(x, kernel=2, stride=2) if pool else x
    weights = rng.normal(0, 0.3, (outputs, depth, 3, 3))
    x = g.conv2d(x, weights, rng.normal(0, bias, outputs), padding=1)
    x = g.lif(x, leak, 1.0, reset=reset, **({"reset_value": 0.0} if reset == "value" else {}))
    graph = g.finish(g.dense(g.flatten(x), rng.normal(0, 1, (4, int(np.prod(x.shape))))))
    steps = () if encoding == "constant" else (5,)
    x = rng.random((11, *steps, 1, 12, 12)).astype(np.float32)
    x = x if encoding == "constant" else np.round(x)
    network, inputs = Network(quantise(graph, x[3:])), x[:3]
    expected = network.run(inputs, device="reference", record=("membranes",))
    for kernels in kernel_sets():
        for record in ((), ("membranes",)):
            found = network.run(inputs, kernels=kernels, record=record)
            for name in Counts.FIELDS:
                np.testing.assert_array_equal(
                    getattr(found.counts, name), getattr(expected.counts, name), err_msg=name
                )
            np.testing.assert_array_equal(found.logits, expected.logits)
            for name in found.membranes or {}:
                np.testing.assert_array_equal(found.membranes[name], expected.membranes[name])


@pytest.mark.parametrize("kernels", kernel_sets())
def test_a_trace_that_begins_in_an_inference_shows_its_membranes(kernels) -> None:
    """Also behind the last timestep that was looked at ahead."""
    network = constant_neurons(7, "value", None, 32)
    x = np.random.default_rng(9).random((1, 1, 8, 8)).astype(np.float32)
    stored = np.ascontiguousarray(CoreValues(network.model).stored_input(x)[0])
    execution = Execution(aligned_copy(network.to_bytes()), network.model.info)
    execution.set_up(kernels, "never", 0, 4)
    shown = []

    @ffi.callback("void(void *, const snnrt_network *, uint32_t, const void *, const void *)")
    def trace(user, of, node, output, state):
        if state != ffi.NULL and node == 2:
            shown.append(np.frombuffer(ffi.buffer(state, 32 * 64 * 4), np.int32).copy())

    for begin in range(7):
        shown.clear()
        lib.snnrt_network_reset(execution.network)
        for timestep in range(7):
            if timestep == begin:
                lib.snnrt_network_set_trace(execution.network, trace, ffi.NULL)
            assert lib.snnrt_network_step(execution.network, address(stored), ffi.NULL) == lib.SNNRT_OK
        lib.snnrt_network_set_trace(execution.network, ffi.NULL, ffi.NULL)
        if begin == 0:
            expected = np.stack(shown)  # step by step, nothing ahead
            assert len(np.unique(expected, axis=0)) > 4
        np.testing.assert_array_equal(np.stack(shown), expected[begin:])


def test_keeping_refuses_what_it_cannot_use() -> None:
    network = small_convolution()
    execution = Execution(aligned_copy(network.to_bytes()), network.model.info)
    room, size = execution.kept, lib.snnrt_host_kept_bytes(address(execution.room))
    assert lib.snnrt_host_keep(execution.network, address(room), size - 1) == lib.SNNRT_ERROR_ARENA_TOO_SMALL
    assert execution.network.kept == ffi.NULL
    beside = ffi.cast("uint8_t *", address(room)) + 8
    assert lib.snnrt_host_keep(execution.network, beside, size) == lib.SNNRT_ERROR_ARENA_MISALIGNED
    assert lib.snnrt_host_keep(ffi.NULL, address(room), size) == lib.SNNRT_ERROR_NOT_INITIALISED
    assert lib.snnrt_host_keep(execution.network, address(room), size) == lib.SNNRT_OK
    assert execution.network.kept != ffi.NULL
    assert lib.snnrt_host_keep(execution.network, ffi.NULL, 0) == lib.SNNRT_OK
    assert execution.network.kept == ffi.NULL
    floats = aligned_copy(Network(dense_lif("float32")[0]).to_bytes())
    assert lib.snnrt_host_kept_bytes(address(floats)) == 0
