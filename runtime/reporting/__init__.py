"""What a profile's report says beyond costs: answers after each timestep, sweeps, and where it came from."""
