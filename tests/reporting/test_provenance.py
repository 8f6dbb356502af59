"""Where a report comes from."""

from __future__ import annotations

import hashlib

import numpy as np
from small_networks import dense_lif

import snnrt
from snnrt.calibration.calibrate import fingerprint
from snnrt.devices.base import checked_request
from snnrt.network import Network
from snnrt.reporting.provenance import made


def test_facts(monkeypatch) -> None:
    graph, x = dense_lif("int8")
    model = Network(graph).model
    request = checked_request(graph, x, snnrt.devices.registry.find_device("cpu").capabilities)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    found = made(
        model, request, model_name="a b.snnrt", data_name="x.npy", command=["snnrt", "profile", "a b.snnrt"]
    )
    assert found["model_sha256"] == hashlib.sha256(model.raw).hexdigest()
    assert found["data_fingerprint"] == fingerprint(request)
    assert found["date"] == "2023-11-14 22:13 UTC" and found["command"] == "snnrt profile 'a b.snnrt'"
    assert found["snnrt"] == snnrt.__version__ and np.__version__ in found["python"]
    for wrong in ("soon", "9" * 30, ""):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        assert made(model, request)["date"].endswith(" UTC")
    assert "command" not in made(model, request) and "model" not in made(model, request)
