"""A model and the C core as sources for a firmware build (``snnrt export``)."""
