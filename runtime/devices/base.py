"""What a device is: it opens a model as a session, and a session runs requests."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from snnrt.format.model import Model
from snnrt.results.request import Capabilities, Inputs, RunRequest, checked_request
from snnrt.results.result import Result

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Capabilities", "Device", "DeviceModule", "Inputs", "RunRequest", "Session", "checked_request"]


class Session:
    """A model on a device, from its opening to the end of ``with``, which lets the device go."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, request: RunRequest) -> Result:
        """Run every input of the request. Raises SnnrtError."""
        raise NotImplementedError

    def close(self) -> None:
        """Let the device go, whatever happened: an instrument must be released. Nothing to do by default."""


class Device(Protocol):
    """Where a model can run. ``capabilities`` say what it is called and what a request may ask of it."""

    @property
    def capabilities(self) -> Capabilities: ...  # noqa: D102

    def open(self, model: Model) -> Session:
        """A session for the model. Raises ModelError where the model does not fit the device."""
        ...


class DeviceModule(Protocol):
    """What a device's module has; an entry point of the group ``snnrt.devices`` names such a module.

    The name of the entry point (or of our own table) is what stands before the colon of a device's name,
    ``argument`` what stands after it: empty for ``cpu``, ``avx2`` for ``cpu:avx2``.
    """

    def names(self) -> tuple[str, ...]:
        """The whole names that a user may write, as errors list them."""
        ...

    def find(self, argument: str) -> Device:
        """The device. Raises DataError for an argument that means nothing here."""
        ...
