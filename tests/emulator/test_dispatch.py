"""What the core takes to get from node to node, beside the kernels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from device_programs import HERE, need_core, run_on_core
from tiny_networks import KINDS, tiny_network

from snnrt.network import Network
from snnrt.targets.emulator import CORES, Core, build
from snnrt.targets.export.core_sources import options_for, source_files

COUNTS = (2, 6)
# instructions a node and step with -O2; the goal is 100
MOST = {name: 100 for name in CORES} | {"cortex-m0": 115}


def dispatch(core: Core, folder: Path, optimisation: str = "-O2") -> dict[str, float]:
    """Instructions a node and step by kind: how much longer a step of 6 nodes is than one of 2, with kernels
    that do nothing."""
    graphs = [tiny_network(kind, count)[0] for kind in KINDS for count in COUNTS]
    for place, graph in enumerate(graphs):
        (folder / f"{place}.snnrt").write_bytes(Network(graph).to_bytes())
    options = options_for(graphs[0], conv2d=1, pool2d=1, add=1, neuron_variants=1)
    sources = [HERE / "no_kernels.c", HERE / "dispatch.c"]
    for name, text in source_files(options).items():
        path = folder / "core" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.endswith(".c") and not name.startswith("kernels/"):
            sources.append(path)
    image = build(core, folder / "core", sources, {}, optimisation=optimisation)
    run_on_core(core, image, folder)
    nothing, *ticks = np.fromfile(folder / "ticks.bin", "<u4").tolist()
    assert len(ticks) == len(graphs)
    steps = [core.instructions(tick) - core.instructions(nothing) for tick in ticks]
    found = {
        kind: (many - few) / (COUNTS[1] - COUNTS[0])
        for kind, few, many in zip(KINDS, steps[::2], steps[1::2])
    }
    for kind in ("dense", "conv2d"):
        # there is a neuron after each
        found[kind] -= found["neuron"]
    return found


def check(name: str, folder: Path) -> None:
    found = dispatch(need_core(name), folder)
    assert all(0 < found[kind] <= MOST[name] for kind in KINDS), found


@pytest.mark.parametrize("name", ["cortex-m0", "cortex-m4"])
def test_dispatch(name, tmp_path):
    check(name, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("name", CORES)
def test_dispatch_on_every_core(name, tmp_path):
    check(name, tmp_path)
