"""A model in the C core against the network it came from, or against what its framework recorded."""

from snnrt.comparison.compare import compare_with_outputs, compare_with_reference, validate
from snnrt.comparison.figures import LIMITS, OUTPUT_LIMITS, Comparison
from snnrt.comparison.outputs import RecordedOutputs, is_outputs, recorded_outputs
from snnrt.comparison.source import OPTIONS, framework_outputs, source_graph

__all__ = [
    "LIMITS", "OPTIONS", "OUTPUT_LIMITS", "Comparison", "RecordedOutputs", "compare_with_outputs",
    "compare_with_reference",
    "framework_outputs", "is_outputs", "recorded_outputs", "source_graph", "validate",
]  # fmt: skip
