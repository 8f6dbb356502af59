"""NIR files (Neuromorphic Intermediate Representation, HDF5) become graphs.

    imported = import_nir("model.nir", framework="snntorch")
    imported.graph, imported.assumptions

What NIR does not store is decided by ``framework`` (:mod:`snnrt.converters.frameworks.rules`) and by the
caller; whatever was neither in the file nor given is listed in ``assumptions``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from snnrt.converters.common.connections import Connections, connect
from snnrt.converters.common.drafted import Drafted, importing
from snnrt.converters.common.finish import GraphOptions, Imported
from snnrt.converters.frameworks.choices import Choices, ResetChoice
from snnrt.converters.frameworks.layer_choices import LayerChoices, checked_layers
from snnrt.converters.frameworks.rules import choose_rules
from snnrt.converters.nir.agreement import agreed
from snnrt.converters.nir.drafts import draft_node
from snnrt.converters.nir.file import NirGraph, Own, RefusedNode, read_nir, take_nir
from snnrt.converters.nir.infer import infer_framework
from snnrt.converters.nir.layer_rules import LayerRules, check_names
from snnrt.converters.nir.nested import Inlined, inline
from snnrt.converters.nir.neurons import NEURONS
from snnrt.converters.nir.own_metadata import restored
from snnrt.converters.nir.primitives import NirNode
from snnrt.errors import ModelError
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.nodes.readout import ReadoutMode

CHANGED = "the file was changed since snnrt wrote it: read by its NIR nodes, without snnrt's own metadata"


@importing
def import_nir(
    source: str | os.PathLike[str] | object,
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
    layers: LayerChoices | None = None,
    timesteps: int | None = None,
    readout: ReadoutMode = "sum",
    encoding: Literal["constant", "spikes"] | None = None,
    low: float = 0.0,
    high: float = 1.0,
    isolated: bool = True,
) -> Drafted | Imported:
    """Import a NIR file by its path, or a ``nir.NIRGraph``: a float32 graph with a readout, exit ``never``.

    ``framework``: the one whose rules the neurons follow; None: inferred from the file's
    constants; where several are possible, they have to give the same network, or the choice is demanded.
    A framework that the constants contradict is refused, but taken where ``dt`` is given too. ``nir``:
    forward Euler on NIR's equations. ``dt``: seconds (Sinabs: steps).
    ``reset``: ``subtract`` and ``zero`` when the framework does it, ``subtract_now``, ``none``.
    ``strict``: fires where v > threshold, not ≥. ``multiple``: up to ``max_spikes`` spikes a step.
    ``lower_bound``: of the membrane of neurons that fire (Sinabs' min_v_mem). ``normalise_input``:
    Sinabs' norm_input. ``reset_delay``: snnTorch's, False where the reset does not wait for the next step.
    ``layers``: for neurons by name their own of these choices, and their own ``framework``.
    ``encoding``: the input is a constant current (default) or spikes over time,
    with values from ``low`` to ``high``. ``isolated``: read the file in a process of its own, which a
    damaged file may crash.

    Raises ModelError if the file cannot be read, holds what snnrt cannot express, or the choices
    contradict each other; the message names the node.
    """
    choices = Choices(dt, reset, strict, multiple, max_spikes, lower_bound, normalise_input, reset_delay)
    if framework is not None:
        choose_rules(framework, choices)
    own = checked_layers(layers)
    if not isinstance(source, (str, os.PathLike)):
        where, name, nested = "NIRGraph", "network", take_nir(source)
    else:
        path = Path(source)
        where, name, nested = str(path), path.stem, read_nir(path, isolated)
    try:
        if nested.own is not None and nested.own.intact:
            return _whole(nested.own, timesteps, framework is not None or choices != Choices() or bool(own))
        options = GraphOptions(timesteps, readout, encoding, low, high)
        return _draft_graph(nested, name, where, framework, choices, own, options)
    except ModelError as error:
        raise ModelError(f"{where}: {error}") from error


def _whole(own: Own, timesteps: int | None, chosen: bool) -> Imported:
    """The graph that snnrt wrote; ``chosen``: rules were given, which it has."""
    graph = restored(own.tree)
    if timesteps is not None:
        graph = graph.with_(timesteps=timesteps)
        check_graph(graph)
    source = graph.metadata.get("source")
    told = source.get("assumptions") if isinstance(source, dict) else None
    lines = [str(line) for line in told] if isinstance(told, list) else []
    if chosen:
        lines.append("the file has snnrt's own network whole: the rules that were given are not used")
    return Imported(graph, tuple(lines), whole=True)


def _draft_graph(
    nested: NirGraph,
    name: str,
    where: str,
    framework: str | None,
    choices: Choices,
    layers: LayerChoices,
    options: GraphOptions,
) -> Drafted:
    inlined = inline(nested)
    connections = _connected(inlined)
    nodes = {key: node for key, node in inlined.nodes.items() if key in connections.reads}
    sound = {key: node for key, node in nodes.items() if isinstance(node, NirNode)}

    changed = [] if nested.own is None else [CHANGED]

    def draft(rules: LayerRules, notes: Sequence[str], doubt: str = "") -> Drafted:
        drafts = {key: draft_node(key, node, rules.of(key), doubt) for key, node in nodes.items()}
        origin = {"format": "nir", "framework": rules.rules.framework.name, "dt": rules.rules.dt}
        assumed = (*changed, *notes, *rules.described())
        return Drafted(drafts, connections, options, name, origin, assumed, where)

    def rules_of(candidate: str) -> LayerRules:
        return LayerRules(sound, candidate, choices, layers)

    def held(rules: LayerRules, notes: Sequence[str]) -> Drafted:
        against = rules.held_against_the_file()
        return draft(rules, [*notes, *against], "; ".join(against))

    if framework is not None:
        return held(rules_of(framework), [])
    neurons = {key: node for key, node in sound.items() if node.kind in NEURONS}
    check_names(neurons, layers)
    open_ = {key: node for key, node in neurons.items() if "framework" not in layers.get(key, {})}
    found = infer_framework(open_)
    if len(found.candidates) == 1:
        chosen = found.candidates[0]
        return held(rules_of(chosen), [f"framework = {chosen} ({found.reason})"])
    return agreed(found, lambda candidate, notes: draft(rules_of(candidate), notes))


def _connected(inlined: Inlined) -> Connections:
    kinds = {key: node.kind for key, node in inlined.nodes.items()}
    ends = inlined.outer("Input"), inlined.outer("Output")
    try:
        return connect(kinds, inlined.edges, *ends, inlined.inner_ends)
    except ModelError as error:
        # a node that is none may be the reason
        for key, node in inlined.nodes.items():
            if isinstance(node, RefusedNode):
                raise node.complaint(key) from error
        raise
