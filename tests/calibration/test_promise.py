"""A promise in a file: kept, read, and never of another exit."""

from __future__ import annotations

import pytest
from small_networks import dense_lif

from snnrt.calibration.promise import KEY, Promise
from snnrt.network import Network

PROMISE = Promise(
    exit="entropy:0.25", loss="dropped", mode="certain", risk=0.01, confidence=0.9, samples=500, losses=1,
    mean_timesteps=1.5, timesteps=3, device="cpu", data="0123456789abcdef (500 inputs)", model="00000000",
)  # fmt: skip


def test_it_is_kept_in_the_file() -> None:
    graph = dense_lif("int8")[0].with_exit("entropy:0.25")
    graph = graph.with_(metadata=dict(graph.metadata) | {KEY: PROMISE.to_dict()})
    network = Network.from_bytes(Network(graph).to_bytes())
    assert Promise.of(network.graph) == PROMISE and PROMISE.is_of(network.exit)
    assert "at most 1 % of new inputs are wrong where all timesteps are right" in PROMISE.sentences()[0]
    assert Promise.of(network.graph.with_exit("entropy:0.3")) is None


@pytest.mark.parametrize(
    "damage", [{"risk": "low"}, {"samples": 1.5}, {"losses": True}, {"confidence": None}, {"exit": 3}]
)
def test_what_is_none(damage: dict[str, object]) -> None:
    graph = dense_lif("int8")[0]
    for value in (PROMISE.to_dict() | damage, "trust me", 7, [1], {}):
        assert Promise.of(graph.with_(metadata={KEY: value})) is None
