"""Inputs: files, built-in data sets, arrays."""
