"""What the parity tests share: exact weights, the framework's spikes, and ours beside them."""

from __future__ import annotations

from inspect import signature
from pathlib import Path

import nir
import numpy as np
from installed_frameworks import framework

from snnrt.converters.common.finish import Imported
from snnrt.converters.nir.importer import import_nir
from snnrt.reference.run import Reference

torch = framework("torch")
STEPS = 24


def exactly(net: torch.nn.Module, seed: int, spread: float = 1.0) -> None:
    """Weights and biases become random multiples of 1/64: every sum is exact in any order."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if name.rsplit(".", 1)[-1] in ("weight", "bias", "V"):
                random = torch.randn(parameter.shape, generator=generator) * spread
                parameter.copy_(torch.round(random * 64) / 64)


def spike_input(shape: tuple[int, ...], seed: int, inputs: int = 4, rate: float = 0.4) -> np.ndarray:
    """(N, T, *shape) spikes."""
    return (np.random.default_rng(seed).random((inputs, STEPS, *shape)) < rate).astype(np.float32)


def record(net: torch.nn.Module, kinds: tuple[type, ...], x: np.ndarray, run) -> dict[str, np.ndarray]:
    """The outputs of all modules of ``kinds`` while ``run(net, x)`` runs, (N, T, *shape) by module name."""
    seen: dict[str, list[np.ndarray]] = {}
    hooks = []

    def note(name: str):
        def hook(module, arguments, output) -> None:
            value = output[0] if isinstance(output, tuple) else output
            seen.setdefault(name, []).append(value.detach().numpy().copy())

        return hook

    for name, module in net.named_modules():
        if isinstance(module, kinds):
            hooks.append(module.register_forward_hook(note(name)))
    with torch.no_grad():
        run(net, torch.from_numpy(x))
    for hook in hooks:
        hook.remove()
    return {name: np.stack(values, 1) for name, values in seen.items()}


def unchecked(nodes: dict[str, nir.NIRNode], edges: list[tuple[str, str]]) -> nir.NIRGraph:
    """A graph whose types nir leaves alone; an old nir never looks at them and knows no such word."""
    options = {"type_check": False} if "type_check" in signature(nir.NIRGraph.__init__).parameters else {}
    return nir.NIRGraph(nodes, edges, **options)


def write(graph: nir.NIRGraph, path: Path, infer: bool = True) -> Path:
    """Write as a user does; Sinabs leaves the shapes of convolutions to be inferred first."""
    if infer:
        graph.infer_types()
    nir.write(path, graph)
    return path


def ours(path: Path, x: np.ndarray, **options) -> tuple[Imported, dict[str, np.ndarray]]:
    """Import and run in the reference: spikes (membranes of leaky integrators), by node name."""
    wide = {"low": -1000.0, "high": 1000.0} | options
    imported = import_nir(path, isolated=False, encoding="spikes", timesteps=x.shape[1], **wide)
    result = Reference(imported.graph).run(x, record=("spikes", "membranes"))
    return imported, {**result.membranes, **result.spikes}


def assert_same_spikes(
    expected: dict[str, np.ndarray], found: dict[str, np.ndarray], fraction: float = 1.0
) -> None:
    """At least ``fraction`` of all spikes and silences are equal, layer by layer, and there are both."""
    assert expected
    for name, spikes in expected.items():
        mine = found[name] if name in found else found[f"{name}.lif"]
        spikes = spikes.reshape(mine.shape)
        assert 0.01 < np.mean(spikes > 0) < 0.99, f"{name}: a dull test, mean {spikes.mean()}"
        equal = np.mean(spikes == mine)
        assert equal >= fraction, f"{name}: {equal:.6f} equal, first at {np.argwhere(spikes != mine)[:1]}"
