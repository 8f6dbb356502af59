"""Event recordings: a reader a format, and bins of time or of so many events."""

from snnrt.data.events.reading import format_of, read_events
from snnrt.data.events.recording import Recording, binned

__all__ = ["Recording", "binned", "format_of", "read_events"]
