"""Inputs: files, built-in data sets, arrays, and the rule that they are held against."""

from snnrt.data.load import Dataset, fit_to_model, load_dataset, load_for_model

__all__ = ["Dataset", "fit_to_model", "load_dataset", "load_for_model"]
