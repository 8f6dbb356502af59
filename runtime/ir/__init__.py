"""The graph: nodes, value types, checks, element order, memory plan."""
