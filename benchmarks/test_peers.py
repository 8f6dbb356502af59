"""pytest-benchmark suite: the 28×28 network in onnxruntime and the Python frameworks, checked against snnrt.

python -m pytest benchmarks/test_peers.py
"""

from __future__ import annotations

import numpy as np
import pytest
from networks import peer_inputs, peer_subject
from onnx_peer import onnx_peer
from python_peers import python_peers

SUBJECT = peer_subject()
FRAMEWORKS = python_peers(SUBJECT.float32.graph)


@pytest.mark.parametrize("batch", (1, 64))
@pytest.mark.parametrize("name", ("onnxruntime", "onnxruntime, conv1 each step", *FRAMEWORKS))
def test_peer(benchmark, name, batch):
    """The peer gives snnrt's spike counts, and takes so long."""
    x = SUBJECT.x[:1] if batch == 1 else peer_inputs(batch, seed=3)
    run = FRAMEWORKS.get(name) or onnx_peer(SUBJECT.float32.graph, batch, recompute="," in name)
    benchmark.group = f"28x28, batch {batch}, peers"
    logits = benchmark.pedantic(run, (x,), rounds=100 if batch == 1 else 5, warmup_rounds=1)
    assert np.array_equal(logits, SUBJECT.float32.run(x).logits)
