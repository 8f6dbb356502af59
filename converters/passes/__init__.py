"""Passes over a graph: fold, quantise."""
