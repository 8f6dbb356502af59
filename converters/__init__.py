"""Importers of trained networks, and the passes that turn them into what a device runs."""
