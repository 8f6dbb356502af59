"""Where a network runs: the C core, the reference, a simulated crossbar."""
