"""The NumPy reference as a device: ``reference``. What docs/ir.md means, slowly."""

from __future__ import annotations

from snnrt.devices.base import RunRequest, Session
from snnrt.errors import DataError
from snnrt.format.model import Model
from snnrt.reference.run import CAPABILITIES, Reference
from snnrt.results.result import Result


def names() -> tuple[str, ...]:
    """One."""
    return ("reference",)


def find(argument: str) -> ReferenceDevice:
    """The reference has no variants."""
    if argument:
        raise DataError(f"device reference: expected nothing after the colon, found {argument!r}")
    return ReferenceDevice()


class ReferenceDevice:
    """Runs a graph by NumPy; any number of sessions at once."""

    capabilities = CAPABILITIES

    def open(self, model: Model) -> ReferenceSession:
        """Cheap: nothing is prepared but what the model holds."""
        return ReferenceSession(model)


class ReferenceSession(Session):
    """A model in the reference."""

    def __init__(self, model: Model) -> None:
        self._reference = Reference.of(model)

    def run(self, request: RunRequest) -> Result:
        """The same bits as the core."""
        return self._reference.run_request(request)
