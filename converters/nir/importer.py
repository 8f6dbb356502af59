"""NIR files (Neuromorphic Intermediate Representation, HDF5) become graphs.

    imported = import_nir("model.nir", framework="snntorch")
    imported.graph, imported.assumptions

What NIR does not store is decided by ``framework`` (:mod:`snnrt.converters.frameworks.rules`) and by the
caller; whatever was neither in the file nor given is listed in ``assumptions``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import nir

from snnrt.converters.common.connections import connect
from snnrt.converters.common.drafted import Drafted, importing
from snnrt.converters.common.finish import GraphOptions
from snnrt.converters.frameworks.choices import Choices, ResetChoice
from snnrt.converters.frameworks.rules import Rules, choose_rules, describe
from snnrt.converters.nir.constants import MECHANISMS
from snnrt.converters.nir.drafts import draft_node
from snnrt.converters.nir.file import Leaf, NirGraph, RefusedNode, kind_of, read_nir
from snnrt.converters.nir.infer import UNKNOWN, infer_framework
from snnrt.converters.nir.nested import inline
from snnrt.converters.nir.neurons import NEURONS
from snnrt.errors import ModelError
from snnrt.ir.nodes.readout import ReadoutMode

NOBODY_SAYS = (
    "the file does not say whose rules it follows: NIR's own are taken, under which a framework's neurons "
    "may fire at other steps or not at all; give framework"
)


@importing
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
) -> Drafted:
    """Import the NIR file at ``path`` as a float32 graph with a readout and the exit rule ``never``.

    ``framework``: the one whose rules the neurons follow; None: inferred from the file's
    constants, else ``nir`` (forward Euler on NIR's equations). ``dt``: seconds (Sinabs: steps).
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
        return _draft_graph(nested, path, framework, choices, options)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def _draft_graph(
    nested: NirGraph, path: Path, framework: str | None, choices: Choices, options: GraphOptions
) -> Drafted:
    inlined = inline(nested)
    kinds = {key: kind_of(node) for key, node in inlined.nodes.items()}
    try:
        connections = connect(
            kinds, inlined.edges, inlined.outer(nir.Input), inlined.outer(nir.Output), inlined.inner_ends
        )
    except ModelError as error:
        # a node that is none may be the reason
        for key, node in inlined.nodes.items():
            if isinstance(node, RefusedNode):
                raise node.complaint(key) from error
        raise
    nodes = {key: node for key, node in inlined.nodes.items() if key in connections.reads}
    rules, assumed = _decide(nodes, framework, choices)
    doubt = NOBODY_SAYS if framework is None and rules.framework.name == UNKNOWN else ""
    drafts = {key: draft_node(key, node, rules, doubt) for key, node in nodes.items()}
    origin = {"format": "nir", "framework": rules.framework.name, "dt": rules.dt}
    return Drafted(drafts, connections, options, path.stem, origin, tuple(assumed), str(path))


def _decide(nodes: dict[str, Leaf], framework: str | None, choices: Choices) -> tuple[Rules, list[str]]:
    """Whose rules hold, and what that assumes."""
    assumed: list[str] = []
    if framework is None:
        framework, reason = infer_framework(
            {name: node for name, node in nodes.items() if isinstance(node, NEURONS)}
        )
        assumed.append(f"framework = {framework} ({reason})")
    rules = choose_rules(framework, choices)
    mechanisms = [MECHANISMS[type(node)] for node in nodes.values() if type(node) in MECHANISMS]
    delays = any(isinstance(node, nir.Delay) for node in nodes.values())
    return rules, assumed + describe(rules, choices, mechanisms, delays)
