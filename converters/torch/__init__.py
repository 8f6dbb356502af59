"""PyTorch modules: a network is called on an example, and what it computed becomes a graph."""
