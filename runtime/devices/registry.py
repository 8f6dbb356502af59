"""Devices by name: ``cpu``, ``cpu:avx2``, ``crossbar:FILE.toml``, and what other packages register."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, cast

from snnrt.errors import DataError

if TYPE_CHECKING:
    from snnrt.devices.base import Device, DeviceModule

GROUP = "snnrt.devices"
"""The entry points by which another package registers a device's module
(:class:`snnrt.devices.base.DeviceModule`), each under the name before the colon."""

# imported when asked for: a run in the core should not wait for emulators
_MODULES = {
    "cpu": "snnrt.devices.cpu",
    "reference": "snnrt.devices.reference",
    "crossbar": "snnrt.devices.crossbar.session",
    "emulator": "snnrt.targets.emulator.device",
}


def find_device(name: object) -> Device:
    """The device called ``name``; a device itself, or a Crossbar, is taken as it is.

    Raises DataError, which lists the known names, where there is none; errors of the device where it refuses
    what stands after the colon.
    """
    if not isinstance(name, str):
        return _given(name)
    family, colon, argument = name.partition(":")
    module = _module(family)
    if module is None or (colon and not argument):
        known = device_names()
        close = [one for one in known if name and one.endswith(f":{name}")] or get_close_matches(
            name, known, 1
        )
        hint = f"; did you mean {close[0]}?" if close else ""
        raise DataError(f"device: expected one of {', '.join(known)}, found {name!r}{hint}")
    return module.find(argument)


def device_names() -> tuple[str, ...]:
    """Every name, those of other packages last, of which only the part before the colon is told."""
    own = [name for module in _MODULES.values() for name in _imported(module).names()]
    others = sorted({point.name for point in entry_points(group=GROUP)} - set(_MODULES))
    return (*own, *others)


def _module(family: str) -> DeviceModule | None:
    if family in _MODULES:
        return _imported(_MODULES[family])
    for point in entry_points(group=GROUP):
        if point.name == family:
            return _loaded(point)
    return None


@cache
def _imported(module: str) -> DeviceModule:
    return cast("DeviceModule", import_module(module))


def _loaded(point: EntryPoint) -> DeviceModule:
    try:
        module = point.load()
    except Exception as error:
        # what another package does while it is imported is unknown, and no reason for a traceback
        raise DataError(f"device {point.name}: {point.value} cannot be imported: {error}") from error
    if not callable(getattr(module, "find", None)):
        raise DataError(f"device {point.name}: expected a function 'find' in {point.value}, found none")
    return cast("DeviceModule", module)


def _given(device: object) -> Device:
    if hasattr(device, "open") and hasattr(device, "capabilities"):
        return cast("Device", device)
    from snnrt.devices.crossbar.device import Crossbar
    from snnrt.devices.crossbar.session import CrossbarDevice

    if isinstance(device, Crossbar):
        return CrossbarDevice(device)
    raise DataError(
        f"device: expected a name ({', '.join(device_names())}), a Crossbar or a device, found {device!r}"
    )
