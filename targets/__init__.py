"""What a run costs on a piece of hardware: profiles, cost models and reports."""

from snnrt.targets.costs import Costs, CostSummary, LayerMapping, Memory
from snnrt.targets.estimation import TargetReport, compare, estimate
from snnrt.targets.explanation import FigureRow, explain, figure_rows
from snnrt.targets.figures import Charge, Figure
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.loading import list_targets, load_target, parse_target
from snnrt.targets.per_input import write_per_input
from snnrt.targets.report.page import write_report
from snnrt.targets.target import Microcontroller, Neuromorphic, Target

__all__ = [
    "Charge",
    "CostSummary",
    "Costs",
    "Figure",
    "FigureRow",
    "InMemory",
    "LayerMapping",
    "Memory",
    "Microcontroller",
    "Neuromorphic",
    "Target",
    "TargetReport",
    "compare",
    "estimate",
    "explain",
    "figure_rows",
    "list_targets",
    "load_target",
    "parse_target",
    "write_per_input",
    "write_report",
]
