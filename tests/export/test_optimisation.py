"""An Arduino library, which a board compiles for size, against the same core compiled for speed."""

from __future__ import annotations

import pytest
from device_programs import need_core
from small_networks import image_conv

import snnrt
from snnrt.devices.base import Capabilities
from snnrt.results.request import checked_request
from snnrt.targets.emulator import device
from snnrt.targets.export.core_sources import amalgamate
from snnrt.targets.export.optimisation import with_pragma

MOST = 1.1


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_a_library_for_arduino_is_as_fast_as_a_fast_build(core, monkeypatch):
    """At most a tenth more instructions than with -O2, where -Os alone takes far more."""
    need_core(core)
    graph, x = image_conv("int8")
    model = snnrt.Network(graph).model
    request = checked_request(graph, x[:1], Capabilities(f"emulator:{core}"))

    def instructions(optimisation: str) -> int:
        found = device.run_emulated(model, request, core, count=False, optimisation=optimisation)
        return int(found.instructions[0])

    fast, small = instructions("-O2"), instructions("-Os")

    def asking(options: tuple[tuple[str, int], ...]) -> tuple[str, str]:
        source, header = amalgamate(dict(options))
        return with_pragma({"snnrt.c": source})["snnrt.c"], header

    monkeypatch.setattr(device, "_amalgamated", asking)
    asked = instructions("-Os")
    assert asked <= MOST * fast < small, (fast, asked, small)
