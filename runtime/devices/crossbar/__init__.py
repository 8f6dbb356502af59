"""A simulated in-memory-computing crossbar."""
