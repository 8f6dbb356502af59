"""What a run gives: logits, classes, timesteps, counted events."""
