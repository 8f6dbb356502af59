"""The kinds of hardware, by the name that a profile gives."""

from __future__ import annotations

from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.target import Microcontroller, Neuromorphic, Target

KINDS: dict[str, type[Target]] = {cls.kind: cls for cls in (Microcontroller, InMemory, Neuromorphic)}
