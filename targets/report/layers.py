"""Each layer's kind, shape and events, and what it and each component cost on a target."""

from __future__ import annotations

import numpy as np

from snnrt.ir.graph import Graph
from snnrt.results.counts import Counts
from snnrt.targets.costs import Costs
from snnrt.targets.report.details import Document

EVENTS = ("spikes", "synaptic_operations", "neuron_updates")


def layer_rows(graph: Graph, dynamic: Counts | None, static: Counts | None) -> list[Document]:
    """A row a node: ``name``, ``kind``, ``shape``, and means over inputs of EVENTS (of all timesteps as
    ``static_…``), None where they were not counted; ``rate``: spikes a neuron update."""
    rows = []
    for node in graph:
        row: Document = {
            "name": node.name, "kind": getattr(node, "model", node.kind), "shape": list(node.shape),
        }  # fmt: skip
        for prefix, counts in (("", dynamic), ("static_", static)):
            for event in EVENTS:
                row[prefix + event] = _mean(counts, event, node.name)
        updates = row["neuron_updates"]
        row["rate"] = row["spikes"] / updates if updates else None
        rows.append(row)
    return rows


def _mean(counts: Counts | None, event: str, name: str) -> float | None:
    if counts is None or name not in counts.nodes:
        return None
    return float(getattr(counts, event)[:, counts.nodes.index(name)].mean())


def layer_costs(graph: Graph, dynamic: Costs, static: Costs) -> list[Document]:
    """A row a layer: ``layer``, ``kind`` and ``shape`` (None where it is no node), mean energy and latency,
    at all timesteps as ``static_…``, ``share`` of the energy."""
    nodes = {node.name: node for node in graph}
    total = float(dynamic.energy_j.mean())
    rows = []
    for name in dict.fromkeys([*dynamic.layers, *static.layers]):
        node = nodes.get(name)
        energy = _layer(dynamic, dynamic.layer_energy_j, name)
        rows.append(
            {
                "layer": name,
                "kind": None if node is None else getattr(node, "model", node.kind),
                "shape": None if node is None else list(node.shape),
                "mean_energy_j": energy,
                "share": energy / total if total > 0 else 0.0,
                "mean_latency_s": _layer(dynamic, dynamic.layer_latency_s, name),
                "static_mean_energy_j": _layer(static, static.layer_energy_j, name),
                "static_mean_latency_s": _layer(static, static.layer_latency_s, name),
            }
        )
    return rows


def _layer(costs: Costs, values: np.ndarray, name: str) -> float:
    return float(values[:, costs.layers.index(name)].mean()) if name in costs.layers else 0.0


def component_costs(dynamic: Costs, static: Costs) -> list[Document]:
    """A row a component: ``component``, mean energy, at all timesteps as ``static_…``, ``share``."""
    total = float(dynamic.energy_j.mean())
    rows = []
    for name in dict.fromkeys([*dynamic.components, *static.components]):
        energy = _component(dynamic, name)
        rows.append(
            {
                "component": name,
                "mean_energy_j": energy,
                "share": energy / total if total > 0 else 0.0,
                "static_mean_energy_j": _component(static, name),
            }
        )
    return rows


def _component(costs: Costs, name: str) -> float:
    if name not in costs.components:
        return 0.0
    return float(costs.component_energy_j[:, costs.components.index(name)].mean())
