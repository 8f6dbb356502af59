"""How often int8 says the class that float32 does on other inputs, and how close the rest were.

    python benchmarks/int8_agreement.py MODEL.snnrt CALIBRATION.npz TEST.npz

MODEL in float32; the data hold ``x``, and ``y`` where accuracies are wanted. A line for each choice of finer
weights. *Tied*: inputs whose two largest float32 logits are equal, so that any moved spike may change the
class; *close*: they differ by at most 1 % of the logits' standard deviation.
"""

from __future__ import annotations

import argparse

import numpy as np

import snnrt
from snnrt.converters.common.finish import Imported
from snnrt.converters.convert import in_numbers
from snnrt.ir.graph import Graph

CHOICES = ("none", "constant", "all", None)
CLOSE = 0.01


def logits(graph: Graph, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """After all timesteps, (N, K), and the classes."""
    result = snnrt.Network(graph).run(x, exit="never")
    return result.logits, result.predictions


def margins(values: np.ndarray) -> np.ndarray:
    """(N,) what the largest of ``values`` (N, K) is ahead of the next."""
    ordered = np.sort(values, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def main() -> None:
    """Print a line a choice."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("model", "calibration", "test"):
        parser.add_argument(name)
    wanted = parser.parse_args()
    graph = snnrt.load(wanted.model).graph
    calibration, test = np.load(wanted.calibration)["x"], np.load(wanted.test)
    labels = test.get("y")
    source, classes = logits(graph, test["x"])
    ahead = margins(source)
    tied, close = ahead == 0, ahead <= CLOSE * source.std()
    print(f"{len(classes)} inputs, {tied.mean():.2%} tied, {close.mean():.2%} tied or close in float32")
    if labels is not None:
        print(f"accuracy of float32 {(classes == labels).mean():.4f}")
    for fine in CHOICES:
        imported = Imported(graph.with_(metadata={"source": {}}), ())
        made = in_numbers(imported, "int8", calibration, fine=fine).graph
        found, said = logits(made, test["x"])
        other = said != classes
        error = np.sqrt(np.square(found - source).mean()) / source.std()
        accuracy = "" if labels is None else f", accuracy {(said == labels).mean():.4f}"
        print(
            f"fine {fine or 'by default'}: classes {1 - other.mean():.4f} equal{accuracy}; of {other.sum()} "
            f"others {(other & tied).sum()} tied, {(other & close).sum()} tied or close; "
            f"logits {error:.2%} off"
        )


if __name__ == "__main__":
    main()
