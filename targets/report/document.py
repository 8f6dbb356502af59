"""The report as one JSON-able document: what the page shows, and what ``snnrt profile --json`` prints."""

from __future__ import annotations

from collections.abc import Sequence

from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Graph
from snnrt.targets.estimation import TargetReport
from snnrt.targets.report.answers import by_class, by_timestep, changed_answers, confusion, steps_used
from snnrt.targets.report.chosen_inputs import chosen_inputs
from snnrt.targets.report.details import Document, RunDetails
from snnrt.targets.report.layers import component_costs, layer_costs, layer_rows
from snnrt.targets.report.verdict import verdict


def report_document(graph: Graph, reports: Sequence[TargetReport], details: RunDetails) -> Document:
    """Of a network with the exit that the dynamic runs used.

    Raises DataError without a target, and where the parts are not of the same inputs.
    """
    details.check(reports)
    first = reports[0]
    timesteps, labels, predictions = first.dynamic.timesteps, first.labels, first.predictions
    count = graph.readout.elements
    document: Document = {
        "inputs": len(timesteps),
        "timesteps": graph.timesteps,
        "numbers": graph.numbers,
        "exit": str(Exit.of(graph.exit)),
        "accuracy": first.accuracy,
        "static_accuracy": first.static_accuracy,
        "mean_timesteps": float(timesteps.mean()),
        "timesteps_used": steps_used(timesteps, max(graph.timesteps, int(timesteps.max()))),
        "class_names": None if details.class_names is None else list(details.class_names),
        "promised": details.promised,
        "promise": list(details.promise),
        "layers": layer_rows(graph, details.dynamic, details.static),
        "targets": [target_document(graph, report, details.period_s) for report in reports],
        "made": dict(details.made),
    }
    if details.classes is not None and predictions is not None:
        document["agreement"] = float((predictions == details.classes[:, -1]).mean())
    if details.classes is not None:
        document["by_timestep"] = by_timestep(details.classes, timesteps, labels)
    static = None if details.classes is None else details.classes[:, -1]
    if labels is not None and predictions is not None:
        document["classes"] = by_class(predictions, static, labels, timesteps, count)
        document["confusion"] = confusion(predictions, labels, count)
        if static is not None:
            document["changed"] = changed_answers(predictions, static, labels)
    if details.probabilities is not None and predictions is not None:
        document["chosen_inputs"] = chosen_inputs(timesteps, details.probabilities, predictions, labels)
    if details.sweep is not None:
        document["sweep"] = details.sweep
    return document


def target_document(graph: Graph, report: TargetReport, period_s: float | None = None) -> Document:
    """One target's part: its figures, the verdict, layers, components, and where it lies on the chip."""
    dynamic, static = report.dynamic.summary(), report.static.summary()
    saved = 1.0 - dynamic.mean_energy_j / static.mean_energy_j if static.mean_energy_j > 0 else 0.0
    faster = 1.0 - dynamic.mean_latency_s / static.mean_latency_s if static.mean_latency_s > 0 else 0.0
    return report.to_dict() | {
        "title": report.target.title,
        "energy_reduction": saved,
        "latency_reduction": faster,
        "verdict": verdict(graph, report, period_s),
        "layers": layer_costs(graph, report.dynamic, report.static),
        "components": component_costs(report.dynamic, report.static),
        "mapping": [
            {
                "layer": layer.layer,
                "row_blocks": layer.row_blocks,
                "column_blocks": layer.column_blocks,
                "blocks": layer.blocks,
                "replicas": layer.replicas,
                "reads_per_timestep": layer.reads_per_timestep,
                "utilisation": layer.utilisation,
            }
            for layer in report.dynamic.mapping
        ],
        "area_mm2": report.dynamic.area_mm2 or None,
        "formulas": list(report.dynamic.formulas),
    }
