"""How messages name a node of the source."""

from __future__ import annotations

from dataclasses import dataclass

from snnrt.errors import ModelError

LONGEST_WORDS = 100


@dataclass(frozen=True)
class SourceNode:
    """A node of the source: its name there, and the source's word for its ``kind`` (``Linear``, ``LIF``)."""

    name: str
    kind: str

    def __str__(self) -> str:
        return f"node {self.name!r} ({self.kind})"

    def complaint(self, field: str, expected: str, found: object) -> ModelError:
        """The one-line error about a field, which the caller raises."""
        words = " ".join(str(found).split())
        words = words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 3] + "..."
        return ModelError(f"{self}: {field}: expected {expected}, found {words}")
