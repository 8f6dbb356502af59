"""One verdict a target: whether the network fits, what exits cost in accuracy, and what they save."""

from __future__ import annotations

from snnrt.ir.graph import Graph
from snnrt.targets import neuromorphic
from snnrt.targets.estimation import DOES_NOT_FIT, TargetReport
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.quantities import change, points
from snnrt.targets.report.details import Document
from snnrt.targets.target import Neuromorphic


def verdict(graph: Graph, report: TargetReport, period_s: float | None = None) -> Document:
    """``fits``, ``in_time`` (with a period between inputs), both in ``words``; ``reason`` where it does not
    fit, ``sentence``, and ``resources``: what is used of what the chip has."""
    saved = _saved(report)
    reasons = [line for line in report.dynamic.warnings if line.startswith(DOES_NOT_FIT)]
    resources = [*_memory(report), *_chip(graph, report), _time(report, period_s)]
    late = period_s is not None and report.dynamic.summary().mean_latency_s > period_s
    words = "Fits" if report.fits else "Does not fit"
    if late and report.fits:
        words = "Fits, but falls behind its inputs"
    sentence = f"{words}. {accuracy_words(report)}; {saved}."
    return {
        "fits": report.fits,
        "in_time": not late,
        "words": words,
        "reason": "; ".join(line.removeprefix(f"{DOES_NOT_FIT}: ") for line in reasons) or None,
        "sentence": sentence,
        "resources": resources,
    }


def accuracy_words(report: TargetReport) -> str:
    """What exits do to the accuracy, in points."""
    if report.accuracy is None or report.static_accuracy is None:
        return "Accuracy unknown: the data have no labels"
    difference = report.accuracy - report.static_accuracy
    moved = (
        "unchanged"
        if difference == 0
        else f"{points(abs(difference))} {'lost' if difference < 0 else 'gained'}"
    )
    return f"Accuracy {moved}"


def _saved(report: TargetReport) -> str:
    dynamic, static = report.dynamic.summary(), report.static.summary()
    saved = 1.0 - dynamic.mean_energy_j / static.mean_energy_j if static.mean_energy_j > 0 else 0.0
    return f"energy {change(saved)}, EDP {change(report.edp_reduction)} against all timesteps"


def _resource(name: str, used: float, of: float | None, unit: str) -> Document:
    return {"name": name, "used": float(used), "of": None if of is None else float(of), "unit": unit}


def _memory(report: TargetReport) -> list[Document]:
    memory = report.dynamic.memory
    if memory is None:
        return []
    found = []
    if memory.arena_bytes is not None:
        found.append(_resource("RAM", memory.arena_bytes, memory.ram_bytes, "byte"))
    if memory.model_bytes is not None:
        flash = memory.model_bytes + (memory.code_bytes or 0)
        found.append(_resource("flash", flash, memory.flash_bytes, "byte"))
    return found


def _chip(graph: Graph, report: TargetReport) -> list[Document]:
    target = report.target
    if isinstance(target, InMemory):
        there = target.blocks_available
        return [_resource("blocks", report.dynamic.blocks, None if there is None else there.si, "count")]
    if not isinstance(target, Neuromorphic):
        return []
    asked = neuromorphic.demand(graph, target)
    chips = 1.0 if target.chips is None else target.chips.si
    found = []
    for name, used, figure, times in (
        ("neurons", asked.neurons, target.neurons, chips),
        ("synapses", asked.synapses, target.synapses, chips),
        ("inputs a neuron", asked.fan_in, target.fan_in, 1.0),
    ):
        if figure is not None:
            found.append(_resource(name, used, figure.si * times, "count"))
    return found


def _time(report: TargetReport, period_s: float | None) -> Document:
    return _resource("time an input", report.dynamic.summary().mean_latency_s, period_s, "s")
