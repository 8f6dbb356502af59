"""The compiled core from Python: alignment, its check's words, executions of one model."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt._core import lib
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
from snnrt.errors import ModelError
from snnrt.exits import fixed_point
from snnrt.format.model import ModelInfo
from snnrt.ir.nodes.input import Input, quantise_input
from snnrt.ir.spec import EXIT_RULES
from snnrt.network import Network

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
