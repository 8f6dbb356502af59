"""What stops a part of a module from being converted."""

from __future__ import annotations


class NotSupported(Exception):
    """A call has no form in snnrt: ``reason`` why, ``remedy`` what to do. Never leaves this package."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason, self.remedy = reason, remedy
