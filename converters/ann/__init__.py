"""Ordinary networks become spiking ones."""
