"""The drawing of a conversion."""

from __future__ import annotations

import pytest

from snnrt.results.fidelity import Fidelity, LayerError
from snnrt.targets.fidelity_plot import draw_fidelity


@pytest.mark.parametrize("suffix", ["png", "svg"])
@pytest.mark.parametrize("labelled", [True, False])
def test_a_drawing(suffix: str, labelled: bool, tmp_path) -> None:
    path = tmp_path / f"drawn.{suffix}"
    fields = {"accuracy": (0.5, 0.9), "source_accuracy": 0.95} if labelled else {}
    layer = LayerError("one", 7, (0.5, 0.25), 0.125, 0.0625)
    draw_fidelity(Fidelity(1000, (1, 2), (0.5, 0.97), (layer,), **fields), path)
    begun = path.read_bytes()[:60]
    assert begun.startswith(b"\x89PNG" if suffix == "png" else b"<?xml")
