"""A node of the IR whose inputs may still lie any number of timesteps back."""

from __future__ import annotations

from dataclasses import dataclass

from snnrt.converters.common.connections import Read
from snnrt.ir.graph import Node


@dataclass
class Wired:
    """A node, its ``inputs`` left empty, and what it reads in their place."""

    node: Node
    reads: list[Read]
