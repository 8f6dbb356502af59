"""Damaged and forged files under ASan and UBSan (corrupt_models.c), and through snnrt.load.

As they are, with the checksum wrong, every one must be refused. With the checksum set right after the
change, the check itself is on trial: what it lets through must run to its end inside its own memory.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from c_programs import command, input_bytes
from file_fields import FileFields
from small_networks import SMALL_NETWORKS, competition, dense_lif, image_conv, max_pools, moved_values

import snnrt
from snnrt.errors import ModelError
from snnrt.network import Network

FURTHER = {"max_pools": max_pools, "moved_values": moved_values, "competition": competition}
NETWORKS = {**SMALL_NETWORKS, "image_conv": image_conv, **FURTHER}
MODELS = [(name, numbers) for name in SMALL_NETWORKS for numbers in ("int8", "float32")]
MORE = [("image_conv", "int8"), *((name, numbers) for name in FURTHER for numbers in ("int8", "float32"))]
# every value of every byte of the smaller network; of the larger one each bit and the values near it
MODES = [
    (mode, model, numbers, ("all" if model == "dense_lif" else "some",))
    for mode in ("damaged", "sealed")
    for model, numbers in MODELS
] + [("random", model, numbers, ("7", "6000")) for model, numbers in (*MODELS, *MORE)]
LONG = [
    (mode, model, numbers, ("all",)) for mode in ("damaged", "sealed") for model, numbers in MODELS[2:]
] + [
    ("random", model, numbers, (str(seed), "100000"))
    for seed in range(20, 24)
    for model, numbers in (*MODELS, *MORE)
]


def identifier(case: tuple) -> str:
    mode, model, numbers, options = case
    return "-".join((mode, model, numbers, *options))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """(model, numbers) → paths of a model and of one input for it."""
    folder = tmp_path_factory.mktemp("models")
    paths = {}
    for model, numbers in (*MODELS, *MORE):
        graph, x = NETWORKS[model](numbers)
        paths[model, numbers] = folder / f"{model}_{numbers}.snnrt", folder / f"{model}_{numbers}.input"
        paths[model, numbers][0].write_bytes(Network(graph).to_bytes())
        paths[model, numbers][1].write_bytes(input_bytes(graph, x[:1]))
    return paths


@pytest.fixture(scope="module")
def runs(files, sanitised):
    """Every case under way at once, on as many processors as there are."""
    program = sanitised("corrupt_models")
    pool = ThreadPoolExecutor(os.cpu_count())

    def start(case: tuple) -> Future[str]:
        mode, model, numbers, options = case
        return pool.submit(command, [program, mode, *files[model, numbers], *options], timeout=3600)

    yield start, {identifier(case): start(case) for case in MODES}
    pool.shutdown(cancel_futures=True)


def check(case: tuple, output: str) -> None:
    variants, accepted, skipped = map(
        int, re.fullmatch(r"variants (\d+) accepted (\d+) skipped (\d+)\n", output).groups()
    )
    assert variants > 10_000
    # CRC-32 finds every change of up to 32 neighbouring bits
    assert (accepted == 0) if case[0] == "damaged" else (accepted > variants / 20)
    assert skipped < variants / 20


@pytest.mark.parametrize("case", MODES, ids=identifier)
def test_a_changed_file_is_refused_or_runs(case, runs):
    check(case, runs[1][identifier(case)].result())


@pytest.mark.long
@pytest.mark.parametrize("case", LONG, ids=identifier)
def test_more_changed_files_are_refused_or_run(case, runs):
    check(case, runs[0](case).result())


def outcome(raw: bytes, x: np.ndarray) -> list[np.ndarray] | None:
    """The result of a file's bytes, or None where they are refused; any error but ModelError gets through."""
    try:
        loaded = Network.from_bytes(raw)
        if loaded.graph.timesteps > 8:
            loaded = Network(loaded.graph.with_(timesteps=8))
    except ModelError as error:
        assert str(error) and "\n" not in str(error)
        return None
    if loaded.graph.input.shape != x.shape[1:] or loaded.graph.input.encoding != "constant":
        return []
    # a changed file may state another range
    result = loaded.run(np.clip(x, loaded.graph.input.low, loaded.graph.input.high))
    return [result.predictions, result.timesteps, result.logits]


def test_load_refuses_every_damaged_byte_and_length(tmp_path):
    graph, _ = dense_lif("int8")
    raw = Network(graph).to_bytes()
    path = tmp_path / "damaged.snnrt"
    for place in range(len(raw)):
        for value in {raw[place] ^ 1 << bit for bit in range(8)}:
            with pytest.raises(ModelError):
                Network.from_bytes(raw[:place] + bytes([value]) + raw[place + 1 :])
        path.write_bytes(raw[:place])
        with pytest.raises(ModelError, match=r"damaged\.snnrt: "):
            snnrt.load(path)


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_load_gives_a_model_error_or_a_network_for_every_forged_byte(numbers):
    graph, x = dense_lif(numbers)
    raw = Network(graph).to_bytes()
    assert outcome(raw, x[:1])
    taken = refused = 0
    for place in range(len(raw)):
        for value in {raw[place] ^ 1, raw[place] ^ 1 << place % 8, 0, 0xFF} - {raw[place]}:
            fields = FileFields(raw)
            fields.raw[place] = value
            if outcome(fields.sealed(), x[:1]) is None:
                refused += 1
            else:
                taken += 1
    assert taken > 100 and refused > 100


@pytest.mark.parametrize("model", SMALL_NETWORKS)
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_load_gives_a_model_error_or_a_network_for_random_changes(model, numbers):
    graph, x = SMALL_NETWORKS[model](numbers)
    raw = Network(graph).to_bytes()
    rng = np.random.default_rng(17)
    for _ in range(1500):
        fields = FileFields(raw)
        for place in rng.integers(8, len(raw), rng.integers(1, 5)):
            fields.raw[place] = rng.integers(256)
        outcome(fields.sealed(), x[:1])
