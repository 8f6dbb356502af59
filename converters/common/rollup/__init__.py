"""A recorded run of a network, all its timesteps, rolled up to one of them."""
