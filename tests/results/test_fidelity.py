"""What is said of a network that was made of an ordinary one."""

from __future__ import annotations

from snnrt.results.fidelity import Fidelity, LayerError


def measured(agreement: float, inputs: int = 1000, **fields: object) -> Fidelity:
    layer = LayerError("one", 7, (0.5, 0.25), 0.125, 0.0625)
    return Fidelity(inputs, (1, 2), (0.5, agreement), (layer,), **fields)


def test_warnings() -> None:
    assert measured(1.0).warnings() == measured(0.99).warnings() == []
    assert "97.00% of 1000 inputs" in measured(0.97).warnings()[0]
    # two inputs may differ by chance, and other classes may be as right
    assert measured(0.9, 20).warnings() == []
    assert measured(0.9, accuracy=(0.5, 0.895), source_accuracy=0.9).warnings() == []
    assert measured(0.9, accuracy=(0.5, 0.88), source_accuracy=0.9).warnings() != []
