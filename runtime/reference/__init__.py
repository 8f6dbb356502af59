"""Runs a graph in NumPy: what docs/ir.md means."""
