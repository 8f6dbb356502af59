"""NIR files (Neuromorphic Intermediate Representation, HDF5) become graphs.

    imported = import_nir("model.nir", framework="snntorch")
    imported.graph, imported.assumptions

What NIR does not store is decided by ``framework`` (:mod:`snnrt.converters.frameworks.rules`) and by the
caller; whatever was neither in the file nor given is listed in ``assumptions``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import nir

from snnrt.converters.common.connections import Connections, connect
from snnrt.converters.common.finish import GraphOptions, Imported, finish
from snnrt.converters.frameworks.choices import Choices, ResetChoice
from snnrt.converters.frameworks.rules import Rules, choose_rules, describe
from snnrt.converters.nir.agreement import agreed
from snnrt.converters.nir.constants import MECHANISMS
from snnrt.converters.nir.drafts import draft_node
from snnrt.converters.nir.file import NirGraph, read_nir
from snnrt.converters.nir.infer import contradiction, infer_framework
from snnrt.converters.nir.nested import inline
from snnrt.converters.nir.neurons import NEURONS
from snnrt.errors import ModelError
from snnrt.ir.nodes.readout import ReadoutMode


def import_nir(
    path: str | Path,
    *,
    framework: str | None = None,
    dt: float | None = None,
    reset: ResetChoice | None = None,
    strict: bool | None = None,
    multiple: bool | None = None,
    max_spikes: int = 255,
    lower_bound: float | None = None,
    normalise_input: bool | None = None,
    reset_delay: bool | None = None,
    timesteps: int | None = None,
    readout: ReadoutMode = "sum",
    encoding: Literal["constant", "spikes"] | None = None,
    low: float = 0.0,
    high: float = 1.0,
    isolated: bool = True,
) -> Imported:
    """Import the NIR file at ``path`` as a float32 graph with a readout and the exit rule ``never``.

    ``framework``: the one whose rules the neurons follow; None: inferred from the file's
    constants; where several are possible, they have to give the same network, or the choice is demanded.
    A framework that the constants contradict is refused, but taken where ``dt`` is given too. ``nir``:
    forward Euler on NIR's equations. ``dt``: seconds (Sinabs: steps).
    ``reset``: ``subtract`` and ``zero`` when the framework does it, ``subtract_now``, ``none``.
    ``strict``: fires where v > threshold, not ≥. ``multiple``: up to ``max_spikes`` spikes a step.
    ``lower_bound``: of the membrane of neurons that fire (Sinabs' min_v_mem). ``normalise_input``:
    Sinabs' norm_input. ``reset_delay``: snnTorch's, False where the reset does not wait for the next step.
    ``encoding``: the input is a constant current (default) or spikes over time,
    with values from ``low`` to ``high``. ``isolated``: read the file in a process of its own, which a
    damaged file may crash.

    Raises ModelError if the file cannot be read, holds what snnrt cannot express, or the choices
    contradict each other; the message names the node.
    """
    path = Path(path)
    choices = Choices(dt, reset, strict, multiple, max_spikes, lower_bound, normalise_input, reset_delay)
    if framework is not None:
        choose_rules(framework, choices)
    nested = read_nir(path, isolated)
    try:
        options = GraphOptions(timesteps, readout, encoding, low, high)
        return _import_graph(nested, path.stem, framework, choices, options)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def _import_graph(
    nested: NirGraph, name: str, framework: str | None, choices: Choices, options: GraphOptions
) -> Imported:
    inlined = inline(nested)
    kinds = {key: type(node).__name__ for key, node in inlined.nodes.items()}
    ends = inlined.outer(nir.Input), inlined.outer(nir.Output)

    def connected() -> Connections:
        return connect(kinds, inlined.edges, *ends, inlined.inner_ends)

    reads = connected().reads
    nodes = {key: node for key, node in inlined.nodes.items() if key in reads}

    def build(candidate: str, notes: Sequence[str]) -> Imported:
        rules = choose_rules(candidate, choices)
        drafts = {key: draft_node(key, node, rules) for key, node in nodes.items()}
        origin = {"format": "nir", "framework": candidate, "dt": rules.dt}
        assumed = [*notes, *_described(nodes, rules, choices)]
        return finish(drafts, connected(), options, name=name, origin=origin, assumed=assumed)

    neurons = {key: node for key, node in nodes.items() if isinstance(node, NEURONS)}
    if framework is not None:
        return build(framework, _held_against(neurons, framework, choices))
    found = infer_framework(neurons)
    if len(found.candidates) == 1:
        return build(found.candidates[0], [f"framework = {found.candidates[0]} ({found.reason})"])
    return agreed(found, build)


def _held_against(neurons: dict[str, nir.NIRNode], framework: str, choices: Choices) -> list[str]:
    """What the caller's framework has against it: an error, or a line where ``dt`` was given too."""
    found = contradiction(neurons, framework, choose_rules(framework, choices).dt)
    if not found:
        return []
    if choices.dt is None:
        raise ModelError(
            f"framework {framework}: the file contradicts it: {found}; give another framework, or dt too "
            "where it is right all the same"
        )
    return [f"framework = {framework} and dt = {choices.dt:g} as given, AGAINST the file: {found}"]


def _described(nodes: dict[str, nir.NIRNode], rules: Rules, choices: Choices) -> list[str]:
    mechanisms = [MECHANISMS[type(node)] for node in nodes.values() if type(node) in MECHANISMS]
    delays = any(isinstance(node, nir.Delay) for node in nodes.values())
    return describe(rules, choices, mechanisms, delays)
