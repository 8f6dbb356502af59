"""Inputs: files, built-in data sets, arrays, and the rule that they are held against."""

from snnrt.data.load import Dataset, fit_to_model, load_dataset, load_for_model
from snnrt.data.preprocessing import Preprocessing

__all__ = ["Dataset", "Preprocessing", "fit_to_model", "load_dataset", "load_for_model"]
