"""What a spiking network takes of an emulated core: counted in QEMU, which knows instructions, no cycles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from break_even_fit import Fit, fit, shades

import snnrt
from snnrt.devices.core_values import CoreValues
from snnrt.results.request import Capabilities, checked_request
from snnrt.targets.emulator import Core, EmulatedResult, build, run_program
from snnrt.targets.emulator.device import run_emulated
from snnrt.targets.export.core_sources import amalgamate, options_for

PROGRAM = Path(__file__).with_name("node_counts.c")
LIMIT_S = 300.0
SHADED = 4
"""Images whose shades the fit sees."""


@dataclass(frozen=True)
class Measured:
    """Instructions of an inference with the network's exit after so many ``timesteps`` in the mean, and of
    1 … T without; bytes of the built firmware (constants and tables are code, the model is not), of the arena
    and of the stack."""

    instructions: float
    timesteps: float
    static: tuple[float, ...]
    code_bytes: int
    arena_bytes: int
    stack_bytes: int
    compiler: str
    fit: Fit

    def at(self, timesteps: float) -> Measured:
        """As if the images that were counted had ended after ``timesteps`` in the mean, as all of a test set
        do: what is more or less are mean timesteps after the first."""
        later = (self.static[-1] - self.static[0]) / max(1, len(self.static) - 1) + self.fit.rule
        changed = self.instructions + (timesteps - self.timesteps) * later
        return replace(self, instructions=changed, timesteps=timesteps)


def emulated(
    core: Core, network: snnrt.Network, x: np.ndarray, exit: str | snnrt.Exit | None
) -> EmulatedResult:
    """The firmware without counters. Raises SnnrtError where a tool is missing or fails."""
    request = checked_request(network.graph, x, Capabilities(f"emulator:{core.name}"), exit=exit)
    return run_emulated(network.model, request, core, count=False)


def measure(core: Core, network: snnrt.Network, x: np.ndarray) -> Measured:
    """The mean over ``x`` (N, 1, 28, 28). Raises SnnrtError."""
    shown = len(x)
    # the images, then shades of some of them, which only the fit sees
    wide = np.concatenate([x, shades(x[:: max(1, shown // SHADED)][:SHADED])[min(SHADED, shown) :]])
    ended, every = emulated(core, network, x, None), emulated(core, network, wide, "never")
    steps = every.step_instructions
    reset = every.instructions[:shown] - steps[:shown].sum(1)
    static = tuple(
        float((reset + steps[:shown, :timesteps].sum(1)).mean())
        for timesteps in range(1, network.graph.timesteps + 1)
    )
    found = fit(network, wide, every.instructions, steps, ended.step_instructions, shown)
    return Measured(
        float(ended.instructions.mean()), float(ended.timesteps.mean()), static, ended.sizes.code,
        ended.arena_bytes, ended.stack_bytes, ended.compiler, found,
    )  # fmt: skip


def node_instructions(core: Core, network: snnrt.Network, x: np.ndarray, folder: Path) -> dict[str, float]:
    """Instructions an inference of each node's steps, and ``""``: reset, dispatch, exit rule.

    Counted in a build that reports each node, which takes about 30 of them; a convolution by rows counts
    with the neurons behind it. Raises SnnrtError.
    """
    model, info = network.model, network.model.info
    source, header = amalgamate(options_for(network.graph, trace=1))
    folder.mkdir()
    (folder / "snnrt.c").write_text(source)
    (folder / "snnrt.h").write_text(header)
    (folder / "inputs").write_bytes(CoreValues(model).stored_input(x).tobytes())
    defines = {
        "MODEL_ARENA_BYTES": info.arena_bytes,
        "MODEL_INPUT_BYTES": info.input_bytes,
        "MODEL_NODES": info.node_count,
    }
    image = build(core, folder, [folder / "snnrt.c", PROGRAM], defines, model=model.raw)
    said = run_program(core, image, folder, limit_s=LIMIT_S).split()
    names = [*(node.name for node in network.graph), ""]
    return {name: core.instructions(int(ticks)) / len(x) for name, ticks in zip(names, said, strict=True)}


def alike(timesteps: np.ndarray, count: int) -> np.ndarray:
    """Indices of ``count`` inputs (or of all) that take as many ``timesteps`` (N,) as all N do, nearly."""
    order = np.argsort(timesteps, kind="stable")
    count = min(count, len(order))
    return order[((np.arange(count) + 0.5) * len(order) / count).astype(int)]
