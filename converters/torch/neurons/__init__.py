"""Neurons of one framework a module: its classes by name, in ``NEURONS``."""
