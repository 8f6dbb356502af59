"""Exit rules and their fixed point."""
