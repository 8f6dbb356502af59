"""snnrt: runs trained spiking neural networks on small devices.

In five lines:

    import snnrt
    net = snnrt.convert("model.nir")
    net.save("model.snnrt")
    net = snnrt.load("model.snnrt")
    out = net.run(x)            # out.logits, out.classes, out.timesteps, out.counts
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snnrt.errors import DataError, ModelError, OutputError, SnnrtError, TargetError
    from snnrt.format.sizes import FileInfo, NodeInfo
    from snnrt.health.record import HealthRecord
    from snnrt.ir.build import GraphBuilder
    from snnrt.ir.graph import Graph
    from snnrt.network import Network, convert, load
    from snnrt.results.counts import Counts
    from snnrt.results.result import Result

__version__ = "0.1.0"

__all__ = [
    "Counts",
    "DataError",
    "FileInfo",
    "Graph",
    "GraphBuilder",
    "HealthRecord",
    "ModelError",
    "Network",
    "NodeInfo",
    "OutputError",
    "Result",
    "SnnrtError",
    "TargetError",
    "__version__",
    "convert",
    "load",
]

_MODULES = {
    "snnrt.results.counts": ("Counts",),
    "snnrt.errors": ("DataError", "ModelError", "OutputError", "SnnrtError", "TargetError"),
    "snnrt.ir.build": ("GraphBuilder",),
    "snnrt.ir.graph": ("Graph",),
    "snnrt.health.record": ("HealthRecord",),
    "snnrt.format.sizes": ("FileInfo", "NodeInfo"),
    "snnrt.network": ("Network", "convert", "load"),
    "snnrt.results.result": ("Result",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import what is asked for, so that `snnrt --help` does not wait for NumPy."""
    if name not in _HOME:
        raise AttributeError(f"module 'snnrt' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
